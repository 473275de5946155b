package physical

import (
	"fmt"
	"strings"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/expr"
)

// Explain writes the plan as lines: the estimate, then each stage as a tree.
func (p *Plan) Explain() []string {
	out := []string{fmt.Sprintf("estimate: bytes=%d, segments=%d/%d", p.Bytes, p.Segments, p.Total)}
	for _, s := range p.Stages {
		where := "where the segments are"
		switch {
		case s.Stage == 0:
			where = "coordinator"
		case s.Output.Kind == fragment.Broadcast:
			where += ", to every node"
		}
		out = append(out, fmt.Sprintf("stage %d (%s)", s.Stage, where))
		out = p.tree(out, s.Root, 1)
	}
	return out
}

func (p *Plan) tree(out []string, n fragment.Node, depth int) []string {
	out = append(out, strings.Repeat("  ", depth)+p.describe(n))
	for _, in := range n.Inputs() {
		out = p.tree(out, in, depth+1)
	}
	return out
}

func (p *Plan) describe(n fragment.Node) string {
	switch n := n.(type) {
	case *fragment.Scan:
		return p.describeScan(n)
	case *fragment.Filter:
		return "Filter " + expr.Format(n.Cond)
	case *fragment.Project:
		list := make([]string, len(n.Exprs))
		for i, e := range n.Exprs {
			list[i] = expr.Format(e)
		}
		return "Project " + strings.Join(list, ", ")
	case *fragment.Aggregate:
		return describeAggregate(n)
	case *fragment.Sort:
		s := "Sort " + describeKeys(n.Input, n.Keys) + describeLimit(n.Limit, n.Offset)
		if n.Ties > 0 {
			s += " with ties"
		}
		return s
	case *fragment.Window:
		return describeWindow(n)
	case *fragment.Limit:
		return "Limit" + describeLimit(n.Count, n.Offset)
	case *fragment.HashJoin:
		return describeJoin(n)
	case *fragment.Union:
		return "Union"
	case *fragment.Values:
		if n.Feed != nil {
			return "Values streamed"
		}
		return fmt.Sprintf("Values rows=%d", len(n.Rows))
	case *fragment.Receive:
		s := fmt.Sprintf("Receive stage %d", n.Stage)
		if len(n.Keys) > 0 {
			s += " merging " + describeKeys(n, n.Keys)
		}
		return s
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", n), "*fragment.")
}

func (p *Plan) describeScan(n *fragment.Scan) string {
	var cols []string
	for _, f := range n.Fields() {
		cols = append(cols, f.Name)
	}
	cost := p.scans[n]
	s := fmt.Sprintf("Scan %s [%s] segments=%d/%d bytes<=%d", n.Table.Name, strings.Join(cols, ", "), cost.segments, cost.total, cost.bytes)
	if n.StandIns.Totals != nil {
		s += " by totals"
	}
	if n.StandIns.ByValue {
		s += " by value"
	}
	if n.Filter != nil {
		s += " where " + expr.Format(n.Filter)
	}
	return s
}

func describeAggregate(n *fragment.Aggregate) string {
	mode := [...]string{fragment.Partial: "partial", fragment.Final: "final", fragment.Complete: "complete"}[n.Mode]
	fields := n.Input.Fields()
	var keys, calls []string
	for _, k := range n.Keys {
		keys = append(keys, fields[k].Name)
	}
	for _, c := range n.Calls {
		calls = append(calls, c.Name)
	}
	s := "Aggregate " + mode
	if len(keys) > 0 {
		s += " by " + strings.Join(keys, ", ")
	}
	if len(calls) > 0 {
		s += " computing " + strings.Join(calls, ", ")
	}
	return s
}

func describeJoin(n *fragment.HashJoin) string {
	s := "Hash join " + n.Kind.String()
	for i := range n.ProbeKeys {
		s += map[bool]string{true: " on ", false: " and "}[i == 0] + expr.Format(n.ProbeKeys[i]) + " = " + expr.Format(n.BuildKeys[i])
	}
	if n.Cond != nil {
		s += " where " + expr.Format(n.Cond)
	}
	return s
}

func describeKeys(n fragment.Node, keys []fragment.SortKey) string {
	fields := n.Fields()
	var out []string
	for _, k := range keys {
		s := fields[k.Column].Name
		if k.Desc {
			s += " DESC"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func describeLimit(count, offset int64) string {
	s := ""
	if count >= 0 {
		s = fmt.Sprintf(" limit %d", count)
	}
	if offset > 0 {
		s += fmt.Sprintf(" offset %d", offset)
	}
	return s
}
