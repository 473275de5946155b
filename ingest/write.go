package ingest

import (
	"context"
	"fmt"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/extsort"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// writing is one conversion of a text into a draft: what went in, to be compared with what comes back from disk.
type writing struct {
	ld       *load
	txt      *text
	target   *target
	feed     *feed
	ledger   ledger
	hashes   []schema.ColumnHash
	nulls    []int64
	rows     int64
	last     *job      // whose batch was given out last
	keeps    bool      // batches are kept by who asks for them
	forecast *forecast // that this is; nil: it is none

	profile *profile
}

// convert writes the text's rows into a draft, seals and commits it.
func (ld *load) convert(ctx context.Context, txt *text, t *target) (*Receipt, error) {
	plan, err := t.plan(txt)
	if err != nil {
		return nil, err
	}
	w := newWriting(ld, txt, t)
	w.feed = newFeed(ctx, txt, plan, nil, ld.l.cfg.Debug)
	defer w.ledger.close()
	defer w.feed.close()
	if ld.req.Rehearse {
		return w.rehearse(ctx)
	}
	draft, err := ld.l.cfg.Store.Begin(ctx, ld.id, t.table, storage.DraftOptions{Source: ld.req.Source, Period: ld.req.Period})
	if err != nil {
		return nil, err
	}
	defer draft.Abort() // does nothing once sealed
	if err := w.write(ctx, draft); err != nil {
		return nil, err
	}
	if r, err := w.verdict(ctx); r != nil || err != nil {
		return r, err
	}
	return w.commit(ctx, draft)
}

func newWriting(ld *load, txt *text, t *target) *writing {
	n := len(t.table.Columns)
	return &writing{ld: ld, txt: txt, target: t, profile: newProfile(t.table), hashes: make([]schema.ColumnHash, n), nulls: make([]int64, n)}
}

// write chooses between passing rows through in file order and sorting them.
func (w *writing) write(ctx context.Context, draft *storage.Draft) error {
	t := w.target.table
	if len(t.PartitionBy) == 0 && len(t.SortBy) == 0 {
		return draft.Write(ctx, nil, w.next)
	}
	layout := newSortLayout(t)
	w.keeps = true
	cfg := &w.ld.l.cfg
	s := extsort.New(extsort.Config{Types: layout.types, Keys: layout.keys, MemoryBytes: cfg.MemoryBytes, Dir: cfg.TempDir, Serial: cfg.Debug.SerialSort})
	defer s.Close()
	for {
		b, err := w.next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := s.Add(layout.extend(b)); err != nil {
			return err
		}
	}
	if err := w.withinLimit(); err != nil {
		return err // before the sort and the write, which would be for nothing
	}
	it, err := s.Sort()
	if err != nil {
		return err
	}
	return layout.writePartitions(ctx, it, draft)
}

// next gives the next batch of converted rows and keeps the books. Unless w.keeps, a batch is valid until the next call: its memory
// is used again.
func (w *writing) next(ctx context.Context) (*batch.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if w.last != nil {
			w.feed.done(w.last)
			w.last = nil
		}
		j, err := w.feed.next()
		if err != nil {
			return nil, err
		}
		if j == nil {
			return nil, w.forecast.end()
		}
		w.last = j
		if err := w.forecast.see(j); err != nil {
			return nil, err
		}
		r := j.result
		if err := w.take(j, r); err != nil {
			return nil, err
		}
		if w.keeps {
			j.result = nil
		}
		if r.Batch.Len > 0 {
			return r.Batch, nil
		}
	}
}

func (w *writing) take(j *job, r *convert.Result) error {
	for i := range r.Hashes {
		w.hashes[i].Add(r.Hashes[i])
		w.nulls[i] += r.Nulls[i]
	}
	w.rows += int64(r.Batch.Len)
	w.profile.add(r.Batch)
	o := &w.ld.req.Options
	for _, x := range r.Rejects {
		if err := w.ledger.add(w.ld.l.cfg.TempDir, newReject(&j.chunk, x, w.target.table, w.txt, MaxRawBytes)); err != nil {
			return err
		}
		if w.ld.req.Rehearse {
			continue // all problems are to be told
		}
		if o.BadRow == RejectFile || o.MaxRejects.Counted && w.ledger.exceeded(o.MaxRejects, 0) {
			return w.ledger.tooMany(w.feed.tally.records, o)
		}
	}
	if w.forecast != nil {
		return nil // the inspection reports
	}
	w.ld.progress(Progress{Phase: PhaseConvert, Bytes: w.feed.tally.bytes, Rows: w.rows, Rejects: w.ledger.count})
	return nil
}

// withinLimit judges the rejects once all records are known.
func (w *writing) withinLimit() error {
	if w.ledger.count > 0 && w.ld.req.Options.BadRow == RejectFile || w.ledger.exceeded(w.ld.req.Options.MaxRejects, w.feed.tally.records) {
		return w.ledger.tooMany(w.feed.tally.records, &w.ld.req.Options)
	}
	return nil
}

