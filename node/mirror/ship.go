package mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// keepSnapshots is how many catalog snapshots stay, each with the log that follows it: the older ones are for the day when the
// newest cannot be read.
const keepSnapshots = 3

// shipped is what the store has of the catalog: snapshots and the log behind them.
type shipped struct {
	snapshots []uint64 // ascending
	log       []uint64 // ascending
	tail      uint64   // the catalog can be rebuilt up to this index; 0 for nothing
	distrust  uint64   // up to here something is damaged: to go once a newer snapshot stands
}

// listShipped reads what is there.
func listShipped(ctx context.Context, s object.Store) (sh shipped, err error) {
	if sh.snapshots, err = indexes(ctx, s, snapshotsPrefix); err != nil {
		return sh, err
	}
	if sh.log, err = indexes(ctx, s, logPrefix); err != nil {
		return sh, err
	}
	if n := len(sh.snapshots); n > 0 {
		sh.tail = sh.snapshots[n-1]
		for _, i := range sh.log {
			if i == sh.tail+1 {
				sh.tail = i
			}
		}
	}
	return sh, nil
}

func indexes(ctx context.Context, s object.Store, prefix string) (list []uint64, err error) {
	err = object.Each(ctx, s, prefix, func(i object.Info) error {
		if n, ok := indexOf(i.Key); ok {
			list = append(list, n)
		}
		return nil
	})
	return list, err
}

// ship brings the mirrored catalog up to date: entry by entry where they follow on, else with a snapshot.
func (m *Mirror) ship(ctx context.Context) error {
	for {
		e, snapshot, done := m.nextEntry()
		var err error
		switch {
		case done:
			return m.prune(ctx)
		case snapshot:
			err = m.shipSnapshot(ctx, m.cfg.Catalog.Snapshot())
		default:
			err = m.shipEntry(ctx, e)
		}
		if err != nil {
			return err
		}
	}
}

// nextEntry returns the entry that follows on, or tells that a snapshot is due.
func (m *Mirror) nextEntry() (e entry, snapshot, done bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.pending) > 0 && m.pending[0].index <= m.shipped.tail {
		m.forgetEntry()
	}
	switch {
	case len(m.shipped.snapshots) == 0, m.gap, len(m.pending) > 0 && m.pending[0].index != m.shipped.tail+1:
		return e, true, false
	case m.shipped.sinceSnapshot() >= m.cfg.SnapshotEvery:
		return e, true, false
	case len(m.pending) == 0:
		return e, false, true
	}
	return m.pending[0], false, false
}

func (m *Mirror) forgetEntry() {
	m.pending = m.pending[1:]
	close(m.room)
	m.room = make(chan struct{})
}

func (s *shipped) sinceSnapshot() int {
	return int(s.tail - s.snapshots[len(s.snapshots)-1])
}

func (m *Mirror) shipEntry(ctx context.Context, e entry) error {
	data := AppendEntry(nil, e.index, e.command)
	key := logKey(e.index)
	if err := m.putRaw(ctx, key, bytes.NewReader(data), sha256.Sum256(data)); err != nil {
		return fmt.Errorf("mirror catalog entry %d: %w", e.index, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shipped.tail = e.index
	m.shipped.log = append(m.shipped.log, e.index)
	return nil
}

// shipSnapshot streams the whole catalog and reads it back.
func (m *Mirror) shipSnapshot(ctx context.Context, view *catalog.Snapshot) error {
	pr, pw := io.Pipe()
	sum := sha256.New()
	go func() { pw.CloseWithError(view.Save(io.MultiWriter(pw, sum))) }()
	key := snapshotKey(view.Index())
	err := m.cfg.Objects.Upload(ctx, key, pr)
	pr.CloseWithError(io.ErrClosedPipe) // ends Save when the upload gave up
	if err != nil {
		return fmt.Errorf("mirror catalog snapshot %d: %w", view.Index(), err)
	}
	if err := m.verify(ctx, key, schema.Digest(sum.Sum(nil))); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shipped.tail, m.gap = view.Index(), false
	m.shipped.snapshots = append(slices.DeleteFunc(m.shipped.snapshots, func(i uint64) bool { return i == view.Index() }), view.Index())
	return nil
}

// putRaw writes an object of the catalog and reads it back.
func (m *Mirror) putRaw(ctx context.Context, key string, body io.ReadSeeker, sum schema.Digest) error {
	if err := m.cfg.Objects.Put(ctx, key, body); err != nil {
		return err
	}
	return m.verify(ctx, key, sum)
}

func (m *Mirror) verify(ctx context.Context, key string, sum schema.Digest) error {
	got, _, err := digestOf(ctx, m.cfg.Objects, key)
	if err != nil {
		return err
	}
	if got != sum {
		return errs.New(errs.Corrupt, "mirror-upload", "object %q does not read back as it was written", key)
	}
	return nil
}

// prune removes old snapshots and the log that only they need.
func (m *Mirror) prune(ctx context.Context) error {
	for {
		key, ok := m.obsolete()
		if !ok {
			return nil
		}
		if err := m.cfg.Objects.Delete(ctx, key); err != nil {
			return err
		}
		m.mu.Lock()
		gone := func(i uint64) bool { n, _ := indexOf(key); return i == n }
		if key[:len(logPrefix)] == logPrefix {
			m.shipped.log = slices.DeleteFunc(m.shipped.log, gone)
		} else {
			m.shipped.snapshots = slices.DeleteFunc(m.shipped.snapshots, gone)
		}
		m.mu.Unlock()
	}
}

// obsolete names one object of the catalog that is no longer needed.
func (m *Mirror) obsolete() (key string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sh := &m.shipped
	if n := len(sh.snapshots); n > keepSnapshots || n > 1 && sh.snapshots[0] <= sh.distrust && !m.gap {
		return snapshotKey(sh.snapshots[0]), true
	}
	if len(sh.log) > 0 && len(sh.snapshots) > 0 && sh.log[0] <= sh.snapshots[0] {
		return logKey(sh.log[0]), true
	}
	return "", false
}
