package planner

import (
	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/planner/physical"
	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// query plans a query and starts it.
func (s *session) query(q sqlparse.Query) (*Result, error) {
	plan, err := s.plan(q)
	if err != nil {
		return nil, err
	}
	res := &Result{Fields: plan.Fields, Estimate: estimate(plan)}
	if s.req.DryRun {
		res.run = &fixed{end: s.end, done: s.planned(plan)}
		return res, nil
	}
	if err := s.checkBytes(plan); err != nil {
		return nil, err
	}
	res.run, err = s.start(plan)
	return res, err
}

// start takes a turn and scatters the plan.
func (s *session) start(plan *physical.Plan) (*streaming, error) {
	var err error
	if s.release, err = s.gate.enter(s.ctx); err != nil {
		return nil, err
	}
	stream, err := s.scatter.Run(s.ctx, plan.Plan)
	if err != nil {
		return nil, err
	}
	return &streaming{session: s, stream: stream, plan: plan, maxRows: smaller(s.limits.MaxRows, s.req.MaxRows)}, nil
}

// plan binds, rewrites and cuts a query.
func (s *session) plan(q sqlparse.Query) (*physical.Plan, error) {
	b := s.binder()
	tree, err := b.Bind(q)
	s.warn(b.Warnings)
	if err != nil {
		return nil, err
	}
	rules := logical.Rules()
	if s.req.Debug.NoRules {
		rules = logical.Required()
	}
	tree = logical.Optimize(tree, s.env, rules)
	if tree, err = s.fillSystem(b, tree); err != nil {
		return nil, err
	}
	opts := physical.Options{
		Query: s.id, Zone: s.req.Zone, Memory: s.limits.MemoryBytes,
		NoPrune: s.req.Debug.NoPrune, NoMetadata: s.req.Debug.NoMetadata || s.req.Debug.NoRules, NoStandIns: s.req.Debug.NoStandIns || s.req.Debug.NoRules,
		LazySegments: s.req.Debug.LazySegments,
	}
	if s.costs.from != nil {
		opts.SegmentBytes = func(seg *schema.Segment, columns []uint32) (int64, bool) { return s.costs.bytes(s.ctx, seg, columns) }
	}
	return physical.Build(tree, s.snap, opts)
}

func estimate(p *physical.Plan) Estimate {
	return Estimate{Bytes: p.Bytes, Segments: p.Segments, SegmentsTotal: p.Total}
}

// checkBytes refuses what would read too much, before anything is read.
func (s *session) checkBytes(p *physical.Plan) error {
	limit := smaller(smaller(s.limits.MaxBytes, s.req.MaxBytes), p.PolicyLimit())
	if limit <= 0 || p.Bytes <= limit {
		return nil
	}
	e := errs.New(errs.Limit, "scan-limit-exceeded", "the query would read up to %d bytes of %d segments, and %d are allowed (max_bytes)", p.Bytes, p.Segments, limit).
		WithHint("filter on a partition or sort column, name fewer columns, or raise max_bytes")
	e.Estimate = &errs.Estimate{Bytes: p.Bytes, Segments: p.Segments, SegmentsTotal: p.Total}
	return e
}

// smaller returns the stricter of two limits, where 0 means none.
func smaller(a, b int64) int64 {
	if a <= 0 || b > 0 && b < a {
		return b
	}
	return a
}

// planned are the stats of a query that was only planned.
func (s *session) planned(p *physical.Plan) Stats {
	return Stats{SegmentsTotal: p.Total, SegmentsPruned: p.Total - p.Segments, Elapsed: s.now().Sub(s.started), Nodes: 1, Cache: s.cacheWord()}
}

func (s *session) cacheWord() string {
	if s.req.Cache == "bypass" {
		return "bypass"
	}
	return "miss"
}

// constant answers with rows that are known already.
func (s *session) constant(v *logical.Values) *Result {
	out := &fixed{end: s.end, done: Stats{RowsReturned: int64(len(v.Rows)), Elapsed: s.now().Sub(s.started), Nodes: 1, Cache: s.cacheWord()}}
	if len(v.Rows) > 0 {
		out.rows = rowsBatch(v)
	}
	return &Result{Fields: v.Columns, run: out}
}

func (s *session) use(n *sqlparse.Use) (*Result, error) {
	for _, d := range []string{"", logical.Database, "information_schema"} {
		if equalFold(n.Database, d) {
			return s.constant(&logical.Values{}), nil
		}
	}
	return nil, sqlparse.Errorf(s.req.SQL, n.Pos, errs.Meaning, "unknown-database", 1049, "there is no database %q", n.Database).
		WithHint("the databases are %s and information_schema", logical.Database)
}
