package scatter

import (
	"context"
	"sync"

	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// broadcast gives the rows of one stage to every node that asked for them. The nodes read at their own pace, so the rows stay until
// the last one closes; what they take is reserved from the query's memory.
type broadcast struct {
	in    operator.Stream
	grant *operator.Grant

	mu    sync.Mutex
	rows  []*batch.Batch
	bytes int64
	done  bool
	err   error
	open  int
}

func newBroadcast(in operator.Stream, grant *operator.Grant, nodes int) *broadcast {
	return &broadcast{in: in, grant: grant, open: nodes}
}

// branch is one node's stream.
func (b *broadcast) branch() operator.Stream { return &branch{of: b} }

// at returns batch i, reading on when it is the first to be asked for.
func (b *broadcast) at(ctx context.Context, i int) (*batch.Batch, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i >= len(b.rows) {
		if b.done || b.err != nil {
			return nil, b.err
		}
		next, err := b.in.Next(ctx)
		if err != nil {
			b.err = err
			return nil, err
		}
		if next == nil {
			b.done = true
			return nil, nil
		}
		next = operator.Own(next)
		if !b.grant.Reserve(next.MemBytes()) {
			b.err = errs.New(errs.Limit, "memory-limit-exceeded", "the smaller side of a join does not fit into the query's memory on every node").
				WithHint("filter that side, or aggregate it before the join")
			return nil, b.err
		}
		b.bytes += next.MemBytes()
		b.rows = append(b.rows, next)
	}
	return b.rows[i], nil
}

// leave closes the source with the last branch.
func (b *broadcast) leave() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open--; b.open > 0 {
		return nil
	}
	b.grant.Release(b.bytes)
	b.rows = nil
	return b.in.Close()
}

// branch reads a broadcast from its start.
type branch struct {
	of   *broadcast
	next int
	once sync.Once
	err  error
}

func (s *branch) Fields() []batch.Field { return s.of.in.Fields() }

func (s *branch) Next(ctx context.Context) (*batch.Batch, error) {
	b, err := s.of.at(ctx, s.next)
	if b != nil {
		s.next++
	}
	return b, err
}

func (s *branch) Close() error {
	s.once.Do(func() { s.err = s.of.leave() })
	return s.err
}

func (s *branch) Stats() *operator.Stats { return s.of.in.Stats() }
