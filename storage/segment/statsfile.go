package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// StatsFile is the statistics of the segments of one partition and delivery (or compaction). It lies beside them, locally and
// in the mirror, so that costs can be told exactly without opening a segment.
type StatsFile struct {
	Table    uint32
	Version  uint32 // of the table
	Delivery schema.ID
	Columns  []schema.Column // what Info's columns are, in order
	Segments []SegmentStats
}

// SegmentStats is what a Writer told of one segment.
type SegmentStats struct {
	ID schema.ID
	Info
}

// StatsVersion is the version of the statistics file's form.
const StatsVersion = 1

// A statistics file is the magic, the version, the body in the form of wire.go, and the XXH3-128 of all before it.
const (
	statsMagic    = "ASTS"
	statsSumBytes = 16
)

// Append appends the encoded file.
func (s *StatsFile) Append(dst []byte) []byte {
	start := len(dst)
	dst = append(append(dst, statsMagic...), StatsVersion)
	dst = appendUint(appendUint(dst, s.Table), s.Version)
	dst = append(dst, s.Delivery[:]...)
	dst = appendUint(dst, len(s.Columns))
	for _, c := range s.Columns {
		dst = appendText(appendType(appendUint(dst, c.ID), c.Type), c.Name)
	}
	dst = appendUint(dst, len(s.Segments))
	for i := range s.Segments {
		dst = s.Segments[i].append(dst)
	}
	sum := xxh3.Hash128(dst[start:])
	dst = binary.LittleEndian.AppendUint64(dst, sum.Lo)
	return binary.LittleEndian.AppendUint64(dst, sum.Hi)
}

func (s *SegmentStats) append(dst []byte) []byte {
	dst = append(dst, s.ID[:]...)
	dst = appendUint(appendUint(dst, s.Rows), s.Bytes)
	dst = append(dst, s.SHA256[:]...)
	for i := range s.Columns {
		dst = s.Columns[i].append(dst)
	}
	dst = appendUint(dst, len(s.RowGroups))
	for _, g := range s.RowGroups {
		dst = appendUint(dst, g.Rows)
		for i := range g.Chunks {
			dst = g.Chunks[i].append(dst)
		}
	}
	return dst
}

func (c *ColumnStats) append(dst []byte) []byte {
	dst = append(dst, flags(c.Exact, c.NaN))
	dst = appendValue(appendValue(dst, c.Min), c.Max)
	dst = appendUint(appendUint(dst, c.Nulls), c.Bytes)
	dst = binary.LittleEndian.AppendUint64(dst, c.Hash.Lo)
	dst = binary.LittleEndian.AppendUint64(dst, c.Hash.Hi)
	return c.Distinct.append(dst)
}

func (c *ChunkStats) append(dst []byte) []byte {
	dst = append(dst, flags(c.Exact, c.NaN))
	dst = appendValue(appendValue(dst, c.Min), c.Max)
	dst = appendUint(appendUint(appendUint(dst, c.Nulls), c.Offset), c.Bytes)
	dst = appendUint(dst, c.Entries)
	return binary.LittleEndian.AppendUint64(dst, c.Digest)
}

// sparseLimit is the number of registers in use up to which a sketch is written register by register.
const sparseLimit = sketchRegisters / 4

// append writes a count and pairs of gap and register when few registers are in use, else a count past the limit and all.
func (s *Sketch) append(dst []byte) []byte {
	used := 0
	for _, r := range s.registers {
		if r > 0 {
			used++
		}
	}
	if used > sparseLimit {
		return append(appendUint(dst, sparseLimit+1), s.registers...)
	}
	dst = appendUint(dst, used)
	last := -1
	for i, r := range s.registers {
		if r > 0 {
			dst = append(appendUint(dst, i-last), r)
			last = i
		}
	}
	return dst
}

// DecodeStats reads a statistics file. Damage is errs.Corrupt.
func DecodeStats(b []byte) (*StatsFile, error) {
	s, err := decodeStats(b)
	if err != nil {
		return nil, errs.New(errs.Corrupt, "corrupt-statistics", "the statistics file is damaged: %w", err)
	}
	return s, nil
}

