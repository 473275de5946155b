package mirror

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// Verify reads every segment, side file and catalog object that should be in the mirror and tells what is not as it was written,
// by its key. What is damaged no longer counts as a copy: Run writes it again.
func (m *Mirror) Verify(ctx context.Context, found func(key string, err error)) error {
	a, err := m.awaitListing(ctx)
	if err != nil {
		return err
	}
	v := &verification{m: m, actual: a, found: found}
	view := m.cfg.Catalog.Snapshot()
	for s := range view.AllSegments() {
		for _, key := range a.places(s) {
			if err := v.object(ctx, key, s.Bytes, s.SHA256); err != nil {
				return err
			}
		}
	}
	for d := range view.AllDeliveries() {
		for _, f := range d.Files {
			if !a.hasFile(d.ID, f.Name, f.Bytes) {
				continue
			}
			if err := v.object(ctx, fileKey(d.ID, f.Name), f.Bytes, f.SHA256); err != nil {
				return err
			}
		}
	}
	if err := v.catalog(ctx); err != nil {
		return err
	}
	if v.damaged {
		m.markAll()
		m.poke()
	}
	return nil
}

// listWait is how long Verify waits for the first listing: a job that is asked for right after the start should not fail.
const listWait = 30 * time.Second

func (m *Mirror) awaitListing(ctx context.Context) (*actual, error) {
	select {
	case <-m.opened:
		return m.listing(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(listWait):
		return nil, errs.New(errs.Unavailable, "mirror-not-listed", "the mirror %s has not been read yet", m.cfg.Objects).WithHint("try again once it answers")
	}
}

// verification is one run of Verify.
type verification struct {
	m       *Mirror
	actual  *actual
	found   func(key string, err error)
	damaged bool
}

// object checks one object whose digest is known. Only an outage is an error.
func (v *verification) object(ctx context.Context, key string, size int64, sum schema.Digest) error {
	got, n, err := digestOf(ctx, v.m.cfg.Objects, key)
	switch {
	case errs.Is(err, errs.NotFound):
		v.actual.drop(key)
	case err != nil && !errs.Is(err, errs.Corrupt):
		return err
	case err == nil && n == size && got == sum:
		return nil
	case err == nil:
		err = errs.New(errs.Corrupt, "mirror-damaged", "object %q has %d bytes (the catalog says %d) or another SHA-256 than the catalog's", key, n, size)
		fallthrough
	default:
		v.actual.put(object.Info{Key: key, Bytes: unsure})
	}
	v.damaged = true
	v.found(key, err)
	return nil
}

// catalog checks the mirrored log and snapshots, all of which carry checksums. A new snapshot takes the place of damaged ones.
func (v *verification) catalog(ctx context.Context) error {
	v.m.mu.Lock()
	sh := v.m.shipped
	snapshots, log := append([]uint64(nil), sh.snapshots...), append([]uint64(nil), sh.log...)
	v.m.mu.Unlock()
	r := &restorer{cfg: RestoreConfig{Objects: v.m.cfg.Objects}}
	for _, index := range snapshots {
		if err := v.catalogObject(snapshotKey(index), r.load(ctx, catalog.New(), snapshotKey(index))); err != nil {
			return err
		}
	}
	for _, index := range log {
		_, err := r.command(ctx, index, index)
		if err := v.catalogObject(logKey(index), err); err != nil {
			return err
		}
	}
	return nil
}

func (v *verification) catalogObject(key string, err error) error {
	if err == nil || !errs.Is(err, errs.Corrupt) && !errs.Is(err, errs.NotFound) {
		return err
	}
	if v.m.stillShipped(key) {
		v.damaged = true
		v.found(key, err)
	}
	return nil
}

// stillShipped tells whether an object of the catalog is meant to be there: it may have been pruned since it was listed. If it is,
// a snapshot is written, after which this one and what came before it go.
func (m *Mirror) stillShipped(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	index, _ := indexOf(key)
	list := m.shipped.snapshots
	if strings.HasPrefix(key, logPrefix) {
		list = m.shipped.log
	}
	if !slices.Contains(list, index) {
		return false
	}
	m.gap, m.shipped.distrust = true, max(m.shipped.distrust, index)
	return true
}
