package ingest

import (
	"fmt"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/schema"
)

// TextLimits bounds what a text may hold. Zero values mean the defaults; the settings of a node that raise them have the names in
// brackets.
type TextLimits struct {
	LineBytes int // [max-line] a record without its line end; default 1 MiB, at most MaxLineBytes
	CellBytes int // [max-cell] one field; default 1 MiB
	Columns   int // [max-columns] default and at most schema.MaxColumns
}

// MaxLineBytes is the most that a line limit can be set to: several records are in memory at a time.
const MaxLineBytes = 64 << 20

func (l TextLimits) withDefaults() TextLimits {
	if l.LineBytes <= 0 {
		l.LineBytes = csvscan.DefaultRecordLimit
	}
	if l.CellBytes <= 0 {
		l.CellBytes = csvscan.DefaultRecordLimit
	}
	if l.Columns <= 0 || l.Columns > schema.MaxColumns {
		l.Columns = schema.MaxColumns
	}
	l.LineBytes = min(l.LineBytes, MaxLineBytes)
	return l
}

// told names the limit that a record broke, its value and how to raise it.
func (l TextLimits) told(f csvscan.Fault) string {
	switch f {
	case csvscan.FaultTooLong, csvscan.FaultUnclosedQuote:
		return fmt.Sprintf(" (max-line = %d bytes; the node's setting --max-line raises it)", l.LineBytes)
	}
	return ""
}

// told of a cell.
func (l TextLimits) toldCell() string {
	return fmt.Sprintf(" (max-cell = %d bytes; the node's setting --max-cell raises it)", l.CellBytes)
}
