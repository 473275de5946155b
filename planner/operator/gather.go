package operator

import (
	"context"
	"sync"

	"github.com/assaydb/assay/storage/batch"
)

// gather makes one puller of many, each running in its own goroutine. A worker hands its batch over and waits until the consumer
// asks for another, so that batches need not be copied.
type gather struct {
	run     *runner
	pulls   []puller
	once    sync.Once
	items   chan handed
	release []chan struct{}
	last    int
	done    bool
}

type handed struct {
	b    *batch.Batch
	err  error
	from int
}

// single returns p with exactly one puller.
func (r *runner) single(p *pipe) *pipe {
	if len(p.pulls) == 1 {
		return p
	}
	return &pipe{pulls: []puller{&gather{run: r, pulls: p.pulls, last: -1}}, fields: p.fields, stats: p.stats}
}

func (g *gather) start() {
	g.items = make(chan handed)
	var live sync.WaitGroup
	for i := range g.pulls {
		g.release = append(g.release, make(chan struct{}))
		live.Add(1)
		g.run.tasks.Add(1)
		go func() {
			defer g.run.tasks.Done()
			defer live.Done()
			g.work(i)
		}()
	}
	g.run.tasks.Add(1)
	go func() {
		defer g.run.tasks.Done()
		live.Wait()
		close(g.items)
	}()
}

// work pulls until the end, an error or the cancellation of the run.
func (g *gather) work(i int) {
	ctx := g.run.ctx
	for {
		h := handed{from: i}
		h.b, h.err = g.pull(ctx, i)
		if h.b == nil && h.err == nil {
			return
		}
		select {
		case g.items <- h:
		case <-ctx.Done():
			return
		}
		if h.err != nil {
			return
		}
		select {
		case <-g.release[i]:
		case <-ctx.Done():
			return
		}
	}
}

func (g *gather) pull(ctx context.Context, i int) (b *batch.Batch, err error) {
	defer recovered(&err)
	return g.pulls[i].next(ctx)
}

func (g *gather) next(ctx context.Context) (*batch.Batch, error) {
	g.once.Do(g.start)
	if g.done {
		return nil, nil
	}
	if g.last >= 0 {
		select {
		case g.release[g.last] <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		g.last = -1
	}
	select {
	case h, ok := <-g.items:
		if !ok {
			g.done = true
			return nil, ctx.Err()
		}
		if h.err != nil {
			return nil, h.err
		}
		g.last = h.from
		return h.b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
