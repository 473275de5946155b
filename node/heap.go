package node

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heap keeps the process near what it lives on. The collector's own rule, as much garbage as there is live data, doubles a cache of
// decoded pages, although a collection costs next to nothing there: pages hold no pointers. After each collection heap therefore
// says anew how much garbage may come before the next; and once nothing runs, it gives what is not in use back to the system.
// A process has one collector, so of several nodes in one process the last to speak decides.
type heap struct {
	limit   int64
	use     func() heapUse
	percent func(int) // debug.SetGCPercent; nil where the operator has set GOGC
	free    func()    // debug.FreeOSMemory
	busy    func() bool

	set       int       // the percentage in force
	allocated uint64    // at the last look
	quiet     time.Time // since when nothing runs; zero while something does
	freed     bool      // since then
	kept      uint64    // held when memory last went back, or less
}

// heapUse is what the runtime tells, in bytes.
type heapUse struct {
	live      uint64 // what the last collection found in use
	held      uint64 // live data, garbage and free memory that the system has not been given back
	allocated uint64 // since the process began
}

const (
	heapLook = time.Second
	// heapQuiet is for how long nothing may have run before memory goes back: what comes soon would fetch it again, page by page.
	heapQuiet = 5 * time.Second
	// heapWork is how much is allocated between two looks by what counts as work.
	heapWork = 8 << 20
	// heapSpare is how much must be gained for a collection and a walk over the heap.
	heapSpare = 64 << 20
	// heapGarbage is how much garbage may always come before a collection, less where little memory is allowed: small heaps would
	// else be collected hundreds of times a second.
	heapGarbage = 96 << 20
	// The collector's percentages are between these.
	leastPercent, mostPercent = 50, 400
)

func (n *Node) newHeap() *heap {
	h := &heap{limit: n.memory(), use: readHeap, free: debug.FreeOSMemory, busy: func() bool { return len(n.engine.Running()) > 0 || n.store.Drafts() > 0 }}
	if os.Getenv("GOGC") == "" {
		h.percent = func(p int) { debug.SetGCPercent(p) }
	}
	return h
}

// run looks after the heap until ctx ends.
func (h *heap) run(ctx context.Context) {
	tick := time.NewTicker(heapLook)
	defer tick.Stop()
	collected := make(chan struct{}, 1)
	notice(collected)
	for {
		select {
		case <-collected:
			h.pace(h.use())
			notice(collected)
		case now := <-tick.C:
			h.look(now)
		case <-ctx.Done():
			return
		}
	}
}

// notice sends after the next collection.
func notice(collected chan<- struct{}) {
	type herald struct{ _ *herald } // a pointer keeps it out of blocks of tiny objects, which go together
	runtime.AddCleanup(new(herald), func(c chan<- struct{}) {
		select {
		case c <- struct{}{}:
		default:
		}
	}, collected)
}

// pace says how much garbage may come before the next collection: half of what lives, or heapGarbage. A quarter takes another tenth
// off the peak of memory, and costs grouping queries a tenth of their time.
func (h *heap) pace(use heapUse) {
	if h.percent == nil {
		return
	}
	garbage := uint64(min(heapGarbage, h.limit/16))
	p := int(min(max(garbage*100/max(use.live, 1), leastPercent), mostPercent))
	// Each change stops the world for a moment.
	if d := p - h.set; d*10 > h.set || -d*10 > h.set {
		h.percent(p)
		h.set = p
	}
}

// look gives memory back when nothing has run for heapQuiet, once, until something runs again. Whatever allocates runs: questions
// too short to be seen here do.
func (h *heap) look(now time.Time) {
	use := h.use()
	worked := use.allocated-h.allocated > heapWork
	h.allocated, h.kept = use.allocated, min(h.kept, use.held)
	if worked || h.busy() {
		h.quiet, h.freed = time.Time{}, false
		return
	}
	if h.quiet.IsZero() {
		h.quiet = now
	}
	if h.freed || now.Sub(h.quiet) < heapQuiet {
		return
	}
	h.freed = true
	// What the last collection found alive says little: a query that has ended since may have held it.
	if use.held >= h.kept+heapSpare {
		h.free()
		h.kept = h.use().held
	}
}

// readHeap reads what heap wants to know, without stopping anything.
func readHeap() heapUse {
	s := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/gc/heap/allocs:bytes"},
	}
	metrics.Read(s)
	return heapUse{live: s[0].Value.Uint64(), held: s[1].Value.Uint64() + s[2].Value.Uint64() + s[3].Value.Uint64(), allocated: s[4].Value.Uint64()}
}
