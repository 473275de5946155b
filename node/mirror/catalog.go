package mirror

import (
	"context"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
)

// Catalog is the running catalog: *consensus.Log.
type Catalog interface {
	Snapshot() *catalog.Snapshot
	// Applied calls fn, in the caller's goroutine, with every command that changed the catalog after an index, in order and
	// without gaps, until ctx ends or fn fails. It fails with Gone when the commands are not in the log any more.
	Applied(ctx context.Context, after uint64, fn func(index uint64, command []byte) error) error
}

// Source is the local store that segments are copied from.
type Source interface {
	OpenRaw(s *schema.Segment) (*storage.RawFile, error)
	OpenRawFile(table uint32, delivery schema.ID, name string) (*storage.RawFile, error)
}
