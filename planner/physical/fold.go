package physical

import (
	"slices"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// folding computes aggregates from statistics: by shares of deliveries in partitions where those are known to pass whole, by
// segments elsewhere. Nothing is gathered, so that two million segments cost a walk and no memory.
type folding struct {
	scan   *logical.Scan
	calls  []logical.Call
	row    []schema.Value
	failed bool // something is not known exactly
}

// begin sets the aggregates of no rows.
func (f *folding) begin() bool {
	for _, c := range f.calls {
		v, ok := metadataCall(f.scan, c, nil)
		if !ok {
			return false
		}
		f.row = append(f.row, v)
	}
	return true
}

// runByPartition is run by the summaries of partitions; false where one does not tell enough, and nothing is decided.
func (f *folding) runByPartition(snap Snapshot) bool {
	row := slices.Clone(f.row)
	for x := range snap.Summaries(f.scan.Table.ID, f.wanted) {
		seg := &schema.Segment{Partition: x.Partition, Bounds: x.Bounds, Rows: x.Stored}
		switch f.judge(seg) {
		case expr.None:
			continue
		case expr.All:
			seg.Parts = []schema.Part{{Rows: x.Rows, Live: true}}
			f.add(survivor{seg, true})
		case expr.Some:
			f.failed = true
		}
		if f.failed {
			f.failed, f.row = false, row
			return false
		}
	}
	return true
}

// wanted judges partitions with the same first value.
func (f *folding) wanted(first []schema.Value) bool {
	return f.judge(&schema.Segment{Partition: first, Rows: 1}) != expr.None
}

// run folds all that passes the filter and reports whether the answer is exact.
func (f *folding) run(snap Snapshot) bool {
	for seg := range snap.SegmentsWhere(f.scan.Table.ID, f.unknown) {
		s := survivor{seg, true}
		if s.liveRows() > 0 {
			switch f.judge(seg) {
			case expr.All:
				f.add(s)
			case expr.Some:
				f.failed = true
			}
		}
		if f.failed {
			return false
		}
	}
	return !f.failed
}

func (f *folding) judge(seg *schema.Segment) expr.Verdict {
	if f.scan.Filter == nil {
		return expr.All
	}
	return expr.Prune(f.scan.Filter, bounds(f.scan, seg), seg.Rows)
}

// unknown folds what can be folded without unpacking, and asks for the rest.
func (f *folding) unknown(c *catalog.Coarse) bool {
	if f.failed {
		return false
	}
	seg := schema.Segment{Partition: c.Partition, Bounds: c.Bounds, Rows: max(c.Rows, 1)}
	if c.Segments == 0 {
		return f.judge(&seg) != expr.None
	}
	verdict := f.judge(&seg)
	if verdict != expr.All || c.Mixed || c.Rows == 0 {
		return verdict != expr.None
	}
	seg.Parts = []schema.Part{{Rows: seg.Rows, Live: true}}
	f.add(survivor{&seg, true})
	return false
}

// add folds one segment, or one share as if it were one.
func (f *folding) add(s survivor) {
	for i, c := range f.calls {
		v, ok := metadataCall(f.scan, c, []survivor{s})
		if !ok {
			f.failed = true
			return
		}
		f.row[i] = merged(c.Spec.Name, f.row[i], v)
	}
}

func merged(name string, a, b schema.Value) schema.Value {
	switch {
	case name == "count":
		a.I += b.I
	case b.Null:
	case a.Null, name == "min" && b.Compare(a) < 0, name == "max" && b.Compare(a) > 0:
		return b
	}
	return a
}
