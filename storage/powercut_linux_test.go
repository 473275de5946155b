package storage_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
)

// loopDisk is an ext4 file system in a file, mounted through a loop device.
type loopDisk struct{ image, mount string }

// newLoopDisk makes and mounts one, or skips where that is not allowed.
func newLoopDisk(t *testing.T) *loopDisk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a power cut on ext4 needs root")
	}
	d := &loopDisk{filepath.Join(t.TempDir(), "disk.img"), t.TempDir()}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 256<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("no ext4 here: %v %s", err, out)
	}
	if out, err := exec.Command("mount", "-o", "loop", d.image, d.mount).CombinedOutput(); err != nil {
		t.Skipf("no loop devices here: %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", d.mount).Run() })
	return d
}

// shut drops everything that was not synced, as a power cut would: EXT4_IOC_SHUTDOWN without flushing the journal.
func shut(t *testing.T, d *loopDisk) {
	t.Helper()
	const shutdown, noLogFlush = 0x8004587d, 2
	f, err := os.Open(d.mount)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	flag := uint32(noLogFlush)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flag))); errno != 0 {
		t.Skipf("this kernel cannot shut ext4 down: %v", errno)
	}
}

// remount brings the disk back.
func (d *loopDisk) remount(t *testing.T) {
	t.Helper()
	var out []byte
	var err error
	for range 100 {
		if out, err = exec.Command("umount", d.mount).CombinedOutput(); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatalf("unmount: %v %s", err, out)
	}
	if out, err := exec.Command("mount", "-o", "loop", d.image, d.mount).CombinedOutput(); err != nil {
		t.Fatalf("mount again: %v %s", err, out)
	}
}

// TestPowerCutOnExt4 loads until the power goes at some moment, and looks at what a real file system kept.
func TestPowerCutOnExt4(t *testing.T) {
	rounds := 4
	if os.Getenv("ASSAY_SOAK") != "" {
		rounds = 100
	}
	d := newLoopDisk(t)
	dir := filepath.Join(d.mount, "data")
	var acked []*storage.Sealed
	for round := range rounds {
		s := open(t, storage.Config{Dir: dir})
		for _, got := range acked {
			verifyAll(t, s, got, fmt.Sprintf("round %d", round))
		}
		results := make(chan *storage.Sealed)
		go func() {
			defer close(results)
			for {
				got, err := trySeal(t.Context(), s, schema.NewID(), 500)
				if err != nil {
					return // the disk is gone
				}
				results <- got
			}
		}()
		acked = append(acked, <-results)
		after := time.After(time.Duration(round*37%150) * time.Millisecond)
		for going := true; going; {
			select {
			case got := <-results:
				acked = append(acked, got)
			case <-after:
				going = false
			}
		}
		done := make(chan struct{})
		go func() { // what is acknowledged while the cut is under way is a promise too
			defer close(done)
			for got := range results {
				acked = append(acked, got)
			}
		}()
		shut(t, d)
		<-done
		s.Close(t.Context())
		d.remount(t)
	}
	s := open(t, storage.Config{Dir: dir})
	for _, got := range acked {
		verifyAll(t, s, got, "at the end")
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rounds, %d acknowledged deliveries, all there", rounds, len(acked))
}
