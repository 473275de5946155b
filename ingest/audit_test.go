package ingest_test

import (
	"context"
	"testing"

	"github.com/assaydb/assay/storage/errs"
)

// TestAudit finds books that do not add up.
func TestAudit(t *testing.T) {
	r := newRig(t, 0)
	rec, err := r.load("t", "a,b\n1,x\n2\n3,y\n", lenient)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := r.log.Snapshot().Delivery(rec.DeliveryID)
	if err := r.loader.Audit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(accepted, rejected, in *int64){
		"a row more":    func(a, _, in *int64) { *a, *in = *a+1, *in+1 },
		"a reject less": func(_, r, in *int64) { *r, *in = *r-1, *in-1 },
		"a record lost": func(_, _, in *int64) { *in++ },
	} {
		wrong := *d
		change(&wrong.Accepted, &wrong.Rejected, &wrong.RecordsIn)
		if err := r.loader.Audit(context.Background(), &wrong); !errs.Is(err, errs.Corrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
