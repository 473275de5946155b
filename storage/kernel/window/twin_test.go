package window_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

var argTypes = []schema.Type{
	schema.TypeInt64, {Kind: schema.Uint64}, schema.DecimalType(12, 3), schema.DecimalType(30, 2), schema.TypeDouble, schema.TypeVarchar, schema.TypeTimestamp,
}

func drawValue(r *rand.Rand, t schema.Type) schema.Value {
	if r.IntN(7) == 0 {
		return schema.NullValue(t)
	}
	small := r.Int64N(9) - 4
	switch t.Class() {
	case schema.ClassBytes:
		return schema.TextValue([]string{"", "a", "b", "ab", "long text, longer than sixteen bytes", "ä"}[r.IntN(6)])
	case schema.ClassFloat64:
		return schema.FloatValue([]float64{0, 0.1, 1e300, -1e300, 1e-300, 3.5, -2, math.NaN(), math.Inf(1)}[r.IntN(9)])
	case schema.ClassInt128:
		return schema.WideValue(t, decimal.FromInt64(small*1_000_000_007))
	}
	switch {
	case t.Kind == schema.Uint64:
		return schema.IntValue(t, []int64{0, 1, 7, -1}[r.IntN(4)])
	case t.Kind == schema.Int64 && r.IntN(9) == 0:
		return schema.IntValue(t, []int64{math.MaxInt64, math.MinInt64}[r.IntN(2)])
	}
	return schema.IntValue(t, small)
}

func column(r *rand.Rand, t schema.Type, n int) *batch.Vector {
	b := batch.NewBuilder(t, n)
	for range n {
		b.Value(drawValue(r, t))
	}
	return b.Finish()
}

// layout is random partitions whose rows have a key in order: NULLs first, last when it goes down.
type layout struct {
	n              int
	partition, key *batch.Vector
	desc           bool
	starts, ends   []int // of each row's partition
}

func drawLayout(r *rand.Rand) *layout {
	l := &layout{desc: r.IntN(2) == 0}
	part, key := batch.NewBuilder(schema.TypeInt64, 0), batch.NewBuilder(schema.TypeInt64, 0)
	for p := range 1 + r.IntN(4) {
		rows := 1 + r.IntN([]int{3, 30, 400}[r.IntN(3)])
		nulls := min(rows, r.IntN(3))
		x := int64(0)
		for i := range rows {
			part.Int64(int64(p))
			if x += int64(r.IntN(3)); !l.desc && i < nulls || l.desc && i >= rows-nulls {
				key.Null()
			} else if l.desc {
				key.Int64(-x)
			} else {
				key.Int64(x)
			}
			l.starts, l.ends = append(l.starts, l.n), append(l.ends, l.n+rows)
		}
		l.n += rows
	}
	l.partition, l.key = part.Finish(), key.Finish()
	return l
}

func (l *layout) block() *window.Block {
	return window.NewBlock(l.n, []*batch.Vector{l.partition}, []*batch.Vector{l.key})
}

func drawFrame(r *rand.Rand, down bool) window.Frame {
	for {
		f := window.Frame{Rows: r.IntN(2) == 0, Down: down}
		for _, b := range []*window.Bound{&f.Start, &f.End} {
			b.Kind, b.Rows = window.BoundKind(r.IntN(5)), int64(r.IntN([]int{3, 9, 300}[r.IntN(3)]))
			if !f.Rows && r.IntN(20) == 0 {
				b.Rows = -1 // stands for a bound that left its type
			}
		}
		g := f
		g.Start.Rows, g.End.Rows = 0, 0
		if g.Check() == nil && (!f.Rows || f.Check() == nil) {
			return f
		}
	}
}

// values makes the columns of a frame by value: the key and, for each bound, the key moved by its distance.
func (l *layout) values(f window.Frame) []*batch.Vector {
	if f.Values() == 0 {
		return nil
	}
	out := []*batch.Vector{l.key}
	for _, b := range []window.Bound{f.Start, f.End} {
		if b.Kind != window.Preceding && b.Kind != window.Following {
			continue
		}
		v := batch.NewBuilder(schema.TypeInt64, l.n)
		for i := range l.n {
			if l.key.IsNull(i) || b.Rows < 0 {
				v.Null()
				continue
			}
			v.Int64(l.key.I[i] + l.distance(b))
		}
		out = append(out, v.Finish())
	}
	return out
}

