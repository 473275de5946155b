package mirror_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/node/mirror"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/object/objecttest"
	"github.com/assaydb/assay/storage/schema"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFollowsTheCatalog(t *testing.T) {
	c, s := newCluster(t), object.NewMemory()
	m, _ := c.run(mirror.Config{Objects: s, Owner: "me"})
	first := c.load("H1", "2025-01", 0, 150)
	c.load("H2", "2025-01", 0, 50)
	c.wait(m)
	c.check(s)
	second := c.load("H1", "2025-01", 500, 100) // replaces the first
	c.wait(m)
	c.check(s)
	if kept := listing(t, s, "kept/"); len(kept) != int(first.Segments) {
		t.Fatalf("kept: %v", kept)
	}
	c.propose(&catalog.RevertDelivery{Delivery: second.ID, At: c.clock})
	c.wait(m)
	c.check(s)
	c.propose(&catalog.DropTable{Name: "labs"})
	c.wait(m)
	if live := listing(t, s, "live/"); len(live) != 0 {
		t.Fatalf("a dropped table is still live: %v", live)
	}
}

// TestMergedSegmentsInLive: what compaction merged lies in live/ in the inputs' place, leaves it while one of its deliveries is replaced,
// and is kept for history.
func TestMergedSegmentsInLive(t *testing.T) {
	c, s := newCluster(t), object.NewMemory()
	m, _ := c.run(mirror.Config{Objects: s, Owner: "me"})
	a := c.load("H1", "2025-01", 0, 30)
	b := c.load("H1", "2025-02", 100, 20)
	c.wait(m)
	sealed := c.seal("H1", "", 0, 50)
	merged := sealed.Segments[0]
	merged.Parts = []schema.Part{{Delivery: a.ID, Rows: 30}, {Delivery: b.ID, Rows: 20}}
	if err := m.Stage(t.Context(), sealed); err != nil {
		t.Fatal(err)
	}
	c.propose(&catalog.Compact{
		ID: sealed.Delivery, Table: c.table.ID, Partition: merged.Partition, Inputs: []schema.ID{a.ID, b.ID}, Segments: []schema.Segment{merged},
		StartedAt: c.clock, At: c.clock,
	})
	c.wait(m)
	wantLive := func(when string, id schema.ID) {
		t.Helper()
		if live := slices.Collect(maps.Keys(listing(t, s, "live/"))); len(live) != 1 || !strings.Contains(live[0], id.String()) {
			t.Fatalf("live %s: %v, want %s", when, live, id)
		}
	}
	wantLive("after the merge", merged.ID)
	if kept := listing(t, s, "kept/"); len(kept) != 2 {
		t.Fatalf("kept: %v", kept)
	}
	third := c.load("H1", "2025-02", 500, 10)
	c.wait(m)
	for seg := range c.Snapshot().SegmentsOf(third.ID) {
		wantLive("after a replacement", seg.ID)
	}
	c.propose(&catalog.RevertDelivery{Delivery: third.ID, At: c.clock})
	c.wait(m)
	wantLive("after the revert", merged.ID)
}

