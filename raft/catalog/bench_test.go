package catalog_test

import (
	"bytes"
	"fmt"
	"runtime"
	"syscall"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/zeebo/xxh3"
)

// segmentsInBench is the size that the catalog must carry.
const segmentsInBench = 2_000_000

// bulk returns the command that loads delivery n: segments of one hospital over 24 months, as LabBench's files make them.
func bulk(n, segments int) []byte {
	hospital := fmt.Sprintf("H%04d", n%200)
	d := delivery(1, n, hospital, fmt.Sprintf("2025-%05d", n/200), day)
	d.Accepted = int64(segments) * 1_000_000
	d.ColumnBytes = nil
	for c := range uint32(16) {
		d.ColumnBytes = append(d.ColumnBytes, catalog.ColumnBytes{Column: c + 1, Bytes: 1 << 20})
	}
	for _, name := range []string{"rejects.ndjson.zst", fmt.Sprintf("%016x.stats", xxh3.HashString(hospital))} {
		d.Files = append(d.Files, catalog.File{Name: name, Bytes: 1 << 16, SHA256: digest(n)})
	}
	c := &catalog.CommitDelivery{Delivery: d, Replace: true, Expect: 1, StartedAt: day}
	for i := range segments {
		c.Segments = append(c.Segments, segment(&c.Delivery, n*segments+i+1, hospital, 660+int64(i%24), 1_000_000))
	}
	return catalog.Encode(c)
}

// cpuSeconds is the processor time this process has used: what remains meaningful on a busy machine. It includes the collector.
func cpuSeconds() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// filled applies deliveries of so many segments each, in batches as a group commit gives them.
func filled(b testing.TB, deliveries, segments int) *catalog.Machine {
	m := withTable(b)
	const batch = 64
	var cpu float64
	for n := 0; n < deliveries; n += batch {
		var cmds [][]byte
		for i := n; i < min(n+batch, deliveries); i++ {
			cmds = append(cmds, bulk(i+1, segments))
		}
		from := cpuSeconds()
		b.(*testing.B).StartTimer()
		m.ApplyBatch(cmds, func(_ int, _ catalog.Result, err error) {
			if err != nil {
				b.Fatal(err)
			}
		})
		b.(*testing.B).StopTimer()
		cpu += cpuSeconds() - from
	}
	b.(*testing.B).ReportMetric(float64(deliveries)/cpu, "commands/cpu-s")
	return m
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

var shapes = []struct{ deliveries, segments int }{{20_000, 100}, {200_000, 10}, {2_000_000, 1}}

// BenchmarkApply says how fast commands are applied and what the catalog then weighs.
func BenchmarkApply(b *testing.B) {
	for _, s := range shapes {
		b.Run(fmt.Sprintf("deliveries=%d/segments=%d", s.deliveries, s.segments), func(b *testing.B) {
			total := float64(s.deliveries * s.segments)
			for b.Loop() {
				b.StopTimer()
				before := heap()
				m := filled(b, s.deliveries, s.segments)
				b.ReportMetric(float64(heap()-before)/total, "heap-B/segment")
				b.StartTimer()
				runtime.KeepAlive(m)
			}
			b.ReportMetric(total*float64(b.N)/b.Elapsed().Seconds(), "segments/s")
			b.ReportMetric(float64(s.deliveries*b.N)/b.Elapsed().Seconds(), "commands/s")
		})
	}
}

// BenchmarkSnapshotFile says how fast the state is written and loaded.
func BenchmarkSnapshotFile(b *testing.B) {
	for _, s := range shapes {
		var file bytes.Buffer
		b.Run(fmt.Sprintf("deliveries=%d/segments=%d", s.deliveries, s.segments), func(b *testing.B) {
			b.StopTimer()
			m := filled(b, s.deliveries, s.segments)
			b.Run("save", func(b *testing.B) {
				for b.Loop() {
					file.Reset()
					if err := m.Save(&file); err != nil {
						b.Fatal(err)
					}
				}
				b.SetBytes(int64(file.Len()))
				b.ReportMetric(float64(file.Len())/float64(s.deliveries*s.segments), "B/segment")
			})
			b.Run("load", func(b *testing.B) {
				b.SetBytes(int64(file.Len()))
				from := cpuSeconds()
				defer func() { b.ReportMetric((cpuSeconds()-from)/float64(b.N), "cpu-s/op") }()
				for b.Loop() {
					if err := catalog.New().Load(bytes.NewReader(file.Bytes())); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// BenchmarkPlan walks two million segments: all of them, and one hospital's month among them.
func BenchmarkPlan(b *testing.B) {
	b.StopTimer()
	s := filled(b, segmentsInBench/100, 100).Snapshot()
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for range s.Segments(1) {
				n++
			}
			if n != segmentsInBench {
				b.Fatal(n)
			}
		}
	})
	b.Run("one-month-of-one-hospital", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for range s.SegmentsWhere(1, func(c *catalog.Coarse) bool {
				return c.Partition[0].S == "H0042" && (len(c.Partition) == 1 || c.Partition[1].I == 661)
			}) {
				n++
			}
			if n == 0 {
				b.Fatal("nothing found")
			}
		}
	})
	b.Run("delivery-by-id", func(b *testing.B) {
		for b.Loop() {
			if _, ok := s.Delivery(id(777)); !ok {
				b.Fatal("not found")
			}
		}
	})
}

// BenchmarkApplyOne measures one command with its own snapshot, on a catalog of two million segments: the cost must not depend
// on the size.
func BenchmarkApplyOne(b *testing.B) {
	b.StopTimer()
	m := filled(b, segmentsInBench/100, 100)
	n := segmentsInBench
	b.StartTimer()
	for b.Loop() {
		b.StopTimer()
		n++
		cmd := bulk(n, 4)
		b.StartTimer()
		if _, err := m.Apply(cmd); err != nil {
			b.Fatal(err)
		}
	}
}
