package mirror_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/assaydb/assay/node/mirror"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

func readAll(t *testing.T, r io.ReadCloser) string {
	t.Helper()
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// restore rebuilds catalog and store from a mirror.
func restore(t *testing.T, s object.Store, change func(*mirror.RestoreConfig)) (*mirror.Restored, *catalog.Machine, *storage.Store, error) {
	t.Helper()
	store, err := storage.Open(storage.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	machine := catalog.New()
	cfg := mirror.RestoreConfig{Objects: s, Store: store, Catalog: func(m *catalog.Machine) error {
		machine = m
		return nil
	}}
	if change != nil {
		change(&cfg)
	}
	got, err := mirror.Restore(t.Context(), cfg)
	return got, machine, store, err
}

// restoreAndCompare checks that the mirror gives back the same catalog and every segment whole.
func restoreAndCompare(t *testing.T, c *cluster, s object.Store) {
	t.Helper()
	got, machine, store, err := restore(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if machine.Snapshot().StateHash() != c.Snapshot().StateHash() || got.Index != c.Snapshot().Index() {
		t.Fatalf("the catalog came back at index %d, another state than at %d", got.Index, c.Snapshot().Index())
	}
	err = store.Verify(t.Context(), machine.Snapshot().AllSegments(), func(g *schema.Segment, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Files != got.FilesTotal || got.Bytes != got.BytesTotal || got.FilesTotal == 0 {
		t.Fatalf("progress %+v", got.Progress)
	}
}

// mirrored gives a store with some history: snapshots at several indexes and a log.
func mirrored(t *testing.T) (*cluster, *object.Memory) {
	c, s := newCluster(t), object.NewMemory()
	m, stop := c.run(mirror.Config{Objects: s, SnapshotEvery: 4, Owner: "me"})
	for i := range 10 {
		c.load("H1", "2025-01", i*100, 30)
		c.wait(m)
	}
	stop()
	return c, s
}

func TestRestoreLazily(t *testing.T) {
	c, s := mirrored(t)
	_, machine, store, err := restore(t, s, func(r *mirror.RestoreConfig) { r.Lazy = true })
	if err != nil {
		t.Fatal(err)
	}
	store.SetFetcher(&mirror.Reader{Objects: s, View: machine.Snapshot})
	for g := range c.Snapshot().AllSegments() {
		f, release, err := store.OpenSegment(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		if _, rows, err := f.HashColumns(t.Context(), 2); err != nil || rows != g.Rows {
			t.Fatalf("%d rows, %v", rows, err)
		}
		release()
	}
}

func keysOf(t *testing.T, s object.Store, prefix string) []string {
	var keys []string
	if err := object.Each(t.Context(), s, prefix, func(i object.Info) error { keys = append(keys, i.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	return keys
}

func spoil(t *testing.T, s object.Store, key string) {
	t.Helper()
	r, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	b := []byte(readAll(t, r))
	b[len(b)/2] ^= 1
	if err := s.Put(t.Context(), key, bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
}

func TestRestoreFallsBackToAnOlderSnapshot(t *testing.T) {
	c, s := mirrored(t)
	snaps := keysOf(t, s, "catalog/snapshots/")
	if len(snaps) < 2 {
		t.Fatalf("snapshots: %v", snaps)
	}
	spoil(t, s, snaps[len(snaps)-1])
	restoreAndCompare(t, c, s)
}

func TestRestoreTellsAHole(t *testing.T) {
	for name, damage := range map[string]func(*testing.T, object.Store, string){
		"missing": func(t *testing.T, s object.Store, key string) { s.Delete(t.Context(), key) },
		"damaged": spoil,
	} {
		t.Run(name, func(t *testing.T) {
			c, s := newCluster(t), object.NewMemory()
			m, stop := c.run(mirror.Config{Objects: s})
			c.wait(m) // the snapshot; what follows is log
			for i := range 4 {
				c.load("H1", "2025-01", i*100, 30)
				c.wait(m)
			}
			stop()
			log := keysOf(t, s, "catalog/log/")
			damage(t, s, log[len(log)-3])
			_, _, _, err := restore(t, s, nil)
			if !errs.Is(err, errs.Corrupt) {
				t.Fatalf("got %v, want Corrupt", err)
			}
			if want := strings.TrimSuffix(log[len(log)-3][len("catalog/log/"):], ".cmd"); !strings.Contains(err.Error(), strings.TrimLeft(want, "0")) {
				t.Fatalf("the error does not name entry %s: %v", want, err)
			}
			got, _, _, err := restore(t, s, func(r *mirror.RestoreConfig) { r.AllowGap = true })
			if err != nil || got.Index != c.Snapshot().Index()-3 {
				t.Fatalf("with a gap allowed: %+v, %v", got, err)
			}
			if again, _, _, err := restore(t, s, nil); err != nil || again.Index != got.Index {
				t.Fatalf("what lies behind the hole is still in the way: %+v, %v", again, err)
			}
		})
	}
}

func TestRestoreFromNothing(t *testing.T) {
	_, _, _, err := restore(t, object.NewMemory(), nil)
	if !errs.Is(err, errs.NotFound) {
		t.Fatalf("got %v, want NotFound", err)
	}
}

func TestRestoreTellsADamagedSegment(t *testing.T) {
	_, s := mirrored(t)
	live := keysOf(t, s, "live/")
	spoil(t, s, live[0])
	_, machine, _, err := restore(t, s, nil)
	if !errs.Is(err, errs.Corrupt) {
		t.Fatalf("got %v, want Corrupt", err)
	}
	if machine.Snapshot().Index() != 0 {
		t.Fatal("a restore that failed left a catalog behind")
	}
}
