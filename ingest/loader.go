package ingest

import (
	"context"
	"io"
	"log/slog"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Config is what a Loader needs.
type Config struct {
	TempDir     string // spools and sort runs; emptied of leftovers by New
	MemoryBytes int64  // sort buffer of one load; 0 means DefaultMemoryBytes
	Logger      *slog.Logger
}

// DefaultMemoryBytes is the sort buffer of one load.
const DefaultMemoryBytes = 64 << 20

// Loader loads uploads. It may be used by any number of goroutines.
type Loader struct {
	cfg Config
}

// New returns a Loader and clears what an earlier run left in TempDir.
func New(cfg Config) (*Loader, error) { return &Loader{cfg: cfg}, nil }

// Load reads one upload and brings it into force. A nil error means the receipt's promise holds; on any error nothing was
// committed, save that errs.Unavailable with code "outcome-unknown" says it could not be found out.
func (l *Loader) Load(ctx context.Context, req *Request) (*Receipt, error) {
	if err := req.validate(); err != nil {
		return nil, err
	}
	return nil, errs.New(errs.Unavailable, "not-ready", "loading is being built")
}

// Revert takes a delivery out of force and puts back the ones it replaced; the receipt is the one of the delivery reverted.
func (l *Loader) Revert(ctx context.Context, delivery schema.ID) (*Receipt, error) {
	return nil, errs.New(errs.Unavailable, "not-ready", "loading is being built")
}

// Receipt returns the receipt of a delivery, as the catalog now has it.
func (l *Loader) Receipt(ctx context.Context, delivery schema.ID) (*Receipt, error) {
	return nil, errs.New(errs.Unavailable, "not-ready", "loading is being built")
}

// RejectFormat is how rejects are written out.
type RejectFormat uint8

// The formats of rejects.
const (
	RejectsNDJSON RejectFormat = iota
	RejectsCSV
)

// Rejects returns the rejected records of a delivery as text; the caller closes it. A delivery without rejects gives an empty
// list (CSV: the header alone).
func (l *Loader) Rejects(ctx context.Context, delivery schema.ID, format RejectFormat) (io.ReadCloser, error) {
	return nil, errs.New(errs.Unavailable, "not-ready", "loading is being built")
}
