package workload_test

import (
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/workload"
)

func TestLabBenchIsWhole(t *testing.T) {
	qs := workload.LabBench()
	if len(qs) != 24 {
		t.Fatalf("%d queries, want 24", len(qs))
	}
	for i, q := range qs {
		if !strings.HasPrefix(q.SQL, "SELECT") && !strings.HasPrefix(q.SQL, "WITH") || q.DuckDB == "" || q.Name[1:] != string([]byte{byte('0' + (i+1)/10), byte('0' + (i+1)%10)}) {
			t.Errorf("query %d is %+v", i+1, q)
		}
	}
}
