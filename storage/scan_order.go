package storage

import (
	"cmp"
	"slices"
	"time"

	"github.com/assaydb/assay/storage/expr"
)

// scanStep is what a reader evaluates as one: a conjunct of the filter, or several plain ones over the same column, which are then
// answered once per entry of its dictionary.
type scanStep struct {
	condition
	parts []int // ordinals of the conjuncts
	plain bool  // it cannot fail, and takes the same time whatever the row holds
}

// newSteps puts plain conditions before the others and keeps the order of the others. So a policy's row filter, which comes first,
// is evaluated before anything of the user's that could tell by an error or by its time what a hidden row holds.
func newSteps(filter []condition, opt ScanOptions) []scanStep {
	var plain, rest []scanStep
	for i, c := range filter {
		s := scanStep{condition: c, parts: []int{i}, plain: !opt.NoFilterOrder && isPlain(c.expr)}
		switch at := sameColumn(plain, s); {
		case !s.plain:
			rest = append(rest, s)
		case at >= 0:
			plain[at].join(s)
		default:
			plain = append(plain, s)
		}
	}
	return append(plain, rest...)
}

// isPlain reports whether a condition only compares columns with constants and with each other.
func isPlain(e expr.Expr) bool {
	switch x := e.(type) {
	case *expr.Column, *expr.Literal:
		return true
	case *expr.Call:
		switch x.Name {
		case "=", "<>", "<", "<=", ">", ">=", "is null", "is not null":
		default:
			return false
		}
	case *expr.In, *expr.Logic:
	default:
		return false
	}
	return !slices.ContainsFunc(e.Args(), func(a expr.Expr) bool { return !isPlain(a) })
}

func sameColumn(steps []scanStep, s scanStep) int {
	if !s.plain || len(s.columns) != 1 {
		return -1
	}
	return slices.IndexFunc(steps, func(o scanStep) bool { return slices.Equal(o.columns, s.columns) })
}

func (s *scanStep) join(o scanStep) {
	s.parts = append(s.parts, o.parts...)
	s.expr = &expr.Logic{Op: expr.And, Operands: append(slices.Clone(expr.Conjuncts(s.expr)), expr.Conjuncts(o.expr)...)}
}

// filterOrder is the order in which one reader evaluates the steps: plain ones by what they were seen to cost for each row that they
// drop, the others behind them as they stand. The answer does not depend on it: a row passes when it passes all.
type filterOrder struct {
	steps []int
	free  int // so many of steps may change places
	seen  []stepSeen
	left  int // windows of the row group that are still watched
}

// stepSeen is what is known of one step: rows in and out, halved with every row group, and the least time per row.
type stepSeen struct {
	in, out, cost float64
}

const (
	watchedWindows = 4
	// watchedRows is the fewest rows from which a time is believed.
	watchedRows = 512
	// unseenCost is what a step is taken to cost for each column that it reads, in nanoseconds a row, before it was seen.
	unseenCost = 1.0
)

func newFilterOrder(steps []scanStep) filterOrder {
	o := filterOrder{seen: make([]stepSeen, len(steps))}
	for i, s := range steps {
		o.steps = append(o.steps, i)
		if s.plain {
			o.free++
		}
		o.seen[i] = stepSeen{in: 3, out: 1, cost: unseenCost * float64(max(len(s.columns), 1))}
		if s.equal >= 0 {
			o.seen[i].out = 0.3
		}
	}
	o.sort()
	return o
}

// begin starts a row group: its steps are watched for some windows.
func (o *filterOrder) begin() {
	if o.free < 2 {
		return
	}
	o.left = watchedWindows
	for i := range o.seen {
		s := &o.seen[i]
		s.in, s.out, s.cost = s.in/2, s.out/2, s.cost*2
	}
}

// note takes in what a step did with the rows of a window.
func (o *filterOrder) note(step, in, out int, took time.Duration) {
	s := &o.seen[step]
	s.in, s.out = s.in+float64(in), s.out+float64(out)
	if in >= watchedRows {
		s.cost = min(s.cost, float64(took.Nanoseconds())/float64(in))
	}
}

func (o *filterOrder) sort() {
	slices.SortStableFunc(o.steps[:o.free], func(a, b int) int { return cmp.Compare(o.seen[a].rank(), o.seen[b].rank()) })
}

// rank is the time to drop one row (Hellerstein and Stonebraker 1993, "Predicate migration").
func (s *stepSeen) rank() float64 {
	return s.cost / max(1-s.out/max(s.in, 1), 1e-3)
}
