package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

const (
	upkeepEvery = 10 * time.Minute
	orphanAge   = 24 * time.Hour // the catalog refuses commits of loads that began earlier
)

// startUpkeep looks after what time leaves behind until Close.
func (n *Node) startUpkeep() {
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.work.Go(func() { n.uploads.Run(ctx) })
	n.work.Go(func() { n.newHeap().run(ctx) })
	if n.settings.Compact == "on" {
		n.work.Go(func() { n.compact.Run(ctx, n.catalog.IsLeader) })
	}
	n.work.Go(func() {
		tick := time.NewTicker(upkeepEvery)
		defer tick.Stop()
		for {
			if _, err := n.tidy(ctx); err != nil && ctx.Err() == nil {
				n.log.Warn("upkeep will be tried again", "error", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
}

// tidied counts what a round of upkeep removed.
type tidied struct {
	Purged  int `json:"deliveries_purged"`
	Orphans int `json:"orphans_removed"`
}

// tidy forgets what is past retention and deletes its files, then deletes sealed deliveries whose commit never came.
func (n *Node) tidy(ctx context.Context) (t tidied, err error) {
	n.tidying.Lock()
	defer n.tidying.Unlock()
	if n.catalog.IsLeader() {
		if t.Purged, err = n.purge(ctx); err != nil {
			return t, err
		}
	}
	// A look at an old view would take a fresh delivery for an orphan: wait until all that is committed is applied here.
	if err := n.catalog.Barrier(ctx); err != nil {
		return t, fmt.Errorf("read the catalog back: %w", err)
	}
	snap := n.catalog.Snapshot()
	orphans, err := n.store.Orphans(snap.Keeps, time.Now().Add(-orphanAge))
	if err != nil {
		return t, err
	}
	if !n.swept {
		if err := n.sweep(snap); err != nil {
			return t, err
		}
		n.swept = true
	}
	for _, o := range orphans {
		if err := n.store.RemoveDelivery(o.Table, o.Delivery); err != nil {
			return t, err
		}
		n.log.Info("removed an orphan", "delivery", o.Delivery.String(), "sealed", o.Sealed)
		t.Orphans++
	}
	return t, nil
}

// sweep deletes what a crash between a purge and the deletion of its files left of deliveries that live on. It looks at every folder,
// so once a start has to do.
func (n *Node) sweep(snap *catalog.Snapshot) error {
	left, err := n.store.Leftovers(func(id schema.ID) (map[schema.ID]bool, bool) {
		d, ok := snap.Delivery(id)
		if !ok || d.Purged {
			return nil, false
		}
		known := map[schema.ID]bool{}
		for seg := range snap.SegmentsOf(id) {
			known[seg.ID] = true
		}
		return known, true
	})
	for _, seg := range left {
		err = errors.Join(err, n.store.RemoveSegment(&seg))
	}
	if len(left) > 0 {
		n.log.Info("removed segments past retention", "segments", len(left))
	}
	return err
}

// purge deletes the files of what the catalog has forgotten, never before it has.
func (n *Node) purge(ctx context.Context) (purged int, err error) {
	for more := true; more; {
		now := time.Now().UnixMicro()
		more = false
		for range n.catalog.Snapshot().Expired(now) {
			more = true
			break
		}
		if !more {
			return purged, nil
		}
		res, err := n.catalog.Propose(ctx, &catalog.PurgeExpired{Now: now})
		if err != nil {
			return purged, fmt.Errorf("purge what is past retention: %w", err)
		}
		for _, p := range res.Purged {
			if p.Segments != nil {
				err = n.store.RemoveParts(p.Table, p.Delivery, p.Segments, p.Files)
			} else {
				err = n.store.RemoveDelivery(p.Table, p.Delivery)
				purged++
			}
			if err != nil {
				return purged, err
			}
		}
		more = res.More
	}
	return purged, nil
}
