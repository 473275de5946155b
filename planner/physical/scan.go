package physical

import (
	"bytes"
	"iter"
	"slices"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// survivor is a segment that may hold rows of the answer; whole says that every row of it passes the filter.
type survivor struct {
	*schema.Segment
	whole bool
}

func (s survivor) liveRows() int64 {
	n := int64(0)
	for _, p := range s.Parts {
		if p.Live {
			n += p.Rows
		}
	}
	return n
}

// scan plans a scan. rows >= 0 says that so many rows, the first by (segment, row), are enough.
func (b *builder) scan(n *logical.Scan, rows int64) piece {
	if p := b.lazily(n, rows); p != nil {
		return *p
	}
	found, total := b.survivors(n)
	if rows >= 0 {
		found = prefix(found, rows)
	}
	b.plan.Total += total
	b.plan.Segments += int64(len(found))
	b.limitBytes(n)
	if len(found) == 0 {
		return piece{node: values(&logical.Values{Columns: n.Fields()})}
	}
	s := b.reduced(n, found)
	for i, seg := range found {
		s.Segments = append(s.Segments, *seg.Segment)
		s.Ordinal = append(s.Ordinal, int32(i))
	}
	cost := scanCost{b.estimate(s.Columns, found), int64(len(found)), total}
	b.plan.scans[s] = cost
	b.plan.Bytes += cost.bytes
	return piece{node: s, spread: true, rows: scanRows(s, found)}
}

// limitBytes takes in the limit of a table's policy.
func (b *builder) limitBytes(n *logical.Scan) {
	if n.MaxBytes > 0 && (b.plan.policyLimit == 0 || n.MaxBytes < b.plan.policyLimit) {
		b.plan.policyLimit = n.MaxBytes
	}
}

// condition puts the policy's row filter before the query's own.
func condition(n *logical.Scan) expr.Expr {
	switch {
	case n.RowFilter == nil:
		return n.Filter
	case n.Filter == nil:
		return n.RowFilter
	}
	ops := append(slices.Clone(expr.Conjuncts(n.RowFilter)), expr.Conjuncts(n.Filter)...)
	return &expr.Logic{Op: expr.And, Operands: ops}
}

// prefix keeps the first segments that surely hold so many rows.
func prefix(list []survivor, rows int64) []survivor {
	for i, s := range list {
		if rows <= 0 {
			return list[:i]
		}
		if s.whole {
			rows -= s.liveRows()
		}
	}
	return list
}

// survivors lists the segments that the filter does not rule out, in the order of their ids, and counts all.
func (b *builder) survivors(n *logical.Scan) (found []survivor, total int64) {
	for s := range b.surviving(n) {
		found = append(found, s)
	}
	slices.SortFunc(found, func(x, y survivor) int { return bytes.Compare(x.ID[:], y.ID[:]) })
	return found, b.snap.Totals(n.Table.ID).Segments
}

// surviving walks them in the catalog's order. It only reads the builder, and may be called after planning.
func (b *builder) surviving(n *logical.Scan) iter.Seq[survivor] {
	return func(yield func(survivor) bool) {
		cond := condition(n)
		for seg := range b.snap.SegmentsWhere(n.Table.ID, b.coarse(n, cond)) {
			s := survivor{seg, cond == nil}
			if s.liveRows() == 0 {
				continue
			}
			if cond != nil && !b.opts.NoPrune {
				switch expr.Prune(cond, bounds(n, seg), seg.Rows) {
				case expr.None:
					continue
				case expr.All:
					s.whole = true
				}
			}
			if !yield(s) {
				return
			}
		}
	}
}

// mayMatch judges what stands for several segments.
func (b *builder) mayMatch(n *logical.Scan, cond expr.Expr, seg *schema.Segment) bool {
	return cond == nil || b.opts.NoPrune || expr.Prune(cond, bounds(n, seg), seg.Rows) != expr.None
}

// coarse judges partitions, and shares of deliveries in them, before their segments are unpacked.
func (b *builder) coarse(n *logical.Scan, cond expr.Expr) func(*catalog.Coarse) bool {
	return func(c *catalog.Coarse) bool {
		return b.mayMatch(n, cond, &schema.Segment{Partition: c.Partition, Bounds: c.Bounds, Rows: max(c.Rows, 1)})
	}
}

// reduced drops the conjuncts that every row of every segment passes, and the columns that were read for them alone.
func (b *builder) reduced(n *logical.Scan, found []survivor) *fragment.Scan {
	out := &fragment.Scan{Table: n.Table, Columns: slices.Clone(n.Columns[:n.Output]), Output: n.Output}
	cond := condition(n)
	if cond == nil {
		return out
	}
	var kept []expr.Expr
	for _, c := range expr.Conjuncts(cond) {
		if b.opts.NoPrune || !passes(n, c, found) {
			kept = append(kept, c)
		}
	}
	switch len(kept) {
	case 0:
		return out
	case 1:
		out.Filter = kept[0]
	default:
		out.Filter = &expr.Logic{Op: expr.And, Operands: kept}
	}
	out.Filter = expr.Remap(out.Filter, func(i int) int {
		at := slices.Index(out.Columns, n.Columns[i])
		if at < 0 {
			at = len(out.Columns)
			out.Columns = append(out.Columns, n.Columns[i])
		}
		return at
	})
	return out
}

func passes(n *logical.Scan, cond expr.Expr, found []survivor) bool {
	for _, s := range found {
		if !s.whole && expr.Prune(cond, bounds(n, s.Segment), s.Rows) != expr.All {
			return false
		}
	}
	return true
}
