package aggregate_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

// argumentTypes are the types every one-argument aggregate is tried over.
var argumentTypes = []schema.Type{
	schema.TypeInt64, schema.TypeInt32, schema.TypeUint64, schema.TypeBoolean, schema.DecimalType(12, 3), schema.DecimalType(18, 0),
	schema.DecimalType(30, 6), schema.TypeDouble, schema.TypeTimestamp, schema.TypeDate, schema.TypeVarchar,
}

// cases is every aggregate over every type it takes.
func cases() (out []aggregate.Spec) {
	add := func(name string, args []schema.Type, distinct bool, params []schema.Value, order []bool) {
		if s, err := aggregate.Resolve(name, args, distinct, params, order); err == nil && slices.Equal(s.Args, args) {
			out = append(out, s)
		}
	}
	add("count", nil, false, nil, nil)
	for _, t := range argumentTypes {
		for _, d := range aggregate.Functions() {
			params := []schema.Value(nil)
			if d.Params > 0 {
				params = []schema.Value{schema.WideValue(schema.DecimalType(3, 2), decimal.FromInt64(85))}
			}
			add(d.Name, []schema.Type{t}, false, params, nil)
			if d.Distinct {
				add(d.Name, []schema.Type{t}, true, params, nil)
			}
		}
	}
	text := schema.TypeVarchar
	add("count", []schema.Type{text, schema.TypeInt64}, true, nil, nil)
	add("count", []schema.Type{text, schema.TypeInt64}, false, nil, nil)
	add("group_concat", []schema.Type{text, schema.TypeInt64}, false, []schema.Value{schema.TextValue("; ")}, []bool{true})
	add("group_concat", []schema.Type{text, schema.TypeDouble, text}, true, nil, []bool{false, true})
	return out
}

func drawValue(t *rapid.T, typ schema.Type) schema.Value {
	if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
		return schema.NullValue(typ)
	}
	small := rapid.Bool().Draw(t, "small")
	switch typ.Class() {
	case schema.ClassBytes:
		return schema.Value{Type: typ, S: rapid.SampledFrom([]string{"", "a", "b", "ab", "a\x00", "zz", "a much longer text than fits sixteen bytes", "ß"}).Draw(t, "s")}
	case schema.ClassFloat64:
		if small {
			return schema.FloatValue(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -1, 0.1, 0.2, 0.3, 1e16, -1e16, 1e-300, 5e-324}).Draw(t, "f"))
		}
		x := rapid.Float64Range(-1e100, 1e100).Draw(t, "f")
		if math.Abs(x) < 1e-140 {
			x = 0 // the error of a square below 2^-1022 is lost, and the twin keeps it
		}
		return schema.FloatValue(x)
	case schema.ClassInt128:
		w := decimal.Int128{Hi: rapid.Int64Range(-1<<35, 1<<35).Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}
		if small {
			w = decimal.FromInt64(rapid.Int64Range(-3, 3).Draw(t, "w"))
		}
		return schema.Value{Type: typ, W: w}
	}
	if small {
		x := rapid.Int64Range(0, 1).Draw(t, "i")
		return schema.IntValue(typ, x)
	}
	switch typ.Kind {
	case schema.Boolean:
		return schema.IntValue(typ, 1)
	case schema.Decimal, schema.Int32, schema.Date:
		return schema.IntValue(typ, rapid.Int64Range(-999_999_999, 999_999_999).Draw(t, "i"))
	case schema.Timestamp:
		return schema.IntValue(typ, rapid.Int64Range(-1<<55, 1<<55).Draw(t, "i"))
	}
	return schema.IntValue(typ, rapid.Int64().Draw(t, "i"))
}

// encode builds a column in one of the encodings.
func encode(typ schema.Type, vals []schema.Value, enc batch.Encoding) *batch.Vector {
	flat := batch.NewBuilder(typ, len(vals))
	for _, v := range vals {
		flat.Value(v)
	}
	v := flat.Finish()
	switch enc {
	case batch.Const:
		if len(vals) > 0 && !slices.ContainsFunc(vals, func(x schema.Value) bool { return x != vals[0] }) {
			return batch.NewConst(vals[0], len(vals))
		}
	case batch.Dict:
		return dictionary(typ, vals, v)
	case batch.Runs:
		return runs(typ, vals)
	}
	return v
}

