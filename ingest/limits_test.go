package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
)

// TestLimitsAreToldByName breaks each limit of a load: the reject or the error names the limit, its value and how to raise it.
func TestLimitsAreToldByName(t *testing.T) {
	r := newRig(t, 0)
	var err error
	r.loader, err = ingest.New(ingest.Config{
		Store: r.store, Catalog: r.log, TempDir: filepath.Join(r.dir, "limited"), Limits: source.Limits{MaxBytes: 100 << 20, MaxRatio: 50},
		Text: ingest.TextLimits{LineBytes: 2000, CellBytes: 500, Columns: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := r.load("t", "a,b\n1,x\n2,"+strings.Repeat("y", 600)+"\n3,"+strings.Repeat("z", 3000)+"\n4,\"open\n"+strings.Repeat("5,ok\n", 1000), lenient)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"max-cell = 500 bytes", "max-line = 2000 bytes", "max-line = 2000 bytes"}
	if len(rec.FirstRejects) != 3 || rec.Accepted != 1001 {
		t.Fatalf("%d accepted, %+v", rec.Accepted, rec.FirstRejects)
	}
	for i, x := range rec.FirstRejects {
		if !strings.Contains(x.Reason, want[i]) || !strings.Contains(x.Reason, "raises it") {
			t.Errorf("reject %d: %s", i, x.Reason)
		}
	}
	_, err = r.load("wide", "a,b,c,d,e\n1,2,3,4,5\n")
	told(t, err, "too-many-columns", "at most 4 are allowed (max-columns)", "--max-columns")
	_, err = r.load("big", "a,b\n"+strings.Repeat("1,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 2<<20))
	told(t, err, "upload-too-large", "104857600 decoded bytes (max-decoded)", "--max-decoded")
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(bytes.Repeat([]byte("1,x\n"), 20<<20))
	z.Close()
	_, err = r.loader.Load(context.Background(), &ingest.Request{Table: "bomb", Body: &bomb})
	told(t, err, "decompression-ratio", "50-fold", "--max-ratio")
}

func told(t *testing.T, err error, code, text, hint string) {
	t.Helper()
	e := errs.As(err)
	if e == nil || e.Code != code || !strings.Contains(e.Error(), text) || !strings.Contains(e.Hint, hint) {
		t.Errorf("%v, want %s: %s (%s)", err, code, text, hint)
	}
}