func (l *layout) distance(b window.Bound) int64 {
	d := b.Rows
	if b.Kind == window.Preceding {
		d = -d
	}
	if l.desc {
		d = -d
	}
	return d
}

// sees is the definition: whether row k is in the frame of row i.
func (l *layout) sees(f window.Frame, i, k int) bool {
	if k < l.starts[i] || k >= l.ends[i] {
		return false
	}
	return l.inside(f, f.Start, i, k, 1) && l.inside(f, f.End, i, k, -1)
}

// inside reports whether k is not before (sign 1) or not after (sign -1) one bound.
func (l *layout) inside(f window.Frame, b window.Bound, i, k, sign int) bool {
	switch b.Kind {
	case window.UnboundedPreceding, window.UnboundedFollowing:
		return true
	case window.CurrentRow:
		if f.Rows {
			return sign*(k-i) >= 0
		}
		return sign*(k-i) >= 0 || l.same(i, k)
	}
	if f.Rows {
		at := i + int(b.Rows)
		if b.Kind == window.Preceding {
			at = i - int(b.Rows)
		}
		return sign*(k-at) >= 0
	}
	if l.key.IsNull(i) {
		return sign*(k-i) >= 0 || l.key.IsNull(k)
	}
	if l.key.IsNull(k) {
		return sign*(k-i) >= 0
	}
	if b.Rows < 0 { // beyond all values
		return (b.Kind == window.Preceding) == (sign == 1)
	}
	d := l.key.I[k] - (l.key.I[i] + l.distance(b))
	if l.desc {
		d = -d
	}
	return int64(sign)*d >= 0
}

func (l *layout) same(i, k int) bool {
	return l.key.IsNull(i) && l.key.IsNull(k) || !l.key.IsNull(i) && !l.key.IsNull(k) && l.key.I[i] == l.key.I[k]
}

func (l *layout) frame(f window.Frame, i int) (rows []int32) {
	for k := range l.n {
		if l.sees(f, i, k) {
			rows = append(rows, int32(k))
		}
	}
	return rows
}

// naive computes one row's answer from its definition.
func (l *layout) naive(s *window.Spec, args []*batch.Vector, i int) (string, error) {
	n, first, rank, last := l.ends[i]-l.starts[i], l.starts[i], 1, 0
	dense := 1
	for k := first; k < l.ends[i]; k++ {
		if k < i && !l.same(i, k) {
			rank = k - first + 2
			if k+1 < l.ends[i] && !l.same(k, k+1) {
				dense++
			}
		}
		if k <= i || l.same(i, k) {
			last = k - first + 1
		}
	}
	pick := func(k int, other string) (string, error) {
		if k < first || k >= l.ends[i] {
			return other, nil
		}
		return args[0].Value(k).String(), nil
	}
	switch s.Name {
	case "row_number":
		return fmt.Sprint(i - first + 1), nil
	case "rank":
		return fmt.Sprint(rank), nil
	case "dense_rank":
		return fmt.Sprint(dense), nil
	case "percent_rank":
		if n == 1 {
			return "0", nil
		}
		return schema.FloatValue(float64(rank-1) / float64(n-1)).String(), nil
	case "cume_dist":
		return schema.FloatValue(float64(last) / float64(n)).String(), nil
	case "ntile":
		size, larger := n/int(s.Number), n%int(s.Number)
		for bucket, at := 1, first; ; bucket++ {
			if at += size; bucket <= larger {
				at++
			}
			if i < at {
				return fmt.Sprint(bucket), nil
			}
		}
	case "lag", "lead":
		other := "NULL"
		if len(args) == 2 {
			other = args[1].Value(i).String()
		}
		if s.Name == "lag" {
			return pick(i-int(s.Number), other)
		}
		return pick(i+int(s.Number), other)
	}
	rows := l.frame(s.Frame, i)
	switch {
	case s.Aggregate != nil:
		return direct(s, args, rows)
	case len(rows) == 0:
		return "NULL", nil
	case s.Name == "first_value":
		return pick(int(rows[0]), "")
	case s.Name == "last_value":
		return pick(int(rows[len(rows)-1]), "")
	case int(s.Number) > len(rows):
		return "NULL", nil
	}
	return pick(int(rows[s.Number-1]), "")
}

