package mirror

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// leave takes a segment out of live/ after making sure that another copy is there. Where no sound copy is known, what lies in live/ is what a
// failed write left, and goes.
func (m *Mirror) leave(ctx context.Context, p *plan, s step) error {
	if err := m.unlessDamaged(ctx, p, &s.segment, m.ensure(ctx, s.segment, s.key)); err != nil {
		return err
	}
	for _, key := range s.live {
		if err := m.drop(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func (m *Mirror) enter(ctx context.Context, s step) error { return m.ensure(ctx, s.segment, s.key) }

// ensure brings a segment to a key: from another place in the store if it lies there, else from the local disk.
func (m *Mirror) ensure(ctx context.Context, s schema.Segment, key string) error {
	for _, from := range m.actual.places(&s) {
		if from == key {
			return nil
		}
		err := m.copy(ctx, s, from, key)
		if err == nil {
			return nil
		}
		if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Corrupt) {
			return err
		}
		m.actual.drop(from) // someone removed it behind our back
	}
	return m.upload(ctx, s, key)
}

// copy copies within the store and looks whether it arrived.
func (m *Mirror) copy(ctx context.Context, s schema.Segment, from, to string) error {
	m.noteUnsure(to)
	if err := m.cfg.Objects.Copy(ctx, from, to); err != nil {
		return fmt.Errorf("copy segment %s: %w", s.ID, err)
	}
	info, err := m.cfg.Objects.Head(ctx, to)
	if err != nil {
		return fmt.Errorf("look up the copy of segment %s: %w", s.ID, err)
	}
	if info.Bytes != s.Bytes {
		return errs.New(errs.Corrupt, "mirror-copy", "the mirror's copy %q has %d bytes, want %d", to, info.Bytes, s.Bytes)
	}
	m.note(info)
	return nil
}

// unsure marks a key under which something may lie: a write began and its success is not known yet. It is no copy to rely on,
// but it must be removed like one, for the reply to the write may have been lost after it was applied.
const unsure = -1

// noteUnsure remembers that a write to a key begins now: without its time a full pass would take it for an old leftover and
// delete it under the load that is staging it.
func (m *Mirror) noteUnsure(key string) {
	m.note(object.Info{Key: key, Bytes: unsure, Modified: time.Now()})
}

func (m *Mirror) upload(ctx context.Context, s schema.Segment, key string) error {
	f, err := m.cfg.Source.OpenRaw(&s)
	if err != nil {
		return fmt.Errorf("mirror segment %s: %w", s.ID, err)
	}
	defer f.Close()
	if err := m.putVerified(ctx, key, f, s.Bytes, s.SHA256); err != nil {
		return fmt.Errorf("mirror segment %s: %w", s.ID, err)
	}
	return nil
}

// putVerified writes an object and reads it back: an acknowledged write whose bytes are wrong must not count as a copy. One that
// is wrong is removed, so that no plain reader meets it.
func (m *Mirror) putVerified(ctx context.Context, key string, body io.ReadSeeker, bytes int64, sum schema.Digest) error {
	m.noteUnsure(key)
	if err := m.cfg.Objects.Put(ctx, key, body); err != nil {
		return err
	}
	got, n, err := digestOf(ctx, m.cfg.Objects, key)
	if err != nil {
		return err
	}
	if n != bytes || got != sum {
		err := errs.New(errs.Corrupt, "mirror-upload", "object %q arrived with %d bytes and another SHA-256 than the catalog's (%d bytes)", key, n, bytes)
		return errors.Join(err, m.cfg.Objects.Delete(ctx, key))
	}
	m.note(object.Info{Key: key, Bytes: bytes, Modified: time.Now()})
	return nil
}

func digestOf(ctx context.Context, s object.Store, key string) (d schema.Digest, n int64, err error) {
	r, err := s.Get(ctx, key)
	if err != nil {
		return d, 0, err
	}
	defer r.Close()
	h := sha256.New()
	n, err = io.Copy(h, r)
	h.Sum(d[:0])
	return d, n, err
}

func (m *Mirror) drop(ctx context.Context, key string) error {
	if err := m.cfg.Objects.Delete(ctx, key); err != nil {
		return err
	}
	m.actual.drop(key)
	return nil
}

// putFile uploads a side file, or the list of checksums that the mirror adds.
func (m *Mirror) putFile(ctx context.Context, view *catalog.Snapshot, f fileStep) error {
	if f.file.Name != sumsFile {
		return m.uploadFile(ctx, f.delivery, f.file)
	}
	text := sumsOf(view, f.delivery)
	return m.putVerified(ctx, fileKey(f.delivery.ID, sumsFile), strings.NewReader(text), int64(len(text)), sha256.Sum256([]byte(text)))
}

func (m *Mirror) uploadFile(ctx context.Context, d *catalog.Delivery, f catalog.File) error {
	body, err := m.cfg.Source.OpenRawFile(d.Table, d.ID, f.Name)
	if err != nil {
		return fmt.Errorf("mirror file %s of delivery %s: %w", f.Name, d.ID, err)
	}
	defer body.Close()
	if err := m.putVerified(ctx, fileKey(d.ID, f.Name), body, f.Bytes, f.SHA256); err != nil {
		return fmt.Errorf("mirror file %s of delivery %s: %w", f.Name, d.ID, err)
	}
	return nil
}

// sumsOf lists a delivery's segments as sha256sum does, so that anyone can check them without Assay.
func sumsOf(view *catalog.Snapshot, d *catalog.Delivery) string {
	var b strings.Builder
	for s := range view.SegmentsOf(d.ID) {
		if s.Location != "" {
			continue
		}
		fmt.Fprintf(&b, "%s  %s.parquet\n", s.SHA256, s.ID)
	}
	return b.String()
}
