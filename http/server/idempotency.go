package server

import (
	"bytes"
	"container/list"
	"net/http"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// Bounds of remembered replies. A larger reply is not remembered: its request runs again when it is repeated.
const (
	maxReplies    = 1024
	maxReplyBytes = 256 << 10
	keepReplies   = 24 * time.Hour
	maxKeyBytes   = 255
)

// replies remembers answers to POSTs that carry an Idempotency-Key, so that a client that lost a reply gets the same one again.
type replies struct {
	mu    sync.Mutex
	byKey map[string]*list.Element
	order *list.List // oldest first
}

type reply struct {
	key, target string
	made        time.Time
	running     bool
	status      int
	header      http.Header
	body        []byte
}

func newReplies() *replies { return &replies{byKey: map[string]*list.Element{}, order: list.New()} }

// once runs handle for the first request with a key and replays its answer to the later ones.
func (c *replies) once(key string, x *exchange, r *http.Request, handle func(http.ResponseWriter, *http.Request) error) error {
	if len(key) > maxKeyBytes {
		return errs.New(errs.Invalid, "bad-idempotency-key", "the Idempotency-Key is longer than %d bytes", maxKeyBytes)
	}
	key = x.who + "\x00" + r.URL.Path + "\x00" + key
	old, err := c.begin(key, r.URL.RawQuery)
	if err != nil {
		return err
	}
	if old != nil {
		for name, v := range old.header {
			x.Header()[name] = v
		}
		x.Header().Set("Idempotency-Replayed", "true")
		x.WriteHeader(old.status)
		_, err := x.Write(old.body)
		return err
	}
	copied := &copier{ResponseWriter: x.ResponseWriter}
	x.ResponseWriter = copied
	err = handle(x, r)
	if err != nil && x.status == 0 {
		writeProblem(x, err)
	}
	c.end(key, x.status, x.Header().Clone(), copied)
	return err
}

// begin returns the answer to replay, or nothing after it has noted that the request runs.
func (c *replies) begin(key, target string) (*reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		old := e.Value.(*reply)
		switch {
		case old.target != target:
			return nil, errs.New(errs.Meaning, "idempotency-key-reused", "this Idempotency-Key came before with other parameters")
		case old.running:
			return nil, errs.New(errs.Conflict, "idempotency-key-running", "the first request with this Idempotency-Key still runs")
		case time.Since(old.made) < keepReplies:
			return old, nil
		}
		c.drop(e)
	}
	for c.order.Len() >= maxReplies {
		c.drop(c.order.Front())
	}
	c.byKey[key] = c.order.PushBack(&reply{key: key, target: target, made: time.Now(), running: true})
	return nil, nil
}

// end keeps what can be replayed: not server errors, which a retry should try again, and nothing too large.
func (c *replies) end(key string, status int, header http.Header, body *copier) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return
	}
	if status >= 500 || status == 0 || status == http.StatusTooManyRequests || body.over {
		c.drop(e)
		return
	}
	header.Del("Trailer")
	done := *e.Value.(*reply)
	done.running, done.status, done.header, done.body = false, status, header, body.copy.Bytes()
	e.Value = &done
}

func (c *replies) drop(e *list.Element) {
	delete(c.byKey, e.Value.(*reply).key)
	c.order.Remove(e)
}

// copier keeps a copy of what is written, up to maxReplyBytes.
type copier struct {
	http.ResponseWriter
	copy bytes.Buffer
	over bool
}

func (c *copier) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *copier) Write(p []byte) (int, error) {
	if c.over = c.over || c.copy.Len()+len(p) > maxReplyBytes; c.over {
		c.copy.Reset()
	} else {
		c.copy.Write(p)
	}
	return c.ResponseWriter.Write(p)
}