func dictionary(typ schema.Type, vals []schema.Value, v *batch.Vector) *batch.Vector {
	codes := map[string]int32{}
	entries := batch.NewBuilder(typ, 0)
	out := &batch.Vector{Type: typ, Enc: batch.Dict, Len: len(vals), Valid: v.Valid}
	for _, x := range vals {
		if x.Null {
			out.Codes = append(out.Codes, 0)
			continue
		}
		key := fmt.Sprintf("%#v", x)
		if x.Type.Kind == schema.Double {
			key = fmt.Sprint(math.Float64bits(x.F))
		}
		code, ok := codes[key]
		if !ok {
			code = int32(entries.Len())
			codes[key] = code
			entries.Value(x)
		}
		out.Codes = append(out.Codes, code)
	}
	if entries.Len() == 0 {
		return v
	}
	out.Dict = &batch.Dictionary{Values: entries.Finish()}
	if len(vals)%2 == 0 {
		ascending(out)
	}
	for i, code := range out.Codes {
		if i > 0 && code != out.Codes[i-1] {
			out.Ends = append(out.Ends, int32(i))
		}
	}
	out.Ends = append(out.Ends, int32(len(vals)))
	return out
}

// ascending sorts the entries of numbers and says so.
func ascending(v *batch.Vector) {
	class := v.Type.Class()
	if class != schema.ClassInt64 && class != schema.ClassFloat64 {
		return
	}
	order := all(v.Dict.Values.Len)
	slices.SortFunc(order, func(a, b int32) int { return v.Dict.Values.Value(int(a)).Compare(v.Dict.Values.Value(int(b))) })
	to := make([]int32, len(order))
	for code, k := range order {
		to[k] = int32(code)
	}
	for i, code := range v.Codes {
		v.Codes[i] = to[code]
	}
	v.Dict = &batch.Dictionary{Values: v.Dict.Values.Gather(order), Ascending: true}
}

func runs(typ schema.Type, vals []schema.Value) *batch.Vector {
	b := batch.NewBuilder(typ, 0)
	var ends []int32
	for i, x := range vals {
		if i > 0 && (x == vals[i-1]) {
			ends[len(ends)-1]++
			continue
		}
		b.Value(x)
		ends = append(ends, int32(i+1))
	}
	v := b.Finish()
	v.Enc, v.Ends, v.Len = batch.Runs, ends, len(vals)
	return v
}

// input is rows of arguments and the group of each.
type input struct {
	rows   [][]schema.Value
	groups []int32
	alive  []bool
}

func drawInput(t *rapid.T, s aggregate.Spec, groups int) (in input) {
	n := rapid.IntRange(0, 40).Draw(t, "rows")
	for range n {
		row := make([]schema.Value, len(s.Args))
		for k, typ := range s.Args {
			row[k] = drawValue(t, typ)
		}
		in.rows = append(in.rows, row)
		in.groups = append(in.groups, int32(rapid.IntRange(0, groups-1).Draw(t, "group")))
		in.alive = append(in.alive, rapid.IntRange(0, 4).Draw(t, "alive") > 0)
	}
	return in
}

func (in input) update(t *rapid.T, s aggregate.Spec, st aggregate.State, groups int) {
	if r, cols := in.shape(t, s, groups); r.Len > 0 {
		if err := st.Update(&r, cols); err != nil {
			t.Fatal(err)
		}
	}
}

