package node

import (
	"context"
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
	orphans, err := n.store.Orphans(func(id schema.ID) bool { _, ok := snap.Delivery(id); return ok }, time.Now().Add(-orphanAge))
	if err != nil {
		return t, err
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
			if err := n.store.RemoveDelivery(p.Table, p.Delivery); err != nil {
				return purged, err
			}
			purged++
		}
		more = res.More
	}
	return purged, nil
}
