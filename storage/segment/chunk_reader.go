package segment

import (
	"fmt"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/parquet-go/parquet-go/bloom"
	"github.com/zeebo/xxh3"
)

// ChunkReader decodes the pages of one column, one row group after another. Its buffers are reused: a vector that Page returns
// is valid until the next Page or Reset. It belongs to one goroutine.
type ChunkReader struct {
	// FlatCodes makes Page give values where it would give dictionary codes, and read pages where statistics would answer: for comparing
	// the two in tests, and for files whose statistics are not to be relied on.
	FlatCodes bool
	// NoHot makes the reader decode everything itself, whatever the file's cache holds.
	NoHot bool
	// NoRuns makes Page say nothing about stretches of equal codes; for comparing in tests.
	NoRuns bool

	f      *File
	hot    *hotChunk // nil: nothing is kept
	group  int
	column int
	typ    schema.Type
	c      *chunk
	pages  []page
	own    []page // memory for pages that nobody else has listed
	listed bool
	dict   *batch.Dictionary
	remap  []int32 // stored code -> code in dict; nil: the same

	raw, body []byte // as stored, decompressed
	dec       valueDecoder
	valid     []byte
	vec       batch.Vector
	ends      []int32 // of vec
	codeb     []int32 // of a kept page, unpacked
	read      int64

	numberedOf *batch.Dictionary // of which the entries' numbers are kept here, when nothing is kept elsewhere
	numbered   *batch.Vector

	foreign *foreignReader // of files by other writers
}

// Reset points the reader at one column of one row group.
func (r *ChunkReader) Reset(f *File, group, column int) {
	r.f, r.group, r.column = f, group, column
	r.typ, r.c = f.x.columns[column].Type, f.x.groups[group].chunks[column]
	r.pages, r.listed, r.dict, r.hot = nil, false, nil, nil
	r.remap = nil
	if !r.NoHot && !r.FlatCodes {
		r.hot = f.hot.chunk(f.x.segment, hotPlace{int32(group), int32(column)}, f.Pages(group))
	}
}

// Stats returns the chunk's statistics.
func (r *ChunkReader) Stats() ChunkStats { return r.c.ChunkStats }

func (r *ChunkReader) guard(fn func() error) error { return guard(r.f.place(r.group, r.column), fn) }

// list decodes the page directory once.
func (r *ChunkReader) list() (err error) {
	if r.listed {
		return nil
	}
	if r.hot != nil {
		if known := r.hot.directory.Load(); known != nil {
			r.pages, r.listed = *known, true
			return nil
		}
	}
	r.own, err = r.c.decodePages(r.own[:0], r.typ, r.f.x.groups[r.group].rows, r.f.x.pageRows)
	r.pages, r.listed = r.own, err == nil
	if err == nil && r.hot != nil {
		known := exact(r.pages)
		r.hot.directory.CompareAndSwap(nil, &known) // counted with the chunk
	}
	return err
}

// PageStats is what is known of one page.
type PageStats struct {
	Min, Max schema.Value
	Nulls    int64
	NaN      bool
	Rows     int
}

// PageStats returns the bounds of a page.
func (r *ChunkReader) PageStats(page int) (s PageStats, err error) {
	if r.c.foreign != nil {
		return r.foreignStats(page)
	}
	err = r.guard(func() error {
		if err := r.list(); err != nil {
			return err
		}
		p := &r.pages[page]
		s = PageStats{Min: p.min, Max: p.max, Nulls: int64(p.nulls), NaN: p.nan, Rows: int(p.rows)}
		return nil
	})
	return s, err
}

// MayContain asks the bloom filter for a value of the column's type: false means that no row has it. Without a filter the
// answer is true.
func (r *ChunkReader) MayContain(values []schema.Value) (may bool, err error) {
	if r.c.foreign != nil {
		return r.foreignMayContain(values)
	}
	if r.c.bloom.size == 0 {
		return true, nil
	}
	err = r.guard(func() error {
		bits, err := r.bloomBits()
		if err != nil {
			return err
		}
		filter := bloom.MakeSplitBlockFilter(bits)
		for _, v := range values {
			if filter.Check(bloomHash(batch.NewConst(v, 1), 0)) {
				may = true
				return nil
			}
		}
		return nil
	})
	return may, err
}

