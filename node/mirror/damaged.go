package mirror

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"slices"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// unlessDamaged forgives a segment that cannot be mirrored because its copy here is damaged or missing and the mirror has none: trying
// again would not mend it, and everything else must go on. It is named in Status and in the log, and looked at again by every full pass.
func (m *Mirror) unlessDamaged(ctx context.Context, p *plan, s *schema.Segment, err error) error {
	if err == nil || ctx.Err() != nil || !m.damagedHere(s, err) {
		return err
	}
	m.log.Error("a segment has no sound copy and is not mirrored", "segment", s.ID.String(), "delivery", s.Delivery.String(), "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	if id := s.ID.String(); !slices.Contains(p.damaged, id) { // its way out of live/ may have failed already
		p.damaged = append(p.damaged, id)
	}
	return nil
}

// damagedHere tells whether the local file is the reason of a failure.
func (m *Mirror) damagedHere(s *schema.Segment, cause error) bool {
	if !errs.Is(cause, errs.Corrupt) && !errors.Is(cause, fs.ErrNotExist) {
		return false
	}
	f, err := m.cfg.Source.OpenRaw(s)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return err == nil && (n != s.Bytes || schema.Digest(h.Sum(nil)) != s.SHA256)
}
