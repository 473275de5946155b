package ingest

import (
	"encoding/binary"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// Bounds of what a receipt keeps of a column's codes.
const (
	maxCodes      = 100 // a text column with more distinct values holds no codes
	maxCodeBytes  = 64
	maxCodesInAll = 5000
)

// profile gathers the few distinct values that text columns may have, so that the next period's codes can be compared. It costs a look
// at each dictionary, and nothing for columns that turned out to hold other text.
type profile struct {
	codes []map[string]bool // per column; nil: too many, or no text
	used  []bool
}

func newProfile(t *schema.Table) *profile {
	p := &profile{codes: make([]map[string]bool, len(t.Columns))}
	for i, c := range t.Columns {
		if c.Type.Kind == schema.Varchar && i < maxCodesInAll/maxCodes*10 {
			p.codes[i] = map[string]bool{}
		}
	}
	return p
}

func (p *profile) add(b *batch.Batch) {
	for i, seen := range p.codes {
		if seen != nil && !p.column(seen, b.Cols[i]) {
			p.codes[i] = nil
		}
	}
}

// column notes the values of one vector; false when there are too many.
func (p *profile) column(seen map[string]bool, v *batch.Vector) bool {
	if v.Enc != batch.Dict {
		for i := range v.Len {
			if !v.IsNull(i) && !note(seen, v.Bytes(i)) {
				return false
			}
		}
		return true
	}
	values := v.Dict.Values
	if values.Len > 4*maxCodes {
		return false
	}
	p.used = append(p.used[:0], make([]bool, values.Len)...)
	for i, c := range v.Codes[:v.Len] {
		if v.Valid == nil || v.Valid[i] != 0 {
			p.used[c] = true // a rejected record may have left an entry that no row has
		}
	}
	for i, used := range p.used {
		if used && !note(seen, values.Bytes(i)) {
			return false
		}
	}
	return true
}

func note(seen map[string]bool, text []byte) bool {
	if seen[string(text)] {
		return true
	}
	if len(seen) == maxCodes || len(text) > maxCodeBytes {
		return false
	}
	seen[string(text)] = true
	return true
}

// fill puts into a receipt what the profile and the segments' bounds say. Codes go in as hashes: a receipt is no place for data.
func (p *profile) fill(r *Receipt, t *schema.Table, segments []schema.Segment) {
	left := maxCodesInAll
	for i := range r.Columns {
		c := &r.Columns[i]
		if seen := p.codes[i]; seen != nil && len(seen) <= left {
			left -= len(seen)
			c.Codes = packCodes(seen)
		}
		if !t.Columns[i].Type.IsNumeric() {
			continue
		}
		var lo, hi schema.Value
		for j := range segments {
			b, ok := segments[j].Bound(t.Columns[i].ID)
			if !ok || b.Min.Null || b.Max.Null {
				continue
			}
			if c.Min == "" || b.Min.Compare(lo) < 0 {
				lo, c.Min = b.Min, b.Min.String()
			}
			if c.Max == "" || b.Max.Compare(hi) > 0 {
				hi, c.Max = b.Max, b.Max.String()
			}
		}
	}
}

// CodeSet is the distinct values of a column: their XXH3-64, sorted, 8 bytes each, big-endian. Empty is a column without values, nil
// one with too many.
type CodeSet []byte

func packCodes(seen map[string]bool) CodeSet {
	hashes := make([]uint64, 0, len(seen))
	for text := range seen {
		hashes = append(hashes, xxh3.HashString(text))
	}
	slices.Sort(hashes)
	out := make(CodeSet, 0, 8*len(hashes))
	for _, h := range hashes {
		out = binary.BigEndian.AppendUint64(out, h)
	}
	return out
}

func (s CodeSet) has(text string) bool {
	h := xxh3.HashString(text)
	for i := 0; i+8 <= len(s); i += 8 {
		if binary.BigEndian.Uint64(s[i:]) == h {
			return true
		}
	}
	return false
}
