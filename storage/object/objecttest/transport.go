package objecttest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
)

// FaultyTransport fails HTTP requests by chance: below a client that must repeat them.
type FaultyTransport struct {
	Base http.RoundTripper
	mu   sync.Mutex
	rnd  *rand.Rand
	f    Faults
}

// NewFaultyTransport wraps the default transport. Refuse answers 503, LoseReply drops the answer of a request that was served,
// Truncate ends the body of a GET early.
func NewFaultyTransport(seed uint64, f Faults) *FaultyTransport {
	return &FaultyTransport{Base: http.DefaultTransport, rnd: rand.New(rand.NewPCG(seed, 2)), f: f}
}

func (t *FaultyTransport) hit(p float64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return p > 0 && t.rnd.Float64() < p
}

// RoundTrip implements http.RoundTripper.
func (t *FaultyTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.hit(t.f.Refuse) {
		if r.Body != nil {
			r.Body.Close()
		}
		return slowDown(r), nil
	}
	resp, err := t.Base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if t.hit(t.f.LoseReply) {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return nil, errors.New("injected: connection reset by peer")
	}
	if r.Method == http.MethodGet && t.hit(t.f.Truncate) {
		return truncated(resp)
	}
	return resp, nil
}

func slowDown(r *http.Request) *http.Response {
	const text = `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>injected</Message></Error>`
	return &http.Response{
		StatusCode: http.StatusServiceUnavailable, Status: "503 Slow Down", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/xml"}}, Body: io.NopCloser(bytes.NewReader([]byte(text))), Request: r,
	}
}

func truncated(resp *http.Response) (*http.Response, error) {
	data, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), errorReader{}))
	return resp, nil
}
