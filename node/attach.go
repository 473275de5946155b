package node

import (
	"github.com/assaydb/assay/node/config"
	"github.com/assaydb/assay/storage"
)

// noAttach as the only root closes every place.
const noAttach = "none"

// attachPolicy says which files of others this node reads. Whoever can attach can read every Parquet file that the process can: on
// loopback that is someone on this machine, who mostly can anyway; for callers from elsewhere the operator names the places.
func (n *Node) attachPolicy() storage.AttachPolicy {
	roots := n.settings.AttachRoot
	switch {
	case len(roots) == 0:
		return storage.AttachPolicy{Anywhere: config.Loopback(n.settings.HTTP)}
	case len(roots) == 1 && roots[0] == noAttach:
		return storage.AttachPolicy{}
	}
	return storage.AttachPolicy{Roots: roots}
}
