package scale_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/scale"
	"github.com/assaydb/assay/raft/consensus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFill: what was filled is there when the catalog is opened again, whole deliveries and the rest.
func TestFill(t *testing.T) {
	dir := t.TempDir()
	if err := scale.Fill(t.Context(), dir, scale.Shape{Segments: 130, PerDelivery: 24}); err != nil {
		t.Fatal(err)
	}
	log, err := consensus.Open(consensus.Config{Dir: filepath.Join(dir, "raft"), NodeID: "n1"})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := log.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	snap := log.Snapshot()
	table, ok := snap.Table("labs")
	if !ok {
		t.Fatal("there is no table labs")
	}
	n, months := 0, map[string]bool{}
	for seg := range snap.Segments(table.ID) {
		n++
		months[table.PartitionPath(seg.Partition)] = true
	}
	if n != 130 || len(months) < 24 {
		t.Errorf("%d segments in %d partitions", n, len(months))
	}
	for _, s := range []scale.Shape{{}, {Segments: 1}, {PerDelivery: 1}} {
		if err := scale.Fill(t.Context(), t.TempDir(), s); err == nil {
			t.Errorf("%+v is filled", s)
		}
	}
}

func TestTable(t *testing.T) {
	r := &scale.Result{
		Format: scale.Format, Shape: scale.Shape{Segments: 10, PerDelivery: 2}, StartMS: []float64{30, 10, 20}, StartCPU: []float64{9, 8, 7},
		Plans: []scale.Plan{{SQL: "SELECT 1", WallMS: []float64{4, 2}, CPUMS: []float64{1, 1}}},
	}
	var b bytes.Buffer
	if err := r.Table(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10 segments, 2 a delivery", "ready 10 20 7", "SELECT 1 2.00 3.00 1.00"} {
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	b.Reset()
	if err := r.Write(&b); err != nil || !strings.Contains(b.String(), `"format": 1`) {
		t.Errorf("error %v in %s", err, b.String())
	}
}
