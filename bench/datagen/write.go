package datagen

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Progress is told of rows and bytes written since it was last called. It may be called from several goroutines at once.
type Progress func(rows, bytes int64)

// WriteCell writes one file with its header.
func (s *Set) WriteCell(ctx context.Context, w io.Writer, c Cell, told Progress) error {
	buf := append(make([]byte, 0, pieceRows*160), Header...)
	for piece, rows := int64(0), c.Rows; rows > 0; piece, rows = piece+1, rows-pieceRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		buf = s.appendPiece(buf, &c, piece)
		if _, err := w.Write(buf); err != nil {
			return fmt.Errorf("write %s: %w", c.Path(), err)
		}
		told.tell(min(rows, pieceRows), len(buf))
		buf = buf[:0]
	}
	return nil
}

func (p Progress) tell(rows int64, bytes int) {
	if p != nil {
		p(rows, int64(bytes))
	}
}

// WriteFiles writes one file per cell below dir, and the dimension tables hospitals.csv and tests.csv. A file gets its name only
// when it is whole. Workers < 1 means one per CPU.
func (s *Set) WriteFiles(ctx context.Context, dir string, workers int, told Progress) error {
	if err := writeDimensions(dir); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atLeastOne(workers))
	for _, c := range s.cells {
		g.Go(func() error {
			return createWhole(filepath.Join(dir, filepath.FromSlash(c.Path())), func(w io.Writer) error { return s.WriteCell(ctx, w, c, told) })
		})
	}
	return g.Wait()
}

// WriteSingleFile writes all rows to dir/labs.csv, beside the dimension tables.
func (s *Set) WriteSingleFile(ctx context.Context, dir string, workers int, told Progress) error {
	if err := writeDimensions(dir); err != nil {
		return err
	}
	return createWhole(filepath.Join(dir, "labs.csv"), func(w io.Writer) error { return s.WriteSingle(ctx, w, workers, told) })
}

// WriteSingle writes all rows under one header: by month, hospital and time. Pieces are made by workers and written in order; at
// most two per worker wait.
func (s *Set) WriteSingle(ctx context.Context, w io.Writer, workers int, told Progress) error {
	if _, err := io.WriteString(w, Header); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	workers = atLeastOne(workers)
	g, ctx := errgroup.WithContext(ctx)
	queue := make(chan chan piece, 2*workers)
	slots := make(chan []byte, 2*workers)
	for range cap(slots) {
		slots <- make([]byte, 0, pieceRows*160)
	}
	g.Go(func() error { return s.makePieces(ctx, queue, slots, workers) })
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

type piece struct {
	text []byte
	rows int64
}

// makePieces puts a promise of each piece on the queue, in order, and has workers keep the promises.
func (s *Set) makePieces(ctx context.Context, queue chan<- chan piece, slots <-chan []byte, workers int) error {
	defer close(queue)
	var g errgroup.Group
	g.SetLimit(workers)
	defer g.Wait() //nolint:errcheck // the workers return nil
	for i := range s.cells {
		c := &s.cells[i]
		for n := int64(0); n*pieceRows < c.Rows; n++ {
			var buf []byte
			select {
			case buf = <-slots:
			case <-ctx.Done():
				return ctx.Err()
			}
			promise := make(chan piece, 1)
			queue <- promise // never blocks for ever: slots bounds what waits
			g.Go(func() error {
				promise <- piece{s.appendPiece(buf, c, n), min(pieceRows, c.Rows-n*pieceRows)}
				return nil
			})
		}
	}
	return nil
}

func atLeastOne(workers int) int {
	if workers < 1 {
		return runtime.GOMAXPROCS(0)
	}
	return workers
}

func writeDimensions(dir string) error {
	if err := createWhole(filepath.Join(dir, "hospitals.csv"), WriteHospitals); err != nil {
		return err
	}
	return createWhole(filepath.Join(dir, "tests.csv"), WriteTests)
}

// createWhole writes a file under a temporary name and renames it, so that a cut run leaves nothing that looks whole.
func createWhole(name string, write func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("create folder: %w", err)
	}
	f, err := os.Create(name + ".partial")
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", name, err)
	}
	return os.Rename(f.Name(), name)
}
