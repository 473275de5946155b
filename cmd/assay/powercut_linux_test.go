package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/storagetest"
)

// TestPowerCut cuts the power of the disk on which a whole node works: Raft's log, catalog snapshots, segments, side files and the
// mirror. What was acknowledged must be there, whole and once, as after a kill. ASSAY_SOAK asks for 60 cuts instead of 3.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("the disk is at fault here, not the order of goroutines")
	}
	cuts := 3
	if os.Getenv("ASSAY_SOAK") != "" {
		cuts = 60
	}
	d := storagetest.NewLoopDisk(t, 1<<30)
	k := &killing{data: filepath.Join(d.Mount, "data"), bin: binary(t), seen: newLedger()}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for cut := range cuts {
		k.seen.failing = false
		p := k.start(t)
		k.seen.failing = true
		k.round(t, p, cut, func() {
			time.Sleep(time.Duration(rng.IntN(900)) * time.Millisecond)
			d.CutPower(t)
			time.Sleep(time.Duration(rng.IntN(50)) * time.Millisecond) // what is acknowledged meanwhile is a promise too
		})
		if t.Failed() {
			t.Fatalf("after %d cuts", cut)
		}
		d.Remount(t)
	}
	k.seen.failing = false
	p := k.start(t)
	k.seen.check(t, p.url, true)
	drained(t, p.url)
	p.kill()
	t.Logf("%d power cuts, %d operations acknowledged, %d sent again, none lost, none doubled; the longest way from start to the next ack took %v",
		cuts, k.seen.acks, k.seen.again, k.slowest)
}