func (r *ChunkReader) bloomBits() ([]byte, error) {
	b := r.c.bloom
	if r.hot != nil {
		if known := r.hot.bloom.Load(); known != nil {
			r.read += int64(b.size)
			return *known, nil
		}
	}
	if err := r.fetch(b.offset, b.size, b.sum, "bloom filter"); err != nil {
		return nil, err
	}
	bits := r.raw[b.header:]
	if r.hot != nil {
		bits = exact(bits)
		keep(r.hot, &r.hot.bloom, &bits, int64(len(bits)))
	}
	return bits, nil
}

// fetch reads stored bytes into raw and verifies them.
func (r *ChunkReader) fetch(offset int64, size uint32, sum uint64, what string) error {
	r.raw = grow(r.raw, int(size))
	if err := readAt(r.f.r, r.raw, offset); err != nil {
		return err
	}
	r.read += int64(size)
	if xxh3.Hash(r.raw) != sum {
		return fmt.Errorf("the %s at offset %d does not match its checksum", what, offset)
	}
	return nil
}

// grow returns a slice of n elements that reuses b's memory when it can; its contents are unspecified.
func grow[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n, n+n/4)
	}
	return b[:n]
}

// Dictionary returns the chunk's dictionary, nil when it has none. The same pointer is given for the whole row group; it
// stays valid after Reset.
func (r *ChunkReader) Dictionary() (*batch.Dictionary, error) {
	if r.dict != nil || r.c.encoding != encodingDictionary {
		return r.dict, nil
	}
	if r.hot != nil {
		if known := r.hot.dict.Load(); known != nil {
			r.dict, r.remap = known.Dictionary, known.remap
			r.read += int64(r.c.dict.size)
			return r.dict, nil
		}
	}
	err := r.guard(func() error {
		d := &r.c.dict
		if err := r.fetch(d.offset, d.size, d.sum, "dictionary"); err != nil {
			return err
		}
		body, err := r.decompress(d)
		if err != nil {
			return err
		}
		v, err := r.dec.dictionary(r.typ, body, int(d.rows))
		if err != nil {
			return err
		}
		if v.Len > 0 {
			r.dict = &batch.Dictionary{Values: v}
		}
		return nil
	})
	if err == nil && r.hot != nil && r.dict != nil {
		d := inOrder(r.dict)
		keep(r.hot, &r.hot.dict, d, d.Values.MemBytes()+int64(4*len(d.remap)))
		d = r.hot.dict.Load() // one for all readers
		r.dict, r.remap = d.Dictionary, d.remap
	}
	return r.dict, err
}

// decompress returns the values of the page that raw holds.
func (r *ChunkReader) decompress(p *page) ([]byte, error) {
	stored := r.raw[p.header+p.levels:]
	if r.c.codec == codecNone {
		if len(stored) != int(p.raw) {
			return nil, fmt.Errorf("%d bytes of values where %d are due", len(stored), p.raw)
		}
		return stored, nil
	}
	if int64(p.raw) > maxExpansion*int64(len(stored))+1<<16 {
		return nil, fmt.Errorf("%d bytes claim to expand to %d", len(stored), p.raw)
	}
	out, err := sharedCodecs.decompress(r.c.codec, r.body, stored, int(p.raw))
	if err == nil {
		r.body = out
	}
	return out, err
}

// maxExpansion is past what any codec reaches on the pages that we write (zstd's runs come close to it).
const maxExpansion = 1 << 15

// Page returns the rows of one page: constant where all rows are equal, dictionary codes where it is stored so, else flat.
func (r *ChunkReader) Page(i int) (*batch.Vector, error) {
	if v := r.constant(i); v != nil {
		return v, nil
	}
	if r.hot != nil {
		return r.hotPage(i)
	}
	if err := r.decoded(i); err != nil {
		return nil, err
	}
	switch {
	case r.FlatCodes:
		return r.vec.Flatten(), nil
	case r.NoRuns:
		r.vec.Ends = nil
	}
	return &r.vec, nil
}

