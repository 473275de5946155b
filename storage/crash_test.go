package storage_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/storagetest"
)

// verifyAll fails unless every segment of a sealed delivery is whole.
func verifyAll(t *testing.T, s *storage.Store, got *storage.Sealed, when string) {
	t.Helper()
	for i := range got.Segments {
		f, release, err := s.OpenSegment(t.Context(), &got.Segments[i])
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if _, rows, err := f.HashColumns(t.Context(), 2); err != nil || rows != got.Segments[i].Rows {
			t.Fatalf("%s: %d rows, %v", when, rows, err)
		}
		release()
	}
	err := s.Verify(t.Context(), pointers(got.Segments), func(_ *schema.Segment, err error) {
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func pointers(list []schema.Segment) func(func(*schema.Segment) bool) {
	return func(yield func(*schema.Segment) bool) {
		for i := range list {
			if !yield(&list[i]) {
				return
			}
		}
	}
}

// attempt seals one more delivery; what Finish told is kept even when Seal then fails.
func attempt(t *testing.T, s *storage.Store, id schema.ID) (*storage.Sealed, error) {
	d, err := s.Begin(t.Context(), id, storagetest.Table(), storage.DraftOptions{Source: "H9"})
	if err != nil {
		return nil, err
	}
	defer d.Abort()
	for _, h := range []string{"H1", "H2"} {
		if err := d.Write(t.Context(), []schema.Value{schema.TextValue(h)}, storagetest.Source(storagetest.Rows(h, 0, 50))); err != nil {
			return nil, err
		}
	}
	got, err := d.Finish(t.Context())
	if err != nil {
		return nil, err
	}
	_, err = d.Seal(t.Context())
	return got, err
}

// TestPowerCutAtEveryCall cuts the power before each file system call of a load. What was acknowledged before is there; the
// load under way is whole or absent, whole for sure once acknowledged.
func TestPowerCutAtEveryCall(t *testing.T) {
	for n := 1; ; n++ {
		disk := storagetest.NewDisk("/data")
		s := open(t, storage.Config{Dir: "/data", FS: disk})
		before := seal(t, s, 40)
		id := schema.NewID()
		disk.FailAt(n, storagetest.ErrPower, true)
		got, err := attempt(t, s, id)
		calls := disk.Calls()
		for seed := range uint64(4) {
			after := disk.PowerCut(seed)
			s := open(t, storage.Config{Dir: "/data", FS: after})
			when := fmt.Sprintf("cut at call %d, seed %d", n, seed)
			verifyAll(t, s, before, when)
			there, herr := s.HasDelivery(7, id)
			if herr != nil {
				t.Fatal(herr)
			}
			if err == nil && !there {
				t.Fatalf("%s: an acknowledged delivery is gone", when)
			}
			if there {
				verifyAll(t, s, got, when)
			}
		}
		if calls < n {
			if err != nil {
				t.Fatalf("the power never went, yet %v", err)
			}
			t.Logf("%d calls", calls)
			return
		}
	}
}

// TestFailureAtEveryCall fails each call once: the load fails for good or succeeds whole, and the store goes on.
func TestFailureAtEveryCall(t *testing.T) {
	for _, failure := range []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EDQUOT} {
		for n := 1; ; n++ {
			disk := storagetest.NewDisk("/data")
			s := open(t, storage.Config{Dir: "/data", FS: disk})
			before := seal(t, s, 40)
			disk.FailAt(n, failure, false)
			got, err := attempt(t, s, schema.NewID())
			calls := disk.Calls()
			disk.FailAt(0, nil, false)
			when := fmt.Sprintf("%v at call %d", failure, n)
			if err == nil {
				verifyAll(t, s, got, when)
			} else if full := slices.Contains([]syscall.Errno{syscall.ENOSPC, syscall.EDQUOT}, failure); full && !errs.Is(err, errs.DiskFull) && !strings.Contains(err.Error(), "cannot be read") {
				t.Fatalf("%s: %v is not told as a full disk", when, err)
			}
			verifyAll(t, s, before, when)
			if again, err := attempt(t, s, schema.NewID()); err != nil {
				t.Fatalf("%s: the next load fails: %v", when, err)
			} else {
				verifyAll(t, s, again, when)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Fatalf("%s: close: %v", when, err)
			}
			if left := disk.Opened(); len(left) > 0 {
				t.Fatalf("%s: the store left %d files open: %q", when, len(left), left)
			}
			if calls < n {
				break
			}
		}
	}
}
