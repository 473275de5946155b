package server

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// Bounds of remembered replies. A larger reply is not remembered: its request runs again when it is repeated.
const (
	maxReplies      = 1024
	maxReplyBytes   = 256 << 10
	maxRepliesBytes = 32 << 20
	keepReplies     = 24 * time.Hour
	maxKeyBytes     = 255
)

// replies remembers answers to POSTs that carry an Idempotency-Key, so that a client that lost a reply gets the same one again.
type replies struct {
	mu    sync.Mutex
	byKey map[string]*list.Element
	order *list.List // oldest first
	bytes int        // of all bodies
}

type reply struct {
	key, target string
	made        time.Time
	running     bool
	status      int
	header      http.Header
	body        []byte
	sent        *fingerprint // nil when the request's body was not read to its end
}

// fingerprint tells two request bodies apart.
type fingerprint struct {
	size int64
	sum  [sha256.Size]byte
}

func newReplies() *replies { return &replies{byKey: map[string]*list.Element{}, order: list.New()} }

// once runs handle for the first request with a key and replays its answer to the later ones.
func (c *replies) once(key string, x *exchange, r *http.Request, handle func(http.ResponseWriter, *http.Request) error) (err error) {
	if len(key) > maxKeyBytes {
		return errs.New(errs.Invalid, "bad-idempotency-key", "the Idempotency-Key is longer than %d bytes", maxKeyBytes)
	}
	key = x.who + "\x00" + r.URL.Path + "\x00" + key
	old, err := c.begin(key, r.URL.RawQuery)
	if err != nil {
		return err
	}
	body := &fingerprinted{ReadCloser: r.Body, sum: sha256.New()}
	if old != nil {
		return old.replay(x, body)
	}
	r.Body = body
	copied := &copier{ResponseWriter: x.ResponseWriter}
	x.ResponseWriter = copied
	whole := false
	// A handler that panics must not leave its key running for ever.
	defer func() {
		if !whole {
			c.forget(key)
		}
	}()
	err = handle(x, r)
	if err != nil && x.status == 0 {
		writeProblem(x, err)
	}
	whole = err == nil || x.status >= 400
	c.end(key, x.status, x.Header().Clone(), copied, body.print())
	return err
}

// replay sends the first answer again, once it is clear that the request is the same.
func (old *reply) replay(x *exchange, body *fingerprinted) error {
	if old.sent != nil {
		if _, err := io.Copy(io.Discard, io.LimitReader(body, old.sent.size+1)); err != nil {
			return err
		}
		if again := body.print(); again == nil || *again != *old.sent {
			return errs.New(errs.Meaning, "idempotency-key-reused", "this Idempotency-Key came before with another body")
		}
	}
	for name, v := range old.header {
		x.Header()[name] = v
	}
	x.Header().Set("Idempotency-Replayed", "true")
	x.WriteHeader(old.status)
	_, err := x.Write(old.body)
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
func (c *replies) end(key string, status int, header http.Header, body *copier, sent *fingerprint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return
	}
	if status >= 500 || status == 0 || status == http.StatusTooManyRequests || status == statusClientClosed || body.over {
		c.drop(e)
		return
	}
	header.Del("Trailer")
	done := *e.Value.(*reply)
	done.running, done.status, done.header, done.body, done.sent = false, status, header, body.copy.Bytes(), sent
	e.Value = &done
	for c.bytes += len(done.body); c.bytes > maxRepliesBytes; {
		c.drop(c.order.Front())
	}
}

func (c *replies) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.drop(e)
	}
}

func (c *replies) drop(e *list.Element) {
	old := e.Value.(*reply)
	delete(c.byKey, old.key)
	c.order.Remove(e)
	c.bytes -= len(old.body)
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
		c.copy = bytes.Buffer{}
	} else {
		c.copy.Write(p)
	}
	return c.ResponseWriter.Write(p)
}

// fingerprinted hashes a request body as it is read.
type fingerprinted struct {
	io.ReadCloser
	sum  hash.Hash
	size int64
	all  bool
}

func (f *fingerprinted) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	f.sum.Write(p[:n])
	f.size += int64(n)
	f.all = f.all || errors.Is(err, io.EOF)
	return n, err
}

// print is nil unless the body was read to its end.
func (f *fingerprinted) print() *fingerprint {
	if !f.all {
		return nil
	}
	return &fingerprint{f.size, [sha256.Size]byte(f.sum.Sum(nil))}
}
