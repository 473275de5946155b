package ingest

import (
	"context"
	"fmt"
	"io"
)

// ahead reads in its own goroutine, so that decoding, hashing and spooling run beside the scan. Its queue is bounded.
type ahead struct {
	spool  io.Writer // gets all that was read before anyone else does; nil for none
	full   chan block
	free   chan []byte
	stop   context.CancelFunc
	ended  chan struct{}
	cur    []byte
	buf    []byte
	err    error
	closed bool
}

type block struct {
	data []byte
	err  error
}

const (
	aheadBlocks     = 4
	aheadBlockBytes = 256 << 10
)

func newAhead(ctx context.Context, r io.Reader, spool io.Writer) *ahead {
	ctx, stop := context.WithCancel(ctx)
	a := &ahead{spool: spool, full: make(chan block, aheadBlocks), free: make(chan []byte, aheadBlocks), stop: stop, ended: make(chan struct{})}
	for range aheadBlocks {
		a.free <- make([]byte, aheadBlockBytes)
	}
	go a.run(ctx, r)
	return a
}

func (a *ahead) run(ctx context.Context, r io.Reader) {
	defer close(a.ended)
	defer close(a.full)
	for {
		var buf []byte
		select {
		case <-ctx.Done():
			a.full <- block{err: context.Cause(ctx)} // one place is free: the buffer that was not given out
			return
		case buf = <-a.free:
		}
		n, err := io.ReadFull(r, buf)
		if err == io.ErrUnexpectedEOF { //nolint:errorlint // ReadFull's own; one that is wrapped tells of a cut archive
			err = io.EOF
		}
		if a.spool != nil {
			if _, bad := a.spool.Write(buf[:n]); bad != nil {
				n, err = 0, fmt.Errorf("spool the upload: %w", bad)
			}
		}
		a.full <- block{buf[:n], err}
		if err != nil {
			return
		}
	}
}

// Read gives what was read ahead.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.cur) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		if a.buf != nil {
			a.free <- a.buf[:cap(a.buf)]
			a.buf = nil
		}
		b, ok := <-a.full
		if !ok {
			a.err = io.ErrClosedPipe
			continue
		}
		a.cur, a.buf, a.err = b.data, b.data, b.err
		if cap(b.data) == 0 {
			a.buf = nil
		}
	}
	n := copy(p, a.cur)
	a.cur = a.cur[n:]
	return n, nil
}

// close stops the goroutine and waits for it.
func (a *ahead) close() {
	if a.closed {
		return
	}
	a.closed = true
	a.stop()
	for range a.full {
	}
	<-a.ended
}
