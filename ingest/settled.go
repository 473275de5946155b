package ingest

import (
	"context"

	"github.com/assaydb/assay/storage/schema"
)

// Settled tells an interrupted sender whether one of the deliveries that it meant to commit (Request.Intent) was committed or is held: its
// receipt, or nil when none was. It is to be asked when the catalog has applied all that was committed, as it has after a start.
func (l *Loader) Settled(ctx context.Context, tried []schema.ID) (*Receipt, error) {
	snap := l.cfg.Catalog.Snapshot()
	for _, id := range tried {
		if snap.Keeps(id) {
			return l.Receipt(ctx, id)
		}
	}
	return nil, nil
}
