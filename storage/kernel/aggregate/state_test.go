package aggregate_test

import (
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

var update = flag.Bool("update", false, "write the golden states anew")

func specName(s aggregate.Spec) string {
	return fmt.Sprintf("%s distinct=%v %v", s.Name, s.Distinct, s.Args)
}

// sampleValue is the i-th of a few fixed values of a type, with a NULL among them.
func sampleValue(typ schema.Type, i int) schema.Value {
	if i == 3 {
		return schema.NullValue(typ)
	}
	switch typ.Class() {
	case schema.ClassBytes:
		return schema.Value{Type: typ, S: []string{"", "b", "a text of more than sixteen bytes"}[i%3]}
	case schema.ClassFloat64:
		return schema.FloatValue([]float64{0.1, -2.5, 1e300}[i%3])
	case schema.ClassInt128:
		return schema.Value{Type: typ, W: decimal.FromInt64([]int64{7, -1, 123_456_789}[i%3])}
	}
	if typ.Kind == schema.Boolean {
		return schema.IntValue(typ, int64(i%2))
	}
	return schema.IntValue(typ, []int64{1, 0, 85_000}[i%3])
}

// sampleState is the state columns of one group that has seen the sample values, and of one that has seen nothing.
func sampleState(t testing.TB, s aggregate.Spec) []*batch.Vector {
	t.Helper()
	const rows = 5
	st, err := aggregate.New(s)
	if err != nil {
		t.Fatal(err)
	}
	st.Grow(2)
	args := make([]*batch.Vector, len(s.Args))
	for k, typ := range s.Args {
		b := batch.NewBuilder(typ, rows)
		for i := range rows {
			b.Value(sampleValue(typ, i))
		}
		args[k] = b.Finish()
	}
	if err := st.Update(&aggregate.Rows{Len: rows}, args); err != nil {
		t.Fatal(err)
	}
	types, err := aggregate.StateTypes(s)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]*batch.Builder, len(types))
	for i, typ := range types {
		out[i] = batch.NewBuilder(typ, 2)
	}
	st.AppendState(out, []int32{0, 1})
	cols := make([]*batch.Vector, len(out))
	for i, b := range out {
		cols[i] = b.Finish()
	}
	return cols
}

// appendCells writes state columns down as bytes, one length and value a cell, so that they can be compared and bent.
func appendCells(dst []byte, cols []*batch.Vector) []byte {
	for _, v := range cols {
		for i := range v.Len {
			dst = appendCell(dst, v.Value(i))
		}
	}
	return dst
}

func appendCell(dst []byte, v schema.Value) []byte {
	if v.Null {
		return append(dst, 0)
	}
	var raw []byte
	switch v.Type.Class() {
	case schema.ClassBytes:
		raw = []byte(v.S)
	case schema.ClassFloat64:
		raw = binary.BigEndian.AppendUint64(nil, math.Float64bits(v.F))
	case schema.ClassInt128:
		raw = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(v.W.Hi)), v.W.Lo)
	default:
		raw = binary.BigEndian.AppendUint64(nil, uint64(v.I))
	}
	return append(binary.AppendUvarint(dst, uint64(len(raw))+1), raw...)
}

// takeCell reads a cell of any type from any bytes.
func takeCell(typ schema.Type, b []byte) (schema.Value, []byte) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n == 0 {
		return schema.NullValue(typ), b[min(len(b), 1):]
	}
	b = b[k:]
	raw := b[:min(n-1, uint64(len(b)))]
	b = b[len(raw):]
	if typ.Class() == schema.ClassBytes {
		return schema.Value{Type: typ, S: string(raw)}, b
	}
	var w [16]byte
	copy(w[:], raw)
	hi, lo := binary.BigEndian.Uint64(w[:]), binary.BigEndian.Uint64(w[8:])
	return schema.Value{Type: typ, I: int64(hi), F: math.Float64frombits(hi), W: decimal.Int128{Hi: int64(hi), Lo: lo}}, b
}

// TestStateGolden pins the partial states as they cross between nodes: a node of another release must read them.
func TestStateGolden(t *testing.T) {
	var b strings.Builder
	for _, s := range cases() {
		fmt.Fprintf(&b, "%s: %s\n", specName(s), hex.EncodeToString(appendCells(nil, sampleState(t, s))))
	}
	const path = "testdata/states.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, lines := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(lines)) {
		if i >= len(got) || i >= len(lines) || got[i] != lines[i] {
			t.Fatalf("line %d of %s: the states that nodes exchange have changed. Nodes of the last release would misread them: raise the fragment's version, keep reading the old form, then run with -update.\n got %s\nwant %s",
				i+1, path, at(got, i), at(lines, i))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// FuzzMerge folds states that another process made up: an error or a result, never a panic, and no memory beyond their size.
func FuzzMerge(f *testing.F) {
	specs := cases()
	for i, s := range specs {
		f.Add(uint16(i), appendCells(nil, sampleState(f, s)))
	}
	f.Fuzz(func(t *testing.T, which uint16, b []byte) {
		s := specs[int(which)%len(specs)]
		types, err := aggregate.StateTypes(s)
		if err != nil {
			t.Fatal(err)
		}
		cols := make([]*batch.Vector, len(types))
		rest := b
		for i, typ := range types {
			col := batch.NewBuilder(typ, 2)
			for range 2 {
				var v schema.Value
				v, rest = takeCell(typ, rest)
				col.Value(v)
			}
			cols[i] = col.Finish()
		}
		mergeHostile(t, s, cols, len(b))
	})
}

func mergeHostile(t *testing.T, s aggregate.Spec, cols []*batch.Vector, size int) {
	st, err := aggregate.New(s)
	if err != nil {
		t.Fatal(err)
	}
	st.Grow(2)
	for _, groups := range [][]int32{{0, 1}, {1, 1}} {
		if err := st.Merge(&aggregate.Rows{Len: 2, Groups: groups}, cols); err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Fatalf("%s: an error without a kind: %v", specName(s), err)
			}
			return
		}
	}
	if st.Bytes() > int64(size)*64+1<<20 {
		t.Fatalf("%s: %d bytes of state from %d bytes", specName(s), st.Bytes(), size)
	}
	_ = st.Result(batch.NewBuilder(s.Result, 2), []int32{0, 1})
	types, _ := aggregate.StateTypes(s)
	out := make([]*batch.Builder, len(types))
	for i, typ := range types {
		out[i] = batch.NewBuilder(typ, 2)
	}
	st.AppendState(out, []int32{0, 1})
}
