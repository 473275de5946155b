package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaydb/assay/ingest"
	dirt "github.com/assaydb/assay/ingest/pollute"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// How mutations are made large now and then, and what their loads may hold.
const (
	largeEvery  = 2000
	largeBytes  = 24 << 20
	loadMemory  = 64 << 20 // of one load, whatever its file is
	soakedTimes = 100_000
)

// TestSoakMutations damages the corpus's files at random and rehearses loads of them, one on each processor: records in are accepted or
// rejected, every byte is accounted for, and what is in use on the heap stays within what so many loads may hold, at every moment of
// them. One file in 2000 is repeated to 24 MiB. A failure names seed and number: ASSAY_SOAK_SEED and ASSAY_SOAK_ONLY run it again.
func TestSoakMutations(t *testing.T) {
	n, seed := 800, uint64(1)
	switch {
	case os.Getenv("ASSAY_SOAK") != "":
		n, seed = soakedTimes, rand.Uint64()
	case testing.Short():
		n = 100
	}
	if s, err := strconv.ParseUint(os.Getenv("ASSAY_SOAK_SEED"), 10, 64); err == nil {
		seed = s
	}
	first := 0
	if i, err := strconv.Atoi(os.Getenv("ASSAY_SOAK_ONLY")); err == nil {
		first, n = i, i+1
	}
	m := &mutations{corpus: wholeCorpus(), seed: seed}
	m.next.Store(int64(first))
	workers := max(2, runtime.GOMAXPROCS(0))
	m.memory = watchHeap(t, int64(workers)*loadMemory)
	started := time.Now()
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := m.next.Add(1) - 1; i < int64(n) && !t.Failed(); i = m.next.Add(1) - 1 {
				m.one(t, int(i))
			}
		})
	}
	wait.Wait()
	t.Logf("seed %d: %d mutations in %v, %d loaded, %d refused; at most %d MiB of heap in use", seed, n-first, time.Since(started).Round(time.Second), m.loaded.Load(), m.refused.Load(), m.memory()>>20)
}

// mutations are the mutations of one seed.
type mutations struct {
	corpus          []dirt.Case
	seed            uint64
	next            atomic.Int64
	loaded, refused atomic.Int64
	memory          func() int64
}

// one makes a mutation and rehearses its load.
func (m *mutations) one(t *testing.T, i int) {
	rnd := rand.New(rand.NewPCG(m.seed, uint64(i)))
	c := &m.corpus[rnd.IntN(len(m.corpus))]
	data := dirt.Mutate(c.Data, rnd)
	if i%largeEvery == largeEvery-1 && len(data) > 0 {
		data = bytes.Repeat(data, largeBytes/len(data)+1)
	}
	st := &ingest.Standing{Rows: 1, Table: schema.Table{
		Name: "t", Codec: schema.CodecZstd, Inferred: true,
		Columns: []schema.Column{{Name: "id", Type: schema.TypeInt64}, {Name: "name", Type: schema.TypeVarchar}, {Name: "value", Type: schema.DecimalType(18, 2)}},
	}}
	req := &ingest.Request{Body: bytes.NewReader(data)}
	caseOptions(c)(req)
	rec, err := ingest.Against(context.Background(), st, req)
	if err != nil {
		m.refused.Add(1)
		if e := errs.As(err); e == nil || e.Kind == errs.Internal {
			t.Errorf("seed %d, mutation %d of %q: %v\n%.2000q", m.seed, i, c.Name, err, data)
		}
		return
	}
	m.loaded.Add(1)
	if problem := unbalanced(rec, data); problem != "" {
		t.Errorf("seed %d, mutation %d of %q: %s\n%.2000q", m.seed, i, c.Name, problem, data)
	}
}

// unbalanced holds a receipt's books against the file.
func unbalanced(rec *ingest.Receipt, data []byte) string {
	l, problems := rec.Ledger, int64(0)
	for _, p := range rec.Problems {
		problems += p.Count
	}
	switch {
	case rec.RecordsIn != rec.Accepted+rec.Rejected:
		return fmt.Sprintf("%d records in, %d accepted, %d rejected", rec.RecordsIn, rec.Accepted, rec.Rejected)
	case l.Text != l.Accepted+l.Rejected+l.Aside || min(l.Accepted, l.Rejected, l.Aside) < 0:
		return fmt.Sprintf("the bytes do not balance: %+v", l)
	case rec.BytesIn != int64(len(data)) || rec.Dialect.Charset == "utf-8" && l.Text != rec.BytesIn:
		return fmt.Sprintf("%d bytes of %d, text %d", rec.BytesIn, len(data), l.Text)
	case problems > rec.Rejected || len(rec.Problems) < ingest.MaxProblems && problems != rec.Rejected:
		return fmt.Sprintf("%d rejects, %d among the problems", rec.Rejected, problems)
	}
	return ""
}

// watchHeap measures the heap all the time and fails the test when more than limit is in use. The collector is told to keep a quarter below
// it, so that what is measured is memory in use and not what has yet to be collected. The function returned gives the most so far.
func watchHeap(t *testing.T, limit int64) func() int64 {
	t.Helper()
	var most atomic.Int64
	before := debug.SetMemoryLimit(limit * 3 / 4)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			metrics.Read(sample)
			used := int64(sample[0].Value.Uint64())
			most.Store(max(most.Load(), used))
			if used > limit {
				t.Errorf("%d bytes of heap are in use during the loads, %d are allowed", used, limit)
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-ended
		debug.SetMemoryLimit(before)
	})
	return most.Load
}
