package compact_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/assaydb/assay/node/compact"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/storagetest"
	"github.com/assaydb/assay/storage/vfs"
)

func filled(t *testing.T) *rig {
	r := newRig(t, vfs.OS{}, t.TempDir())
	t.Cleanup(r.close)
	r.create()
	for i := range 9 {
		r.load("S", fmt.Sprintf("p%d", i), i, 200+30*i)
	}
	return r
}

func TestAnswersDoNotChange(t *testing.T) {
	r := filled(t)
	want, index := r.answers(0), r.log.Snapshot().Index()
	before := r.log.Snapshot().Totals(1)
	d := r.merge()
	if d.SegmentsAfter != 2 || r.segments() != 2 || d.Jobs != 2 || d.RowsRewritten != before.Rows {
		t.Errorf("%+v, %d segments are left", d, r.segments())
	}
	if after := r.log.Snapshot().Totals(1); after.Rows != before.Rows || after.Deliveries != before.Deliveries {
		t.Errorf("%+v became %+v", before, after)
	}
	r.same("now", r.answers(0), want)
	r.same("at the index before", r.answers(index), want)
	if !r.sorted() {
		t.Error("the rows are not in the order of the sort key")
	}
	if again := r.merge(); again.Jobs != 0 {
		t.Errorf("a second time there was something to do: %+v", again)
	}
}

// TestReadersWhileMerging: a query has one snapshot, so it never sees half a merge.
func TestReadersWhileMerging(t *testing.T) {
	r := filled(t)
	want := r.answers(0)
	var wait sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wait.Go(func() {
			for k := 0; ; k++ {
				select {
				case <-stop:
					return
				default:
				}
				got, err := r.ask(questions()[k%len(want)], 0)
				if err != nil || got != want[k%len(want)] {
					t.Errorf("%s: %v\n got %.300s\nwant %.300s", questions()[k%len(want)], err, got, want[k%len(want)])
					return
				}
			}
		})
	}
	for _, inputs := range []int{2, 3, 4, 1000} { // several generations of merged segments
		c := compact.New(compact.Config{Store: r.store, Catalog: r.log, TempDir: t.TempDir(), Policy: compact.Policy{MaxInputs: inputs}})
		if _, err := c.Table(t.Context(), 1, nil); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wait.Wait()
}

// TestReplaceAndRevertAfterMerging: deliveries inside a merged segment are replaced and put back like any other, also once what is out
// of force has been parted from what is.
func TestReplaceAndRevertAfterMerging(t *testing.T) {
	r := filled(t)
	want := r.answers(0)
	r.merge()
	second := r.load("S", "p3", 77, 150)
	replaced, at := r.answers(0), r.log.Snapshot().Index()
	r.merge()
	r.same("parted", r.answers(0), replaced)
	for seg := range r.log.Snapshot().Segments(1) {
		if slices.ContainsFunc(seg.Parts, func(p schema.Part) bool { return !p.Live }) {
			t.Errorf("segment %s still has rows that are not in force", seg.ID)
		}
	}
	r.revert(second.DeliveryID.String())
	r.same("put back", r.answers(0), want)
	r.same("at the index of the replacement", r.answers(at), replaced)
	r.merge()
	r.same("put back and merged", r.answers(0), want)
}

// TestRetentionEnds: past retention the inputs' files go, and rows of replaced deliveries are left out of the next rewrite.
func TestRetentionEnds(t *testing.T) {
	r := filled(t)
	r.merge()
	r.load("S", "p3", 77, 150)
	want := r.answers(0)
	r.merge()
	rows := func() (n int64) {
		for seg := range r.log.Snapshot().AllSegments() {
			if seg.Removed == 0 {
				n += seg.Rows
			}
		}
		return n
	}
	held := rows()
	r.purge()
	r.merge()
	r.purge()
	r.same("after retention", r.answers(0), want)
	if got := rows(); got != r.log.Snapshot().Totals(1).Rows || got >= held {
		t.Errorf("%d rows are kept, %d of them in force; there were %d", got, r.log.Snapshot().Totals(1).Rows, held)
	}
	left, err := r.store.Leftovers(func(id schema.ID) (map[schema.ID]bool, bool) {
		known := map[schema.ID]bool{}
		for seg := range r.log.Snapshot().SegmentsOf(id) {
			known[seg.ID] = true
		}
		_, ok := r.log.Snapshot().Delivery(id)
		return known, ok
	})
	if err != nil || len(left) != 0 {
		t.Errorf("files that nobody needs are left: %v, %v", left, err)
	}
}

