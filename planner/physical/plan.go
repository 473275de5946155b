package physical

import (
	"iter"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// Snapshot is what planning needs of a catalog snapshot.
type Snapshot interface {
	Index() uint64
	// SegmentsWhere gives the live segments, without the shares of partitions and deliveries that keep says cannot matter.
	SegmentsWhere(table uint32, keep func(*catalog.Coarse) bool) iter.Seq[*schema.Segment]
	// Summaries gives what is known of the live segments of each partition together, without those whose first values keep turns down.
	Summaries(table uint32, keep func(first []schema.Value) bool) iter.Seq[*catalog.Summary]
	Totals(table uint32) catalog.Totals
	Delivery(id schema.ID) (*catalog.Delivery, bool)
}

// Options of one planning.
type Options struct {
	Query  schema.ID
	Zone   string
	Memory int64 // granted to the query on each node
	// SegmentBytes gives the exact compressed bytes of some columns of a segment, as its statistics file has them; nil or false
	// when they are not at hand.
	SegmentBytes func(seg *schema.Segment, columns []uint32) (int64, bool)

	// LazySegments is from how many segments on a scan is planned by partitions, 0 for the default.
	LazySegments int64

	NoPrune    bool // read every segment
	NoMetadata bool // never answer from statistics
	NoStandIns bool // read row by row
}

// Plan is a query ready to run.
type Plan struct {
	*fragment.Plan
	Bytes           int64 // at most, compressed, of the columns that are read
	Segments, Total int64 // to read, and live in the tables named
	scans           map[*fragment.Scan]scanCost
	policyLimit     int64 // the smallest limit on bytes that a table's policy sets, 0 for none
}

// PolicyLimit is the smallest limit on the estimate that the policies of the tables set, 0 for none.
func (p *Plan) PolicyLimit() int64 { return p.policyLimit }

type scanCost struct{ bytes, segments, total int64 }

// builder cuts one plan.
type builder struct {
	snap   Snapshot
	opts   Options
	stages []fragment.Fragment // the first is the coordinator's
	plan   *Plan
}

// piece is a part of the plan; spread says that its rows lie on many nodes, keys that each node's rows come sorted so. rows is an
// estimate of how many there are.
type piece struct {
	node   fragment.Node
	spread bool
	keys   []fragment.SortKey
	rows   int64
}

// Build plans n on a snapshot.
func Build(n logical.Node, snap Snapshot, opts Options) (*Plan, error) {
	b := &builder{snap: snap, opts: opts, plan: &Plan{scans: map[*fragment.Scan]scanCost{}}}
	b.stages = []fragment.Fragment{b.fragment(0)}
	p, err := b.build(n)
	if err != nil {
		return nil, err
	}
	p = b.gather(p)
	b.stages[0].Root = p.node
	b.plan.Plan = &fragment.Plan{Stages: b.stages, Fields: n.Fields()}
	return b.plan, nil
}

func (b *builder) fragment(stage int) fragment.Fragment {
	return fragment.Fragment{Query: b.opts.Query, Stage: stage, CatalogIndex: b.snap.Index(), Zone: b.opts.Zone, MemoryLimit: b.opts.Memory}
}

// gather brings the rows of a spread piece to one place: here a plan is cut.
func (b *builder) gather(p piece) piece {
	if !p.spread {
		return p
	}
	f := b.fragment(len(b.stages))
	f.Root = p.node
	b.stages = append(b.stages, f)
	return piece{node: &fragment.Receive{Stage: f.Stage, Output: p.node.Fields(), Keys: p.keys}, rows: p.rows}
}
