package datagen

import (
	"context"
	"fmt"
	"io"
	"iter"

	"golang.org/x/sync/errgroup"
)

// piece is a run of rows that can be made apart from all others.
type piece struct {
	rows int64
	text func(dst []byte) []byte // appends the rows
}

// made is a piece's text.
type made struct {
	text []byte
	rows int64
}

// writePieces writes a header and all pieces. They are made by workers and written in order; at most two per worker wait.
func writePieces(ctx context.Context, w io.Writer, header string, pieces iter.Seq[piece], workers int, told Progress) error {
	if _, err := io.WriteString(w, header); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	workers = atLeastOne(workers)
	g, ctx := errgroup.WithContext(ctx)
	queue := make(chan chan made, 2*workers)
	slots := make(chan []byte, 2*workers)
	for range cap(slots) {
		slots <- make([]byte, 0, pieceRows*160)
	}
	g.Go(func() error { return makePieces(ctx, pieces, queue, slots, workers) })
	g.Go(func() error {
		for next := range queue {
			p := <-next
			if _, err := w.Write(p.text); err != nil {
				return fmt.Errorf("write rows: %w", err)
			}
			told.tell(p.rows, len(p.text))
			slots <- p.text[:0]
		}
		return nil
	})
	return g.Wait()
}

// makePieces puts a promise of each piece on the queue, in order, and has workers keep the promises.
func makePieces(ctx context.Context, pieces iter.Seq[piece], queue chan<- chan made, slots <-chan []byte, workers int) error {
	defer close(queue)
	var g errgroup.Group
	g.SetLimit(workers)
	defer g.Wait() //nolint:errcheck // the workers return nil
	for p := range pieces {
		var buf []byte
		select {
		case buf = <-slots:
		case <-ctx.Done():
			return ctx.Err()
		}
		promise := make(chan made, 1)
		queue <- promise // never blocks for ever: slots bounds what waits
		g.Go(func() error {
			promise <- made{p.text(buf), p.rows}
			return nil
		})
	}
	return nil
}
