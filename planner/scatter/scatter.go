package scatter

import (
	"context"
	"log/slog"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/schema"
)

// Transport runs one fragment somewhere. The network's implementation sends it to a peer.
type Transport interface {
	// Node names where it runs, for EXPLAIN ANALYZE and errors.
	Node() string
	// Run starts a fragment; inputs are the stages it receives from. The stream's cancellation reaches the other side.
	Run(ctx context.Context, f *fragment.Fragment, inputs operator.Inputs) (operator.Stream, error)
}

// Scatter runs plans. It is safe for concurrent use.
type Scatter struct {
	env   operator.Env
	nodes []Transport
	log   *slog.Logger

	placement func(*schema.Segment) int
}

// Config says where stages run.
type Config struct {
	Env    operator.Env              // of the coordinator: runs stage 0; its Memory is the node's grant, of which every query gets a child
	Nodes  []Transport               // run the other stages; none means a Local over Env
	Place  func(*schema.Segment) int // which of Nodes reads a segment; nil means the first
	Logger *slog.Logger
}

// New returns a Scatter.
func New(c Config) *Scatter {
	if len(c.Nodes) == 0 {
		c.Nodes = []Transport{NewLocal("local", c.Env)}
	}
	return &Scatter{env: c.Env, nodes: c.Nodes, log: c.Logger, placement: c.Place}
}

// Run starts a plan. The stream must be closed; closing it, or cancelling ctx, stops every stage.
func (s *Scatter) Run(ctx context.Context, p *fragment.Plan) (operator.Stream, error) {
	return s.run(ctx, p)
}
