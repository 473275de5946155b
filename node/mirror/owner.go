package mirror

import (
	"context"
	"errors"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
)

// claim makes sure that the mirror is this catalog's. A fresh node pointed at an old mirror would otherwise conclude that
// nothing in there belongs to it, and clear it.
func (m *Mirror) claim(ctx context.Context) error {
	if m.cfg.Owner == "" {
		return nil
	}
	err := m.cfg.Objects.PutIfAbsent(ctx, ownerKey, strings.NewReader(m.cfg.Owner))
	if err == nil || !errs.Is(err, errs.Conflict) {
		return err
	}
	owner, err := Owner(ctx, m.cfg.Objects)
	if err == nil && owner != m.cfg.Owner {
		return errs.New(errs.Conflict, codeForeign, "the mirror %s belongs to another catalog (%s)", m.cfg.Objects, owner).
			WithHint("restore from it with `assay restore`, or use another prefix")
	}
	return err
}

const codeForeign = "mirror-foreign"

func isForeign(err error) bool {
	var e *errs.Error
	return errors.As(err, &e) && e.Code == codeForeign
}

// Owner returns the identity of the catalog that a mirror belongs to; NotFound when none has claimed it.
func Owner(ctx context.Context, s object.Store) (string, error) {
	r := &Reader{Objects: s}
	info, err := r.head(ctx, ownerKey)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = r.download(ctx, ownerKey, min(info.Bytes, maxOwnerBytes), &b)
	return b.String(), err
}

const maxOwnerBytes = 256