func decodeStats(b []byte) (*StatsFile, error) {
	head := len(statsMagic) + 1
	if len(b) < head+statsSumBytes || !bytes.HasPrefix(b, []byte(statsMagic)) {
		return nil, fmt.Errorf("%d bytes without the magic", len(b))
	}
	if v := b[head-1]; v != StatsVersion {
		return nil, fmt.Errorf("version %d, this build reads %d", v, StatsVersion)
	}
	body, tail := b[:len(b)-statsSumBytes], b[len(b)-statsSumBytes:]
	sum := xxh3.Uint128{Lo: binary.LittleEndian.Uint64(tail), Hi: binary.LittleEndian.Uint64(tail[8:])}
	if xxh3.Hash128(body) != sum {
		return nil, fmt.Errorf("it does not match its checksum")
	}
	return decodeStatsBody(body[head:])
}

func decodeStatsBody(body []byte) (*StatsFile, error) {
	w := &wire{b: body}
	s := &StatsFile{Table: w.uint32("table"), Version: w.uint32("table version"), Delivery: w.id("delivery")}
	for range w.count("columns", 5) {
		c := schema.Column{ID: w.uint32("column id"), Type: w.typ("column type")}
		c.Name = w.text("column name")
		s.Columns = append(s.Columns, c)
	}
	for range w.count("segments", minSegmentStats) {
		s.Segments = append(s.Segments, w.segmentStats(s.Columns))
		if w.err != nil {
			return nil, w.err
		}
	}
	if w.err == nil && len(w.b) > 0 {
		w.fail("end of statistics")
	}
	return s, w.err
}

// The least bytes of a segment, a column and a chunk.
const (
	minSegmentStats = 16 + 2 + 32 + 1
	minColumnStats  = 1 + 2 + 2 + 16 + 1
	minChunkStats   = 1 + 2 + 4 + 8
)

func (w *wire) segmentStats(columns []schema.Column) (s SegmentStats) {
	s.ID = w.id("segment")
	s.Rows, s.Bytes = w.int64("rows"), w.int64("bytes")
	copy(s.SHA256[:], w.bytes("digest", len(s.SHA256)))
	if len(columns)*minColumnStats > len(w.b) {
		w.fail("column statistics")
		return s
	}
	for _, c := range columns {
		s.Columns = append(s.Columns, w.columnStats(c))
	}
	for range w.count("row groups", 1+len(columns)*minChunkStats) {
		g := RowGroupStats{Rows: w.int64("rows")}
		for _, c := range columns {
			g.Chunks = append(g.Chunks, w.chunkStats(c.Type))
		}
		if s.RowGroups = append(s.RowGroups, g); w.err != nil {
			break
		}
	}
	return s
}

func (w *wire) columnStats(c schema.Column) ColumnStats {
	f := w.byte("flags")
	s := ColumnStats{Column: c.ID, Exact: f&flagExact != 0, NaN: f&flagNaN != 0, Min: w.value("min", c.Type), Max: w.value("max", c.Type)}
	s.Nulls, s.Bytes = w.int64("nulls"), w.int64("bytes")
	s.Hash.Lo, s.Hash.Hi = w.uint64("hash"), w.uint64("hash")
	s.Distinct = w.sketch()
	return s
}

func (w *wire) chunkStats(t schema.Type) ChunkStats {
	f := w.byte("flags")
	s := ChunkStats{Exact: f&flagExact != 0, NaN: f&flagNaN != 0, Min: w.value("min", t), Max: w.value("max", t)}
	s.Nulls, s.Offset, s.Bytes = w.int64("nulls"), w.int64("offset"), w.int64("bytes")
	s.Entries, s.Digest = int(w.uint32("entries")), w.uint64("digest")
	return s
}

// maxRegister is the rank of a hash whose counted bits are all zero.
const maxRegister = 64 - sketchBits + 1

func (w *wire) sketch() (s Sketch) {
	n := w.uint("sketch")
	if n == 0 || w.err != nil {
		return s
	}
	s.registers = make([]uint8, sketchRegisters)
	if n > sparseLimit {
		copy(s.registers, w.bytes("sketch", sketchRegisters))
	} else {
		at := -1
		for range n {
			if at += int(w.uint32("sketch")); at < 0 || at >= sketchRegisters {
				w.fail("sketch")
				return Sketch{}
			}
			s.registers[at] = w.byte("sketch")
		}
	}
	for _, r := range s.registers {
		if r > maxRegister {
			w.fail("sketch")
		}
	}
	return s
}
