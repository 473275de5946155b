package operator

import (
	"context"
	"errors"
	"iter"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// valuesPull gives constant rows, and then those of the feed.
type valuesPull struct {
	node  *fragment.Values
	size  int
	at    int
	feed  func() ([]schema.Value, error, bool)
	stats *counters
}

func (r *runner) values(n *fragment.Values) (*pipe, error) {
	for _, row := range n.Rows {
		if len(row) != len(n.Types) {
			return nil, errs.New(errs.Invalid, "bad-fragment", "a constant row has %d columns, not %d", len(row), len(n.Types))
		}
	}
	c := &counters{name: "Values"}
	v := &valuesPull{node: n, size: r.env.Debug.BatchRows, stats: c}
	if n.Feed != nil {
		next, stop := iter.Pull2(feeding(r.ctx, n.Feed))
		v.feed = next
		r.close = append(r.close, func() error { stop(); return nil })
	}
	return &pipe{pulls: []puller{v}, fields: n.Fields(), stats: c}, nil
}

// errEnough ends a feed of which no more is wanted.
var errEnough = errors.New("no more rows are wanted")

// feeding turns a feed into a sequence of rows, of which the last may be an error.
func feeding(ctx context.Context, feed schema.Feed) iter.Seq2[[]schema.Value, error] {
	return func(yield func([]schema.Value, error) bool) {
		err := feed(ctx, func(row []schema.Value) error {
			if !yield(row, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

func (v *valuesPull) next(context.Context) (*batch.Batch, error) {
	rows := v.node.Rows[v.at:min(len(v.node.Rows), v.at+v.size)]
	v.at += len(rows)
	if len(rows) == 0 && v.feed != nil {
		var err error
		if rows, err = v.fed(); err != nil {
			return nil, err
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
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

// maxFedBytes bounds the text of one batch of a feed, whose rows may be long.
const maxFedBytes = 4 << 20

// fed takes the next rows of the feed.
func (v *valuesPull) fed() (rows [][]schema.Value, err error) {
	for bytes := 0; len(rows) < v.size && bytes < maxFedBytes; {
		row, err, ok := v.feed()
		if err != nil || !ok {
			v.feed = nil
			return rows, err
		}
		if len(row) != len(v.node.Types) {
			return nil, errs.New(errs.Internal, "bug", "BUG: a row of a feed has %d columns, not %d", len(row), len(v.node.Types))
		}
		rows = append(rows, row)
		for i := range row {
			bytes += len(row[i].S)
		}
	}
	return rows, nil
}
