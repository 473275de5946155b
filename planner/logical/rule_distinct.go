package logical

import (
	"github.com/assaydb/assay/storage/expr"
)

// ruleDistinct turns DISTINCT into grouping by every column.
func ruleDistinct(n Node, _ *expr.Env) Node {
	return bottomUp(n, func(n Node) Node {
		d, ok := n.(*Distinct)
		if !ok {
			return n
		}
		p := identity(d.Input)
		return &Aggregate{Input: d.Input, Keys: p.Exprs, Names: p.Names}
	})
}
