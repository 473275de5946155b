package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Upload is one file to load. Open is called for every attempt.
type Upload struct {
	Table  string
	Name   string     // of the file, for messages and its .gz or .zst ending
	Values url.Values // source, period and the other parameters
	Open   func() (io.ReadCloser, error)
	Tries  int // attempts in all; 0 means 5
	// Retrying is told before each further attempt.
	Retrying func(err error, wait time.Duration)
}

// Receipt is the part of a receipt that the command line shows; Raw is all of it.
type Receipt struct {
	DeliveryID   string   `json:"delivery_id"`
	Table        string   `json:"table"`
	Source       string   `json:"source"`
	Period       string   `json:"period"`
	BytesIn      int64    `json:"bytes_in"`
	RecordsIn    int64    `json:"records_in"`
	Accepted     int64    `json:"accepted"`
	Rejected     int64    `json:"rejected"`
	CatalogIndex uint64   `json:"catalog_index"`
	Duplicate    bool     `json:"duplicate"`
	Rehearsal    bool     `json:"rehearsal"`
	Replaced     *string  `json:"replaced"`
	State        string   `json:"state"`
	HeldFor      string   `json:"held_for"`
	Warnings     []string `json:"warnings"`
	Raw          []byte   `json:"-"`
}

// maxPause bounds what a server can make an upload wait between attempts.
const maxPause = 30 * time.Second

// Load sends a file and returns its receipt. Sending the same file again is a no-op on the server, so an attempt whose reply was
// lost is repeated.
func (c *Client) Load(ctx context.Context, up Upload) (*Receipt, error) {
	tries := up.Tries
	if tries == 0 {
		tries = 5
	}
	for wait := time.Second / 2; ; wait *= 2 {
		receipt, err := c.loadOnce(ctx, up)
		tries--
		if err == nil || tries == 0 || !transient(err) {
			return receipt, err
		}
		pause := wait
		if p := (*Problem)(nil); errors.As(err, &p) {
			pause = max(wait, min(p.RetryAfter, maxPause))
		}
		if up.Retrying != nil {
			up.Retrying(err, pause)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// transient reports whether the same request may succeed later.
func transient(err error) bool {
	var p *Problem
	if errors.As(err, &p) {
		return p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable
	}
	var u *Unreachable
	return errors.As(err, &u)
}

func (c *Client) loadOnce(ctx context.Context, up Upload) (*Receipt, error) {
	body, err := up.Open()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	values := url.Values{}
	for k, v := range up.Values {
		values[k] = v
	}
	values.Set("filename", up.Name)
	path := "/v1/tables/" + url.PathEscape(up.Table) + "/load?" + values.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, c.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", "text/csv")
	req.Header.Set("Expect", "100-continue")
	resp, err := c.do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, &Unreachable{Base: c.base, Err: fmt.Errorf("the receipt was cut: %w", err)}
	}
	r := &Receipt{Raw: raw}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("read the receipt (status %s): %w", strconv.Itoa(resp.StatusCode), err)
	}
	return r, nil
}
