package schema

import (
	"encoding/hex"

	"github.com/assaydb/assay/storage/errs"
	"github.com/google/uuid"
)

// ID is a UUIDv7: deliveries, segments, queries, jobs. IDs made later sort later.
type ID [16]byte

// NewID returns a fresh UUIDv7.
func NewID() ID { return ID(uuid.Must(uuid.NewV7())) }

// ParseID reads the usual text form.
func ParseID(s string) (ID, error) {
	u, err := uuid.Parse(s)
	if err != nil {
		return ID{}, errs.New(errs.Invalid, "bad-id", "id %q is not a UUID", s)
	}
	return ID(u), nil
}

// String returns the usual text form.
func (id ID) String() string { return uuid.UUID(id).String() }

// IsZero reports whether id is unset.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText writes the usual text form.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the usual text form.
func (id *ID) UnmarshalText(b []byte) error {
	p, err := ParseID(string(b))
	if err == nil {
		*id = p
	}
	return err
}

// Digest is a SHA-256.
type Digest [32]byte

// String returns lower-case hex.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero reports whether d is unset.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText writes lower-case hex.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads hex of exactly 32 bytes.
func (d *Digest) UnmarshalText(b []byte) error {
	if n, err := hex.Decode(d[:], b); err != nil || n != len(d) || len(b) != 2*len(d) {
		return errs.New(errs.Invalid, "bad-digest", "%q is not a SHA-256 in hex", b)
	}
	return nil
}
