package ingest

import (
	"context"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

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
	aside []AsideLine // the trailer; read after order is closed
	idle  atomic.Bool // nobody wants the rest converted
}

// job is one chunk on its way.
type job struct {
	chunk  csvscan.Chunk
	first  int64 // header records, 0 or 1: they are not among the chunk's
	header int64 // bytes they span
	behind int64 // trailing records that are set aside: they are not among the chunk's
	beyond int64 // bytes they span
	result *convert.Result
	ready  chan struct{}
}

// tally accounts for what was scanned.
type tally struct {
	records, blank, header, trailer int64

	bytes  int64 // of spans and blank lines
	inRows int64 // of them, of the records' spans
}

// maxConverters bounds the goroutines of one load; feedJobs the chunks in flight per converter.
const (
	maxConverters = 4
	feedJobs      = 3
	manyColumns   = 1024 // beyond, there are no dictionaries, and one chunk more is in flight than there are converters: each takes more than its bytes
)

// newFeed starts the goroutines. A nil plan scans only; what is new in the cells is noted for a watch, nil for none.
func newFeed(ctx context.Context, txt *text, plan *convert.Plan, watch *convert.Watch, debug Debug) *feed {
	if debug.PlainScan {
		txt.plain()
	}
	txt.head = nil // it is read from here on
	ctx, stop := context.WithCancel(ctx)
	converters := min(runtime.GOMAXPROCS(0), maxConverters)
	jobs := feedJobs * converters
	if txt.width > manyColumns {
		jobs = converters + 1
	}
	f := &feed{txt: txt, order: make(chan *job, jobs), work: make(chan *job, jobs), free: make(chan *job, jobs), stop: stop}
	for range jobs {
		f.free <- &job{}
	}
	if plan != nil {
		shared := convert.NewDictionaries(plan, debug.NoDictionaries || len(plan.Types) > manyColumns)
		for range converters {
			f.group.Go(func() { f.convert(convert.NewConverter(plan, shared, watch)) })
		}
	}
	f.group.Go(func() { f.scan(ctx, plan != nil) })
	return f
}

func (f *feed) convert(c *convert.Converter) {
	for j := range f.work {
		if !f.idle.Load() {
			j.result = c.Convert(&j.chunk, j.result)
		}
		close(j.ready)
	}
}

func (f *feed) scan(ctx context.Context, convert bool) {
	defer close(f.order)
	defer close(f.work)
	var held []*job // whose last records may turn out to be the trailer
	for started := false; ; {
		j := f.spare(ctx, len(held))
		if j == nil {
			f.err = context.Cause(ctx)
			return
		}
		if f.err = f.txt.scanner.Next(&j.chunk); f.err != nil {
			if f.err == io.EOF {
				f.takeTrailer(held)
			}
			for _, j := range held {
				f.send(j, convert)
			}
			return
		}
		j.first, j.header, j.behind, j.beyond = 0, 0, 0, 0
		if !started && len(j.chunk.Records) > 0 {
			started = true
			f.takeHeader(j)
		}
		for held = append(held, j); f.settled(held); held = held[1:] {
			f.send(held[0], convert)
		}
	}
}

// spare returns a job to fill, nil when the load is over. Held jobs are as good as lost to the pool, so another is made for each
// beyond the first: there are few, since a chunk holds many records unless they are long.
func (f *feed) spare(ctx context.Context, held int) *job {
	if held > 1 {
		select {
		case j := <-f.free:
			return j
		default:
			return &job{}
		}
	}
	select {
	case <-ctx.Done():
		return nil
	case j := <-f.free:
		return j
	}
}

func (f *feed) send(j *job, convert bool) {
	j.ready = make(chan struct{})
	if convert {
		f.work <- j
	} else {
		close(j.ready)
	}
	f.order <- j
}

// settled reports whether enough records stand behind the first chunk held, so that no trailer reaches into it.
func (f *feed) settled(held []*job) bool {
	want := trailerRecords
	if f.txt.dialect.Trailer != nil {
		want = *f.txt.dialect.Trailer
	}
	for _, j := range held[min(1, len(held)):] {
		want -= len(j.chunk.Records)
	}
	return len(held) > 0 && want <= 0
}

// takeTrailer takes the trailer off the last chunks: as many records as were declared, or those at the very end that look like one.
func (f *feed) takeTrailer(held []*job) {
	left, declared := trailerRecords, f.txt.dialect.Trailer != nil
	if declared {
		left = *f.txt.dialect.Trailer
	}
	for i := len(held) - 1; i >= 0 && left > 0; i-- {
		j := held[i]
		for n := len(j.chunk.Records); n > 0 && left > 0; n-- {
			rec := &j.chunk.Records[n-1]
			if !declared && (f.txt.trails == nil || !f.txt.trails.is(&j.chunk, rec)) {
				return
			}
			f.aside = append(f.aside, asideLine(rec.Line+f.txt.lines, j.chunk.Raw(rec)))
			j.behind, j.beyond, left = j.behind+1, j.beyond+rec.Span, left-1
			j.chunk.Records = j.chunk.Records[:n-1]
		}
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
	f.tally.trailer += j.behind
	f.tally.bytes += j.header + j.beyond
	span := spanOf(&j.chunk)
	f.tally.inRows, f.tally.bytes = f.tally.inRows+span, f.tally.bytes+span
}

func spanOf(ch *csvscan.Chunk) (bytes int64) {
	for i := range ch.Records {
		bytes += ch.Records[i].Span
	}
	return bytes
}

// done takes a job back; its result's memory is used for the next, if it is still there.
func (f *feed) done(j *job) {
	select {
	case f.free <- j:
	default: // one of those that were made while others were held
	}
}

// close stops and waits.
func (f *feed) close() {
	f.stop()
	for range f.order {
	}
	f.group.Wait()
}