// verdict closes the books: limits, conservation, and whether the content is there already.
func (w *writing) verdict(ctx context.Context) (*Receipt, error) {
	ld, t := w.ld, &w.feed.tally
	if err := w.withinLimit(); err != nil {
		return nil, err
	}
	if t.records != w.rows+w.ledger.count {
		return nil, errs.New(errs.Internal, "not-conserved", "BUG: %d records in, %d accepted and %d rejected", t.records, w.rows, w.ledger.count)
	}
	if err := w.balance(); err != nil {
		return nil, err
	}
	snap := ld.l.cfg.Catalog.Snapshot()
	table, ok := snap.TableByID(w.target.table.ID)
	if !ok {
		return nil, nil
	}
	if r, err := ld.duplicate(ctx, snap, table); r != nil || err != nil {
		return r, err
	}
	return nil, w.checkAmended(snap)
}

// balance closes the books over the bytes: every one of the text is accepted, rejected or set aside, and a text in UTF-8 is the
// upload itself.
func (w *writing) balance() error {
	ld, t := w.ld, &w.feed.tally
	ld.bytes, ld.sha = ld.body.Bytes(), ld.body.Digest()
	b := w.books()
	if text := w.txt.base + t.bytes; b.Text != text || min(b.Accepted, b.Rejected, b.Aside) < 0 {
		return errs.New(errs.Internal, "not-conserved", "BUG: a text of %d bytes, of which %d accepted, %d rejected and %d set aside", text, b.Accepted, b.Rejected, b.Aside)
	}
	if w.txt.dialect.Charset == string(source.UTF8) && b.Text != ld.bytes {
		return errs.New(errs.Internal, "not-conserved", "BUG: %d bytes were received and %d scanned", ld.bytes, b.Text)
	}
	return nil
}

// books sums up where the bytes went.
func (w *writing) books() ByteLedger {
	t := &w.feed.tally
	b := ByteLedger{Accepted: t.inRows - w.ledger.bytes, Rejected: w.ledger.bytes, Aside: w.txt.base + t.bytes - t.inRows}
	b.Text = b.Accepted + b.Rejected + b.Aside
	return b
}

// compare holds what was read back from disk against what was converted.
func (w *writing) compare(s *storage.Sealed) error {
	if s.Rows != w.rows {
		return errs.New(errs.Corrupt, "read-back", "delivery %s: %d rows were written and %d read back", w.ld.id, w.rows, s.Rows)
	}
	for i, c := range w.target.table.Columns {
		if s.Hashes[i] != w.hashes[i] || s.Nulls[i] != w.nulls[i] {
			return errs.New(errs.Corrupt, "read-back", "delivery %s: column %q read back from disk differs from what was converted", w.ld.id, c.Name)
		}
	}
	return nil
}

// sortLayout is a table's rows with their partition values behind them, as the sort needs them.
type sortLayout struct {
	table *schema.Table
	types []schema.Type
	keys  []int
	parts []int // ordinals of the partition values
}

func newSortLayout(t *schema.Table) *sortLayout {
	l := &sortLayout{table: t}
	for _, c := range t.Columns {
		l.types = append(l.types, c.Type)
	}
	for _, p := range t.PartitionBy {
		at := t.ColumnByID(p.Column)
		if p.Kind != schema.Identity {
			l.types = append(l.types, p.ResultType(t.Columns[at].Type))
			at = len(l.types) - 1
		}
		l.parts = append(l.parts, at)
	}
	l.keys = append(l.keys, l.parts...)
	for _, id := range t.SortBy {
		l.keys = append(l.keys, t.ColumnByID(id))
	}
	return l
}

// extend puts the partition values behind a batch's columns.
func (l *sortLayout) extend(b *batch.Batch) *batch.Batch {
	out := &batch.Batch{Len: b.Len, Cols: b.Cols}
	for _, p := range l.table.PartitionBy {
		if p.Kind != schema.Identity {
			out.Cols = append(out.Cols, transform(p, b.Cols[l.table.ColumnByID(p.Column)]))
		}
	}
	return out
}

// transform applies a partition transform to a column, computing it anew only where the input changes: per dictionary entry, or
// per day of a timestamp.
func transform(p schema.Transform, v *batch.Vector) *batch.Vector {
	out := batch.NewBuilder(schema.TypeInt32, v.Len)
	memo := map[int64]schema.Value{}
	for i := range v.Len {
		if v.IsNull(i) {
			out.Null()
			continue
		}
		key, ok := transformKey(p, v, i)
		if !ok {
			out.Value(p.Apply(v.Value(i)))
			continue
		}
		x, seen := memo[key]
		if !seen {
			x = p.Apply(v.Value(i))
			memo[key] = x
		}
		out.Value(x)
	}
	return out.Finish()
}

func transformKey(p schema.Transform, v *batch.Vector, i int) (int64, bool) {
	switch {
	case v.Enc == batch.Dict:
		return int64(v.Codes[i]), true
	case v.Type.Class() != schema.ClassInt64:
		return 0, false
	case p.Kind != schema.Bucket && v.Type.Kind == schema.Timestamp:
		return schema.DayOf(v.Int64(i)), true
	}
	return v.Int64(i), true
}

// writePartitions cuts the sorted rows where a partition ends.
func (l *sortLayout) writePartitions(ctx context.Context, it *extsort.Iterator, draft *storage.Draft) error {
	c := &cutter{layout: l, it: it}
	for n := 0; ; n++ {
		b, err := c.peek(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return nil
		}
		if n == MaxLoadPartitions {
			return tooManyPartitions(l.table)
		}
		values := c.values()
		if err := draft.Write(ctx, values, func(ctx context.Context) (*batch.Batch, error) { return c.take(ctx, values) }); err != nil {
			return fmt.Errorf("write partition %q: %w", l.table.PartitionPath(values), err)
		}
	}
}
