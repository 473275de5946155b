package operator

import (
	"context"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// valuesPull gives constant rows.
type valuesPull struct {
	node  *fragment.Values
	size  int
	at    int
	stats *counters
}

func (r *runner) values(n *fragment.Values) (*pipe, error) {
	for _, row := range n.Rows {
		if len(row) != len(n.Types) {
			return nil, errs.New(errs.Invalid, "bad-fragment", "a constant row has %d columns, not %d", len(row), len(n.Types))
		}
	}
	c := &counters{name: "Values"}
	return &pipe{pulls: []puller{&valuesPull{node: n, size: r.env.Debug.BatchRows, stats: c}}, fields: n.Fields(), stats: c}, nil
}

func (v *valuesPull) next(context.Context) (*batch.Batch, error) {
	rows := v.node.Rows[v.at:min(len(v.node.Rows), v.at+v.size)]
	if len(rows) == 0 {
		return nil, nil
	}
	v.at += len(rows)
	b := &batch.Batch{Len: len(rows)}
	for i, t := range v.node.Types {
		col := batch.NewBuilder(t, len(rows))
		for _, row := range rows {
			col.Value(row[i])
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	v.stats.emitted(b)
	return b, nil
}
