package catalog

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/assaydb/assay/storage/schema"
)

// The versions of the packed form. 3 has recordMore, 4 is a compaction's; what can be said without them stays in form 2.
const (
	packVersion           = 2
	packVersionMore       = 3
	packVersionCompaction = 4
)

// Limits of what the catalog keeps of a segment's statistics; the rest is in the statistics files.
const (
	maxBounds     = 8
	maxBoundBytes = 64
)

// A packed delivery is one string without pointers inside:
//
//	version, length of the record, record (appendRecord), then one group per partition:
//	partition, twice the number of segments (plus one when one lists its deliveries), rows, bytes, bounds of the whole group, length of the segments, segments (appendFile)
//
// A group of one has neither rows, bytes nor bounds of its own: they stand in its segment.

// packed is a delivery ready for the catalog and where its groups begin.
type packed struct {
	blob   string
	groups []group
}

// group is the part of a delivery that lies in one partition.
type group struct {
	partition string // encoded values
	offset    uint32 // in the blob
}

// pack builds the packed form; the segments keep their order within a partition. options is as in appendRecord.
func pack(d *Delivery, segments []schema.Segment, options uint32) packed {
	record := appendRecord(nil, d, options)
	b := make([]byte, 0, 2*len(record)+128*len(segments))
	version := byte(packVersion)
	switch {
	case d.Compaction:
		version = packVersionCompaction
	case moreFlags(d) != 0:
		version = packVersionMore
	}
	b = binary.AppendUvarint(append(b, version), uint64(len(record)))
	b = append(b, record...)
	keys := make([]string, len(segments))
	order := make([]int, len(segments))
	var scratch []byte
	for i := range segments {
		scratch = appendValues(scratch[:0], segments[i].Partition)
		if keys[i] = string(scratch); i > 0 && keys[i] == keys[i-1] {
			keys[i] = keys[i-1]
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(keys[i], keys[j]) })
	var groups []group
	var files []byte // reused
	for len(order) > 0 {
		n := 1
		for n < len(order) && keys[order[n]] == keys[order[0]] {
			n++
		}
		groups = append(groups, group{keys[order[0]], uint32(len(b))})
		b, files = appendGroup(b, files[:0], segments, order[:n])
		order = order[n:]
	}
	return packed{string(b), groups}
}

func appendGroup(b, files []byte, segments []schema.Segment, members []int) (out, scratch []byte) {
	b = appendValues(b, segments[members[0]].Partition)
	var rows, size int64
	mixed := false
	for _, i := range members {
		mixed = mixed || len(segments[i].Parts) > 0
		rows, size = rows+segments[i].Rows, size+segments[i].Bytes
		files = appendFile(files, &segments[i], 0)
	}
	b = binary.AppendUvarint(b, uint64(len(members))<<1|uint64(boolByte(mixed)))
	if len(members) > 1 {
		b = binary.AppendVarint(binary.AppendVarint(b, rows), size)
		b = appendBounds(b, mergeBounds(segments, members))
	}
	return append(binary.AppendUvarint(b, uint64(len(files))), files...), files
}

// mergeBounds returns bounds that hold for all the members; a column that one of them does not know is left out.
func mergeBounds(segments []schema.Segment, members []int) []schema.Bound {
	merged := slices.Clone(segments[members[0]].Bounds)
	for _, i := range members[1:] {
		merged = slices.DeleteFunc(merged, func(b schema.Bound) bool {
			o, ok := segments[i].Bound(b.Column)
			return !ok || o.Min.Type != b.Min.Type || o.Max.Type != b.Max.Type
		})
		for j := range merged {
			o, _ := segments[i].Bound(merged[j].Column)
			merged[j] = mergeBound(merged[j], o)
		}
	}
	return merged
}

func mergeBound(a, b schema.Bound) schema.Bound {
	a.Nulls += b.Nulls
	a.Exact = a.Exact && b.Exact
	if a.Min.Null || !b.Min.Null && b.Min.Compare(a.Min) < 0 {
		a.Min = b.Min
	}
	if a.Max.Null || !b.Max.Null && b.Max.Compare(a.Max) > 0 {
		a.Max = b.Max
	}
	return a
}

// coarse returns the bounds worth keeping in memory: of partition columns, sort columns and times, long text cut.
func coarse(t *schema.Table, bounds []schema.Bound) []schema.Bound {
	kept := make([]schema.Bound, 0, min(len(bounds), maxBounds))
	for _, b := range bounds {
		if len(kept) < maxBounds && prunes(t, b) {
			kept = append(kept, cutBound(b))
		}
	}
	return kept
}

func prunes(t *schema.Table, b schema.Bound) bool {
	byColumn := func(p schema.Transform) bool { return p.Column == b.Column }
	i := t.ColumnByID(b.Column)
	return i >= 0 && (t.Columns[i].Type.IsTemporal() || slices.Contains(t.SortBy, b.Column) || slices.ContainsFunc(t.PartitionBy, byColumn))
}

// cutBound shortens long text. 0xff sorts after every byte of UTF-8, so that the cut maximum is still above every value.
func cutBound(b schema.Bound) schema.Bound {
	if len(b.Min.S) > maxBoundBytes {
		b.Min.S, b.Exact = b.Min.S[:maxBoundBytes], false
	}
	if len(b.Max.S) > maxBoundBytes {
		b.Max.S, b.Exact = b.Max.S[:maxBoundBytes]+"\xff", false
	}
	return b
}
