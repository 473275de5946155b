package contest

import (
	"bufio"
	"debug/buildinfo"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/assaydb/assay/bench/report"
)

// machine describes where the run takes place, as far as the system tells.
func machine() report.Machine {
	m := report.Machine{CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, LoadBefore: loadAverage()}
	if m.CPU == "" {
		m.CPU = "unknown"
	}
	var kB int64
	if _, err := fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kB); err == nil {
		m.MemoryBytes = kB << 10
	}
	return m
}

// field is the value of the first "key : value" line of a file; empty where there is none.
func field(path, key string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func loadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	var one float64
	if err == nil {
		fmt.Sscan(string(text), &one) //nolint:errcheck // 0 where it is no number
	}
	return one
}

// revision is the commit that a binary was built from.
func revision(binary string) string {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return "unknown"
	}
	rev, dirty := "unknown", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			rev = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "-dirty"
			}
		}
	}
	return rev + dirty
}
