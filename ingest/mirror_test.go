package ingest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
)

// tape is a mirror that notes what it was asked, and fails when told to.
type tape struct {
	staged []*storage.Sealed
	waited []uint64
	err    error
}

func (t *tape) Stage(_ context.Context, s *storage.Sealed) error {
	t.staged = append(t.staged, s)
	return nil
}

func (t *tape) WaitIndex(_ context.Context, index uint64) error {
	t.waited = append(t.waited, index)
	return t.err
}

func TestAckMirror(t *testing.T) {
	r := newRig(t, 0)
	m := &tape{err: errors.New("silence")}
	var err error
	if r.loader, err = ingest.New(ingest.Config{Store: r.store, Catalog: r.log, Mirror: m, TempDir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	mirrored := func(q *ingest.Request) { q.Ack = ingest.AckMirror }
	_, err = r.load("t", "a\n1\n", mirrored)
	wantCode(t, err, errs.Unavailable, "mirror-late")
	m.err = nil
	again := r.mustLoad("t", "a\n1\n", mirrored)
	if !again.Duplicate || len(m.staged) != 1 || len(m.waited) != 2 || m.waited[1] != again.CatalogIndex || m.staged[0].Rows != 1 {
		t.Fatalf("%+v, staged %d, waited %v", again, len(m.staged), m.waited)
	}
	r.mustLoad("t", "a\n2\n")
	if len(m.staged) != 1 {
		t.Fatal("a local ack went to the object store")
	}
}
