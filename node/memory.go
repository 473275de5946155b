package node

import (
	"os"
	"strconv"
	"strings"
)

// leastMemory is assumed where the machine does not tell.
const leastMemory = 2 << 30

// machineMemory is what this process may use at most: the machine's memory, or the control group's limit when that is less.
func machineMemory() int64 {
	total := int64(leastMemory)
	if raw, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(raw)) {
			if words := strings.Fields(line); len(words) == 3 && words[0] == "MemTotal:" {
				if kib, err := strconv.ParseInt(words[1], 10, 64); err == nil {
					total = kib << 10
				}
			}
		}
	}
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err == nil && limit > 0 && limit < total {
			total = limit
		}
	}
	return total
}

// Memory counts bytes: "granted" to queries that run, "hot" pages and dictionaries kept between them, and the "limit" of all.
func (n *Node) Memory(what string) float64 {
	switch what {
	case "granted":
		return float64(n.grant.Used())
	case "hot":
		return float64(n.store.HotBytes())
	case "limit":
		return float64(n.memory())
	}
	panic("BUG: no memory is counted as " + what)
}
