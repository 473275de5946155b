package ingest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
)

// Store is where deliveries are written: a *storage.Store.
type Store interface {
	Begin(ctx context.Context, id schema.ID, table *schema.Table, opts storage.DraftOptions) (*storage.Draft, error)
	OpenFile(ctx context.Context, table uint32, delivery schema.ID, ref storage.FileRef) (io.ReadCloser, error)
	Verify(ctx context.Context, segments iter.Seq[*schema.Segment], found func(*schema.Segment, error)) error
	VerifyFile(table uint32, delivery schema.ID, ref storage.FileRef) error
}

// Catalog is read and changed by loads: a *consensus.Log.
type Catalog interface {
	Snapshot() *catalog.Snapshot
	Propose(ctx context.Context, c catalog.Command) (catalog.Result, error)
}

// Mirror is the object store's side of an ack.
type Mirror interface {
	// Stage copies a sealed delivery's files; it returns once they are durable there.
	Stage(ctx context.Context, sealed *storage.Sealed) error
	// WaitIndex returns once the mirror holds the catalog up to an index.
	WaitIndex(ctx context.Context, index uint64) error
}

// Config is what a Loader needs.
type Config struct {
	Store       Store
	Catalog     Catalog
	Files       Surveyor // finds files to attach; nil: none can be
	Mirror      Mirror   // nil: there is none, and ack=mirror is refused
	TempDir     string   // spools and sort runs; emptied of leftovers by New
	MemoryBytes int64    // sort buffer of one load; 0 means DefaultMemoryBytes
	Limits      source.Limits
	Text        TextLimits
	Logger      *slog.Logger
	Debug       Debug
}

// Debug switches optimisations off, so that tests can show that nothing depends on them. The zero value is everything on.
type Debug struct {
	PlainScan      bool // records are cut one by one on the scanner's careful path, without SIMD
	NoDictionaries bool // no column is coded while it is converted
	TwoPasses      bool // nothing is converted before all cells of an upload that must be looked at were
	SerialSort     bool // runs are written and merged in the load's own goroutine
}

// Limits of a load.
const (
	// DefaultMemoryBytes is the sort buffer of one load.
	DefaultMemoryBytes = 64 << 20
	// MaxLoadPartitions is the most partitions one upload may touch.
	MaxLoadPartitions = 10_000
	// maxAttempts is how often a load is converted again because its table was altered meanwhile.
	maxAttempts = 4
)

// Loader loads uploads. It may be used by any number of goroutines.
type Loader struct{ cfg Config }

// New returns a Loader and clears what an earlier run left in TempDir.
func New(cfg Config) (*Loader, error) {
	if cfg.MemoryBytes <= 0 {
		cfg.MemoryBytes = DefaultMemoryBytes
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(cfg.TempDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for uploads: %w", err)
	}
	for _, pattern := range []string{"sort-*.run", "spool-*", "rejects-*.zst"} {
		left, err := filepath.Glob(filepath.Join(cfg.TempDir, pattern))
		if err != nil {
			return nil, fmt.Errorf("look for leftovers in %s: %w", cfg.TempDir, err)
		}
		for _, name := range left {
			if err := os.Remove(name); err != nil {
				return nil, fmt.Errorf("clear a leftover: %w", err)
			}
		}
	}
	return &Loader{cfg: cfg}, nil
}
