package expr_test

import (
	"errors"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// TestStopEndsABatch: a cancelled query does not compute the rest of a batch of a function that works row by row.
func TestStopEndsABatch(t *testing.T) {
	const rows = 1000
	texts := batch.NewBuilder(schema.TypeVarchar, rows)
	for range rows {
		texts.Text("abc")
	}
	e, err := expr.NewCall("reverse", &expr.Column{Index: 0, Name: "s", Typ: schema.TypeVarchar})
	if err != nil {
		t.Fatal(err)
	}
	gone, asked := errors.New("gone"), 0
	p, err := expr.Compile(e, &expr.Env{Stop: func() error {
		if asked++; asked == 2 {
			return gone
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Eval(&batch.Batch{Cols: []*batch.Vector{texts.Finish()}, Len: rows}); !errors.Is(err, gone) || asked != 2 {
		t.Fatalf("stopped after %d questions with %v, want 2 and the cause", asked, err)
	}
}
