package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/storagetest"
)

// TestPowerCutOnExt4 loads until the power goes at some moment, and looks at what a real file system kept.
func TestPowerCutOnExt4(t *testing.T) {
	rounds := 4
	if os.Getenv("ASSAY_SOAK") != "" {
		rounds = 100
	}
	d := storagetest.NewLoopDisk(t, 256<<20)
	dir := filepath.Join(d.Mount, "data")
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
		d.CutPower(t)
		<-done
		s.Close(t.Context())
		d.Remount(t)
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
