package mirror

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"golang.org/x/sync/errgroup"
)

// pass brings the store in step with the catalog as it stands now. What fails stays to be done; the rest goes on.
func (m *Mirror) pass(ctx context.Context) error {
	if err := m.open(ctx); err != nil {
		m.finishPass(Status{Error: err.Error()}, 0)
		return err
	}
	work, full, heard := m.take()
	view := m.cfg.Catalog.Snapshot() // after take, so that it has all that was marked
	if tail := m.tail(); tail > view.Index() {
		m.putBack(work, full)
		err := errs.New(errs.Conflict, "mirror-ahead", "the mirror holds the catalog up to index %d, this node only up to %d", tail, view.Index()).
			WithHint("this node lost commands: run `assay restore`")
		m.finishPass(Status{Error: err.Error()}, 0)
		return err
	}
	if err := m.sameHistory(ctx); err != nil {
		m.putBack(work, full)
		m.finishPass(Status{Error: err.Error()}, 0)
		return err
	}
	p := makePlan(view, m.actual, deliveriesOf(view, work, full))
	if full {
		p.strays(m.actual, knownSegments(view), time.Now(), m.cfg.Grace)
	}
	err := m.execute(ctx, p)
	if err != nil {
		m.putBack(work, full)
	}
	logErr := m.ship(ctx)
	if err = errors.Join(err, logErr); err != nil {
		m.finishPass(p.status(err), 0)
		return err
	}
	if full {
		heard = view.Index() // everything in the view was compared
	}
	m.finishPass(p.status(nil), min(heard, m.tail()))
	return nil
}

func (m *Mirror) tail() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shipped.tail
}

// open checks the owner and lists the store, once.
func (m *Mirror) open(ctx context.Context) error {
	if m.actual != nil {
		return nil
	}
	if err := m.claim(ctx); err != nil {
		return err
	}
	a, err := listActual(ctx, m.cfg.Objects)
	if err != nil {
		return fmt.Errorf("list the mirror: %w", err)
	}
	sh, err := listShipped(ctx, m.cfg.Objects)
	if err != nil {
		return fmt.Errorf("list the mirrored catalog: %w", err)
	}
	same, err := m.sameEpoch(ctx, sh)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.actual, m.shipped, m.gap = a, sh, !same
	close(m.opened)
	return nil
}

// sameEpoch tells whether the newest mirrored snapshot is of the catalog's epoch. After a restore it is not, and the log alone would
// not say so: a second restore would begin the same epoch again, with the same indexes for other things.
func (m *Mirror) sameEpoch(ctx context.Context, sh shipped) (bool, error) {
	if len(sh.snapshots) == 0 {
		return false, nil
	}
	r, err := m.cfg.Objects.Get(ctx, snapshotKey(sh.snapshots[len(sh.snapshots)-1]))
	if err != nil {
		return false, fmt.Errorf("read the mirrored catalog: %w", err)
	}
	defer r.Close()
	epoch, _, err := catalog.Peek(r)
	if err != nil && !errs.Is(err, errs.Corrupt) {
		return false, fmt.Errorf("read the mirrored catalog: %w", err)
	}
	return err == nil && epoch == m.cfg.Catalog.Snapshot().Epoch(), nil
}

// take hands out what is to be looked at and begins a new list.
func (m *Mirror) take() (work map[schema.ID]bool, full bool, heard uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	work, full = m.dirty, m.full
	m.dirty, m.full = map[schema.ID]bool{}, false
	return work, full, m.heard
}

func (m *Mirror) putBack(work map[schema.ID]bool, full bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.Copy(m.dirty, work)
	m.full = m.full || full
}

// deliveriesOf finds the deliveries and compactions to compare: all, or those named with the ones they replaced or gave way to, and the
// compactions that hold rows of any of them.
func deliveriesOf(view *catalog.Snapshot, work map[schema.ID]bool, full bool) []*catalog.Delivery {
	if full {
		return slices.Collect(view.AllDeliveries())
	}
	seen := map[schema.ID]bool{}
	var out []*catalog.Delivery
	for id := range work {
		out = appendNeighbours(view, out, seen, id)
	}
	return out
}

func appendNeighbours(view *catalog.Snapshot, out []*catalog.Delivery, seen map[schema.ID]bool, id schema.ID) []*catalog.Delivery {
	d, ok := view.Delivery(id)
	if !ok {
		return out
	}
	for _, id := range append([]schema.ID{id, d.Superseded}, d.Replaced...) {
		if n, ok := view.Delivery(id); ok && !seen[id] {
			seen[id] = true
			out = append(out, n)
		}
		for _, h := range view.Holders(id) {
			if !seen[h.ID] {
				seen[h.ID] = true
				out = append(out, h)
			}
		}
	}
	return out
}

func knownSegments(view *catalog.Snapshot) map[schema.ID]bool {
	known := map[schema.ID]bool{}
	for s := range view.AllSegments() {
		known[s.ID] = true
	}
	return known
}

func (p *plan) status(err error) Status {
	s := Status{Damaged: p.damaged}
	if err == nil {
		return s
	}
	s = Status{Damaged: p.damaged, Objects: len(p.leave) + len(p.enter) + len(p.files) + len(p.drop), Bytes: p.bytes}
	if p.oldest != 0 {
		s.Oldest = time.UnixMicro(p.oldest).UTC()
	}
	s.Error = err.Error()
	return s
}

// execute runs the plan. A delivery whose slot could not be cleared does not enter. Merged segments hold rows of many slots: while one
// could not leave, nothing of its table enters, and while anything could not leave, no merged one does.
func (m *Mirror) execute(ctx context.Context, p *plan) error {
	var mu sync.Mutex
	failed := each(ctx, m.cfg.Parallel, slices.Values(p.leave), func(ctx context.Context, s step) error {
		err := m.leave(ctx, p, s)
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			p.slots[s.slot] = true
			p.stuck[s.slot.table] = p.stuck[s.slot.table] || s.merged
			p.slots[slot{table: s.slot.table, any: true}] = true
		}
		return err
	})
	enter := each(ctx, m.cfg.Parallel, slices.Values(p.enter), func(ctx context.Context, s step) error {
		if p.slots[s.slot] || p.stuck[s.slot.table] || s.merged && p.slots[slot{table: s.slot.table, any: true}] {
			return fmt.Errorf("segment %s waits until its predecessor has left", s.segment.ID)
		}
		return m.unlessDamaged(ctx, p, &s.segment, m.enter(ctx, s))
	})
	files := each(ctx, m.cfg.Parallel, slices.Values(p.files), func(ctx context.Context, f fileStep) error { return m.putFile(ctx, p.view, f) })
	if err := errors.Join(failed, enter, files); err != nil {
		return err // nothing is dropped before all else is where it should be
	}
	return each(ctx, m.cfg.Parallel, slices.Values(p.drop), m.drop)
}

// maxErrors is how many failures one pass tells.
const maxErrors = 3

// each runs fn over the items, a few at once, and goes on after failures.
func each[T any](ctx context.Context, parallel int, items iter.Seq[T], fn func(context.Context, T) error) error {
	var g errgroup.Group // runs functions that never fail; the failures are collected here
	g.SetLimit(parallel)
	var mu sync.Mutex
	var failures []error
	for item := range items {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			if err := fn(ctx, item); err != nil {
				mu.Lock()
				defer mu.Unlock()
				if failures = append(failures, err); len(failures) > maxErrors {
					failures = failures[:maxErrors]
				}
			}
			return nil
		})
	}
	_ = g.Wait()
	return errors.Join(append(failures, ctx.Err())...)
}
