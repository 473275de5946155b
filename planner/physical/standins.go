package physical

import (
	"slices"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// standIns lets the scan below a grouping give rows that stand for several, where the grouping cannot tell: each value of a row group
// once when one stored column is all that is read, or a few rows with the totals of row groups that pass whole. The scan decides row
// group by row group, since it alone knows what is stored; row by row is always allowed.
func (b *builder) standIns(agg *fragment.Aggregate) {
	scan, chain := scanBelow(agg.Input)
	if scan == nil || b.opts.NoStandIns {
		return
	}
	uncounted := true
	for _, c := range agg.Calls {
		switch aggregate.WeightOf(c.Spec) {
		case aggregate.WeightRefused:
			return
		case aggregate.WeightUsed:
			uncounted = false
		}
	}
	s := storage.StandIns{ByValue: len(scan.Columns) == 1 && scan.Columns[0] < schema.VirtualSourceID}
	if len(chain) == 0 && !b.opts.NoMetadata && !b.opts.NoPrune {
		s.Totals = totals(agg, scan)
	}
	switch {
	case s.Totals == nil && !s.ByValue:
		return
	case s.Totals == nil && uncounted:
		s.Uncounted = true
	default:
		agg.Weight = 1 + weigh(scan, chain)
		if s.Totals != nil {
			s.Totals = append(s.Totals, 0)
		}
	}
	scan.StandIns = s
}

// scanBelow finds the scan under projections and filters, which it lists from the bottom up; nil when something else is there.
func scanBelow(n fragment.Node) (scan *fragment.Scan, chain []fragment.Node) {
	for {
		switch x := n.(type) {
		case *fragment.Scan:
			slices.Reverse(chain)
			return x, chain
		case *fragment.Project:
			chain, n = append(chain, x), x.Input
		case *fragment.Filter:
			chain, n = append(chain, x), x.Input
		default:
			return nil, nil
		}
	}
}

// weigh adds the column of weights behind the scan's output and carries it up; it returns its ordinal at the top.
func weigh(scan *fragment.Scan, chain []fragment.Node) int {
	at := scan.Output
	scan.Columns = slices.Insert(slices.Clone(scan.Columns), at, schema.RowWeightID)
	scan.Output++
	if scan.Filter != nil {
		scan.Filter = expr.Remap(scan.Filter, func(i int) int {
			if i >= at {
				i++
			}
			return i
		})
	}
	for _, n := range chain {
		if p, ok := n.(*fragment.Project); ok {
			p.Exprs = append(slices.Clone(p.Exprs), &expr.Column{Index: at, Name: fragment.RowWeightName, Typ: schema.TypeInt64})
			p.Names = append(slices.Clone(p.Names), fragment.RowWeightName)
			at = len(p.Exprs) - 1
		}
	}
	return at
}

// totals says what a grouping needs of each output column of its scan, nil where the totals of row groups cannot give it.
func totals(agg *fragment.Aggregate, scan *fragment.Scan) []storage.Need {
	out := make([]storage.Need, scan.Output)
	for _, k := range agg.Keys {
		if !oftenConstant(scan.Table, scan.Columns[k]) {
			return nil
		}
		out[k] |= storage.NeedValue
	}
	for _, c := range agg.Calls {
		need := needOf(c)
		for _, a := range c.Args {
			out[a] |= need
		}
	}
	return out
}

// oftenConstant tells of columns that may well be constant within a row group: others are not worth the question.
func oftenConstant(t *schema.Table, id uint32) bool {
	if id >= schema.VirtualSourceID || len(t.SortBy) > 0 && t.SortBy[0] == id {
		return true
	}
	return slices.ContainsFunc(t.PartitionBy, func(p schema.Transform) bool { return p.Column == id && p.Kind == schema.Identity })
}

func needOf(c fragment.AggregateCall) storage.Need {
	switch {
	case len(c.Args) != 1 || c.Spec.Distinct:
		return storage.NeedValue
	case c.Spec.Name == "count":
		return storage.NeedCount
	case c.Spec.Name == "sum", c.Spec.Name == "avg":
		return storage.NeedCount | storage.NeedSum
	case c.Spec.Name == "min", c.Spec.Name == "max", c.Spec.Name == "any_value":
		return storage.NeedExtremes
	}
	return storage.NeedValue
}
