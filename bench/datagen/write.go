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

// WriteSingle writes all rows under one header: by month, hospital and time.
func (s *Set) WriteSingle(ctx context.Context, w io.Writer, workers int, told Progress) error {
	pieces := func(yield func(piece) bool) {
		for i := range s.cells {
			c := &s.cells[i]
			for n := int64(0); n*pieceRows < c.Rows; n++ {
				p := piece{rows: min(pieceRows, c.Rows-n*pieceRows), text: func(dst []byte) []byte { return s.appendPiece(dst, c, n) }}
				if !yield(p) {
					return
				}
			}
		}
	}
	return writePieces(ctx, w, Header, pieces, workers, told)
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
