package operator

import (
	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/expr"
)

// mostTopScan is the largest limit of which a scan is told: it keeps a heap of as many keys.
const mostTopScan = 1 << 16

// wantFirst tells the scan below a sort with a limit that only the first rows by the first key are wanted. Between the two there
// may be projections that pass the key on; anything else could drop rows that the scan has counted.
func (r *runner) wantFirst(n *fragment.Sort) {
	rows := n.Offset + n.Limit
	if n.Limit < 0 || rows < 1 || rows > mostTopScan || len(n.Keys) == 0 || r.env.Debug.NoTopN || r.env.Debug.NoTopScan {
		return
	}
	column := n.Keys[0].Column
	for in := n.Input; ; {
		switch x := in.(type) {
		case *fragment.Scan:
			if column < x.Output {
				if r.top == nil {
					r.top = map[*fragment.Scan]*storage.TopRows{}
				}
				r.top[x] = &storage.TopRows{Column: column, Desc: n.Keys[0].Desc, Rows: int(rows)}
			}
			return
		case *fragment.Project:
			if column < 0 || column >= len(x.Exprs) {
				return
			}
			c, ok := x.Exprs[column].(*expr.Column)
			if !ok {
				return
			}
			in, column = x.Input, c.Index
		default:
			return
		}
	}
}
