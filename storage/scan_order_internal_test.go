package storage

import (
	"slices"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// TestStepsKeepBarriers: what could fail, or take longer for some values, stays behind everything that stood before it.
func TestStepsKeepBarriers(t *testing.T) {
	col := func(i int) expr.Expr { return &expr.Column{Index: i, Name: "c", Typ: schema.TypeInt64} }
	call := func(name string, args ...expr.Expr) expr.Expr {
		e, err := expr.NewCall(name, args...)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	num := func(i int64) expr.Expr { return &expr.Literal{Value: schema.IntValue(schema.TypeInt64, i)} }
	var filter []condition
	for _, e := range []expr.Expr{
		call("=", call("+", col(0), num(1)), num(2)), // of the policy
		call("<", col(1), num(9)),                    // of the policy
		call("=", call("*", col(2), col(2)), num(4)),
		call(">", col(1), num(3)),
		call("<", col(2), col(3)),
	} {
		filter = append(filter, newCondition(e))
	}
	var got [][]int
	for _, s := range newSteps(filter, ScanOptions{}) {
		got = append(got, s.parts)
	}
	if want := [][]int{{1, 3}, {4}, {0}, {2}}; !slices.EqualFunc(got, want, slices.Equal[[]int]) {
		t.Errorf("steps %v, want %v", got, want)
	}
	if n := len(newSteps(filter, ScanOptions{NoFilterOrder: true})); n != len(filter) {
		t.Errorf("%d steps with the order switched off", n)
	}
}

// TestFilterOrderFollowsWhatItSees: a step that drops much for little goes first, and fixed ones never move.
func TestFilterOrderFollowsWhatItSees(t *testing.T) {
	steps := []scanStep{{plain: true}, {plain: true}, {}, {}}
	o := newFilterOrder(steps)
	o.begin()
	o.note(0, 8000, 7900, 80*time.Microsecond)
	o.note(1, 7900, 100, 8*time.Microsecond)
	o.note(3, 100, 0, time.Microsecond)
	if o.sort(); !slices.Equal(o.steps, []int{1, 0, 2, 3}) {
		t.Errorf("order %v", o.steps)
	}
	for range 20 { // the data changes
		o.begin()
		o.note(1, 8000, 8000, 80*time.Microsecond)
		o.note(0, 8000, 80, 8*time.Microsecond)
	}
	if o.sort(); !slices.Equal(o.steps, []int{0, 1, 2, 3}) {
		t.Errorf("order %v after the data changed", o.steps)
	}
}