// purge ends the retention of everything, as a node's upkeep does.
func (r *rig) purge() {
	r.t.Helper()
	res, err := r.log.Propose(context.Background(), &catalog.PurgeExpired{Now: time.Now().UnixMicro() + 8*24*3600*1_000_000})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range res.Purged {
		if p.Segments != nil {
			err = r.store.RemoveParts(p.Table, p.Delivery, p.Segments, p.Files)
		} else {
			err = r.store.RemoveDelivery(p.Table, p.Delivery)
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// TestLateMergeIsDropped: when an input is replaced while its rows are being merged, the result is dropped, its files with it, and the
// merge looks again.
func TestLateMergeIsDropped(t *testing.T) {
	r := filled(t)
	var once sync.Once
	r.log.before = func(c catalog.Command) {
		if _, ok := c.(*catalog.Compact); ok {
			once.Do(func() { r.load("S", "p3", 77, 150) })
		}
	}
	r.merge()
	if st := r.compact.Stats(); st.Refused != 1 {
		t.Errorf("%+v", st)
	}
	orphans, err := r.store.Orphans(func(id schema.ID) bool { _, ok := r.log.Snapshot().Delivery(id); return ok }, time.Now().Add(time.Hour))
	if err != nil || len(orphans) != 0 {
		t.Errorf("the refused result is still there: %v, %v", orphans, err)
	}
	twin := filled(t)
	twin.load("S", "p3", 77, 150)
	a, _ := r.ask(questions()[1], 0)
	b, _ := twin.ask(questions()[1], 0)
	if a != b {
		t.Errorf("got %s\nwant %s", a, b)
	}
}

// TestLostReply: the command was applied but the answer was lost. Nothing is deleted, and what is in force is right.
func TestLostReply(t *testing.T) {
	r := filled(t)
	want := r.answers(0)
	r.log.after = func() error { return errs.New(errs.Unavailable, "outcome-unknown", "the reply is lost") }
	if _, err := r.compact.Table(t.Context(), 1, nil); err == nil {
		t.Fatal("no error")
	}
	r.log.after = nil
	r.same("after a lost reply", r.answers(0), want)
	r.merge()
	r.same("merged again", r.answers(0), want)
}

// TestPowerCutWhileMerging cuts the power before each call of the file system that a merge makes; the disk that comes back has old,
// new or half of whatever was not synced. Answers never change, and a later merge ends the work.
func TestPowerCutWhileMerging(t *testing.T) {
	fresh := func() (*rig, *storagetest.Disk) {
		disk := storagetest.NewDisk("/data")
		r := newRig(t, disk, "/data")
		r.create()
		for i := range 4 {
			r.load("S", fmt.Sprintf("p%d", i), i, 40)
		}
		return r, disk
	}
	r, disk := fresh()
	disk.FailAt(1<<30, nil, false)
	r.merge()
	calls := disk.Calls()
	r.close()
	step := 1
	if testing.Short() {
		step = 7
	}
	for n := 1; n <= calls; n += step {
		r, disk := fresh()
		want := r.answers(0)
		disk.FailAt(n, storagetest.ErrPower, true)
		_, err := r.compact.Table(t.Context(), 1, nil)
		r.close()
		disk = disk.PowerCut(uint64(n))
		r.open(disk)
		r.same(fmt.Sprintf("power cut before call %d (%v)", n, err), r.answers(0), want)
		r.merge()
		r.same(fmt.Sprintf("merged after the cut before call %d", n), r.answers(0), want)
		if r.segments() != 2 {
			t.Errorf("%d segments after the cut before call %d", r.segments(), n)
		}
		r.close()
		if t.Failed() {
			break
		}
	}
	t.Logf("%d calls", calls)
}

// TestFailingDiskWhileMerging: an error of the disk fails the merge, changes no answer, and leaves nothing behind once it has passed.
func TestFailingDiskWhileMerging(t *testing.T) {
	disk := storagetest.NewDisk("/data")
	r := newRig(t, disk, "/data")
	defer r.close()
	r.create()
	for i := range 4 {
		r.load("S", fmt.Sprintf("p%d", i), i, 40)
	}
	want := r.answers(0)
	for n := 1; n < 60; n += 3 {
		disk.FailAt(n, errors.New("input/output error"), false)
		_, err := r.compact.Table(t.Context(), 1, nil)
		disk.FailAt(1<<30, nil, false)
		r.same(fmt.Sprintf("call %d failed: %v", n, err), r.answers(0), want)
	}
	r.merge()
	r.same("at last", r.answers(0), want)
}

// TestBackground merges by tiers while it runs, and stops with its context.
func TestBackground(t *testing.T) {
	r := filled(t)
	want := r.answers(0)
	c := compact.New(compact.Config{
		Store: r.store, Catalog: r.log, TempDir: t.TempDir(), Every: time.Millisecond,
		Busy: func(int) bool { return false },
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); c.Run(ctx, func() bool { return true }) }()
	for c.Stats().Jobs < 2 {
		time.Sleep(time.Millisecond)
	}
	stop()
	<-ended
	r.same("in the background", r.answers(0), want)
}
