package storagetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// LoopDisk is an ext4 file system in a file, mounted through a loop device: one whose power can be cut, or that can be full.
type LoopDisk struct{ Image, Mount string }

// NewLoopDisk makes and mounts one of the given size, or skips the test where that is not allowed.
func NewLoopDisk(t testing.TB, bytes int64) *LoopDisk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a file system of its own needs root")
	}
	d := &LoopDisk{filepath.Join(t.TempDir(), "disk.img"), t.TempDir()}
	if err := os.WriteFile(d.Image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.Image, bytes); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.Image).CombinedOutput(); err != nil {
		t.Skipf("no ext4 here: %v %s", err, out)
	}
	if out, err := d.attach(); err != nil {
		t.Skipf("no loop devices here: %v %s", err, out)
	}
	t.Cleanup(func() { _, _ = d.detach() })
	return d
}

// CutPower drops everything that was not synced, as a power cut would: EXT4_IOC_SHUTDOWN without flushing the journal.
func (d *LoopDisk) CutPower(t testing.TB) {
	t.Helper()
	const shutdown, noLogFlush = 0x8004587d, 2
	f, err := os.Open(d.Mount)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	flag := uint32(noLogFlush)
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flag))); errno != 0 {
		t.Skipf("this kernel cannot shut ext4 down: %v", errno)
	}
}

// Remount brings the disk back. Nothing may have files open on it.
func (d *LoopDisk) Remount(t testing.TB) {
	t.Helper()
	if out, err := d.detach(); err != nil {
		t.Fatalf("unmount: %v %sopen here: %q", err, out, d.openFiles())
	}
	if out, err := d.attach(); err != nil {
		t.Fatalf("mount again: %v %s", err, out)
	}
}

func (d *LoopDisk) attach() ([]byte, error) {
	return exec.Command("mount", "-o", "loop", d.Image, d.Mount).CombinedOutput()
}

// openFiles lists what this process still has open on the disk: each is a file that somebody forgot to close.
func (d *LoopDisk) openFiles() []string {
	var out []string
	fds, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range fds {
		if name, err := os.Readlink(fd); err == nil && strings.HasPrefix(name, d.Mount) {
			out = append(out, name)
		}
	}
	return out
}

// detach tries for a while: a process that was killed lets go of its files only after it is gone.
func (d *LoopDisk) detach() (out []byte, err error) {
	for range 100 {
		if out, err = exec.Command("umount", d.Mount).CombinedOutput(); err == nil {
			return out, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return out, err
}
