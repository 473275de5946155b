package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

const rows = batch.MaxRows

// small returns a batch's worth of integers below 1000.
func small() []int64 {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]int64, rows)
	for i := range out {
		out[i] = int64(r.IntN(1000))
	}
	return out
}

func run(b *testing.B, name string, bytesPerRow int, f func()) {
	b.Run(name, func(b *testing.B) {
		b.SetBytes(int64(rows * bytesPerRow))
		b.ReportAllocs()
		for b.Loop() {
			f()
		}
	})
}

func BenchmarkInt64(b *testing.B) {
	x, y, dst := small(), small(), make([]int64, rows)
	wide := make([]decimal.Int128, rows)
	sel := make([]int32, 0, rows+1)
	half := kernel.SelectConst(kernel.LT, nil, x, 500, nil)
	run(b, "compare const", 8, func() { kernel.CompareConst(kernel.LT, dst, x, 500) })
	run(b, "compare", 16, func() { kernel.Compare(kernel.LT, dst, x, y) })
	run(b, "select const", 8, func() { sel = kernel.SelectConst(kernel.LT, sel[:0], x, 500, nil) })
	run(b, "select const of half", 4, func() { sel = kernel.SelectConst(kernel.GT, sel[:0], x, 250, half) })
	all := kernel.SelectValid(nil, nil, nil, rows)
	run(b, "select pairs", 16, func() { sel = kernel.SelectPairs(kernel.LT, sel[:0], x, y, all) })
	run(b, "subtract", 4, func() { sel = kernel.Subtract(sel[:0], nil, half, rows) })
	rest := kernel.Subtract(nil, nil, half, rows)
	run(b, "union", 4, func() { sel = kernel.Union(sel[:0], rest, half) })
	run(b, "select true", 8, func() { sel = kernel.SelectTrue(sel[:0], dst, nil) })
	run(b, "add", 16, func() { kernel.Add(dst, x, y) })
	run(b, "add const", 8, func() { kernel.AddConst(dst, x, 7) })
	run(b, "sub", 16, func() { kernel.Sub(dst, x, y) })
	run(b, "rsub const", 8, func() { kernel.RSubConst(dst, x, 7) })
	run(b, "mul", 16, func() { kernel.Mul(dst, x, y) })
	run(b, "mul const", 8, func() { kernel.MulConst(dst, x, 7) })
	run(b, "add wide", 16, func() { kernel.AddWide(wide, x, y) })
	run(b, "sub wide", 16, func() { kernel.SubWide(wide, x, y) })
	run(b, "mul wide", 16, func() { kernel.MulWide(wide, x, y) })
	run(b, "widen", 8, func() { kernel.Widen(wide, x) })
	run(b, "sum", 8, func() { kernel.SumInt64(x, nil) })
}

func BenchmarkFloat64(b *testing.B) {
	x, y, dst := make([]float64, rows), make([]float64, rows), make([]int64, rows)
	for i, v := range small() {
		x[i], y[i] = float64(v), float64(rows-v)
	}
	run(b, "compare const", 8, func() { kernel.CompareFloatConst(kernel.LT, dst, x, 500) })
	run(b, "compare", 16, func() { kernel.CompareFloat(kernel.LT, dst, x, y) })
}

func BenchmarkSelection(b *testing.B) {
	codes, table, valid := make([]int32, rows), make([]byte, 1000), make([]byte, rows)
	other := make([]byte, rows)
	for i, v := range small() {
		codes[i], table[v], valid[i], other[i] = int32(v), byte(v&1), byte(min(v&7, 1)), 1
	}
	sel := make([]int32, 0, rows+1)
	run(b, "code", 4, func() { sel = kernel.SelectCode(sel[:0], codes, table, nil, nil) })
	run(b, "code with NULLs", 5, func() { sel = kernel.SelectCode(sel[:0], codes, table, valid, nil) })
	run(b, "valid", 1, func() { sel = kernel.SelectValid(sel[:0], valid, nil, rows) })
	part := kernel.SelectValid(nil, valid, nil, rows)
	rest := kernel.Subtract(nil, nil, part, rows)
	run(b, "subtract", 4, func() { sel = kernel.Subtract(sel[:0], nil, part, rows) })
	run(b, "union", 4, func() { sel = kernel.Union(sel[:0], part, rest) })
	run(b, "merge valid", 2, func() { other = kernel.MergeValid(other, valid, valid) })
}

func BenchmarkHash(b *testing.B) {
	flat := &batch.Vector{Type: schema.TypeInt64, Len: rows, I: small()}
	text := batch.NewBuilder(schema.TypeVarchar, rows)
	dict := batch.NewBuilder(schema.TypeVarchar, 1000)
	codes := make([]int32, rows)
	for i := range 1000 {
		dict.Text(fmt.Sprintf("patient-%06d", i))
	}
	for i, v := range flat.I {
		text.Text(fmt.Sprintf("patient-%06d", v))
		codes[i] = int32(v)
	}
	texts := text.Finish()
	coded := &batch.Vector{Type: schema.TypeVarchar, Enc: batch.Dict, Len: rows, Codes: codes, Dict: &batch.Dictionary{Values: dict.Finish()}}
	var h kernel.Hasher
	dst, equal := make([]uint64, rows), make([]int64, rows)
	run(b, "equal text", 14, func() { kernel.EqualText(equal, texts.Off, texts.Data, []byte("patient-000500"), false) })
	run(b, "int64", 8, func() { h.Hash(dst, flat, nil, false) })
	run(b, "int64 combined", 8, func() { h.Hash(dst, flat, nil, true) })
	run(b, "text", 14, func() { h.Hash(dst, texts, nil, false) })
	run(b, "dictionary", 4, func() { h.Hash(dst, coded, nil, false) })
}