// TestDamagedSegmentIsPassedBy: a segment whose only copy is damaged is reported; everything else is mirrored.
func TestDamagedSegmentIsPassedBy(t *testing.T) {
	c, s := newCluster(t), object.NewMemory()
	bad := c.load("H1", "2025-01", 0, 30)
	for seg := range c.Snapshot().SegmentsOf(bad.ID) {
		raw, err := os.ReadFile(c.store.SegmentPath(seg))
		if err != nil {
			t.Fatal(err)
		}
		raw[len(raw)/2] ^= 1
		if err := os.WriteFile(c.store.SegmentPath(seg), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, _ := c.run(mirror.Config{Objects: s, Owner: "me"})
	c.wait(m)
	if st := m.Status(); len(st.Damaged) != 1 {
		t.Fatalf("%+v", st)
	}
	good := c.load("H2", "2025-01", 0, 30)
	c.wait(m)
	if live := listing(t, s, "live/"); len(live) != int(good.Segments) {
		t.Fatalf("live: %v", live)
	}
}

// TestOldCopyOfTheFolderIsRefused: a node whose folder was put back to an old copy may not go on in the mirror, also once it has as many
// commands of its own as the mirror.
func TestOldCopyOfTheFolderIsRefused(t *testing.T) {
	old, s := newCluster(t), object.NewMemory()
	m, stop := old.run(mirror.Config{Objects: s, Owner: "me"})
	old.wait(m) // the snapshot; what follows is in the log
	old.load("H1", "2025-01", 0, 30)
	old.load("H1", "2025-02", 0, 30)
	old.wait(m)
	stop()
	before := listing(t, s, "")
	c := newCluster(t)
	for _, period := range []string{"2025-01", "2025-02", "2025-03"} {
		c.load("H1", period, 0, 30)
	}
	m, _ = c.run(mirror.Config{Objects: s, Owner: "me"})
	for !strings.Contains(m.Status().Error, "older copy") {
		time.Sleep(time.Millisecond)
	}
	if after := listing(t, s, ""); !maps.Equal(before, after) {
		t.Fatalf("%v became %v", before, after)
	}
}

func TestChecksumsAreListed(t *testing.T) {
	c, s := newCluster(t), object.NewMemory()
	m, _ := c.run(mirror.Config{Objects: s})
	d := c.load("H1", "2025-01", 0, 100)
	c.wait(m)
	r, err := s.Get(t.Context(), "deliveries/"+d.ID.String()+"/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	text := readAll(t, r)
	for seg := range c.Snapshot().SegmentsOf(d.ID) {
		if !strings.Contains(text, seg.SHA256.String()+"  "+seg.ID.String()+".parquet\n") {
			t.Fatalf("segment %s is not in\n%s", seg.ID, text)
		}
	}
}

func TestBacklogSurvivesRestart(t *testing.T) {
	c, s := newCluster(t), object.NewMemory()
	m, stop := c.run(mirror.Config{Objects: s, Owner: "me"})
	c.load("H1", "2025-01", 0, 100)
	c.wait(m)
	stop()
	c.load("H1", "2025-01", 200, 100) // while nobody mirrors
	c.load("H3", "2025-01", 0, 100)
	c.compact() // the log forgot: a snapshot must take its place
	m, _ = c.run(mirror.Config{Objects: s, Owner: "me"})
	c.wait(m)
	c.check(s)
	restoreAndCompare(t, c, s)
}

func TestStage(t *testing.T) {
	c, s := newCluster(t), object.NewMemory()
	m, _ := c.run(mirror.Config{Objects: s})
	c.load("H1", "2025-01", 0, 100, func(sealed *storage.Sealed) {
		if err := m.Stage(t.Context(), sealed); err != nil {
			t.Fatal(err)
		}
		if staged := listing(t, s, "staging/"); len(staged) != len(sealed.Segments) {
			t.Fatalf("staged: %v", staged)
		}
	})
	c.wait(m)
	c.check(s)
}

func TestAnotherOwnerIsRefused(t *testing.T) {
	c, s := newCluster(t), object.NewMemory()
	m, stop := c.run(mirror.Config{Objects: s, Owner: "me"})
	c.load("H1", "2025-01", 0, 100)
	c.wait(m)
	stop()
	other := newCluster(t)
	err := mirror.New(quick(mirror.Config{Objects: s, Owner: "other", Catalog: other, Source: other.store})).Run(t.Context())
	if !errs.Is(err, errs.Conflict) {
		t.Fatalf("got %v, want Conflict", err)
	}
	c.check(s)
}

func TestStraysLeaveLive(t *testing.T) {
	c, s := newCluster(t), object.NewMemory()
	c.load("H1", "2025-01", 0, 100)
	stray := "live/labs/hospital=H1/0198c0de-0000-7000-8000-000000000001.parquet"
	for _, key := range []string{stray, "live/readme.txt"} {
		if err := s.Put(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	m, _ := c.run(mirror.Config{Objects: s})
	c.wait(m)
	if live := listing(t, s, "live/"); live[stray] != 0 || live["live/readme.txt"] != 1 {
		t.Fatalf("live: %v", live)
	}
}

// TestFaults runs a series of loads against stores that fail in every way, then lets them recover: nothing may be lost or there
// twice, and a plain reader must never have seen a row twice on the way.
func TestFaults(t *testing.T) {
	for seed := range uint64(rounds(3, 100)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := newCluster(t)
			inner := object.NewMemory()
			s := objecttest.NewFaulty(inner, seed, objecttest.Faults{
				Refuse: 0.3, LoseReply: 0.1, Truncate: 0.1, Shorten: 0.05, Silence: 0.05, SilentFor: time.Millisecond,
			})
			m, stop := c.run(mirror.Config{Objects: s, Owner: "me", SnapshotEvery: 3})
			watch := watchLive(t, c, inner)
			for i := range 12 {
				if i == 6 {
					stop()
					m, _ = c.run(mirror.Config{Objects: s, Owner: "me", SnapshotEvery: 3})
				}
				d := c.load(fmt.Sprintf("H%d", i%3), "2025-01", i*100, 80, func(sealed *storage.Sealed) {
					if i%4 == 0 {
						m.Stage(t.Context(), sealed) // may fail: the client would be told
					}
				})
				if i%5 == 4 {
					c.propose(&catalog.RevertDelivery{Delivery: d.ID, At: c.clock})
				}
			}
			c.wait(m)
			watch()
			s.Set(objecttest.Faults{})
			m2, _ := c.run(mirror.Config{Objects: s, Owner: "me"}) // a fresh listing clears what lost replies left
			c.wait(m2)
			c.check(inner)
			restoreAndCompare(t, c, inner)
			if calls, failed := s.Counts(); failed == 0 {
				t.Fatalf("none of %d calls failed", calls)
			}
		})
	}
}

func rounds(short, soak int) int {
	if os.Getenv("ASSAY_SOAK") != "" {
		return soak
	}
	return short
}

// watchLive looks at live/ all the time: two deliveries of one slot must never be there together.
func watchLive(t *testing.T, c *cluster, s object.Store) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			slots := map[string]string{}
			view := c.Snapshot()
			page, err := s.List(context.Background(), "live/", "")
			if err != nil {
				t.Error(err)
				return
			}
			owner := map[string]*catalog.Delivery{}
			for seg := range view.AllSegments() {
				d, _ := view.Delivery(seg.Delivery)
				owner[seg.ID.String()+".parquet"] = d
			}
			for _, i := range page.Items {
				d := owner[i.Key[strings.LastIndexByte(i.Key, '/')+1:]]
				if d == nil {
					continue // newer than the view
				}
				if other, ok := slots[d.Source]; ok && other != d.ID.String() {
					t.Errorf("deliveries %s and %s of %s are live together", other, d.ID, d.Source)
					return
				}
				slots[d.Source] = d.ID.String()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return func() { cancel(); <-done }
}

func TestStatusTellsTheBacklog(t *testing.T) {
	c := newCluster(t)
	s := objecttest.NewFaulty(object.NewMemory(), 1, objecttest.Faults{})
	m, _ := c.run(mirror.Config{Objects: s})
	c.wait(m)
	s.Set(objecttest.Faults{Refuse: 1})
	c.load("H1", "2025-01", 0, 100)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := m.WaitIndex(ctx, c.Snapshot().Index()); err == nil {
		t.Fatal("a store that refuses everything was waited for successfully")
	}
	for st := m.Status(); ; st = m.Status() {
		if st.Error != "" && st.Objects > 0 && st.Bytes > 0 && !st.Oldest.IsZero() {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s.Set(objecttest.Faults{})
	c.wait(m)
	if st := m.Status(); st.Objects != 0 || st.Error != "" || st.LogBehind != 0 {
		t.Fatalf("status after recovery: %+v", st)
	}
}

func TestOnServer(t *testing.T) {
	endpoint, bucket := objecttest.Server(t)
	s := objecttest.ServerStore(t, endpoint, bucket, "mirror")
	c := newCluster(t)
	m, _ := c.run(mirror.Config{Objects: s, Owner: "me"})
	c.load("H1", "2025-01", 0, 300)
	c.load("H1", "2025-01", 900, 200)
	c.wait(m)
	c.check(s)
	restoreAndCompare(t, c, s)
}
