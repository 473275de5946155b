package extsort

import (
	"context"

	"github.com/assaydb/assay/storage/batch"
)

// Iterator gives the sorted rows. They are merged ahead of the caller, a few batches at most.
type Iterator struct {
	src    rows
	ahead  chan step // nil: merged when asked for
	stop   chan struct{}
	closed bool
	ended  bool
}

// step is a batch or how the rows ended.
type step struct {
	batch *batch.Batch
	err   error
}

// aheadBatches is how many batches are merged ahead.
const aheadBatches = 2

func newIterator(src rows, serial bool) *Iterator {
	it := &Iterator{src: src}
	if !serial {
		it.ahead, it.stop = make(chan step, aheadBatches), make(chan struct{})
		go it.run()
	}
	return it
}

func (i *Iterator) run() {
	defer close(i.ahead)
	for {
		b, err := i.src.next()
		select {
		case i.ahead <- step{b, err}:
		case <-i.stop:
			return
		}
		if b == nil || err != nil {
			return
		}
	}
}

// Next returns the next batch, nil at the end.
func (i *Iterator) Next(ctx context.Context) (*batch.Batch, error) {
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case i.ended:
		return nil, nil
	case i.ahead == nil:
		return i.src.next()
	}
	s := <-i.ahead
	i.ended = s.batch == nil && s.err == nil
	return s.batch, s.err
}

// close ends the merging.
func (i *Iterator) close() {
	if i.ahead == nil || i.closed {
		return
	}
	i.closed = true
	close(i.stop)
	for range i.ahead { // until run has ended
	}
}
