package operator

import (
	"context"
	"sync"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// Merger is a Stream of several senders that can also be read apart, for the merge of sorted rows.
type Merger interface {
	Stream
	// Parts returns the senders' streams; the caller reads them instead of the whole and does not close them.
	Parts() []Stream
}

// streamPull reads another stage.
type streamPull struct {
	in    Stream
	stats *counters
}

func (s *streamPull) next(ctx context.Context) (*batch.Batch, error) {
	b, err := s.in.Next(ctx)
	if b != nil && s.stats != nil {
		s.stats.emitted(b)
	}
	return b, err
}

// receive reads a stage's rows: one puller whose batches are copied for the others, so that Final aggregation can be parallel.
func (r *runner) receive(n *fragment.Receive) (*pipe, error) {
	in, ok := r.inputs[n.Stage]
	if !ok {
		return nil, errs.New(errs.Invalid, "bad-fragment", "stage %d was not sent to this node", n.Stage)
	}
	c := &counters{name: "Receive", detail: describe("stage %d", n.Stage), inputs: []*counters{{remote: in.Stats}}}
	p := &pipe{fields: n.Output, stats: c}
	m, apart := in.(Merger)
	if len(n.Keys) > 0 && apart && len(m.Parts()) > 1 {
		var sources []puller
		for _, part := range m.Parts() {
			sources = append(sources, &streamPull{in: part})
		}
		p.pulls = []puller{newMerge(sources, n.Output, n.Keys, r.env.Debug.BatchRows, c)}
		return p, nil
	}
	if len(n.Keys) > 0 || r.env.Parallelism == 1 {
		p.pulls = []puller{&streamPull{in: in, stats: c}}
		return p, nil
	}
	share := &shared{in: &streamPull{in: in, stats: c}}
	for range r.env.Parallelism {
		p.pulls = append(p.pulls, share)
	}
	return p, nil
}

// shared lets several goroutines take turns at one puller; each gets batches of its own.
type shared struct {
	mu sync.Mutex
	in puller
}

func (s *shared) next(ctx context.Context) (*batch.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.in.next(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	return Own(b), nil
}

// Own returns a copy of a batch that shares nothing with its source but dictionaries.
func Own(b *batch.Batch) *batch.Batch {
	if b.Sel != nil {
		return b.Compact()
	}
	all := make([]int32, b.Len)
	for i := range all {
		all[i] = int32(i)
	}
	out := &batch.Batch{Len: b.Len, Cols: make([]*batch.Vector, len(b.Cols))}
	for i, c := range b.Cols {
		out.Cols[i] = c.Gather(all)
	}
	return out
}