// hotPage gives a page that is kept, or decodes and keeps it. Bytes count as read either way: what a query touches does not
// depend on what others read before.
func (r *ChunkReader) hotPage(i int) (*batch.Vector, error) {
	if v := r.hot.pages[i].Load(); v != nil {
		return r.unpackRuns(v), r.touch(i, v)
	}
	if err := r.decoded(i); err != nil {
		return nil, err
	}
	return r.unpackRuns(r.hot.keepPage(i, &r.vec)), nil
}

// touch counts a page that is kept as read.
func (r *ChunkReader) touch(i int, v *batch.Vector) error {
	if r.c.foreign != nil {
		r.foreignTouch(v)
		return nil
	}
	if err := r.guard(r.list); err != nil {
		return err
	}
	if _, err := r.Dictionary(); err != nil {
		return err
	}
	r.read += int64(r.pages[i].size)
	return nil
}

// decoded fills vec with a page.
func (r *ChunkReader) decoded(i int) error {
	if _, err := r.Dictionary(); err != nil {
		return err
	}
	err := r.guard(func() error { return r.page(i) })
	if err == nil && r.vec.Enc == batch.Dict && r.vec.Valid == nil {
		r.ends = runEnds(r.ends[:0], r.vec.Codes[:r.vec.Len])
		r.vec.Ends = r.ends
	}
	return err
}

// constant answers from the statistics alone: a chunk of NULLs only, or of one value and no NULL.
func (r *ChunkReader) constant(i int) *batch.Vector {
	s := &r.c.ChunkStats
	group := r.f.x.groups[r.group].rows
	n := int(min(int64(r.f.x.pageRows), group-int64(i)*int64(r.f.x.pageRows)))
	switch {
	case r.FlatCodes:
		return nil
	case s.Nulls == group:
		return batch.NewConst(schema.NullValue(r.typ), n)
	case s.Nulls == 0 && s.Exact && !s.NaN && !s.Min.Null && s.Min.Compare(s.Max) == 0:
		return batch.NewConst(s.Min, n)
	}
	return nil
}

func (r *ChunkReader) page(i int) error {
	if r.c.foreign != nil {
		return r.foreignPage(i)
	}
	if err := r.list(); err != nil {
		return err
	}
	p := &r.pages[i]
	if err := r.fetch(p.offset, p.size, p.sum, "page"); err != nil {
		return err
	}
	body, err := r.decompress(p)
	if err != nil {
		return err
	}
	if err := r.levels(p); err != nil {
		return err
	}
	present := int(p.rows - p.nulls)
	r.vec = batch.Vector{Type: r.typ, Len: int(p.rows)}
	if p.nulls > 0 {
		r.vec.Valid = r.valid
	}
	if r.c.encoding == encodingDictionary {
		return r.codes(body, present)
	}
	if err := r.dec.values(&r.vec, r.c.encoding, body, present); err != nil {
		return err
	}
	r.dec.spread(&r.vec)
	return nil
}

// levels decodes validity into valid when the page has NULLs.
func (r *ChunkReader) levels(p *page) (err error) {
	if p.nulls == 0 {
		return nil
	}
	r.valid, err = r.dec.levels(r.valid, r.raw[p.header:p.header+p.levels], int(p.rows))
	if err == nil && countOnes(r.valid) != int(p.rows-p.nulls) {
		return fmt.Errorf("levels tell of %d values, the page holds %d", countOnes(r.valid), p.rows-p.nulls)
	}
	return err
}

func (r *ChunkReader) codes(body []byte, present int) error {
	if r.dict == nil {
		r.vec = *batch.NewConst(schema.NullValue(r.typ), r.vec.Len)
		return nil
	}
	codes, single, err := r.dec.codes(body, present, r.dict.Values.Len)
	if err != nil {
		return err
	}
	if r.remap != nil {
		for i, c := range codes {
			codes[i] = r.remap[c]
		}
	}
	if single && r.vec.Valid == nil {
		r.vec = *batch.NewConst(r.dict.Values.Value(int(codes[0])), r.vec.Len)
		return nil
	}
	r.vec.Enc, r.vec.Dict, r.vec.Codes = batch.Dict, r.dict, codes
	r.dec.spreadCodes(&r.vec)
	return nil
}

// TakeBytesRead returns the stored bytes read since its last call.
func (r *ChunkReader) TakeBytesRead() int64 {
	n := r.read
	r.read = 0
	return n
}
