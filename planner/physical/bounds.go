package physical

import (
	"time"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/storage/schema"
)

// bounds tells what is known of a scan's columns in one segment: the catalog's statistics, what the partition implies, and for
// virtual columns the live deliveries.
func bounds(n *logical.Scan, seg *schema.Segment) func(int) (schema.Bound, bool) {
	return func(col int) (schema.Bound, bool) {
		id := n.Columns[col]
		if id >= schema.VirtualSourceID {
			return virtualBound(id, seg)
		}
		if k, ok := seg.Bound(id); ok {
			return retyped(n.Table, k)
		}
		for i, p := range n.Table.PartitionBy {
			if p.Column == id && i < len(seg.Partition) {
				if k, ok := partitionBound(n.Table, p, seg, seg.Partition[i]); ok {
					return retyped(n.Table, k)
				}
			}
		}
		return schema.Bound{}, false
	}
}

// retyped refuses bounds of a type that the column no longer has: they were written before an ALTER.
func retyped(t *schema.Table, k schema.Bound) (schema.Bound, bool) {
	i := t.ColumnByID(k.Column)
	return k, i >= 0 && k.Min.Type == t.Columns[i].Type && k.Max.Type == t.Columns[i].Type
}

// virtualBound spans the values of the live deliveries; dead rows are never seen.
func virtualBound(id uint32, seg *schema.Segment) (schema.Bound, bool) {
	out, found := schema.Bound{Column: id, Exact: true}, false
	for _, p := range seg.Parts {
		var text string
		switch id {
		case schema.VirtualSourceID:
			text = p.Source
		case schema.VirtualPeriodID:
			text = p.Period
		case schema.VirtualDeliveryID:
			text = p.Delivery.String()
		case schema.VirtualSegmentID:
			text = seg.ID.String()
		default:
			return out, false
		}
		if !p.Live {
			continue
		}
		v := schema.TextValue(text)
		if !found || v.Compare(out.Min) < 0 {
			out.Min = v
		}
		if !found || v.Compare(out.Max) > 0 {
			out.Max = v
		}
		found = true
	}
	return out, found
}

// partitionBound spans the column values that a partition value stands for.
func partitionBound(t *schema.Table, p schema.Transform, seg *schema.Segment, v schema.Value) (schema.Bound, bool) {
	typ := t.Columns[t.ColumnByID(p.Column)].Type
	out := schema.Bound{Column: p.Column, Min: v, Max: v}
	if v.Null {
		out.Min, out.Max, out.Nulls = schema.NullValue(typ), schema.NullValue(typ), seg.Rows
		return out, p.Kind != schema.Bucket
	}
	at := func(y, m, d int) int64 { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() / 86_400 }
	var lo, hi int64 // days, hi exclusive
	switch n := int(v.I); p.Kind {
	case schema.Identity:
		out.Exact = true
		return out, true
	case schema.Year:
		lo, hi = at(1970+n, 1, 1), at(1971+n, 1, 1)
	case schema.Month:
		lo, hi = at(1970, 1+n, 1), at(1970, 2+n, 1)
	case schema.Day:
		lo, hi = v.I, v.I+1
	default:
		return out, false
	}
	if typ.Kind == schema.Date {
		out.Min, out.Max = schema.IntValue(typ, lo), schema.IntValue(typ, hi-1)
		return out, true
	}
	const day = 86_400_000_000
	out.Min, out.Max = schema.IntValue(typ, lo*day), schema.IntValue(typ, hi*day-1)
	return out, true
}
