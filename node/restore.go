package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/assaydb/assay/node/mirror"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/raft/consensus"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/object"
)

// RestoreOptions say what is restored to where. Progress is told bytes done and in all.
type RestoreOptions struct {
	From, Data string
	Lazy       bool
	AllowGap   bool
	Logger     *slog.Logger
	Progress   func(done, total int64)
}

// Restore rebuilds a data folder from a mirror. Nothing may run on the folder meanwhile.
func Restore(ctx context.Context, o RestoreOptions) (out *mirror.Restored, err error) {
	objects, err := object.Open(ctx, o.From)
	if err != nil {
		return nil, fmt.Errorf("open the mirror: %w", err)
	}
	if err := os.MkdirAll(o.Data, 0o755); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	lock, err := lockFolder(filepath.Join(o.Data, lockFile))
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	store, err := storage.Open(storage.Config{Dir: o.Data, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close(ctx)) }()
	out, err = mirror.Restore(ctx, mirror.RestoreConfig{
		Objects: objects, Store: store, Lazy: o.Lazy, AllowGap: o.AllowGap, Logger: o.Logger,
		Catalog:  func(m *catalog.Machine) error { return consensus.Seed(filepath.Join(o.Data, raftDir), m) },
		Progress: func(p mirror.Progress) { o.Progress(p.Bytes, p.BytesTotal) },
	})
	if err != nil {
		return nil, err
	}
	if out.Owner == "" {
		return out, nil
	}
	return out, WriteOwner(o.Data, out.Owner)
}
