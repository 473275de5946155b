package mirror

import (
	"context"
	"iter"
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

// restoreItems walks the files that the catalog knows. They are not gathered: unpacked, two million would outweigh the catalog.
func restoreItems(view *catalog.Snapshot) iter.Seq[restoreItem] {
	return func(yield func(restoreItem) bool) {
		for s := range view.AllSegments() {
			if s.Location == "" && !yield(restoreItem{segment: s}) { // attached files stay where they are
				return
			}
		}
		for d := range view.AllDeliveries() {
			for _, f := range d.Files {
				if !d.Purged && !yield(restoreItem{delivery: d, file: f}) {
					return
				}
			}
		}
	}
}

// data fetches every segment and side file that the catalog knows, those kept for history too.
func (r *restorer) data(ctx context.Context) error {
	view := r.machine.Snapshot()
	r.cfg.Store.SetFetcher(&Reader{r.cfg.Objects, r.machine.Snapshot})
	for i := range restoreItems(view) {
		r.out.FilesTotal++
		r.out.BytesTotal += i.bytes()
	}
	var mu sync.Mutex
	return each(ctx, orDefault(r.cfg.Parallel, DefaultParallel), restoreItems(view), func(ctx context.Context, i restoreItem) error {
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
