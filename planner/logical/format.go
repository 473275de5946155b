package logical

import (
	"fmt"
	"strings"

	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/window"
)

// Format writes a tree as indented text, one operator a line.
func Format(n Node) string {
	var b strings.Builder
	format(&b, n, 0)
	return b.String()
}

func format(b *strings.Builder, n Node, depth int) {
	fmt.Fprintf(b, "%s%s\n", strings.Repeat("  ", depth), describe(n))
	for _, in := range n.Inputs() {
		format(b, in, depth+1)
	}
}

func describe(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return describeScan(n)
	case *Filter:
		return "Filter " + expr.Format(n.Cond)
	case *Project:
		return "Project " + formatAll(n.Exprs)
	case *Aggregate:
		var calls []string
		for _, c := range n.Calls {
			calls = append(calls, formatCall(c.Spec, c.Args))
		}
		return strings.TrimRight("Aggregate by ["+formatAll(n.Keys)+"] "+strings.Join(calls, ", "), " ")
	case *Sort:
		return "Sort " + formatKeys(n) + formatLimit(n.Count, n.Offset)
	case *Limit:
		return "Limit" + formatLimit(n.Count, n.Offset)
	case *Distinct:
		return "Distinct"
	case *Join:
		return describeJoin(n)
	case *Union:
		return "Union"
	case *Window:
		return describeWindow(n)
	case *Values:
		if n.Source != "" {
			return "System " + n.Source
		}
		return fmt.Sprintf("Values %d rows", len(n.Rows))
	}
	return fmt.Sprintf("%T", n)
}

func describeScan(n *Scan) string {
	var cols []string
	for _, f := range n.Fields() {
		cols = append(cols, f.Name)
	}
	s := "Scan " + n.Table.Name + " [" + strings.Join(cols, ", ") + "]"
	if n.RowFilter != nil {
		s += " row filter " + expr.Format(n.RowFilter)
	}
	if n.Filter != nil {
		s += " where " + expr.Format(n.Filter)
	}
	return s
}

func formatAll(list []expr.Expr) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = expr.Format(e)
	}
	return strings.Join(out, ", ")
}

func formatKeys(n *Sort) string {
	fields := n.Fields()
	var out []string
	for _, k := range n.Keys {
		s := fields[k.Column].Name
		if k.Desc {
			s += " DESC"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func formatLimit(count, offset int64) string {
	s := ""
	if count >= 0 {
		s = fmt.Sprintf(" limit %d", count)
	}
	if offset > 0 {
		s += fmt.Sprintf(" offset %d", offset)
	}
	return s
}

func describeWindow(n *Window) string {
	fields := n.Input.Fields()
	s := "Window"
	for i, c := range n.Partition {
		s += map[bool]string{true: " by ", false: ", "}[i == 0] + fields[c].Name
	}
	for i, k := range n.Order {
		s += map[bool]string{true: " order ", false: ", "}[i == 0] + fields[k.Column].Name
		if k.Desc {
			s += " DESC"
		}
	}
	for i, c := range n.Calls {
		s += map[bool]string{true: " computing ", false: ", "}[i == 0] + c.Name
	}
	if n.First.By != window.AllRows {
		s += fmt.Sprintf(" first %d by %s", n.First.Rows, n.First.By)
	}
	return s
}

func describeJoin(n *Join) string {
	s := [...]string{InnerJoin: "Join", LeftJoin: "Left join"}[n.Kind]
	if n.On != nil {
		s += " on " + expr.Format(n.On)
	}
	return s
}
