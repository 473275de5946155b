package expr_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// benchColumns: 0 value DECIMAL(10,2), 1 code VARCHAR as a dictionary, 2 the same flat, 3 time TIMESTAMP, 4 count BIGINT,
// 5 ratio DOUBLE, 6 wide DECIMAL(18,2).
var benchColumns = []schema.Type{
	schema.DecimalType(10, 2), schema.TypeVarchar, schema.TypeVarchar, schema.TypeTimestamp, schema.TypeInt64, schema.TypeDouble, schema.DecimalType(18, 2),
}

func benchBatch() *batch.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	b := &batch.Batch{Len: batch.MaxRows}
	dict := batch.NewBuilder(schema.TypeVarchar, 500)
	for i := range 500 {
		dict.Text(fmt.Sprintf("LOINC-%04d-%d", i, i%10))
	}
	d := &batch.Dictionary{Values: dict.Finish()}
	codes := make([]int32, b.Len)
	cols := make([]*batch.Vector, len(benchColumns))
	for c, t := range benchColumns {
		if t.Class() == schema.ClassBytes {
			continue
		}
		nb := batch.NewBuilder(t, b.Len)
		for i := range b.Len {
			switch {
			case t.Kind == schema.Double:
				nb.Float64(r.Float64())
			case t.Kind == schema.Timestamp:
				nb.Int64(1_740_000_000_000_000 + int64(i)*10_000_000)
			default:
				nb.Int64(int64(r.IntN(10_000)))
			}
		}
		cols[c] = nb.Finish()
	}
	for i := range codes {
		codes[i] = int32(r.IntN(500))
	}
	cols[1] = &batch.Vector{Type: schema.TypeVarchar, Enc: batch.Dict, Len: b.Len, Codes: codes, Dict: d}
	cols[2] = cols[1].Flatten()
	b.Cols = cols
	return b
}

func col(i int) expr.Expr {
	return &expr.Column{Index: i, Name: fmt.Sprintf("c%d", i), Typ: benchColumns[i]}
}

// BenchmarkProgram measures whole expressions over one batch. Bytes are those of the columns as they lie in memory.
func BenchmarkProgram(b *testing.B) {
	in := benchBatch()
	dec := func(v int64, p, s int) expr.Expr { return lit(schema.IntValue(schema.DecimalType(p, s), v)) }
	list := []expr.Expr{str("LOINC-0001-1"), str("LOINC-0002-2"), str("LOINC-0100-0")}
	isIn, err := expr.NewIn(col(1), list, false)
	if err != nil {
		b.Fatal(err)
	}
	and, err := expr.NewLogic(expr.And, must(b, ">", col(0), dec(20005, 5, 3)), must(b, "=", col(1), str("LOINC-0001-1")))
	if err != nil {
		b.Fatal(err)
	}
	label, err := expr.NewCase([]expr.Expr{must(b, ">", col(0), dec(50, 2, 0))}, []expr.Expr{str("high")}, str("low"))
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		e     expr.Expr
		bytes int
	}{
		{"decimal > 20.005", must(b, ">", col(0), dec(20005, 5, 3)), 8},
		{"decimal between", must(b, "between", col(0), dec(20, 2, 0), dec(30, 2, 0)), 8},
		{"dictionary =", must(b, "=", col(1), str("LOINC-0001-1")), 4},
		{"dictionary in", isIn, 4},
		{"dictionary like", must(b, "like", col(1), str("%-00%-1")), 4},
		{"dictionary upper", must(b, "upper", col(1)), 4},
		{"text =", must(b, "=", col(2), str("LOINC-0001-1")), 12},
		{"text like prefix", must(b, "like", col(2), str("LOINC-00%")), 12},
		{"text like contains", must(b, "like", col(2), str("%-04%")), 12},
		{"text regexp", must(b, "regexp", col(2), str("-04[0-9]+-1$")), 12},
		{"decimal > and dictionary =", and, 12},
		{"decimal * decimal + decimal", must(b, "+", must(b, "*", col(0), dec(150, 3, 2)), col(0)), 8},
		{"decimal(18) - decimal(18)", must(b, "-", col(6), col(6)), 8},
		{"decimal / decimal", must(b, "/", col(0), dec(300, 3, 2)), 8},
		{"bigint + bigint", must(b, "+", col(4), col(4)), 8},
		{"double * double", must(b, "*", col(5), col(5)), 8},
		{"year", must(b, "year", col(3)), 8},
		{"hour", must(b, "hour", col(3)), 8},
		{"date_format %Y-%m", must(b, "date_format", col(3), str("%Y-%m")), 8},
		{"date_trunc month", must(b, "date_trunc", str("month"), col(3)), 8},
		{"case label", label, 8},
		{"substring", must(b, "substring", col(2), num(1), num(5)), 12},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := expr.Compile(c.e, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(in.Len * c.bytes))
			b.ReportAllocs()
			for b.Loop() {
				if c.e.Type().Kind == schema.Boolean {
					_, err = p.Filter(in)
				} else {
					_, err = p.Eval(in)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
