package physical

import (
	"fmt"
	"slices"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

func (b *builder) build(n logical.Node) (piece, error) {
	switch n := n.(type) {
	case *logical.Scan:
		return b.scan(n, -1), nil
	case *logical.Values:
		return piece{node: values(n), rows: int64(len(n.Rows)) + n.Fed}, nil
	case *logical.Filter:
		p, err := b.build(n.Input)
		p.node, p.rows = &fragment.Filter{Input: p.node, Cond: n.Cond}, thinned(p.rows, n.Cond)
		return p, err
	case *logical.Project:
		return b.project(n)
	case *logical.Aggregate:
		return b.aggregate(n)
	case *logical.Sort:
		return b.sort(n)
	case *logical.Limit:
		p, err := b.build(n.Input)
		if err != nil {
			return p, err
		}
		p = b.gather(p)
		return piece{node: &fragment.Limit{Input: p.node, Count: n.Count, Offset: n.Offset}, rows: atMost(p.rows, n.Count)}, nil
	case *logical.Join:
		return b.join(n)
	case *logical.Union:
		return b.union(n)
	case *logical.Window:
		return b.window(n)
	}
	return piece{}, fmt.Errorf("BUG: no physical plan for %T", n)
}

// union gathers every branch: their rows meet in one place.
func (b *builder) union(n *logical.Union) (piece, error) {
	out := piece{}
	u := &fragment.Union{}
	for _, in := range n.Branches {
		p, err := b.build(in)
		if err != nil {
			return piece{}, err
		}
		p.keys = nil
		p = b.gather(p)
		u.Branches = append(u.Branches, p.node)
		out.rows += p.rows
	}
	out.node = u
	return out, nil
}

// atMost bounds an estimate by a limit; a negative one is none.
func atMost(rows, limit int64) int64 {
	if limit < 0 {
		return rows
	}
	return min(rows, limit)
}

func values(n *logical.Values) *fragment.Values {
	v := &fragment.Values{Rows: n.Rows, Feed: n.Feed}
	for _, f := range n.Columns {
		v.Names, v.Types = append(v.Names, f.Name), append(v.Types, f.Type)
	}
	return v
}

func (b *builder) project(n *logical.Project) (piece, error) {
	p, err := b.build(n.Input)
	if err != nil {
		return p, err
	}
	p.node = &fragment.Project{Input: p.node, Exprs: n.Exprs, Names: n.Names}
	p.keys = projectKeys(p.keys, n.Exprs)
	return p, nil
}

// projectKeys follows sort keys through a projection; the part after a dropped key is lost.
func projectKeys(keys []fragment.SortKey, exprs []expr.Expr) []fragment.SortKey {
	var out []fragment.SortKey
	for _, k := range keys {
		at := slices.IndexFunc(exprs, func(e expr.Expr) bool {
			c, ok := e.(*expr.Column)
			return ok && c.Index == k.Column
		})
		if at < 0 {
			break
		}
		out = append(out, fragment.SortKey{Column: at, Desc: k.Desc})
	}
	return out
}

// aggregate groups where the rows are and again where the partial states meet.
func (b *builder) aggregate(n *logical.Aggregate) (piece, error) {
	if v := b.fromMetadata(n); v != nil {
		return piece{node: v, rows: 1}, nil
	}
	p, err := b.build(n.Input)
	if err != nil {
		return p, err
	}
	agg, rows := fragment.Aggregate{Mode: fragment.Complete}, grouped(p.rows, len(n.Keys))
	agg.Input, agg.Keys, agg.Calls = arguments(p.node, n)
	b.standIns(&agg)
	if !p.spread {
		return piece{node: &agg, rows: rows}, nil
	}
	partial := agg
	partial.Mode = fragment.Partial
	in := b.gather(piece{node: &partial, spread: true, rows: rows})
	// The partial output begins with the keys.
	final := fragment.Aggregate{Input: in.node, Calls: agg.Calls, Mode: fragment.Final}
	for i := range agg.Keys {
		final.Keys = append(final.Keys, i)
	}
	return piece{node: &final, rows: rows}, nil
}

// grouped guesses that a tenth of the rows have a group of their own.
func grouped(rows int64, keys int) int64 {
	if keys == 0 {
		return 1
	}
	return (rows + 9) / 10
}

// arguments returns the ordinals of keys and arguments. What is not a plain column is computed once, below the grouping.
func arguments(in fragment.Node, n *logical.Aggregate) (fragment.Node, []int, []fragment.AggregateCall) {
	a := argumentList{plain: true}
	var keys []int
	var calls []fragment.AggregateCall
	for i, k := range n.Keys {
		keys = append(keys, a.ordinal(k, n.Names[i]))
	}
	for _, c := range n.Calls {
		call := fragment.AggregateCall{Spec: c.Spec, Filter: -1, Name: c.Name}
		for _, e := range c.Args {
			call.Args = append(call.Args, a.ordinal(e, expr.Format(e)))
		}
		calls = append(calls, call)
	}
	if !a.plain {
		return &fragment.Project{Input: in, Exprs: a.exprs, Names: a.names}, keys, calls
	}
	direct := func(list []int) {
		for i, k := range list {
			list[i] = a.exprs[k].(*expr.Column).Index
		}
	}
	direct(keys)
	for _, c := range calls {
		direct(c.Args)
	}
	return in, keys, calls
}

// argumentList is the distinct expressions that a grouping reads; plain while all are columns.
type argumentList struct {
	exprs []expr.Expr
	names []string
	plain bool
}

func (a *argumentList) ordinal(e expr.Expr, name string) int {
	if i := slices.IndexFunc(a.exprs, func(x expr.Expr) bool { return expr.Equal(x, e) }); i >= 0 {
		return i
	}
	if _, ok := e.(*expr.Column); !ok {
		a.plain = false
	}
	a.exprs, a.names = append(a.exprs, e), append(a.names, name)
	return len(a.exprs) - 1
}

// sort orders where the rows are and merges where they meet.
func (b *builder) sort(n *logical.Sort) (piece, error) {
	keys := sortKeys(n.Keys)
	p, err := b.sortInput(n)
	if err != nil {
		return p, err
	}
	if n.Ties > 0 {
		return b.firstWithTies(p, n, keys), nil
	}
	if !p.spread {
		return piece{node: &fragment.Sort{Input: p.node, Keys: keys, Limit: n.Count, Offset: n.Offset}, rows: atMost(p.rows, n.Count)}, nil
	}
	local := &fragment.Sort{Input: p.node, Keys: keys, Limit: -1}
	if n.Count >= 0 {
		local.Limit = n.Count + n.Offset
	}
	p = b.gather(piece{node: local, spread: true, keys: keys, rows: atMost(p.rows, n.Count)})
	if n.Count >= 0 || n.Offset > 0 {
		p.node = &fragment.Limit{Input: p.node, Count: n.Count, Offset: n.Offset}
	}
	return p, nil
}

func sortKeys(list []logical.SortKey) []fragment.SortKey {
	keys := make([]fragment.SortKey, len(list))
	for i, k := range list {
		keys[i] = fragment.SortKey{Column: k.Column, Desc: k.Desc}
	}
	return keys
}

// firstWithTies keeps the first rows where the rows are and again where they meet.
func (b *builder) firstWithTies(p piece, n *logical.Sort, keys []fragment.SortKey) piece {
	first := func(in fragment.Node) fragment.Node {
		return &fragment.Sort{Input: in, Keys: keys, Limit: n.Count + n.Offset, Ties: n.Ties}
	}
	rows := atMost(p.rows, n.Count)
	if !p.spread {
		return piece{node: first(p.node), rows: rows}
	}
	p = b.gather(piece{node: first(p.node), spread: true, rows: rows})
	return piece{node: first(p.node), rows: rows}
}

// sortInput builds the input; a limit in the order of row positions reads no more segments than hold enough rows.
func (b *builder) sortInput(n *logical.Sort) (piece, error) {
	s, ok := n.Input.(*logical.Scan)
	if ok && n.Count >= 0 && len(n.Keys) == 1 && s.Columns[n.Keys[0].Column] == schema.RowPositionID && !n.Keys[0].Desc {
		return b.scan(s, n.Count+n.Offset), nil
	}
	return b.build(n.Input)
}
