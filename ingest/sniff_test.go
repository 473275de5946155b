package ingest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest"
)

func TestSniff(t *testing.T) {
	in := "id;when;value;note\n1;01/02/2025;2,5;\"a;b\"\n2;03/02/2025;3,25;\n3;x\n\n"
	s, err := ingest.Sniff(context.Background(), strings.NewReader(in), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Dialect.Delimiter != ";" || !*s.Dialect.Header || s.Records != 3 || s.Rejected != 1 || s.Blank != 1 || s.Bytes != int64(len(in)) {
		t.Fatalf("%+v", s)
	}
	if len(s.Columns) != 4 || s.Columns[0].Type.String() != "BIGINT" || s.Columns[3].Nulls != 1 || len(s.Sample) != 3 || s.Sample[0][3] != "a;b" {
		t.Fatalf("columns %+v, sample %q", s.Columns, s.Sample)
	}
	all := strings.Join(s.Warnings, "\n")
	for _, want := range []string{"date_format", "decimal=,"} {
		if !strings.Contains(all, want) {
			t.Errorf("warnings %q do not name %s", s.Warnings, want)
		}
	}
	if len(s.Rejects) != 1 || s.Rejects[0].Line != 4 || s.Rejects[0].Raw != "3;x" {
		t.Errorf("rejects %+v", s.Rejects)
	}
}

func TestSniffRefusesWhatALoadRefuses(t *testing.T) {
	for _, in := range []string{"", "\n\n", "a,\"b\"c\n1,2\n"} {
		if _, err := ingest.Sniff(context.Background(), strings.NewReader(in), ingest.Options{}); err == nil {
			t.Errorf("%q is taken", in)
		}
	}
}
