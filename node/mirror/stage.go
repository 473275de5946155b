package mirror

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// Stage copies a sealed delivery's segments and side files to the store before it is committed: what ack=mirror needs to hold
// even if this node's disk is lost right after. The segments wait in staging/ and are moved to live/ by Run once the catalog
// has the delivery; if it never does, they go after the grace.
func (m *Mirror) Stage(ctx context.Context, sealed *storage.Sealed) error {
	err := each(ctx, m.cfg.Parallel, slices.Values(sealed.Segments), func(ctx context.Context, s schema.Segment) error {
		return m.upload(ctx, s, stagingKey(&s))
	})
	if err == nil {
		err = each(ctx, m.cfg.Parallel, slices.Values(sealed.Files), func(ctx context.Context, f storage.FileRef) error {
			d := &catalog.Delivery{ID: sealed.Delivery, Table: sealed.Table}
			return m.uploadFile(ctx, d, catalog.File(f))
		})
	}
	if err != nil {
		return fmt.Errorf("stage delivery %s: %w", sealed.Delivery, err)
	}
	return nil
}

// note remembers what was written, once the first listing is there to be added to.
func (m *Mirror) note(i object.Info) {
	if a := m.listing(); a != nil {
		a.put(i)
	}
}

func (m *Mirror) listing() *actual {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.actual
}
