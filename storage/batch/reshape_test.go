package batch_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// stretches is a dictionary vector of n rows that knows where its codes run.
func stretches(r *rand.Rand, n int) *batch.Vector {
	entries := batch.NewBuilder(schema.TypeInt64, 9)
	for k := range 9 {
		entries.Int64(int64(100 * k))
	}
	v := &batch.Vector{Type: schema.TypeInt64, Enc: batch.Dict, Len: n, Dict: &batch.Dictionary{Values: entries.Finish()}}
	for len(v.Codes) < n {
		code := int32(r.IntN(9))
		for range min(1+r.IntN(12), n-len(v.Codes)) {
			v.Codes = append(v.Codes, code)
		}
		v.Ends = append(v.Ends, int32(len(v.Codes)))
	}
	return v
}

// TestSliceKeepsCodeRuns compares every window of a vector that knows its stretches with the rows themselves.
func TestSliceKeepsCodeRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 40 {
		n := 1 + r.IntN(60)
		v := stretches(r, n)
		for lo := range n {
			for hi := lo; hi <= n; hi++ {
				s := v.Slice(lo, hi)
				if !slices.Equal(s.Codes, v.Codes[lo:hi]) {
					t.Fatalf("rows %d to %d: codes %v", lo, hi, s.Codes)
				}
				if hi > lo {
					checkRuns(t, s)
				}
			}
		}
	}
}

func checkRuns(t *testing.T, v *batch.Vector) {
	t.Helper()
	ends := v.CodeRuns()
	if ends == nil {
		t.Fatalf("no stretches: %v of %d rows", v.Ends, v.Len)
	}
	at := int32(0)
	for _, end := range ends {
		if end <= at {
			t.Fatalf("stretches end at %v", ends)
		}
		for _, code := range v.Codes[at:end] {
			if code != v.Codes[at] {
				t.Fatalf("codes %v, stretches end at %v", v.Codes, ends)
			}
		}
		at = end
	}
}

func TestCodeRunsOnlyWhereTrue(t *testing.T) {
	v := stretches(rand.New(rand.NewPCG(2, 1)), 20)
	for name, w := range map[string]batch.Vector{
		"with NULL":   {Type: v.Type, Enc: batch.Dict, Len: 20, Dict: v.Dict, Codes: v.Codes, Ends: v.Ends, Valid: make([]byte, 20)},
		"another end": {Type: v.Type, Enc: batch.Dict, Len: 19, Dict: v.Dict, Codes: v.Codes[:19], Ends: v.Ends},
		"gathered":    *v.Gather([]int32{0, 7, 19}),
		"flat":        {Type: v.Type, Len: 20, I: make([]int64, 20), Ends: v.Ends},
	} {
		if w.CodeRuns() != nil {
			t.Errorf("%s: stretches of %v", name, w.Ends)
		}
	}
}
