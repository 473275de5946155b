package segment

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// A chunk with a small dictionary has, behind the bloom filters of its row group, how many rows have each entry: one uvarint an
// entry, in their order. Questions that read one column are answered from entries and counts, without a page. Chunks of numbers
// have their exact sum in the index besides. No Parquet reader is told of either.

// countsRef says where the counts lie; size 0 says that there are none.
type countsRef struct {
	offset int64
	size   uint32
	sum    uint64 // XXH3
}

const (
	// countsShare is the part of a row group's bytes that its counts may take together: smallest first, the others are left out.
	countsShare = 200
	// countsMinRows is how many rows an entry must stand for on average, else counts save little.
	countsMinRows = 8
)

// encodeCounts returns the stored form, nil when it is not worth having.
func encodeCounts(counts []uint64, rows int) []byte {
	if len(counts)*countsMinRows > rows {
		return nil
	}
	var out []byte
	for _, n := range counts {
		out = binary.AppendUvarint(out, n)
	}
	return out
}

// writeCounts writes the counts of a row group, as many as its share allows.
func (s *Writer) writeCounts(g *rowGroup, done []encodedColumn) error {
	room, order := 0, make([]int, 0, len(done))
	for i, c := range g.chunks {
		room += int(c.Bytes)
		if len(done[i].rows) > 0 {
			order = append(order, i)
		}
	}
	room /= countsShare
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(done[a].rows), len(done[b].rows)) })
	for _, i := range order {
		b := done[i].rows
		if room -= len(b); room < 0 {
			return nil
		}
		g.chunks[i].counts = countsRef{offset: s.out.n, size: uint32(len(b)), sum: xxh3.Hash(b)}
		if _, err := s.out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// total is the sum of a column of numbers in 64 bits: of a row group's rows it cannot leave 128.
func (c *column) total(counts []uint64) (decimal.Int128, bool) {
	if !summable(c.Type) {
		return decimal.Int128{}, false
	}
	if c.coded {
		return sumOfCounts(c.dict.entries, counts), true
	}
	return addTotal(decimal.Int128{}, c.flat), true
}

func summable(t schema.Type) bool {
	return t.IsExact() && t.Class() == schema.ClassInt64 && t.Kind != schema.Uint64
}

func sumOfCounts(entries *batch.Vector, counts []uint64) (sum decimal.Int128) {
	for k, n := range counts {
		sum, _ = sum.Add(decimal.MulInt64(entries.I[k], int64(n)))
	}
	return sum
}

// addTotal adds the values of a flat or constant vector; those of a dictionary are added by their counts.
func addTotal(sum decimal.Int128, v *batch.Vector) decimal.Int128 {
	switch {
	case v.AllNull():
	case v.Enc == batch.Const:
		sum, _ = sum.Add(decimal.MulInt64(v.I[0], int64(v.Len)))
	case v.Enc == batch.Flat:
		low, high := uint64(0), int64(0)
		for i, x := range v.I[:v.Len] {
			if v.Valid == nil || v.Valid[i] != 0 {
				low += uint64(uint32(x))
				high += x >> 32
			}
		}
		sum, _ = sum.Add(decimal.FromUint64(low))
		sum, _ = sum.Add(decimal.MulInt64(high, 1<<32))
	}
	return sum
}

// Sum returns the exact sum of a column in a row group, in units of its scale, and whether it is known.
func (f *File) Sum(group, column int) (decimal.Int128, bool) {
	c := f.x.groups[group].chunks[column]
	return c.sum, c.summed
}

// storedCounts reads how many rows have each entry of the dictionary as stored, nil when the chunk does not tell.
func (r *ChunkReader) storedCounts() ([]uint32, error) {
	c := &r.c.counts
	if c.size == 0 {
		return nil, nil
	}
	if err := r.fetch(c.offset, c.size, c.sum, "rows per dictionary entry"); err != nil {
		return nil, err
	}
	w := &wire{b: r.raw}
	out, total := make([]uint32, r.c.Entries), int64(0)
	for k := range out {
		out[k] = w.uint32("rows of an entry")
		total += int64(out[k])
	}
	if w.err == nil && (len(w.b) > 0 || total != r.f.x.groups[r.group].rows-r.c.Nulls) {
		w.fail("rows per entry")
	}
	return out, w.err
}

// checkTotals compares sum and counts as stored with those of the rows: counts by entry, and the sum of what has no entry.
func (r *ChunkReader) checkTotals(flat decimal.Int128, counts []uint64) error {
	if r.dict != nil && r.c.summed {
		flat, _ = flat.Add(sumOfCounts(r.dict.Values, counts))
	}
	return r.guard(func() error {
		if r.c.summed && flat != r.c.sum {
			return fmt.Errorf("the values add up to %s, the index says %s", flat, r.c.sum)
		}
		stored, err := r.storedCounts()
		if err != nil || stored == nil {
			return err
		}
		for k, n := range stored {
			at := k
			if r.remap != nil {
				at = int(r.remap[k])
			}
			if at >= len(counts) || counts[at] != uint64(n) {
				return fmt.Errorf("entry %d of the dictionary has %d rows by the index, not as many by the pages", k, n)
			}
		}
		return nil
	})
}
