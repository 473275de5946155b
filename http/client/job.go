package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Job is a job as the server shows it.
type Job struct {
	ID         string            `json:"id"`
	Kind       string            `json:"kind"`
	Subject    map[string]string `json:"subject"`
	State      string            `json:"state"`
	Phase      string            `json:"phase"`
	Bytes      int64             `json:"bytes"`
	BytesTotal int64             `json:"bytes_total"`
	Rows       int64             `json:"rows"`
	Rejects    int64             `json:"rejects"`
	Done       int64             `json:"done"`
	Total      int64             `json:"total"`
	Started    time.Time         `json:"started_at"`
	Ended      *time.Time        `json:"ended_at"`
	Result     json.RawMessage   `json:"result"`
	Error      *Problem          `json:"error"`
}

// Running reports whether the job has still to end.
func (j *Job) Running() bool { return j.State == "RUNNING" }

// JobPath is where a job is.
func JobPath(id string) string { return "/v1/jobs/" + url.PathEscape(id) }

// Follow watches a job to its end and returns it with its result. seen is called with each event. Streams that break off are asked for
// again behind the last event, for as long as ctx lasts.
func (c *Client) Follow(ctx context.Context, id string, seen func(*Job)) (*Job, error) {
	last := ""
	for wait := time.Second / 4; ; wait = min(2*wait, maxPause) {
		before := last
		ended, err := c.follow(ctx, id, &last, seen)
		if ended {
			out := &Job{}
			return out, c.Call(ctx, http.MethodGet, JobPath(id), nil, out)
		}
		if err != nil && !transient(err) {
			return nil, err
		}
		if last != before {
			wait = time.Second / 4
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// follow reads one stream of events; ended tells that the job's end was among them.
func (c *Client) follow(ctx context.Context, id string, last *string, seen func(*Job)) (ended bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+JobPath(id)+"/events", nil)
	if err != nil {
		return false, fmt.Errorf("make the request: %w", err)
	}
	if *last != "" {
		req.Header.Set("Last-Event-ID", *last)
	}
	resp, err := c.do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			*last = value
		case "data":
			j := &Job{}
			if err := json.Unmarshal([]byte(value), j); err != nil {
				return false, fmt.Errorf("read an event of job %s: %w", id, err)
			}
			seen(j)
			ended = !j.Running()
		}
	}
	if ended || lines.Err() == nil && *last != "" {
		// A stream that ends cleanly behind the last event of an ended job has nothing more to say.
		return c.hasEnded(ctx, id, ended)
	}
	return false, nil
}

func (c *Client) hasEnded(ctx context.Context, id string, known bool) (bool, error) {
	if known {
		return true, nil
	}
	j := &Job{}
	err := c.Call(ctx, http.MethodGet, JobPath(id), nil, j)
	var u *Unreachable
	if errors.As(err, &u) {
		return false, nil
	}
	return err == nil && !j.Running(), err
}
