package planner

import (
	"context"
	"strings"
	"sync/atomic"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/planner/physical"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// fixed gives at most one batch that is known already.
type fixed struct {
	rows *batch.Batch
	done Stats
	end  func()
}

func (f *fixed) next(context.Context) (*batch.Batch, error) {
	b := f.rows
	f.rows = nil
	return b, nil
}

func (f *fixed) stats() Stats { return f.done }

func (f *fixed) close() error {
	f.end()
	return nil
}

// rowsBatch lays constant rows out in columns.
func rowsBatch(v *logical.Values) *batch.Batch {
	out := &batch.Batch{Len: len(v.Rows)}
	for i, f := range v.Columns {
		b := batch.NewBuilder(f.Type, len(v.Rows))
		for _, row := range v.Rows {
			b.Value(row[i])
		}
		out.Cols = append(out.Cols, b.Finish())
	}
	return out
}

// streaming passes on what runs, counts it and enforces the limit on rows.
type streaming struct {
	*session
	stream  operator.Stream
	plan    *physical.Plan
	maxRows int64
	failed  error
	over    bool
	closed  bool

	returned atomic.Int64
	final    atomic.Pointer[Stats]
}

func (r *streaming) next(ctx context.Context) (*batch.Batch, error) {
	if r.failed != nil || r.over {
		return nil, r.failed
	}
	// The stream runs under the query's own context; a caller that gives up on this call gives up on the query.
	stop := context.AfterFunc(ctx, func() { r.Cancel(r.id) })
	b, err := r.stream.Next(r.ctx)
	stop()
	switch {
	case err != nil:
		r.failed = r.explainError(err)
		return nil, r.failed
	case b == nil:
		r.over = true
		r.finish()
		return nil, nil
	}
	if n := r.returned.Add(int64(b.Alive())); r.maxRows > 0 && n > r.maxRows {
		r.failed = errs.New(errs.Limit, "row-limit-exceeded", "the result has more than %d rows (max_rows)", r.maxRows).WithHint("add LIMIT, aggregate, or raise max_rows")
		return nil, r.failed
	}
	return b, nil
}

func (r *streaming) stats() Stats {
	if done := r.final.Load(); done != nil {
		return *done
	}
	return r.current()
}

func (r *streaming) current() Stats {
	s := r.planned(r.plan)
	s.RowsReturned = r.returned.Load()
	tree := r.stream.Stats()
	t := tree.Total()
	s.RowsScanned, s.BytesScanned = t.RowsScanned, t.BytesScanned
	s.SegmentsPruned += t.SegmentsPruned
	s.RowGroupsTotal, s.RowGroupsPruned = t.RowGroupsTotal, t.RowGroupsPruned
	s.Nodes = max(1, len(nodes(tree, map[string]bool{})))
	return s
}

func nodes(s *operator.Stats, seen map[string]bool) map[string]bool {
	if s == nil {
		return seen
	}
	if s.Node != "" {
		seen[s.Node] = true
	}
	for _, in := range s.Inputs {
		nodes(in, seen)
	}
	return seen
}

// finish keeps the counters before the stream that holds them goes away.
func (r *streaming) finish() {
	if r.final.Load() == nil {
		s := r.current()
		r.final.Store(&s)
	}
}

func (r *streaming) close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.finish()
	err := r.stream.Close()
	s := r.stats()
	r.end()
	r.log.Info("query ended", "query", r.id, "rows", s.RowsReturned, "rows_scanned", s.RowsScanned, "bytes_scanned", s.BytesScanned,
		"elapsed", s.Elapsed, "complete", r.over, "code", codeOf(r.failed))
	return err
}
