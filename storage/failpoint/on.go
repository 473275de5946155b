//go:build failpoint

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// The environment of a process that is to die: the step, as NAME or NAME:N for its N-th hit; and a file, hits before whose existence
// do not count, so that a test can prepare in the same process. Without the file all count.
const (
	stepVariable  = "ASSAY_FAILPOINT"
	afterVariable = "ASSAY_FAILPOINT_AFTER"
)

// wanted is the environment, read once.
var wanted = sync.OnceValue(func() (w struct {
	name, after string
	hit         int64
},
) {
	name, n, counted := strings.Cut(os.Getenv(stepVariable), ":")
	w.name, w.after, w.hit = name, os.Getenv(afterVariable), 1
	if counted {
		var err error
		if w.hit, err = strconv.ParseInt(n, 10, 64); err != nil {
			panic(stepVariable + ": " + err.Error())
		}
	}
	return w
})

var hits atomic.Int64

// Hit kills the process at the wanted hit of the wanted step.
func Hit(name string) {
	w := wanted()
	if name != w.name {
		return
	}
	if _, err := os.Stat(w.after); w.after != "" && err != nil {
		return
	}
	if hits.Add(1) != w.hit {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err != nil || self.Kill() != nil {
		panic("BUG: failpoint: the process cannot kill itself")
	}
	select {} // until it is dead: nothing behind the step may happen
}
