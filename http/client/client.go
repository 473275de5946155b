// Package client talks to the HTTP API: statements whose rows stream, uploads that are sent again after a lost reply, and the small
// JSON calls of the command line.
//
// A Client is safe for any number of goroutines and starts none of its own beyond net/http's.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client calls one server.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New returns a client of the server at base, such as http://127.0.0.1:8080. An empty token sends none.
func New(base, token string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the address of a server, like http://127.0.0.1:8080", base)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // on one machine compressing costs more than sending
	transport.ExpectContinueTimeout = 2 * time.Second
	transport.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{Transport: transport}}, nil
}

// Close drops idle connections. The client may be used again after it.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Problem is an error that the server answered with (RFC 9457).
type Problem struct {
	Title       string    `json:"title"`
	Status      int       `json:"status"`
	Detail      string    `json:"detail"`
	Code        string    `json:"code"`
	Hint        string    `json:"hint"`
	SQL         *Position `json:"sql"`
	Suggestions []string  `json:"suggestions"`

	RetryAfter time.Duration `json:"-"` // as the server asks, 0 when it does not

	upload string // that the refusal is about
}

// Position is a place in a statement; Line and Column count from 1.
type Position struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Offset  int    `json:"offset"`
	Length  int    `json:"length"`
	Excerpt string `json:"excerpt"`
}

// Error is the detail with what helps: the place, names that may have been meant, what to do.
func (p *Problem) Error() string {
	s := p.Detail
	if s == "" {
		s = fmt.Sprintf("the server answered %d %s", p.Status, p.Title)
	}
	if p.SQL != nil && p.SQL.Line > 0 {
		s = fmt.Sprintf("line %d, column %d: %s", p.SQL.Line, p.SQL.Column, s)
	}
	if len(p.Suggestions) > 0 {
		s += "; did you mean " + strings.Join(p.Suggestions, ", ") + "?"
	}
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// Unreachable is a failure to get any answer.
type Unreachable struct {
	Base string
	Err  error
}

func (u *Unreachable) Error() string {
	return fmt.Sprintf("no answer from %s: %v", u.Base, u.Err)
}

// Unwrap returns what happened.
func (u *Unreachable) Unwrap() error { return u.Err }

// maxErrorBytes of an error's body are read.
const maxErrorBytes = 1 << 20

// do sends a request and turns answers of 400 and more into a Problem.
func (c *Client) do(req *http.Request) (*http.Response, error) {
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx := req.Context().Err(); ctx != nil {
			return nil, ctx
		}
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return nil, &Unreachable{Base: c.base, Err: err}
	}
	if resp.StatusCode < 400 {
		return resp, nil
	}
	defer resp.Body.Close()
	p := &Problem{Status: resp.StatusCode, Title: http.StatusText(resp.StatusCode)}
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes))
	if json.Unmarshal(raw, p) != nil {
		p.Detail = ""
	}
	p.Status = resp.StatusCode
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return nil, p
}

// Call sends in as JSON, unless it is nil, and reads the JSON answer into out, unless it is nil.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

// Download copies an answer's body to w.
func (c *Client) Download(ctx context.Context, path string, w io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	resp, err := c.do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the answer of %s was cut: %w", path, err)
	}
	return nil
}

// List reads all pages of a list.
func List[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	return ListWhere[T](ctx, c, path, nil)
}

// ListWhere reads all pages of a list with further parameters.
func ListWhere[T any](ctx context.Context, c *Client, path string, where url.Values) ([]T, error) {
	more := ""
	if len(where) > 0 {
		more = "&" + where.Encode()
	}
	all, cursor := []T{}, ""
	for {
		var page struct {
			Items      []T     `json:"items"`
			NextCursor *string `json:"next_cursor"`
		}
		if err := c.Call(ctx, http.MethodGet, path+"?limit=1000&cursor="+url.QueryEscape(cursor)+more, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.NextCursor == nil {
			return all, nil
		}
		cursor = *page.NextCursor
	}
}
