package window

import (
	"bytes"
	"cmp"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Block is complete partitions of sorted rows. Rows whose ORDER BY is equal are peers.
type Block struct {
	Len        int
	Partitions []int32 // where each ends
	Peers      []int32 // where each group of peers ends; every end of a partition is one
}

// NewBlock finds the partitions and peers of n rows that are sorted by the partition's, then the order's columns, all flat.
func NewBlock(n int, partition, order []*batch.Vector) *Block {
	b := &Block{Len: n}
	if n == 0 {
		return b
	}
	begins := make([]byte, n)
	for _, v := range partition {
		markChanges(begins, v, 2)
	}
	for _, v := range order {
		markChanges(begins, v, 1)
	}
	for i := 1; i < n; i++ {
		if begins[i] == 0 {
			continue
		}
		b.Peers = append(b.Peers, int32(i))
		if begins[i]&2 != 0 {
			b.Partitions = append(b.Partitions, int32(i))
		}
	}
	b.Peers, b.Partitions = append(b.Peers, int32(n)), append(b.Partitions, int32(n))
	return b
}

// markChanges sets a bit for every row that differs from the one before it.
func markChanges(dst []byte, v *batch.Vector, bit byte) {
	if v.Valid == nil && v.Type.Class() == schema.ClassInt64 {
		x := v.I[:len(dst)]
		for i := 1; i < len(x); i++ {
			if x[i] != x[i-1] {
				dst[i] |= bit
			}
		}
		return
	}
	for i := 1; i < len(dst); i++ {
		if dst[i]&bit == 0 && compare(v, i, v, i-1) != 0 {
			dst[i] |= bit
		}
	}
}

// each calls f with the rows of every partition, until it fails.
func (b *Block) each(f func(lo, hi int) error) error {
	lo := 0
	for _, hi := range b.Partitions {
		if err := f(lo, int(hi)); err != nil {
			return err
		}
		lo = int(hi)
	}
	return nil
}

// compare orders two values of flat vectors of one type: NULL first, NaN last, -0 as 0.
func compare(a *batch.Vector, i int, b *batch.Vector, j int) int {
	if an, bn := a.IsNull(i), b.IsNull(j); an || bn {
		switch {
		case an && bn:
			return 0
		case an:
			return -1
		}
		return 1
	}
	switch a.Type.Class() {
	case schema.ClassBytes:
		return bytes.Compare(a.Bytes(i), b.Bytes(j))
	case schema.ClassInt128:
		return a.W[i].Cmp(b.W[j])
	case schema.ClassFloat64:
		return schema.CompareFloat(a.F[i], b.F[j])
	}
	if a.Type.Kind == schema.Uint64 {
		return cmp.Compare(uint64(a.I[i]), uint64(b.I[j]))
	}
	return cmp.Compare(a.I[i], b.I[j])
}
