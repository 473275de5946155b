package node

import (
	"github.com/assaydb/assay/node/mirror"
	"github.com/assaydb/assay/storage/errs"
)

// DDL is the statement that makes another engine read a table's mirror.
func (n *Node) DDL(table, engine string) (string, error) {
	if n.mirror == nil {
		return "", errs.New(errs.NotFound, "no-mirror", "this node has no mirror that another engine could read").WithHint("start it with --mirror")
	}
	t, ok := n.catalog.Snapshot().Table(table)
	if !ok {
		return "", errs.New(errs.NotFound, "unknown-table", "there is no table %q", table)
	}
	if err := t.RefuseAttached("the mirror does not hold them, other engines read them where they are"); err != nil {
		return "", err
	}
	return mirror.DDL(t, n.mirror.location, engine)
}
