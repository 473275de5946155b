package engine

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/assaydb/assay/bench/workload"
)

// Engine is one database on one folder.
type Engine interface {
	// Name is workload.Assay, DuckDB or ClickHouse.
	Name() string
	// Start runs the process; what was loaded before is there. The context bounds the life of the process.
	Start(ctx context.Context) error
	// Stop ends the process with everything on disk.
	Stop() error
	// PID is the running process.
	PID() int
	// Version is the engine's own word.
	Version(ctx context.Context) (string, error)
	// Load puts CSV files into a new table of the engine's own format.
	Load(ctx context.Context, t workload.Table, files []string) error
	// Settle finishes what the engine would do in the background with loaded tables: compaction, merges, a checkpoint. The
	// text says what was done.
	Settle(ctx context.Context, tables []workload.Table) (string, error)
	// Convert loads CSV files as the load track does, under another name, and returns what to select from.
	Convert(ctx context.Context, t workload.Table, files []string, how How) (from string, err error)
	// Discard takes away what Convert made.
	Discard(ctx context.Context, t workload.Table) error
	// Attach makes a table of Parquet files where they lie.
	Attach(ctx context.Context, t workload.Table, files []string) error
	// Bytes is what the live data of a table takes on disk.
	Bytes(ctx context.Context, table string) (int64, error)
	// Rows answers a question in full.
	Rows(ctx context.Context, sql string) (*Answer, error)
	// Time answers a question, fetches the whole result and says how long it took.
	Time(ctx context.Context, sql string) (Timing, error)
	// Folder is where the engine keeps everything.
	Folder() string
}

// How says how CSV files are loaded.
type How struct {
	Infer bool // the engine finds the types
	Sort  bool // rows lie in the order of the table's key
}

// Answer is a result as text.
type Answer struct {
	Columns []Column
	Rows    [][]*string // nil is NULL
}

// Column is a column of a result.
type Column struct {
	Name    string
	Inexact bool // a binary floating-point type: its last digits depend on the engine
}

// Timing is one run of a question.
type Timing struct {
	WallMS   float64
	CPUMS    float64 // of the engine's process on all threads; 0 where the system does not tell
	ServerMS float64 // what the server itself says, 0 for engines inside their process
}

// ErrNotAvailable marks what an engine cannot do yet.
var ErrNotAvailable = errors.New("not available")

// Unsupported is a question that the engine refuses, with its reason.
type Unsupported struct{ Reason string }

func (u *Unsupported) Error() string { return u.Reason }

// FolderBytes is the size of all files below a folder.
func FolderBytes(dir string) (int64, error) {
	total := int64(0)
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}
