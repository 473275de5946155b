package convert

import "github.com/assaydb/assay/ingest/csvscan"

// known remembers cells of one column that were looked at. What a column is said to be only ever widens, so a cell that was looked
// at once tells nothing the second time; most columns of most files have few cells that differ.
type known struct{ cells []knownCell }

type knownCell struct {
	head, tail uint64 // first and last eight bytes
	size       uint32 // bytes, quotedCell if it stood in quotes; 0 is none
}

// knownCells is how many cells are remembered per column; a table of many columns has no room for any.
const (
	knownCells       = 512
	maxKnownColumns  = 256
	fewKnownCells    = 16
	manyKnownColumns = 64
)

// seen reports whether the cell was met before, and remembers it in place of another.
func (k *known) seen(data []byte, f csvscan.Field, width int) bool {
	size := f.End() - f.Start
	if size > maxCachedCell || width > maxKnownColumns {
		return false
	}
	if k.cells == nil {
		n := knownCells
		if width > manyKnownColumns {
			n = fewKnownCells
		}
		k.cells = make([]knownCell, n)
	}
	head, tail := cellKey(data, f.Start, f.End())
	if f.Quoted() {
		size |= quotedCell
	}
	c := &k.cells[mixKey(head, tail, size)&uint64(len(k.cells)-1)]
	if c.head == head && c.tail == tail && c.size == size {
		return true
	}
	*c = knownCell{head, tail, size}
	return false
}
