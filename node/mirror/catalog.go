package mirror

import (
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
)

// Catalog is the running catalog, as raft/consensus offers it.
type Catalog interface {
	Snapshot() *catalog.Snapshot
	// Applied calls fn for every command that changed the catalog from now on, in order, with the index it led to. fn does not
	// block. The returned function ends it.
	Applied(fn func(index uint64, command []byte)) (cancel func())
}

// Source is the local store that segments are copied from.
type Source interface {
	OpenRaw(s *schema.Segment) (*storage.RawFile, error)
	OpenRawFile(table uint32, delivery schema.ID, name string) (*storage.RawFile, error)
}
