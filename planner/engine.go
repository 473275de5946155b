package planner

import (
	"context"
	"log/slog"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Catalog is the replicated catalog as this node sees it. It must be safe for concurrent use.
type Catalog interface {
	Snapshot() *catalog.Snapshot
	Propose(ctx context.Context, c catalog.Command) (catalog.Result, error)
	WaitIndex(ctx context.Context, index uint64) error
}

// Scatter runs a plan; *scatter.Scatter is one. It must be safe for concurrent use; cancelling ctx stops the plan everywhere.
type Scatter interface {
	Run(ctx context.Context, p *fragment.Plan) (operator.Stream, error)
}

// Config of an Engine. Catalog and Scatter are required.
type Config struct {
	Catalog Catalog
	Scatter Scatter
	Policy  logical.Policy // nil allows everyone everything

	Rejects    Rejects    // what assay.rejects reads; nil: it is empty
	Statistics Statistics // for exact estimates of parts of deliveries; nil: by shares of rows
	Limits     Limits
	Now        func() time.Time // nil is time.Now
	Logger     *slog.Logger     // nil discards
}

// Engine runs statements.
type Engine struct {
	catalog Catalog
	scatter Scatter
	policy  logical.Policy
	limits  Limits
	now     func() time.Time
	log     *slog.Logger
	gate    *gate
	queries *registry
	costs   *costs
	rejects Rejects
}

// New returns an Engine.
func New(c Config) *Engine {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Policy == nil {
		c.Policy = logical.AllowAll{}
	}
	c.Limits = c.Limits.withDefaults()
	return &Engine{
		catalog: c.Catalog, scatter: c.Scatter, policy: c.Policy, limits: c.Limits, now: c.Now, log: c.Logger,
		gate: newGate(c.Limits), queries: newRegistry(),
		rejects: c.Rejects,
		costs:   &costs{from: c.Statistics, known: map[schema.ID]map[uint32]int64{}},
	}
}

// Limits returns the limits in force, defaults filled in.
func (e *Engine) Limits() Limits { return e.limits }

// Query accepts one statement. It returns once the columns are known: a failure before that is the returned error, one after it
// comes from Next. The result must be closed. Cancelling ctx stops the query.
func (e *Engine) Query(ctx context.Context, req *Request) (*Result, error) {
	s, err := e.begin(ctx, req)
	if err != nil {
		return nil, err
	}
	res, err := s.run()
	if err != nil {
		err = s.explainError(err)
		s.end()
		e.log.Info("query refused", "query", s.id, "kind", errs.KindOf(err), "code", codeOf(err))
		return nil, err
	}
	res.QueryID = s.id
	res.Warnings = append(res.Warnings, s.warnings...)
	if res.run == nil {
		res.run = &fixed{end: s.end}
	}
	return res, nil
}

// Cancel stops a running query and reports whether there was one.
func (e *Engine) Cancel(id schema.ID) bool { return e.queries.cancel(id) }

// Running lists the queries that run or wait for their turn, oldest first.
func (e *Engine) Running() []Running { return e.queries.list() }

func codeOf(err error) string {
	if k := errs.As(err); k != nil {
		return k.Code
	}
	return ""
}
