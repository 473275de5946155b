package storage

import (
	"context"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// scanReader reads row groups page by page. A page is cut into windows of at most batch.MaxRows rows; each window goes through
// the conditions and, when rows are left, becomes a batch.
type scanReader struct {
	scan     *tableScan
	programs []*expr.Program
	rest     []*expr.Program // rest[k] is the AND of the steps from the k-th in order, made when that first failed
	order    filterOrder
	passed   []bool // conditions that the page's statistics answer
	env      *expr.Env
	sources  []*columnSource
	delivery *columnSource // _delivery, read when some delivery of a segment is dead
	err      error         // from compiling or an earlier Next

	unit *scanUnit
	page int
	skip bool // the whole page passes, by its statistics
	lo   int  // next window of the page, -1 before the page has begun

	ctx context.Context // of the Next that runs

	stand standing // in place of the row group's rows

	retried *scanUnit // the row group whose damage was healed: a second time is final

	cols []*batch.Vector
	live []int32
	out  batch.Batch
	gat  gatherer
	top  *topFilter // nil: every row is wanted
}

// Reader returns an independent reader.
func (s *tableScan) Reader() Reader {
	r := &scanReader{scan: s, cols: make([]*batch.Vector, len(s.columns)), live: []int32{}}
	for _, c := range s.columns {
		r.sources = append(r.sources, &columnSource{scanColumn: c})
	}
	for _, k := range s.req.Numbered {
		r.sources[k].numbers = !s.filtered(k) && (s.top == nil || s.top.Column != k)
	}
	r.delivery = &columnSource{scanColumn: scanColumn{schema.VirtualDeliveryID, schema.TypeVarchar}}
	if s.top != nil {
		r.top = &topFilter{bound: s.top, sel: []int32{}}
	}
	r.env = &expr.Env{Zone: s.zone, NoDictionary: s.opt.NoDictionary, Stop: r.stopped}
	for i := range s.steps {
		p, err := expr.Compile(s.steps[i].expr, r.env)
		if err != nil {
			r.err = err
			break
		}
		r.programs = append(r.programs, p)
	}
	r.rest, r.order, r.passed = make([]*expr.Program, len(s.steps)), newFilterOrder(s.steps), make([]bool, len(s.filter))
	return r
}

// stopped tells the filter's programs that the running Next was cancelled.
func (r *scanReader) stopped() error {
	if r.ctx == nil {
		return nil
	}
	return r.ctx.Err()
}

// Next returns the next batch with at least one row, nil at the end.
func (r *scanReader) Next(ctx context.Context) (*batch.Batch, error) {
	if r.err != nil {
		return nil, r.err
	}
	r.ctx = ctx
	b, err := r.next(ctx)
	r.count()
	if err != nil {
		r.err = err
		return nil, err
	}
	return b, nil
}

func (r *scanReader) next(ctx context.Context) (*batch.Batch, error) {
	for {
		if r.unit == nil {
			if ok, err := r.begin(ctx); !ok {
				return nil, err
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := r.nextOfUnit()
		if err != nil {
			if err := r.retry(ctx, err); err != nil {
				return nil, err
			}
			continue
		}
		if b != nil {
			return b, nil
		}
		r.scan.queue.done(r.unit)
		r.unit = nil
	}
}

// nextOfPages returns the next batch of the row group's pages, nil when they are done.
func (r *scanReader) nextOfPages() (*batch.Batch, error) {
	for ; r.page < r.unit.file.Pages(r.unit.group); r.page, r.lo = r.page+1, -1 {
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		if b, err := r.nextOfPage(); b != nil || err != nil {
			return b, err
		}
	}
	return nil, nil
}

// begin takes the next row group.
func (r *scanReader) begin(ctx context.Context) (bool, error) {
	u, err := r.scan.queue.take(ctx)
	for u != nil && err == nil && r.scan.unwanted(u) {
		r.scan.queue.done(u)
		u, err = r.scan.queue.take(ctx)
	}
	if u == nil || err != nil {
		return false, err
	}
	r.unit, r.page, r.lo = u, 0, -1
	r.stand.state = standUndecided
	r.resetSources()
	r.order.begin()
	return true, nil
}

func (r *scanReader) resetSources() {
	for _, c := range r.sources {
		c.reset(r.unit, r.scan.opt)
	}
	if anyDead(r.unit.file.parts) {
		r.delivery.reset(r.unit, r.scan.opt)
	}
}

// nextOfPage returns the next batch of the current page, nil when the page is done.
func (r *scanReader) nextOfPage() (*batch.Batch, error) {
	rows := r.pageRows()
	if r.lo < 0 {
		read, err := r.beginPage(rows)
		if err != nil || !read {
			return nil, err
		}
	}
	for r.lo < rows {
		lo, hi := r.lo, min(r.lo+batch.MaxRows, rows)
		r.lo = hi
		b, err := r.window(lo, hi)
		if err != nil {
			r.lo = lo
			return nil, err
		}
		if b != nil {
			return b, nil
		}
	}
	return nil, nil
}

func (r *scanReader) pageRows() int {
	f := r.unit.file
	return int(min(int64(f.PageRows()), f.RowGroupRows(r.unit.group)-int64(r.page)*int64(f.PageRows())))
}

// beginPage judges the page by its statistics and reports whether it must be read.
func (r *scanReader) beginPage(rows int) (bool, error) {
	s := r.scan
	s.counts.pages.Add(1)
	verdict := keepAll
	clear(r.passed)
	var err error
	if !r.unit.all {
		verdict, err = r.judgePage(rows)
	}
	if err == nil && verdict != keepNone && r.top != nil {
		verdict, err = r.judgeTop(rows, verdict)
	}
	if err != nil {
		return false, err
	}
	if verdict == keepNone {
		s.counts.pagesPruned.Add(1)
		return false, nil
	}
	s.counts.rows.Add(int64(rows))
	r.lo, r.skip = 0, verdict == keepAll
	if s.opt.NoLateColumns {
		return true, r.load(len(r.sources))
	}
	return true, nil
}

func (r *scanReader) judgePage(rows int) (keep, error) {
	var failed error
	passed := r.passed
	if r.scan.opt.NoFilterOrder {
		passed = nil
	}
	verdict := r.scan.judge(int64(rows), func(k int) (schema.Bound, bool) {
		b, ok, err := r.pageBound(k, rows)
		if err != nil {
			failed = err
		}
		return b, ok
	}, passed)
	return verdict, failed
}

// pageBound returns what is known of a requested column in the page.
func (r *scanReader) pageBound(k, rows int) (b schema.Bound, ok bool, err error) {
	b, ok = r.scan.bound(r.unit.file, k, int64(rows), func(int) (boundStats, bool) {
		var st segment.PageStats
		st, err = r.sources[k].chunk.PageStats(r.page)
		return boundStats{st.Min, st.Max, st.Nulls, false, st.NaN}, err == nil
	})
	return b, ok, err
}

// judgeTop drops a page that lies beyond the rows that are wanted.
func (r *scanReader) judgeTop(rows int, verdict keep) (keep, error) {
	if r.scan.opt.NoPruning {
		return verdict, nil
	}
	b, ok, err := r.pageBound(r.top.bound.Column, rows)
	if ok && r.top.bound.beyond(b) {
		verdict = keepNone
	}
	return verdict, err
}

// load decodes the first n columns of the page.
func (r *scanReader) load(n int) error {
	for _, c := range r.sources[:n] {
		if err := c.load(r.page); err != nil {
			return err
		}
	}
	return nil
}

// window filters rows lo to hi (exclusive) of the page and returns those that are left, nil when none are.
func (r *scanReader) window(lo, hi int) (*batch.Batch, error) {
	clear(r.cols)
	sel, err := r.alive(lo, hi)
	if err != nil {
		return nil, err
	}
	if !r.skip {
		if sel, err = r.filter(lo, hi, sel); err != nil {
			return nil, err
		}
	}
	if r.top == nil || sel != nil && len(sel) == 0 {
		return r.emit(lo, hi, sel)
	}
	if err := r.column(r.top.bound.Column, lo, hi); err != nil {
		return nil, err
	}
	b, err := r.emit(lo, hi, r.top.apply(r.cols[r.top.bound.Column], sel))
	if err == nil && b != nil {
		r.top.bound.offer(r.top.given) // not before, since a window that fails is read again
	}
	return b, err
}

func (r *scanReader) column(k, lo, hi int) error {
	if r.cols[k] != nil {
		return nil
	}
	if err := r.sources[k].load(r.page); err != nil {
		return err
	}
	r.cols[k] = r.sources[k].window(lo, hi, r.firstRow())
	return nil
}

// firstRow is the page's first row within the segment.
func (r *scanReader) firstRow() int64 {
	return r.unit.first + int64(r.page)*int64(r.unit.file.PageRows())
}

// alive lists the rows whose delivery is in force, nil for all.
func (r *scanReader) alive(lo, hi int) ([]int32, error) {
	f := r.unit.file
	if !anyDead(f.parts) {
		return nil, nil
	}
	if err := r.delivery.load(r.page); err != nil {
		return nil, err
	}
	v := r.delivery.window(lo, hi, 0)
	r.live = r.live[:0]
	for i := range v.Len {
		if isLive(f.parts, v.Bytes(i)) {
			r.live = append(r.live, int32(i))
		}
	}
	return r.live, nil
}

func isLive(parts []schema.Part, delivery []byte) bool {
	for _, p := range parts {
		if p.Delivery.String() == string(delivery) {
			return p.Live
		}
	}
	return false
}

// emit builds the batch. Few rows left are copied together, so that operators see dense batches; many are left in place under
// a selection, which costs nothing.
func (r *scanReader) emit(lo, hi int, sel []int32) (*batch.Batch, error) {
	if sel != nil && len(sel) == 0 {
		return nil, nil
	}
	n := r.scan.req.Output
	for k := range n {
		if err := r.column(k, lo, hi); err != nil {
			return nil, err
		}
	}
	if len(sel) == hi-lo {
		sel = nil
	}
	r.out = batch.Batch{Cols: r.cols[:n], Len: hi - lo, Sel: sel}
	if sel != nil && 2*len(sel) < hi-lo {
		r.out = batch.Batch{Cols: r.gat.gather(r.cols[:n], sel), Len: len(sel)}
	}
	return &r.out, nil
}

// count adds the bytes read since the last call to the scan's counters.
func (r *scanReader) count() {
	n := r.delivery.chunk.TakeBytesRead()
	for _, c := range r.sources {
		n += c.chunk.TakeBytesRead()
	}
	r.scan.counts.bytes.Add(n)
}