func direct(s *window.Spec, args []*batch.Vector, rows []int32) (string, error) {
	st, err := aggregate.New(*s.Aggregate)
	if err != nil {
		return "", err
	}
	st.Grow(1)
	if err := st.Update(&aggregate.Rows{Len: len(rows), Sel: rows}, args[:len(s.Aggregate.Args)]); err != nil {
		return "", err
	}
	b := batch.NewBuilder(s.Result, 1)
	if err := st.Result(b, []int32{0}); err != nil {
		return "", err
	}
	return b.Finish().Value(0).String(), nil
}

func noStop() error { return nil }

func (l *layout) check(t *testing.T, s *window.Spec, args []*batch.Vector) {
	t.Helper()
	var types []schema.Type
	for _, a := range args {
		types = append(types, a.Type)
	}
	if err := s.Validate(types); err != nil {
		t.Fatalf("%+v of %v: %v", s, types, err)
	}
	got, err := window.Eval(s, args, l.block(), noStop)
	failed := false
	for i := range l.n {
		want, wantErr := l.naive(s, args, i)
		if wantErr != nil {
			failed = true
			break
		}
		if err == nil && got.Value(i).String() != want {
			t.Fatalf("%s %+v, down %v, row %d of %d: %s, want %s (frame %v)", s.Name, s.Frame, l.desc, i, l.n, got.Value(i), want, l.frame(s.Frame, i))
		}
	}
	if failed != (err != nil) {
		t.Fatalf("%s %+v: error %v, the twin fails: %v", s.Name, s.Frame, err, failed)
	}
}

func number(r *rand.Rand, d window.Definition) int64 {
	if !d.Number {
		return 0
	}
	return int64(1 + r.IntN(6))
}

// TestFunctionsAgainstTwin draws rows, frames and arguments for every function that is no aggregate.
func TestFunctionsAgainstTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 40 {
		for _, d := range window.Functions() {
			l, typ := drawLayout(r), argTypes[r.IntN(len(argTypes))]
			s, err := window.Resolve(d.Name, typ, number(r, d), drawFrame(r, l.desc))
			if err != nil {
				continue // a distance beyond the type is only for frames by value
			}
			var args []*batch.Vector
			for range d.Values {
				args = append(args, column(r, typ, l.n))
			}
			if (d.Name == "lag" || d.Name == "lead") && r.IntN(2) == 0 {
				args = append(args, column(r, typ, l.n))
			}
			l.check(t, &s, append(args, l.values(s.Frame)...))
		}
	}
}

// TestAggregatesAgainstTwin does so for every aggregate over every type that it takes.
func TestAggregatesAgainstTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for _, d := range aggregate.Functions() {
		for _, typ := range argTypes {
			for _, distinct := range []bool{false, d.Distinct} {
				var params []schema.Value
				if d.Params > 0 {
					params = []schema.Value{schema.FloatValue(0.3)}
				}
				spec, err := aggregate.Resolve(d.Name, []schema.Type{typ}, distinct, params, nil)
				if err != nil || spec.Args[0] != typ {
					continue
				}
				for range 6 {
					l := drawLayout(r)
					f := drawFrame(r, l.desc)
					if f.Rows && (f.Start.Rows < 0 || f.End.Rows < 0) {
						continue
					}
					s := window.Spec{Name: spec.Name, Aggregate: &spec, Frame: f, Result: spec.Result}
					l.check(t, &s, append([]*batch.Vector{column(r, typ, l.n)}, l.values(f)...))
				}
			}
		}
	}
	star, err := aggregate.Resolve("count", nil, false, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := drawLayout(r)
	l.check(t, &window.Spec{Name: "count", Aggregate: &star, Frame: window.DefaultFrame(), Result: star.Result}, nil)
}

func TestStops(t *testing.T) {
	l, s := drawLayout(rand.New(rand.NewPCG(3, 1))), window.Spec{Name: "row_number", Result: schema.TypeInt64}
	gone := errors.New("gone")
	if _, err := window.Eval(&s, nil, l.block(), func() error { return gone }); !errors.Is(err, gone) {
		t.Fatalf("error %v", err)
	}
}
