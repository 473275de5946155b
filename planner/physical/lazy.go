package physical

import (
	"iter"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// lazySegments is from how many segments on a scan is planned by the summaries of partitions: past what an estimate looks up in
// statistics files.
const lazySegments = maxAsked

// lazily plans a scan of a large table without unpacking its segments: partitions are judged by what the catalog keeps of all their
// segments together, and the list of segments is walked when the scan runs, where pruning goes on. Nil when the scan is to be planned by
// segments: the table is small, few segments are left, so that the exact estimate costs little, or their order is asked for.
func (b *builder) lazily(n *logical.Scan, rows int64) *piece {
	least, total := b.opts.lazySegments(), b.snap.Totals(n.Table.ID).Segments
	if rows >= 0 || total < least || readsPosition(n) {
		return nil
	}
	found, kept := b.partitions(n)
	var segments, live int64
	for _, x := range kept {
		segments, live = segments+x.Segments, live+x.Rows
	}
	if 0 < segments && segments < least {
		return nil
	}
	b.plan.Segments, b.plan.Total = b.plan.Segments+segments, b.plan.Total+total
	b.limitBytes(n)
	if segments == 0 {
		return &piece{node: values(&logical.Values{Columns: n.Fields()})}
	}
	s := b.reduced(n, found)
	s.Source = &segmentSource{b: b, n: n, count: segments}
	cost := scanCost{sumBytes(kept, s.Columns), segments, total}
	b.plan.scans[s] = cost
	b.plan.Bytes += cost.bytes
	return &piece{node: s, spread: true, rows: thinned(live, s.Filter)}
}

func (o *Options) lazySegments() int64 {
	if o.LazySegments != 0 {
		return o.LazySegments
	}
	return lazySegments
}

func readsPosition(n *logical.Scan) bool {
	for _, id := range n.Columns {
		if id == schema.RowPositionID {
			return true
		}
	}
	return false
}

// partitions lists those that the filter does not rule out, each as if it were one segment. Of virtual columns nothing is known.
func (b *builder) partitions(n *logical.Scan) (found []survivor, kept []*catalog.Summary) {
	cond := condition(n)
	keep := func(first []schema.Value) bool {
		return b.mayMatch(n, cond, &schema.Segment{Partition: first, Rows: 1})
	}
	for x := range b.snap.Summaries(n.Table.ID, keep) {
		s := survivor{&schema.Segment{Partition: x.Partition, Bounds: x.Bounds, Rows: x.Stored}, cond == nil}
		if cond != nil && !b.opts.NoPrune {
			switch expr.Prune(cond, bounds(n, s.Segment), s.Rows) {
			case expr.None:
				continue
			case expr.All:
				s.whole = true
			}
		}
		found, kept = append(found, s), append(kept, x)
	}
	return found, kept
}

// sumBytes is what columns take at most.
func sumBytes(list []*catalog.Summary, columns []uint32) int64 {
	total := int64(0)
	for _, x := range list {
		total += x.Other
		for _, c := range x.Columns {
			for _, id := range columns {
				if c.Column == id {
					total += c.Bytes
				}
			}
		}
	}
	return total
}

// segmentSource walks the segments of a scan that the filter does not rule out.
type segmentSource struct {
	b     *builder
	n     *logical.Scan
	count int64
}

var _ fragment.Source = (*segmentSource)(nil)

// Count bounds how many there are.
func (s *segmentSource) Count() int64 { return s.count }

// All gives them, by partition and age.
func (s *segmentSource) All() iter.Seq[*schema.Segment] {
	return func(yield func(*schema.Segment) bool) {
		for found := range s.b.surviving(s.n) {
			if !yield(found.Segment) {
				return
			}
		}
	}
}
