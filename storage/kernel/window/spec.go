package window

import (
	"slices"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// Spec is one resolved window function.
//
// Its arguments are columns: what the function takes, and after that, where the frame has bounds by value, the value of the row
// and then those of the bounds, all three of one type.
type Spec struct {
	Name      string
	Number    int64           // LAG, LEAD: rows; NTILE: buckets; NTH_VALUE: place in the frame
	Aggregate *aggregate.Spec // not nil for an aggregate
	Frame     Frame
	Result    schema.Type
}

// Frame says which rows of its partition a row sees: from Start to End, both included. RANGE counts peers as one. The zero Frame
// is not one; DefaultFrame is what a window without a frame has.
type Frame struct {
	Rows       bool // ROWS, else RANGE
	Down       bool // RANGE: values go down, so that what precedes is larger
	Start, End Bound
}

// Bound is one end of a frame. By ROWS a distance is a number of rows; by RANGE it is the value that an argument column holds.
type Bound struct {
	Kind BoundKind
	Rows int64
}

// BoundKind is one of the five, in their order on the wire: append only.
type BoundKind uint8

// The bounds, from the first row to the last.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// DefaultFrame is everything up to the row and its peers; without ORDER BY all rows are peers.
func DefaultFrame() Frame {
	return Frame{Start: Bound{Kind: UnboundedPreceding}, End: Bound{Kind: CurrentRow}}
}

func (b Bound) distant() bool { return b.Kind == Preceding || b.Kind == Following }

// Values is how many argument columns the frame takes: for bounds by value.
func (f Frame) Values() int {
	if f.Rows || !f.Start.distant() && !f.End.distant() {
		return 0
	}
	n := 1
	for _, b := range []Bound{f.Start, f.End} {
		if b.distant() {
			n++
		}
	}
	return n
}

// Reach is how far after its own row a function looks.
type Reach uint8

// The reaches.
const (
	ReachesRow   Reach = iota // no row after its own
	ReachesPeers              // no row after its peers
	ReachesAll                // any row of its partition
)

// Reach returns how far the function looks.
func (s *Spec) Reach() Reach {
	switch s.Name {
	case "row_number", "rank", "dense_rank", "lag":
		return ReachesRow
	case "lead", "ntile", "percent_rank", "cume_dist":
		return ReachesAll
	}
	switch end := s.Frame.End.Kind; {
	case end > CurrentRow:
		return ReachesAll
	case s.Frame.Rows:
		return ReachesRow
	}
	return ReachesPeers
}

// Ordered reports whether the order of rows that are peers decides the answer.
func (s *Spec) Ordered() bool {
	switch s.Name {
	case "rank", "dense_rank", "percent_rank", "cume_dist":
		return false
	}
	whole := s.Frame.Start.Kind == UnboundedPreceding && s.Frame.End.Kind == UnboundedFollowing
	return s.Aggregate == nil || s.Frame.Rows && !whole
}

// Resolve returns the Spec of a window function that is no aggregate over a value of type t, and frame where it looks at one.
func Resolve(name string, t schema.Type, number int64, frame Frame) (Spec, error) {
	d, ok := Lookup(name)
	if !ok {
		return Spec{}, errs.New(errs.Meaning, "unknown-function", "there is no window function %q", name)
	}
	s := Spec{Name: d.Name, Number: number, Result: t}
	switch d.Name {
	case "row_number", "rank", "dense_rank", "ntile":
		s.Result = schema.TypeInt64
	case "percent_rank", "cume_dist":
		s.Result = schema.TypeDouble
	}
	if d.Framed {
		s.Frame = frame
	}
	return s, s.check()
}

func (s *Spec) check() error {
	if s.Number < 0 || s.Number == 0 && (s.Name == "ntile" || s.Name == "nth_value") {
		e := errs.New(errs.Meaning, "bad-arguments", "%s needs a whole number above 0", strings.ToUpper(s.Name))
		e.MySQL = 1210
		return e
	}
	if s.framed() {
		return s.Frame.Check()
	}
	return nil
}

func (s *Spec) framed() bool {
	d, ok := Lookup(s.Name)
	return !ok || d.Framed
}

// Check refuses frames that cannot be: MySQL's errors 3584 to 3586.
func (f Frame) Check() error {
	fail := func(errno int, text string) error {
		e := errs.New(errs.Meaning, "bad-frame", "%s", text)
		e.MySQL = errno
		return e
	}
	switch {
	case f.Start.Kind == UnboundedFollowing:
		return fail(3584, "a frame cannot start with UNBOUNDED FOLLOWING")
	case f.End.Kind == UnboundedPreceding:
		return fail(3585, "a frame cannot end with UNBOUNDED PRECEDING")
	case f.Start.Kind > f.End.Kind:
		return fail(3586, "the frame ends before it starts")
	case f.Rows && (f.Start.Rows < 0 || f.End.Rows < 0):
		return fail(3586, "the distance of a frame's end cannot be negative")
	}
	return nil
}

// Validate checks what came from another process against the types of the argument columns.
func (s *Spec) Validate(args []schema.Type) error {
	bad := func(format string, a ...any) error { return errs.New(errs.Invalid, "bad-window", format, a...) }
	if s.Frame.Start.Kind > UnboundedFollowing || s.Frame.End.Kind > UnboundedFollowing {
		return bad("a bound of a frame is unknown")
	}
	if err := s.check(); err != nil {
		return err
	}
	var take int
	if s.Aggregate != nil {
		if _, err := aggregate.StateTypes(*s.Aggregate); err != nil {
			return err
		}
		if s.Name != s.Aggregate.Name || s.Result != s.Aggregate.Result {
			return bad("%s is not its aggregate %s", s.Name, s.Aggregate.Name)
		}
		if take = len(s.Aggregate.Args); take > len(args) || !slices.Equal(args[:take], s.Aggregate.Args) {
			return bad("%s takes other columns", s.Name)
		}
	} else {
		d, ok := Lookup(s.Name)
		if !ok || d.Name != s.Name {
			return bad("the window function %q is unknown to this node", s.Name)
		}
		if take = d.Values; (s.Name == "lag" || s.Name == "lead") && len(args) == 2 {
			take = 2
		}
		if want, err := Resolve(s.Name, s.Result, s.Number, s.Frame); err != nil || want.Result != s.Result || want.Frame != s.Frame {
			return bad("%s gives another type", s.Name)
		}
		for _, t := range args[:min(take, len(args))] {
			if t != s.Result {
				return bad("%s of %s gives %s", s.Name, t, s.Result)
			}
		}
	}
	values := s.Frame.Values()
	if len(args) != take+values {
		return bad("%s takes %d columns, not %d", s.Name, take+values, len(args))
	}
	for _, t := range args[take:] {
		if t != args[take] {
			return bad("the values of a frame are of several types")
		}
	}
	return nil
}
