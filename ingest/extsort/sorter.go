package extsort

import (
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
	Serial      bool          // everything in the caller's goroutine, for comparing the two
}

// Limits.
const (
	blockRows = 4096
	// MaxRuns bounds the files merged at once: each holds one block in memory.
	MaxRuns = 256
	// maxDictionary bounds a merged dictionary; a column beyond it is written flat.
	maxDictionary = 1 << 16
)

// Sorter collects batches. Add takes them over: they must not be used afterwards.
type Sorter struct {
	cfg     Config
	buffer  []*batch.Batch
	memory  int64
	counted map[any]int64 // bytes of dictionaries in memory that are counted, by family or dictionary
	runs    []*run
	writing chan error // of the run being written beside, nil when there is none
	it      *Iterator
}

// New returns an empty Sorter.
func New(cfg Config) *Sorter {
	return &Sorter{cfg: cfg, counted: map[any]int64{}}
}

// Add takes a batch, all of whose rows are alive. Half of the memory is for what is collected, half for what is being sorted and
// written beside.
func (s *Sorter) Add(b *batch.Batch) error {
	if b.Len == 0 {
		return nil
	}
	s.buffer = append(s.buffer, b)
	s.memory += b.MemBytes() + 16*int64(b.Len) // and what sorting a row takes
	for _, c := range b.Cols {
		s.count(c)
	}
	if s.memory < s.cfg.MemoryBytes/2 {
		return nil
	}
	return s.spill()
}

// count adds what a column's dictionary takes; one of a family shares its memory with those before.
func (s *Sorter) count(c *batch.Vector) {
	if c.Enc != batch.Dict {
		return
	}
	var key any = c.Dict
	if c.Dict.Family != nil {
		key = c.Dict.Family
	}
	n := c.Dict.Values.MemBytes()
	if grown := n - s.counted[key]; grown > 0 {
		s.counted[key] = n
		s.memory += grown
	}
}

// Spilled returns the bytes written to files so far.
func (s *Sorter) Spilled() (n int64) {
	for _, r := range s.runs {
		n += r.bytes
	}
	return n
}

// spill sorts the buffer and writes it as a run, beside whatever comes next.
func (s *Sorter) spill() error {
	if err := s.wait(); err != nil {
		return err
	}
	if len(s.runs) == MaxRuns {
		if err := s.collapse(); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(s.cfg.Dir, "sort-*.run")
	if err != nil {
		return fmt.Errorf("make a sort run: %w", err)
	}
	r, buffer := &run{file: f}, s.buffer
	s.runs = append(s.runs, r)
	s.forget()
	s.writing = make(chan error, 1)
	write := func() {
		if err := r.write(newOrdered(s.cfg, buffer)); err != nil {
			s.writing <- fmt.Errorf("write sort run %s: %w", f.Name(), err)
		}
		close(s.writing)
	}
	if s.cfg.Serial {
		write()
	} else {
		go write()
	}
	return nil
}

// wait returns once no run is being written.
func (s *Sorter) wait() error {
	if s.writing == nil {
		return nil
	}
	err := <-s.writing
	s.writing = nil
	return err
}

// collapse merges all runs into one, so that their number stays bounded.
func (s *Sorter) collapse() error {
	f, err := os.CreateTemp(s.cfg.Dir, "sort-*.run")
	if err != nil {
		return fmt.Errorf("make a sort run: %w", err)
	}
	united := &run{file: f}
	m, err := newMerge(s.cfg, s.runs, nil)
	if err == nil {
		err = united.write(m)
	}
	for _, r := range s.runs {
		r.remove()
	}
	s.runs = []*run{united}
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

// Sort ends the adding. The iterator is valid until the Sorter is closed.
func (s *Sorter) Sort() (*Iterator, error) {
	if err := s.wait(); err != nil {
		return nil, err
	}
	var last *ordered
	if len(s.buffer) > 0 || len(s.runs) == 0 {
		last = newOrdered(s.cfg, s.buffer)
		s.forget()
	}
	var src rows = last
	if len(s.runs) > 0 {
		m, err := newMerge(s.cfg, s.runs, last)
		if err != nil {
			return nil, err
		}
		src = m
	}
	s.it = newIterator(src, s.cfg.Serial)
	return s.it, nil
}

// Close removes the runs.
func (s *Sorter) Close() {
	s.wait() //nolint:errcheck // nobody wants what is being dropped
	if s.it != nil {
		s.it.close()
	}
	s.forget()
	for _, r := range s.runs {
		r.remove()
	}
	s.runs = nil
}
