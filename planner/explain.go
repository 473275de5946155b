package planner

import (
	"fmt"
	"strings"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/planner/physical"
	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// explain answers with the plan as text, and with ANALYZE runs it and adds what each operator did.
func (s *session) explain(n *sqlparse.Explain) (*Result, error) {
	plan, err := s.plan(n.Query)
	if err != nil {
		return nil, err
	}
	lines := plan.Explain()
	if n.Analyze && !s.req.DryRun {
		more, err := s.analyze(plan)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	v := &logical.Values{Columns: []batch.Field{{Name: "plan", Type: schema.TypeVarchar}}}
	for _, l := range lines {
		v.Rows = append(v.Rows, []schema.Value{schema.TextValue(l)})
	}
	res := s.constant(v)
	res.Estimate = estimate(plan)
	return res, nil
}

// analyze runs the plan to its end, dropping the rows.
func (s *session) analyze(plan *physical.Plan) ([]string, error) {
	if err := s.checkBytes(plan); err != nil {
		return nil, err
	}
	r, err := s.start(plan)
	if err != nil {
		return nil, err
	}
	for {
		b, err := r.stream.Next(s.ctx)
		if err != nil {
			_ = r.stream.Close()
			return nil, err
		}
		if b == nil {
			break
		}
		r.returned.Add(int64(b.Alive()))
	}
	st, tree := r.current(), r.stream.Stats()
	out := []string{fmt.Sprintf("run: rows=%d, rows scanned=%d, bytes scanned=%d, row groups=%d/%d, nodes=%d, time=%s",
		st.RowsReturned, st.RowsScanned, st.BytesScanned, st.RowGroupsTotal-st.RowGroupsPruned, st.RowGroupsTotal, st.Nodes, st.Elapsed)}
	return runTree(out, tree, 1), r.stream.Close()
}

func runTree(out []string, s *operator.Stats, depth int) []string {
	if s == nil {
		return out
	}
	line := strings.Repeat("  ", depth) + s.Name
	if s.Detail != "" {
		line += " " + s.Detail
	}
	if s.Node != "" {
		line += " on " + s.Node
	}
	line += fmt.Sprintf(" rows=%d batches=%d time=%s", s.Rows, s.Batches, s.Elapsed)
	if s.PeakBytes > 0 {
		line += fmt.Sprintf(" memory=%d", s.PeakBytes)
	}
	if s.SpilledBytes > 0 {
		line += fmt.Sprintf(" spilled=%d bytes in %d files", s.SpilledBytes, s.SpilledFiles)
	}
	if k := s.Scan; k != nil {
		line += fmt.Sprintf(" scanned rows=%d bytes=%d row groups=%d/%d pages=%d/%d", k.RowsScanned, k.BytesScanned,
			k.RowGroupsTotal-k.RowGroupsPruned, k.RowGroupsTotal, k.PagesTotal-k.PagesPruned, k.PagesTotal)
	}
	out = append(out, line)
	for _, in := range s.Inputs {
		out = runTree(out, in, depth+1)
	}
	return out
}
