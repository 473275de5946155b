package storage

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/assaydb/assay/storage/schema"
	"github.com/google/uuid"
)

// Orphan is a sealed delivery that the catalog does not know.
type Orphan struct {
	Table    uint32
	Delivery schema.ID
	Sealed   time.Time
}

// Orphans lists the sealed deliveries that the catalog does not know and that are older than a time: their commit never came,
// and the catalog refuses one that comes so late. Read the catalog after, not before, calling known for the first time.
func (s *Store) Orphans(known func(schema.ID) bool, olderThan time.Time) ([]Orphan, error) {
	var out []Orphan
	err := s.eachDelivery(func(o Orphan) {
		if o.Sealed.Before(olderThan) && !known(o.Delivery) {
			out = append(out, o)
		}
	})
	return out, err
}

// eachDelivery visits every delivery's folder. Folders with other names are not the store's.
func (s *Store) eachDelivery(fn func(Orphan)) error {
	tables, err := s.fs.ReadDir(s.path(segmentsDir))
	if err != nil {
		return diskError("read folder", s.path(segmentsDir), err)
	}
	for _, t := range tables {
		table, err := strconv.ParseUint(t.Name(), 10, 32)
		if err != nil {
			continue
		}
		deliveries, err := s.fs.ReadDir(s.tableDir(uint32(table)))
		if err != nil {
			return diskError("read folder", s.tableDir(uint32(table)), err)
		}
		for _, d := range deliveries {
			if id, err := schema.ParseID(d.Name()); err == nil {
				fn(Orphan{Table: uint32(table), Delivery: id, Sealed: sealedAt(d, id)})
			}
		}
	}
	return nil
}

// sealedAt is the later of what the folder and the id tell: a restored folder is new, a copied clock may be old.
func sealedAt(d fs.DirEntry, id schema.ID) time.Time {
	t := time.Unix(uuid.UUID(id).Time().UnixTime())
	if info, err := d.Info(); err == nil && info.ModTime().After(t) {
		t = info.ModTime()
	}
	return t
}

// RemoveDelivery deletes everything of a delivery: an orphan, or one past retention. Scans that have its segments open go on.
func (s *Store) RemoveDelivery(table uint32, delivery schema.ID) error {
	dir := s.deliveryDir(table, delivery)
	entries, err := s.fs.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return diskError("read folder", dir, err)
	}
	for _, e := range entries {
		if id, ok := segmentID(e.Name()); ok {
			s.forget(id)
		}
	}
	if err := s.fs.RemoveAll(dir); err != nil {
		return diskError("remove", dir, err)
	}
	return diskError("sync folder", s.tableDir(table), s.fs.SyncDir(s.tableDir(table)))
}

// RemoveSegment deletes one segment past retention, such as one that compaction replaced.
func (s *Store) RemoveSegment(seg *schema.Segment) error {
	s.forget(seg.ID)
	if seg.Location != "" {
		return nil // others' files are never deleted
	}
	name := s.SegmentPath(seg)
	if err := s.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diskError("remove", name, err)
	}
	return nil
}

// RemoveParts deletes some of a delivery's files: segments that a compaction replaced, past retention, and side files by name.
func (s *Store) RemoveParts(table uint32, delivery schema.ID, segments []schema.ID, files []string) error {
	dir := s.deliveryDir(table, delivery)
	names := slices.Clone(files)
	for _, id := range segments {
		s.forget(id)
		names = append(names, SegmentFile(id))
	}
	for _, name := range names {
		if err := s.fs.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diskError("remove", filepath.Join(dir, name), err)
		}
	}
	err := s.fs.SyncDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return diskError("sync folder", dir, err)
}

// Leftovers lists segments in the folders of deliveries that the catalog knows, but not of segments that it knows: a purge of some of a
// delivery's segments that a crash cut short.
func (s *Store) Leftovers(known func(delivery schema.ID) (segments map[schema.ID]bool, ok bool)) ([]schema.Segment, error) {
	var out []schema.Segment
	var failed error
	err := s.eachDelivery(func(o Orphan) {
		segments, ok := known(o.Delivery)
		if !ok || failed != nil {
			return
		}
		entries, err := s.fs.ReadDir(s.deliveryDir(o.Table, o.Delivery))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = diskError("read folder", s.deliveryDir(o.Table, o.Delivery), err)
		}
		for _, e := range entries {
			if id, ok := segmentID(e.Name()); ok && !segments[id] {
				out = append(out, schema.Segment{ID: id, Table: o.Table, Delivery: o.Delivery})
			}
		}
	})
	return out, errors.Join(err, failed)
}

func segmentID(name string) (schema.ID, bool) {
	if filepath.Ext(name) != ".parquet" {
		return schema.ID{}, false
	}
	id, err := schema.ParseID(name[:len(name)-len(".parquet")])
	return id, err == nil
}

// HasDelivery tells whether a sealed delivery's folder is here.
func (s *Store) HasDelivery(table uint32, delivery schema.ID) (bool, error) {
	_, err := s.fs.Stat(s.deliveryDir(table, delivery))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, diskError("stat", delivery.String(), err)
}
