package consensus_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaydb/assay/raft/consensus"
)

// BenchmarkPropose measures durable commands a second: one after another, and from many callers who share syncs.
func BenchmarkPropose(b *testing.B) {
	for _, callers := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			l := open(b, config(b.TempDir()))
			var n atomic.Int64
			b.SetParallelism(callers)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := l.Propose(b.Context(), member(int(n.Add(1)))); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
		})
	}
}

// BenchmarkReopen measures from Open to ready, with a thousand commands to replay.
func BenchmarkReopen(b *testing.B) {
	dir := b.TempDir()
	l := open(b, config(dir))
	propose(b, l, 0, 1000)
	closeLog(b, l)
	for b.Loop() {
		start := time.Now()
		l, err := consensus.Open(config(dir))
		if err != nil {
			b.Fatal(err)
		}
		ready(b, l)
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ready-ms")
		closeLog(b, l)
	}
}
