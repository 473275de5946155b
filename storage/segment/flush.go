package segment

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/assaydb/assay/storage/errs"
	"github.com/zeebo/xxh3"
)

// encodedColumn is one column of a row group, ready to be written; its chunk's bytes are in the column.
type encodedColumn struct {
	chunk *chunk
	bloom []byte
	head  int    // of them, the header
	rows  []byte // per dictionary entry, encoded; nil without a dictionary
	err   error
}

// flush writes the gathered row group: chunks one after another, then their bloom filters, then rows per dictionary entry.
func (s *Writer) flush() error {
	if len(s.x.groups) == maxRowGroups {
		return errs.New(errs.Internal, "segment-too-large", "segment %s has %d row groups, no more fit", s.opt.ID, maxRowGroups)
	}
	if err := s.begin(); err != nil {
		return err
	}
	g := rowGroup{rows: int64(s.columns[0].rows), chunks: make([]*chunk, 0, len(s.columns))}
	done := make([]encodedColumn, len(s.columns))
	for lo := 0; lo < len(done); lo += encodeAtOnce {
		hi := min(lo+encodeAtOnce, len(done))
		s.encodeColumns(done, lo, hi)
		for i := lo; i < hi; i++ {
			if err := s.writeChunk(s.columns[i], &done[i]); err != nil {
				return fmt.Errorf("write segment %s: %w", s.opt.ID, err)
			}
			g.chunks = append(g.chunks, done[i].chunk)
		}
	}
	for i, c := range s.columns {
		if err := s.finishChunk(c, &done[i]); err != nil {
			return fmt.Errorf("write segment %s: %w", s.opt.ID, err)
		}
	}
	if err := s.writeCounts(&g, done); err != nil {
		return fmt.Errorf("write segment %s: %w", s.opt.ID, err)
	}
	s.x.groups = append(s.x.groups, g)
	s.x.rows += g.rows
	return nil
}

// encodeAtOnce is how many columns are encoded before their chunks are written: encoded bytes of a very wide row group do not all lie
// beside what they were made of.
const encodeAtOnce = 512

// writeChunk writes an encoded column. In a wide table its memory is not kept for the next row group.
func (s *Writer) writeChunk(c *column, e *encodedColumn) error {
	if e.err != nil {
		return e.err
	}
	e.chunk.moveTo(s.out.n)
	_, err := s.out.Write(c.out)
	if c.summary.many {
		c.release()
	}
	return err
}

// encodeColumns encodes columns lo to hi (exclusive), several at a time: each is a matter of its own.
func (s *Writer) encodeColumns(done []encodedColumn, lo, hi int) {
	if len(s.encoders) == 1 || s.columns[0].rows*(hi-lo) < parallelCells {
		for i := lo; i < hi; i++ {
			done[i] = s.encoders[0].column(s.columns[i])
		}
		return
	}
	var group sync.WaitGroup
	next := atomic.Int64{}
	next.Store(int64(lo))
	for _, e := range s.encoders {
		group.Go(func() {
			for i := next.Add(1) - 1; int(i) < hi; i = next.Add(1) - 1 {
				done[i] = e.column(s.columns[i])
			}
		})
	}
	group.Wait()
}

// parallelCells is what is worth starting goroutines for; parallelRows the rows of a file that is read back by several.
const (
	parallelCells = 64 << 10
	parallelRows  = 8 << 10
)

// column encodes one column, with its bloom filter, and adds its values to the file's statistics.
func (e *chunkEncoder) column(c *column) (out encodedColumn) {
	if out.chunk, out.err = e.encode(c); out.err != nil {
		return out
	}
	if c.wantsBloom() {
		if out.bloom, out.head, out.err = encodeBloom(c.values()); out.err != nil {
			out.err = fmt.Errorf("bloom filter of column %q: %w", c.Name, out.err)
			return out
		}
	}
	var counts []uint64
	if c.coded {
		counts = countCodes(c.codes, c.dict.len())
		out.rows = encodeCounts(counts, c.rows)
	}
	out.chunk.sum, out.chunk.summed = c.total(counts)
	c.summary.addHashes(c, counts)
	return out
}

// finishChunk writes the bloom filter, adds the chunk to the file's statistics and readies the column for the next row group.
func (s *Writer) finishChunk(c *column, e *encodedColumn) error {
	if e.bloom != nil {
		e.chunk.bloom = bloomRef{offset: s.out.n, size: uint32(len(e.bloom)), header: uint32(e.head), sum: xxh3.Hash(e.bloom)}
		if _, err := s.out.Write(e.bloom); err != nil {
			return err
		}
	}
	c.summary.addChunk(e.chunk)
	c.reset()
	return nil
}
