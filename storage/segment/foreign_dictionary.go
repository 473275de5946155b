package segment

import (
	"fmt"

	"github.com/assaydb/assay/storage/batch"
	"github.com/zeebo/xxh3"
)

// foreignDictionary is the dictionary of a chunk by another writer. Ours promise that entries differ; of others that is found out,
// and equal entries (by the writer's fault, or since they are one value to SQL, as 0 and -0) get one code.
type foreignDictionary struct {
	stored int // entries in the file
	values *batch.Vector
	shared *batch.Dictionary
	remap  []int32 // code in the file -> code here; nil: the same
}

// readDictionary decodes a dictionary page.
func readDictionary(p *foreignPages, h *foreignHeader) (*foreignDictionary, error) {
	if p.r.hot != nil {
		if known := p.r.hot.dict.Load(); known != nil && known.Values.Len == int(h.values) { // as many: none were equal
			p.r.read += int64(h.stored)
			return &foreignDictionary{stored: int(h.values), values: known.Values, shared: known.Dictionary, remap: known.remap}, nil
		}
	}
	stored, err := p.stored(h)
	if err != nil {
		return nil, fmt.Errorf("dictionary: %w", err)
	}
	if h.encoding != parquetEncPlain && h.encoding != parquetEncPlainDictionary {
		return nil, fmt.Errorf("a dictionary by encoding %d", h.encoding)
	}
	digest := max(xxh3.Hash(stored), 1)
	body, err := p.expand(stored, int64(h.raw), true)
	if err != nil {
		return nil, fmt.Errorf("dictionary: %w", err)
	}
	var v foreignValues
	var flat payload
	flat.reset()
	err = v.begin(p.fc.leaf, parquetEncPlain, body, int(h.values))
	if err == nil {
		err = v.append(&flat, int(h.values))
	}
	if err != nil {
		return nil, fmt.Errorf("dictionary of %d entries: %w", h.values, err)
	}
	if h.values == 0 {
		return nil, nil
	}
	d := &foreignDictionary{stored: int(h.values), values: &batch.Vector{Type: p.fc.leaf.typ, Len: int(h.values)}}
	flat.fill(d.values)
	if p.fc.distinct.Load() != digest && !d.merge() {
		p.fc.distinct.Store(digest)
	}
	d.shared = &batch.Dictionary{Values: d.values}
	return d, nil
}

// merge gives equal entries one code and reports whether there were any.
func (d *foreignDictionary) merge() bool {
	seen := newInterner(d.values.Type)
	seen.reset(d.values.Type)
	codes := make([]int32, d.stored)
	same := true
	for i := range codes {
		codes[i] = seen.value(d.values, i)
		same = same && codes[i] == int32(i)
	}
	if same {
		return false
	}
	d.remap, d.values = codes, seen.entries
	return true
}

// adopt takes a dictionary whose entries are d's in another order.
func (d *foreignDictionary) adopt(known *hotDictionary) {
	d.values, d.shared = known.Values, known.Dictionary
	switch {
	case known.remap == nil:
	case d.remap == nil:
		d.remap = known.remap
	default:
		codes := make([]int32, len(d.remap))
		for i, c := range d.remap {
			codes[i] = known.remap[c]
		}
		d.remap = codes
	}
}

func (d *foreignDictionary) code(stored int32) int32 {
	if d.remap == nil {
		return stored
	}
	return d.remap[stored]
}

func (d *foreignDictionary) translate(codes []int32) {
	if d.remap == nil {
		return
	}
	for i, c := range codes {
		codes[i] = d.remap[c]
	}
}
