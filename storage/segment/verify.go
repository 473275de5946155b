package segment

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"golang.org/x/sync/errgroup"
)

// HashColumns reads every page through the query reader, parallel chunks at a time, and returns the hash of each stored column,
// in the order of Columns (the table's, then _delivery), and the rows read. What a seal compares with the hashes of what was
// converted.
func (f *File) HashColumns(ctx context.Context, parallel int) ([]schema.ColumnHash, int64, error) {
	if f.x.rows < parallelRows {
		parallel = 1
	}
	h := &columnHasher{f: f, sums: make([]schema.ColumnHash, len(f.x.columns))}
	group, ctx := errgroup.WithContext(ctx)
	for range max(1, parallel) {
		group.Go(func() error { return h.run(ctx) })
	}
	if err := group.Wait(); err != nil {
		return nil, 0, err
	}
	return h.sums, f.x.rows, nil
}

// columnHasher hashes the chunks of a file in any order: sums do not depend on it.
type columnHasher struct {
	f    *File
	next atomic.Int64 // chunk to hash
	mu   sync.Mutex
	sums []schema.ColumnHash
}

func (h *columnHasher) run(ctx context.Context) error {
	var r ChunkReader
	columns := len(h.f.x.columns)
	for {
		i := int(h.next.Add(1) - 1)
		if i >= columns*len(h.f.x.groups) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		var sum schema.ColumnHash
		r.Reset(h.f, i/columns, i%columns)
		if err := r.hash(&sum, h.f.Pages(i/columns)); err != nil {
			return err
		}
		h.mu.Lock()
		h.sums[i%columns].Add(sum)
		h.mu.Unlock()
	}
}

// hash adds the chunk's values; a dictionary entry is hashed once, however many rows have it. What the index says of the chunk as a
// whole, and answers are made from, is compared with the rows.
func (r *ChunkReader) hash(sum *schema.ColumnHash, pages int) error {
	dict, err := r.Dictionary()
	if err != nil {
		return err
	}
	var counts []uint64
	if dict != nil {
		counts = make([]uint64, dict.Values.Len)
	}
	var total decimal.Int128
	for i := range pages {
		v, err := r.stored(i)
		if err != nil {
			return err
		}
		if k := constantEntry(dict, v); k >= 0 {
			counts[k] += uint64(v.Len)
			continue
		}
		hashVector(sum, v, counts)
		if r.c.summed {
			total = addTotal(total, v)
		}
	}
	if err := r.checkTotals(total, counts); err != nil {
		return err
	}
	for k, n := range counts {
		sum.AddTimes(hashPayload(dict.Values, k), n)
	}
	return nil
}

// stored is Page without the short cut over the statistics: verification must look at the bytes.
func (r *ChunkReader) stored(i int) (*batch.Vector, error) {
	err := r.guard(func() error { return r.page(i) })
	return &r.vec, err
}

func hashVector(sum *schema.ColumnHash, v *batch.Vector, counts []uint64) {
	if v.Enc == batch.Const {
		h := schema.HashNull()
		if v.Valid == nil {
			h = hashPayload(v, 0)
		}
		sum.AddTimes(h, uint64(v.Len))
		return
	}
	if v.Valid == nil && v.Enc == batch.Flat {
		addHashes(sum, v)
		return
	}
	nulls := uint64(0)
	for i := range v.Len {
		switch {
		case v.Valid != nil && v.Valid[i] == 0:
			nulls++
		case v.Enc == batch.Dict:
			counts[v.Codes[i]]++
		default:
			sum.Add(hashPayload(v, i))
		}
	}
	sum.AddTimes(schema.HashNull(), nulls)
}

// addHashes adds those of a flat vector without NULLs.
func addHashes(sum *schema.ColumnHash, v *batch.Vector) {
	switch v.Type.Class() {
	case schema.ClassInt64:
		sum.AddInt64s(v.I[:v.Len])
	case schema.ClassFloat64:
		sum.AddFloat64s(v.F[:v.Len])
	case schema.ClassBytes:
		sum.AddTexts(v.Off[:v.Len+1], v.Data)
	default:
		for i := range v.Len {
			sum.Add(hashPayload(v, i))
		}
	}
}

// Verify compares the whole file's SHA-256 with the one given: the check of last resort, at the speed of the disk.
func Verify(ctx context.Context, r io.ReaderAt, size int64, name string, want schema.Digest) error {
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(size-at, int64(len(buf)))
		if err := readAt(r, buf[:n], at); err != nil {
			return place{file: name, group: -1}.classify(err)
		}
		h.Write(buf[:n])
		at += n
	}
	var got schema.Digest
	if h.Sum(got[:0]); got != want {
		return errs.New(errs.Corrupt, "corrupt-segment", "segment %s is damaged: its SHA-256 is %s, the catalog has %s", name, got, want)
	}
	return nil
}

// String names the file, for logs.
func (f *File) String() string { return fmt.Sprintf("segment %s", f.name) }
