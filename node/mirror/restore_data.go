package mirror

import (
	"context"
	"sync"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
)

// restoreItem is one file to bring back.
type restoreItem struct {
	segment  *schema.Segment
	delivery *catalog.Delivery
	file     catalog.File
}

func (i restoreItem) bytes() int64 {
	if i.segment != nil {
		return i.segment.Bytes
	}
	return i.file.Bytes
}

// data fetches every segment and side file that the catalog knows, those kept for history too.
func (r *restorer) data(ctx context.Context) error {
	view := r.machine.Snapshot()
	r.cfg.Store.SetFetcher(&Reader{r.cfg.Objects, r.machine.Snapshot})
	var items []restoreItem
	for s := range view.AllSegments() {
		items = append(items, restoreItem{segment: s})
	}
	for d := range view.AllDeliveries() {
		for _, f := range d.Files {
			if !d.Purged {
				items = append(items, restoreItem{delivery: d, file: f})
			}
		}
	}
	r.out.FilesTotal = len(items)
	for _, i := range items {
		r.out.BytesTotal += i.bytes()
	}
	var mu sync.Mutex
	return each(ctx, orDefault(r.cfg.Parallel, DefaultParallel), items, func(ctx context.Context, i restoreItem) error {
		if err := r.fetch(ctx, i); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		r.out.Files++
		r.out.Bytes += i.bytes()
		if r.cfg.Progress != nil {
			r.cfg.Progress(r.out.Progress)
		}
		return nil
	})
}

func (r *restorer) fetch(ctx context.Context, i restoreItem) error {
	if i.segment != nil {
		return r.cfg.Store.Ensure(ctx, i.segment)
	}
	return r.cfg.Store.EnsureFile(ctx, i.delivery.Table, i.delivery.ID, storage.FileRef(i.file))
}
