package ingest

import (
	"context"
	"io"
	"runtime"
	"sync"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/errs"
)

// feed scans a text in one goroutine and converts its chunks in a few others; next gives the chunks back in file order.
type feed struct {
	txt   *text
	order chan *job
	work  chan *job
	free  chan *job
	stop  context.CancelFunc
	group sync.WaitGroup
	err   error // of the scan; read after order is closed
	tally tally
}

// job is one chunk on its way.
type job struct {
	chunk  csvscan.Chunk
	first  int64 // header records, 0 or 1: they are not among the chunk's
	header int64 // bytes they span
	result *convert.Result
	ready  chan struct{}
}

// tally accounts for what was scanned.
type tally struct {
	records, blank, header int64
	bytes                  int64 // of spans and blank lines
}

// maxConverters bounds the goroutines of one load; feedJobs the chunks in flight per converter.
const (
	maxConverters = 4
	feedJobs      = 3
)

// newFeed starts the goroutines. A nil plan scans only.
func newFeed(ctx context.Context, txt *text, plan *convert.Plan) *feed {
	ctx, stop := context.WithCancel(ctx)
	converters := min(runtime.GOMAXPROCS(0), maxConverters)
	jobs := feedJobs * converters
	f := &feed{txt: txt, order: make(chan *job, jobs), work: make(chan *job, jobs), free: make(chan *job, jobs), stop: stop}
	for range jobs {
		f.free <- &job{}
	}
	if plan != nil {
		for range converters {
			f.group.Go(func() { f.convert(convert.NewConverter(plan)) })
		}
	}
	f.group.Go(func() { f.scan(ctx, plan != nil) })
	return f
}

func (f *feed) convert(c *convert.Converter) {
	for j := range f.work {
		j.result = c.Convert(&j.chunk)
		close(j.ready)
	}
}

func (f *feed) scan(ctx context.Context, convert bool) {
	defer close(f.order)
	defer close(f.work)
	for started := false; ; {
		var j *job
		select {
		case <-ctx.Done():
			f.err = context.Cause(ctx)
			return
		case j = <-f.free:
		}
		if f.err = f.txt.scanner.Next(&j.chunk); f.err != nil {
			return
		}
		j.first, j.header = 0, 0
		if !started && len(j.chunk.Records) > 0 {
			started = true
			f.takeHeader(j)
		}
		j.ready = make(chan struct{})
		if convert {
			f.work <- j
		} else {
			close(j.ready)
		}
		f.order <- j
	}
}

// takeHeader takes the header record off the first chunk.
func (f *feed) takeHeader(j *job) {
	if !f.txt.header {
		return
	}
	j.first, j.header = 1, j.chunk.Records[0].Span
	j.chunk.Records = append(j.chunk.Records[:0], j.chunk.Records[1:]...)
}

// next returns the next chunk, nil at the end; the caller gives it back with done.
func (f *feed) next() (*job, error) {
	j, ok := <-f.order
	if !ok {
		if f.err != io.EOF {
			return nil, f.err
		}
		if got := f.txt.scanner.Offset(); f.tally.bytes != got {
			return nil, errs.New(errs.Internal, "not-conserved", "BUG: %d bytes were scanned, %d are accounted for", got, f.tally.bytes)
		}
		return nil, nil
	}
	<-j.ready
	f.account(j)
	return j, nil
}

func (f *feed) account(j *job) {
	f.tally.blank += j.chunk.Blank
	f.tally.bytes += j.chunk.BlankBytes
	f.tally.records += int64(len(j.chunk.Records))
	f.tally.header += j.first
	f.tally.bytes += j.header
	for i := range j.chunk.Records {
		f.tally.bytes += j.chunk.Records[i].Span
	}
}

func (f *feed) done(j *job) {
	j.result = nil
	f.free <- j
}

// close stops and waits.
func (f *feed) close() {
	f.stop()
	for range f.order {
	}
	f.group.Wait()
}
