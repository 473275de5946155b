package node

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

const mib = 1 << 20

func TestHeapPace(t *testing.T) {
	var said []int
	h := &heap{limit: 16 << 30, percent: func(p int) { said = append(said, p) }}
	for _, live := range []uint64{0, 4 * mib, 96 * mib, 100 * mib, 192 * mib, 384 * mib, 400 * mib, 4096 * mib, 60 * mib} {
		h.pace(heapUse{live: live})
	}
	if want := []int{400, 100, 50, 160}; !slices.Equal(said, want) {
		t.Errorf("percentages %v, want %v", said, want)
	}
	said, h.limit = nil, 256*mib
	if h.pace(heapUse{live: 16 * mib}); !slices.Equal(said, []int{100}) {
		t.Errorf("with a limit of 256 MiB: percentages %v, want as much as a sixteenth of it", said)
	}
	h.percent = nil
	h.pace(heapUse{live: 1}) // the operator's word stands
}

// TestHeapLook goes through an hour by the second: memory is given back once after each time of work, and not while anything runs.
func TestHeapLook(t *testing.T) {
	var use heapUse
	busy, freed := false, 0
	h := &heap{use: func() heapUse { return use }, busy: func() bool { return busy }, free: func() { freed++; use.held = 50 * mib }}
	now := time.Unix(0, 0)
	seconds := func(n int) int {
		before := freed
		for range n {
			now = now.Add(time.Second)
			h.look(now)
		}
		return freed - before
	}
	use.held = 50 * mib
	if n := seconds(60); n != 0 {
		t.Errorf("freed %d times with little held", n)
	}
	busy, use.held = true, 900*mib
	if n := seconds(60); n != 0 {
		t.Errorf("freed %d times while a query ran", n)
	}
	busy = false
	if n := seconds(5); n != 0 {
		t.Errorf("freed %d times before it was quiet for %v", n, heapQuiet)
	}
	if n := seconds(600); n != 1 {
		t.Errorf("freed %d times after a query, want 1", n)
	}
	use.held = 900 * mib
	if n := seconds(600); n != 0 {
		t.Errorf("freed %d times with nothing run since", n)
	}
	for range 60 { // questions too short to be seen running
		use.allocated += 2 * heapWork
		if n := seconds(1); n != 0 {
			t.Errorf("freed while much was allocated")
		}
	}
	if n := seconds(600); n != 1 {
		t.Errorf("freed %d times after short questions, want 1", n)
	}
}

// TestHeapNotice: a collection is told once for each call.
func TestHeapNotice(t *testing.T) {
	collected := make(chan struct{}, 1)
	for range 3 {
		notice(collected)
		runtime.GC()
		select {
		case <-collected:
		case <-time.After(10 * time.Second):
			t.Fatal("no word of a collection")
		}
	}
	if use := readHeap(); use.live == 0 || use.held < use.live/2 || use.allocated == 0 {
		t.Errorf("the runtime tells %+v", use)
	}
}
