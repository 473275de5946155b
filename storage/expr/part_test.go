package expr_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

// TestPartsOfTimestamps compares the parts of timestamps and what lies between two of them with package time, in several zones,
// with NULLs and in every encoding.
func TestPartsOfTimestamps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/St_Johns"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(1, 12).Draw(t, "rows")
		b := &batch.Batch{Len: n, Cols: []*batch.Vector{drawTimes(t, n), drawTimes(t, n)}}
		before := &batch.Batch{Len: n, Cols: []*batch.Vector{drawTimes(t, n), drawTimes(t, n)}}
		part := func(name string) expr.Expr {
			e, err := expr.NewCall(name, &expr.Column{Index: 0, Name: "a", Typ: schema.TypeTimestamp})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		between := func(unit string) expr.Expr {
			e, err := expr.NewCall("timestampdiff", &expr.Literal{Value: schema.TextValue(unit)}, &expr.Column{Index: 0, Name: "a", Typ: schema.TypeTimestamp}, &expr.Column{Index: 1, Name: "b", Typ: schema.TypeTimestamp})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		wall := func(us int64) int64 {
			at := time.UnixMicro(us).In(zone)
			_, offset := at.Zone()
			return us + int64(offset)*1_000_000
		}
		checks := map[string]struct {
			e    expr.Expr
			want func(at time.Time, a, b int64) int64
		}{
			"hour":    {part("hour"), func(at time.Time, _, _ int64) int64 { return int64(at.Hour()) }},
			"minute":  {part("minute"), func(at time.Time, _, _ int64) int64 { return int64(at.Minute()) }},
			"second":  {part("second"), func(at time.Time, _, _ int64) int64 { return int64(at.Second()) }},
			"weekday": {part("weekday"), func(at time.Time, _, _ int64) int64 { return int64(at.Weekday()+6) % 7 }},
			"year":    {part("year"), func(at time.Time, _, _ int64) int64 { return int64(at.Year()) }},
			"month":   {part("month"), func(at time.Time, _, _ int64) int64 { return int64(at.Month()) }},
			"day":     {part("day"), func(at time.Time, _, _ int64) int64 { return int64(at.Day()) }},
			"MINUTE":  {between("MINUTE"), func(_ time.Time, a, b int64) int64 { return (wall(b) - wall(a)) / 60_000_000 }},
			"WEEK":    {between("WEEK"), func(_ time.Time, a, b int64) int64 { return (wall(b) - wall(a)) / (7 * 86_400_000_000) }},
		}
		for name, c := range checks {
			p, err := expr.Compile(c.e, &expr.Env{Zone: zone})
			if err != nil {
				t.Fatal(name, err)
			}
			if _, err := p.Eval(before); err != nil { // what is kept from batch to batch must not show
				t.Fatal(name, err)
			}
			got, err := p.Eval(b)
			if err != nil {
				t.Fatal(name, err)
			}
			for i := range n {
				null := b.Cols[0].IsNull(i) || name == "MINUTE" && b.Cols[1].IsNull(i) || name == "WEEK" && b.Cols[1].IsNull(i)
				want := "NULL"
				if !null {
					a, y := b.Cols[0].Int64(i), int64(0)
					if !b.Cols[1].IsNull(i) {
						y = b.Cols[1].Int64(i)
					}
					want = fmt.Sprint(c.want(time.UnixMicro(a).In(zone), a, y))
				}
				if v := got.Value(i); v.String() != want && !(v.Null && null) {
					t.Fatalf("%s of row %d: %s, not %s", name, i, v, want)
				}
			}
		}
	})
}

// drawTimes draws a column of timestamps: flat, a dictionary, runs or a constant.
func drawTimes(t *rapid.T, n int) *batch.Vector {
	at := rapid.OneOf(rapid.Int64Range(-60_000_000_000_000_000, 250_000_000_000_000_000), rapid.Int64Range(1_700_000_000_000_000, 1_700_000_100_000_000))
	cell := func(b *batch.Builder) {
		if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
			b.Null()
		} else {
			b.Int64(at.Draw(t, "at"))
		}
	}
	b := batch.NewBuilder(schema.TypeTimestamp, n)
	switch rapid.IntRange(0, 2).Draw(t, "encoding") {
	case 0:
		cell(b)
		v := b.Finish()
		v.Enc, v.Len = batch.Const, n
		return v
	case 1:
		d := batch.NewBuilder(schema.TypeTimestamp, 2)
		first := at.Draw(t, "entry")
		d.Int64(first)
		d.Int64(first + 1 + rapid.Int64Range(0, 1<<40).Draw(t, "step"))
		v := &batch.Vector{Type: schema.TypeTimestamp, Enc: batch.Dict, Len: n, Dict: &batch.Dictionary{Values: d.Finish()}}
		for range n {
			v.Codes = append(v.Codes, int32(rapid.IntRange(0, 1).Draw(t, "code")))
		}
		return v
	}
	for range n {
		cell(b)
	}
	return b.Finish()
}
