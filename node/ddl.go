package node

import (
	"github.com/assaydb/assay/storage/errs"
)

// DDL is the statement that makes another engine read a table's mirror.
func (n *Node) DDL(table, engine string) (string, error) {
	return "", errs.New(errs.NotFound, "no-mirror", "this node has no mirror that %s could read %s from", engine, table)
}
