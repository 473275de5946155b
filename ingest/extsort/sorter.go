package extsort

import (
	"context"
	"fmt"
	"os"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Config says what to sort by and with how much memory.
type Config struct {
	Types       []schema.Type // of the batches' columns
	Keys        []int         // columns, most significant first
	MemoryBytes int64         // of buffered batches; a run is written when they pass it
	Dir         string        // for runs
}

// Limits.
const (
	blockRows = 4096
	// MaxRuns bounds the files merged at once: each holds one block in memory.
	MaxRuns = 256
	// maxDictionary bounds a merged dictionary; a column beyond it is written flat.
	maxDictionary = 1 << 16
)

// Sorter collects batches. Add takes them over: they must not change afterwards.
type Sorter struct {
	cfg     Config
	buffer  []*batch.Batch
	memory  int64
	counted map[*batch.Dictionary]bool // dictionaries in memory
	runs    []*run
	spilled int64 // bytes written to runs
}

// New returns an empty Sorter.
func New(cfg Config) *Sorter {
	return &Sorter{cfg: cfg, counted: map[*batch.Dictionary]bool{}}
}

// Add takes a batch, all of whose rows are alive.
func (s *Sorter) Add(b *batch.Batch) error {
	if b.Len == 0 {
		return nil
	}
	s.buffer = append(s.buffer, b)
	s.memory += b.MemBytes() + 16*int64(b.Len) // and what sorting a row takes
	for _, c := range b.Cols {
		if c.Enc == batch.Dict && !s.counted[c.Dict] {
			s.counted[c.Dict] = true
			s.memory += c.Dict.Values.MemBytes()
		}
	}
	if s.memory < s.cfg.MemoryBytes {
		return nil
	}
	return s.spill()
}

// Spilled returns the bytes written to files so far.
func (s *Sorter) Spilled() int64 { return s.spilled }

func (s *Sorter) spill() error {
	f, err := os.CreateTemp(s.cfg.Dir, "sort-*.run")
	if err != nil {
		return fmt.Errorf("make a sort run: %w", err)
	}
	r := &run{file: f}
	s.runs = append(s.runs, r)
	if err := r.write(s.order()); err != nil {
		return fmt.Errorf("write sort run %s: %w", f.Name(), err)
	}
	s.spilled += r.bytes
	s.forget()
	if len(s.runs) < MaxRuns {
		return nil
	}
	return s.collapse()
}

// collapse merges all runs into one, so that their number stays bounded.
func (s *Sorter) collapse() error {
	f, err := os.CreateTemp(s.cfg.Dir, "sort-*.run")
	if err != nil {
		return fmt.Errorf("make a sort run: %w", err)
	}
	m, err := newMerge(s.cfg, s.runs)
	if err != nil {
		return err
	}
	merged := &run{file: f}
	err = merged.write(m)
	for _, r := range s.runs {
		r.remove()
	}
	s.runs = []*run{merged}
	s.spilled += merged.bytes
	return err
}

func (s *Sorter) forget() {
	s.buffer, s.memory = nil, 0
	clear(s.counted)
}

// rows gives batches in order until nil, and the dictionaries that they share (nil for a column that is not coded).
type rows interface {
	next() (*batch.Batch, error)
	dictionaries() []*batch.Dictionary
}

func (s *Sorter) order() *ordered { return newOrdered(s.cfg, s.buffer) }

// Iterator gives the sorted rows.
type Iterator struct{ src rows }

// Sort ends the adding. The iterator is valid until the Sorter is closed.
func (s *Sorter) Sort() (*Iterator, error) {
	if len(s.runs) == 0 {
		return &Iterator{s.order()}, nil
	}
	if len(s.buffer) > 0 {
		if err := s.spill(); err != nil {
			return nil, err
		}
	}
	m, err := newMerge(s.cfg, s.runs)
	if err != nil {
		return nil, err
	}
	return &Iterator{m}, nil
}

// Next returns the next batch, nil at the end.
func (i *Iterator) Next(ctx context.Context) (*batch.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return i.src.next()
}

// Close removes the runs.
func (s *Sorter) Close() {
	s.forget()
	for _, r := range s.runs {
		r.remove()
	}
	s.runs = nil
}
