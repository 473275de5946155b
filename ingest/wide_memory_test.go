package ingest_test

import (
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/assaydb/assay/ingest"
)

// wideLines gives a header of many columns and rows of them, without holding them.
type wideLines struct {
	columns, rows, row int
	cell               func(row, column int) string
	buf                []byte
}

func (w *wideLines) Read(p []byte) (int, error) {
	for len(w.buf) < len(p) && w.row <= w.rows {
		for j := range w.columns {
			if j > 0 {
				w.buf = append(w.buf, ',')
			}
			if w.row == 0 {
				w.buf = fmt.Appendf(w.buf, "column_%d", j)
			} else {
				w.buf = append(w.buf, w.cell(w.row, j)...)
			}
		}
		w.buf = append(w.buf, '\n')
		w.row++
	}
	if len(w.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(p, w.buf)
	w.buf = w.buf[:copy(w.buf, w.buf[n:])]
	return n, nil
}

// livePeak runs f and returns the most memory that was in use meanwhile, collected as often as can be, beyond what was before.
func livePeak(f func()) (peak int64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := int64(m.HeapAlloc)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			runtime.GC()
			runtime.ReadMemStats(&m)
			if now := int64(m.HeapAlloc) - before; now > peak {
				peak = now
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	f()
	close(stop)
	<-done
	return peak
}

// widePeak bounds the memory in use during an upload of ten thousand columns; it grows neither with its rows nor with what is in its
// cells. What was allocated while the collector ran counts as well, so the bound is half as much again as what is seen.
const widePeak = 176 << 20

// TestWideUploadsStayWithinMemory loads files of as many columns as there may be, with distinct numbers, with texts, and mostly empty.
func TestWideUploadsStayWithinMemory(t *testing.T) {
	rows := 500
	if testing.Short() {
		rows = 150
	}
	for name, cell := range map[string]func(i, j int) string{
		"numbers": func(i, j int) string { return fmt.Sprint(i * (j + 1)) },
		"texts":   func(i, j int) string { return fmt.Sprintf("text %d of %d", i%50, j) },
		"sparse":  func(i, j int) string { return []string{"", "1.5"}[(i+j)%20/19] },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 0)
			peak := livePeak(func() {
				r.mustLoad("wide", "", func(q *ingest.Request) { q.Body = &wideLines{columns: 10_000, rows: rows, cell: cell} })
			})
			t.Logf("%.1f MiB", float64(peak)/(1<<20))
			if peak > widePeak {
				t.Errorf("%d bytes were in use, at most %d are allowed", peak, widePeak)
			}
		})
	}
}
