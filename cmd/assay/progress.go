package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/storage/bytesize"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// tellEvery is how often progress is told where there is no terminal.
const tellEvery = 10 * time.Second

// progress shows how far something of known size has come: a bar on a terminal, else a line every ten seconds.
type progress struct {
	done  atomic.Int64
	total int64
	bar   *mpb.Bar
	bars  *mpb.Progress
	stop  chan struct{}
	wait  sync.WaitGroup
}

// newProgress starts showing on err. A total of 0 is unknown.
func (a *app) newProgress(name string, total int64) *progress {
	p := &progress{total: total, stop: make(chan struct{})}
	if interactive(a.err) {
		p.bars = mpb.New(mpb.WithOutput(a.err), mpb.WithWidth(40))
		p.bar = p.bars.AddBar(total, mpb.PrependDecorators(decor.Name(name+" ")),
			mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f"), decor.Name("  "), decor.AverageSpeed(decor.SizeB1024(0), "% .1f")))
		return p
	}
	p.wait.Go(func() { p.tell(a.err, name) })
	return p
}

func (p *progress) tell(w io.Writer, name string) {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			fmt.Fprintf(w, "%s: %s of %s\n", name, bytesize.Format(p.done.Load()), bytesize.Format(p.total))
		case <-p.stop:
			return
		}
	}
}

func (p *progress) add(n int64) {
	p.done.Add(n)
	if p.bar != nil {
		p.bar.IncrInt64(n)
	}
}

// end takes the bar away, complete or not.
func (p *progress) end() {
	close(p.stop)
	p.wait.Wait()
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
	}
}

// counted tells p of what is read.
type counted struct {
	io.ReadCloser
	p *progress
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.p.add(int64(n))
	return n, err
}
