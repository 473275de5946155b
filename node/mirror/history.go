package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/assaydb/assay/storage/errs"
)

// sameHistory compares the newest mirrored command with this catalog's at the same index, once. A data folder that was put back to an old
// copy knows fewer commands than the mirror at first, but catches up with others of its own: by then their number tells nothing.
func (m *Mirror) sameHistory(ctx context.Context) error {
	m.mu.Lock()
	log, gap := m.shipped.log, m.gap
	m.mu.Unlock()
	if m.matched || gap || len(log) == 0 {
		m.matched = true
		return nil
	}
	index := log[len(log)-1]
	theirs, err := m.mirrored(ctx, index)
	if err != nil || theirs == nil {
		return err
	}
	same, err := m.sameCommand(ctx, index, theirs)
	if err != nil {
		return err
	}
	if !same {
		return errs.New(errs.Conflict, "mirror-diverged", "the mirror's command %d is another than this node's: this data folder was put back to an older copy, and went on from there", index).
			WithHint("run `assay restore` from the mirror into a new folder, or give this node a mirror of its own")
	}
	m.matched = true
	return nil
}

// mirrored reads a mirrored command; nil when it is damaged or gone, which verification finds.
func (m *Mirror) mirrored(ctx context.Context, index uint64) ([]byte, error) {
	r, err := m.cfg.Objects.Get(ctx, logKey(index))
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the mirrored command %d: %w", index, err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the mirrored command %d: %w", index, err)
	}
	at, command, err := DecodeEntry(raw)
	if err != nil || at != index {
		return nil, nil // damage is found and mended elsewhere
	}
	return command, nil
}

// sameCommand compares; a command that this node's log has forgotten counts as the same.
func (m *Mirror) sameCommand(ctx context.Context, index uint64, theirs []byte) (same bool, err error) {
	found := errors.New("found")
	err = m.cfg.Catalog.Applied(ctx, index-1, func(_ uint64, command []byte) error {
		same = bytes.Equal(command, theirs)
		return found
	})
	switch {
	case errors.Is(err, found):
		return same, nil
	case errs.Is(err, errs.Gone):
		return true, nil
	}
	return false, err
}
