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
	stays bool // its bar does not end the others
	stop  chan struct{}
	wait  sync.WaitGroup
}

// newProgress starts showing on err. A total of 0 is unknown.
func (a *app) newProgress(name string, total int64) *progress {
	return a.progressIn(a.newBars(), name, total)
}

// newProgresses shows two things of one size below each other. The second is to end last.
func (a *app) newProgresses(total int64, first, second string) (one, two *progress) {
	bars := a.newBars()
	one, two = a.progressIn(bars, first, total), a.progressIn(bars, second, total)
	one.stays = true
	return one, two
}

// newBars is nil where there is no terminal.
func (a *app) newBars() *mpb.Progress {
	if !interactive(a.err) {
		return nil
	}
	return mpb.New(mpb.WithOutput(a.err), mpb.WithWidth(40))
}

func (a *app) progressIn(bars *mpb.Progress, name string, total int64) *progress {
	p := &progress{total: total, bars: bars, stop: make(chan struct{})}
	if bars != nil {
		p.bar = bars.AddBar(total, mpb.PrependDecorators(decor.Name(name+" ")),
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

// set tells how far it is in all; what is done anew begins again.
func (p *progress) set(n int64) {
	p.done.Store(n)
	if p.bar != nil {
		p.bar.SetCurrent(max(0, min(n, p.total-1))) // a bar that reaches its total would be over
	}
}

// end takes the bar away, complete or not.
func (p *progress) end() {
	close(p.stop)
	p.wait.Wait()
	if p.bar == nil {
		return
	}
	p.bar.Abort(true)
	if !p.stays {
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
