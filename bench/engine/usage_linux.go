package engine

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// ProcessCPU is the time that all threads of a process have run, in user and system mode, to the nanosecond; 0 if it is gone.
func ProcessCPU(pid int) time.Duration {
	var ts unix.Timespec
	// clock_getcpuclockid(3): the clock of another process is its number, inverted, beside the kind of clock (2: run time).
	if unix.ClockGettime(int32(^pid<<3|2), &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// Memory is what a process holds in memory now and what it held at most since ResetPeak, in bytes.
func Memory(pid int) (now, peak int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	for line := range bytes.Lines(text) {
		if n, ok := kilobytes(line, "VmRSS:"); ok {
			now = n
		}
		if n, ok := kilobytes(line, "VmHWM:"); ok {
			peak = n
		}
	}
	return now, peak
}

func kilobytes(line []byte, key string) (int64, bool) {
	rest, ok := bytes.CutPrefix(line, []byte(key))
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(" kB"))), 10, 64)
	return n << 10, err == nil
}

// ResetPeak begins the peak of Memory anew; a system that forbids it keeps the old one.
func ResetPeak(pid int) {
	os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0) //nolint:errcheck // then the peak includes what was before
}

// Evict drops a file's pages from the system's cache, which any user may do with his own files.
func Evict(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	// Dirty pages would stay.
	if err := unix.Fsync(int(f.Fd())); err != nil {
		return err
	}
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
