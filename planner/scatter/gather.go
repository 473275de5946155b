package scatter

import (
	"context"
	"errors"
	"sync"

	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// queueBatches is how many batches of a stage may wait for the coordinator; then the senders do.
const queueBatches = 4

// gathered is the rows of one stage from all nodes that run it, in any order; or node by node through Parts. It implements
// operator.Merger.
type gathered struct {
	fields []batch.Field
	parts  []operator.Stream
	stage  int

	ctx    context.Context
	cancel context.CancelFunc
	once   sync.Once
	queue  chan item
	tasks  sync.WaitGroup
	closed sync.Once
	err    error
}

type item struct {
	b   *batch.Batch
	err error
}

func newGathered(ctx context.Context, stage int, fields []batch.Field, parts []operator.Stream) *gathered {
	g := &gathered{stage: stage, fields: fields, parts: parts}
	g.ctx, g.cancel = context.WithCancel(ctx)
	return g
}

func (g *gathered) Fields() []batch.Field { return g.fields }

// Parts gives the nodes' streams; reading them excludes Next.
func (g *gathered) Parts() []operator.Stream { return g.parts }

func (g *gathered) start() {
	g.queue = make(chan item, queueBatches)
	var live sync.WaitGroup
	for _, p := range g.parts {
		live.Add(1)
		g.tasks.Add(1)
		go func() {
			defer g.tasks.Done()
			defer live.Done()
			g.pump(p)
		}()
	}
	g.tasks.Add(1)
	go func() {
		defer g.tasks.Done()
		live.Wait()
		close(g.queue)
	}()
}

// pump copies a node's batches into the queue: a batch is the sender's until its next call.
func (g *gathered) pump(p operator.Stream) {
	for {
		b, err := p.Next(g.ctx)
		if b == nil && err == nil {
			return
		}
		if b != nil {
			b = operator.Own(b)
		}
		select {
		case g.queue <- item{b, err}:
		case <-g.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (g *gathered) Next(ctx context.Context) (*batch.Batch, error) {
	g.once.Do(g.start)
	select {
	case it, ok := <-g.queue:
		if !ok {
			return nil, g.ctx.Err()
		}
		return it.b, it.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-g.ctx.Done():
		return nil, errs.New(errs.Canceled, "canceled", "the query was closed")
	}
}

// Close stops the senders and waits for them.
func (g *gathered) Close() error {
	g.closed.Do(func() {
		g.cancel()
		g.tasks.Wait()
		for _, p := range g.parts {
			g.err = errors.Join(g.err, p.Close())
		}
	})
	return g.err
}

// Stats puts the nodes' trees side by side.
func (g *gathered) Stats() *operator.Stats {
	s := &operator.Stats{Name: "Gather"}
	for _, p := range g.parts {
		if st := p.Stats(); st != nil {
			s.Inputs = append(s.Inputs, st)
			s.Rows += st.Rows
			s.Batches += st.Batches
		}
	}
	return s
}
