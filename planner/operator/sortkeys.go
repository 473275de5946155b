package operator

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/sortkey"
)

// normalKey is the beginning of a row's key in the form of package sortkey: most rows are told apart by it, without looking at
// the columns again.
type normalKey [3]uint64

const normalKeyBytes = 24

func (k *normalKey) compare(l *normalKey) int {
	for i := range k {
		if k[i] != l[i] {
			return cmp.Compare(k[i], l[i])
		}
	}
	return 0
}

// keyedRow is a row to be sorted; keyedRowBytes is what it takes with its place in the permutation.
type keyedRow struct {
	key normalKey
	row int32
}

const keyedRowBytes = 36

// key builds a row's normal key with scratch, which it returns for the next row.
func (o order) key(b *batch.Batch, row int, scratch []byte) (key normalKey, _ []byte) {
	scratch = scratch[:0]
	for _, k := range o {
		if scratch = sortkey.AppendMost(scratch, b.Cols[k.Column], row, k.Desc, normalKeyBytes); len(scratch) >= normalKeyBytes {
			break
		}
	}
	var cut [normalKeyBytes]byte
	copy(cut[:], scratch)
	for i := range key {
		key[i] = binary.BigEndian.Uint64(cut[8*i:])
	}
	return key, scratch
}

// permutation returns the rows of a batch in order.
func (o order) permutation(b *batch.Batch) []int32 {
	rows := make([]keyedRow, b.Len)
	var scratch []byte
	for i := range rows {
		rows[i].row = int32(i)
		rows[i].key, scratch = o.key(b, i, scratch)
	}
	slices.SortFunc(rows, func(x, y keyedRow) int {
		if c := x.key.compare(&y.key); c != 0 {
			return c
		}
		return o.compare(b, int(x.row), b, int(y.row))
	})
	idx := make([]int32, len(rows))
	for i, r := range rows {
		idx[i] = r.row
	}
	return idx
}
