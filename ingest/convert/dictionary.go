package convert

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Dictionaries of a load.
const (
	maxEntries    = 1 << 15 // distinct values beyond which a column is kept flat from there on
	maxDictBytes  = 8 << 20 // of all columns: past it no column takes new entries, and those that meet one become flat
	entryBytes    = 128     // about what an entry takes beside its text
	freeEntries   = 1024    // distinct values that a column may have before they are held against its rows
	rowsPerEntry  = 8       // rows beyond those that make an entry worth its while
	maxCachedCell = 16      // bytes of a cell that is known by its bytes alone
)

// Dictionaries are those of all columns of one load. The converters of a load share them, so that a code means the same in
// every chunk: later stages sort, hash and write codes, and look at a value once however many rows have it.
type Dictionaries struct {
	columns []dictionary
	bytes   atomic.Int64
}

// NewDictionaries returns empty ones for the columns of a plan. With off no column is coded, for comparing the two.
func NewDictionaries(p *Plan, off bool) *Dictionaries {
	d := &Dictionaries{columns: make([]dictionary, len(p.Types))}
	for j, t := range p.Types {
		d.columns[j] = dictionary{all: d, typ: t, family: batch.NewFamily(), closed: off || t.Class() == schema.ClassInt128 || t.Kind == schema.Boolean}
	}
	return d
}

// dictionary is the distinct values of one column so far. Entries are only ever added, so what a snapshot holds never changes.
type dictionary struct {
	all    *Dictionaries
	typ    schema.Type
	family *batch.Family

	mu     sync.Mutex
	closed bool // for good: the column is flat
	words  map[uint64]int32
	texts  map[string]int32
	values *batch.Vector
	hashes []schema.ColumnHash
	rows   int64 // that were coded, without NULLs
	bytes  int64 // of the budget
	shared *batch.Dictionary
}

// word returns the code of a number by its bits, -1 when the dictionary takes no more.
func (d *dictionary) word(x uint64) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if code, ok := d.words[x]; ok {
		return code
	}
	if !d.room(0) {
		return -1
	}
	code := int32(d.values.Len)
	d.words[x] = code
	if d.typ.Class() == schema.ClassFloat64 {
		f := math.Float64frombits(x)
		d.values.F = append(d.values.F, f)
		d.hashes = append(d.hashes, schema.HashFloat64(f))
	} else {
		d.values.I = append(d.values.I, int64(x))
		d.hashes = append(d.hashes, schema.HashInt64(int64(x)))
	}
	d.values.Len++
	return code
}

// text does the same for text.
func (d *dictionary) text(b []byte) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if code, ok := d.texts[string(b)]; ok {
		return code
	}
	if !d.room(len(b)) {
		return -1
	}
	code := int32(d.values.Len)
	d.texts[string(b)] = code
	d.values.Data = append(d.values.Data, b...)
	d.values.Off = append(d.values.Off, uint32(len(d.values.Data)))
	d.hashes = append(d.hashes, schema.HashBytes(b))
	d.values.Len++
	return code
}

// room tells whether one more entry may be added, and closes the column when not.
func (d *dictionary) room(size int) bool {
	if d.values == nil {
		d.values = &batch.Vector{Type: d.typ}
		if d.typ.Class() == schema.ClassBytes {
			d.values.Off, d.texts = []uint32{0}, map[string]int32{}
		} else {
			d.words = map[uint64]int32{}
		}
	}
	if d.closed {
		return false
	}
	d.bytes += int64(size) + entryBytes
	if d.all.bytes.Add(int64(size)+entryBytes) > maxDictBytes || d.values.Len >= maxEntries {
		d.close()
		return false
	}
	return true
}

// close ends the coding of the column. What was given out stays as it is.
func (d *dictionary) close() {
	d.closed, d.words, d.texts = true, nil, nil
	d.all.bytes.Add(-d.bytes)
}

// open tells whether the column is coded still.
func (d *dictionary) open() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.closed
}

// take counts rows that were coded and returns the dictionary as it is now, with the entries' hashes. A column whose entries
// are too many for its rows is closed.
func (d *dictionary) take(rows int) (*batch.Dictionary, []schema.ColumnHash) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rows += int64(rows)
	if d.values == nil || d.values.Len == 0 {
		return nil, nil
	}
	n := d.values.Len
	if !d.closed && int64(n) > freeEntries+d.rows/rowsPerEntry {
		d.close()
	}
	if d.shared == nil || d.shared.Values.Len < n {
		v := &batch.Vector{Type: d.typ, Len: n}
		switch d.typ.Class() {
		case schema.ClassBytes:
			v.Off, v.Data = d.values.Off[:n+1:n+1], d.values.Data[:d.values.Off[n]:d.values.Off[n]]
		case schema.ClassFloat64:
			v.F = d.values.F[:n:n]
		default:
			v.I = d.values.I[:n:n]
		}
		d.shared = &batch.Dictionary{Values: v, Family: d.family}
	}
	return d.shared, d.hashes[:n:n]
}