// shape makes columns of the rows, in some encoding, and lists the living ones in some form; none when none lives.
func (in input) shape(t *rapid.T, s aggregate.Spec, groups int) (aggregate.Rows, []*batch.Vector) {
	enc := batch.Encoding(rapid.IntRange(0, 3).Draw(t, "encoding"))
	cols := make([]*batch.Vector, len(s.Args))
	for k, typ := range s.Args {
		vals := make([]schema.Value, len(in.rows))
		for i, r := range in.rows {
			vals[i] = r[k]
		}
		cols[k] = encode(typ, vals, enc)
	}
	r := aggregate.Rows{}
	sel := slices.Contains(in.alive, false)
	for i := range in.rows {
		if !in.alive[i] {
			continue
		}
		r.Len++
		r.Groups = append(r.Groups, in.groups[i])
		if sel {
			r.Sel = append(r.Sel, int32(i))
		}
	}
	if sel && r.Sel == nil {
		return r, nil
	}
	switch form := rapid.IntRange(0, 1).Draw(t, "form"); {
	case groups == 1 && form == 1:
		r.Groups = nil
	case form == 1:
		for i, g := range r.Groups {
			if i > 0 && g == r.Groups[i-1] {
				r.Runs[len(r.Runs)-1].End++
				continue
			}
			r.Runs = append(r.Runs, aggregate.Run{End: int32(i + 1), Group: g})
		}
		r.Groups = nil
	}
	return r, cols
}

func all(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

func newState(t *rapid.T, s aggregate.Spec, groups int) aggregate.State {
	st, err := aggregate.New(s)
	if err != nil {
		t.Fatal(err)
	}
	st.Grow(groups)
	return st
}

// overWire carries every group through the state columns.
func overWire(t *rapid.T, s aggregate.Spec, st aggregate.State, groups int) aggregate.State {
	types, err := aggregate.StateTypes(s)
	if err != nil {
		t.Fatal(err)
	}
	var bs []*batch.Builder
	for _, typ := range types {
		bs = append(bs, batch.NewBuilder(typ, groups))
	}
	st.AppendState(bs, all(groups))
	var cols []*batch.Vector
	for _, b := range bs {
		cols = append(cols, b.Finish())
	}
	out := newState(t, s, groups)
	if err := out.Merge(&aggregate.Rows{Len: groups, Groups: all(groups)}, cols); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAgainstTwin runs one table of cases through every aggregate, in every encoding, cut into pieces that are merged in process and
// over the wire, and compares with the scalar twin.
func TestAgainstTwin(t *testing.T) {
	for _, s := range cases() {
		t.Run(fmt.Sprintf("%s distinct=%v %v", s.Name, s.Distinct, s.Args), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				groups := rapid.SampledFrom([]int{1, 3}).Draw(t, "groups")
				byGroup := make([][][]schema.Value, groups)
				total := newState(t, s, groups)
				for range rapid.IntRange(1, 3).Draw(t, "pieces") {
					part := newState(t, s, groups)
					for range rapid.IntRange(1, 2).Draw(t, "batches") {
						in := drawInput(t, s, groups)
						in.update(t, s, part, groups)
						for i, r := range in.rows {
							if in.alive[i] {
								byGroup[in.groups[i]] = append(byGroup[in.groups[i]], r)
							}
						}
					}
					if rapid.Bool().Draw(t, "wire") {
						part = overWire(t, s, part, groups)
					}
					if err := total.Absorb(part, all(groups), all(groups)); err != nil {
						t.Fatal(err)
					}
				}
				compare(t, s, total, byGroup)
			})
		})
	}
}

func compare(t *rapid.T, s aggregate.Spec, st aggregate.State, byGroup [][][]schema.Value) {
	for g, rows := range byGroup {
		want := twin(s, rows)
		out := batch.NewBuilder(s.Result, 1)
		err := st.Result(out, []int32{int32(g)})
		if err != nil || want == "error" {
			if want != "error" || errs.KindOf(err) != errs.Meaning {
				t.Fatalf("group %d: error %v, want %s", g, err, want)
			}
			continue
		}
		got := out.Finish().Value(0)
		if s.Name == "approx_count_distinct" {
			if exact := len(distinctRows(withoutNulls(rows))); got.I > int64(exact)+1 || got.I < int64(exact)-4 {
				t.Fatalf("group %d: about %d values, have %d", g, got.I, exact)
			}
			continue
		}
		if got.String() != want {
			t.Fatalf("group %d of %v: got %s, want %s", g, rows, got, want)
		}
	}
	if st.Bytes() < 0 {
		t.Fatalf("holds %d bytes", st.Bytes())
	}
}

func withoutNulls(rows [][]schema.Value) [][]schema.Value {
	return slices.DeleteFunc(slices.Clone(rows), func(r []schema.Value) bool { return r[0].Null })
}
