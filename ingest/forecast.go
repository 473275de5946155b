package ingest

import (
	"context"
	"errors"
	"reflect"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
)

// forecast is the conversion of a file whose types are not known yet, under those that its head suggests, while the rest is received,
// spooled and looked at. When the whole file has the same types in the end, the conversion is what it would have been; when not, it
// is dropped at the first cell that says so, and the file is converted from the spool. A nil forecast is none.
type forecast struct {
	w       *writing
	draft   *storage.Draft
	snap    *catalog.Snapshot
	seen    *inspection
	watch   *convert.Watch
	records int64              // of the head: before they have been seen, types may be narrower than the forecast
	types   []convert.Observed // that the target was last compared under
}

// errSurprise ends a conversion whose forecast did not hold.
var errSurprise = errors.New("the file has other types than its head")

// maxForecastColumns is the widest file that has a forecast: what is known of each column is passed around with every change.
const maxForecastColumns = 256

// forecast begins a conversion; nil when none can be made now, whatever the reason: if there is one, the second pass will tell.
func (ld *load) forecast(ctx context.Context, s *inspection) *forecast {
	if ld.req.Rehearse || ld.l.cfg.Debug.TwoPasses || s.txt.width > maxForecastColumns {
		return nil
	}
	head, err := s.txt.lookAtHead()
	if err != nil || head.tally.records == 0 {
		return nil
	}
	p := &forecast{snap: ld.l.cfg.Catalog.Snapshot(), seen: s, watch: convert.NewWatch(s.inference), records: head.tally.records, types: head.observed}
	t, err := ld.target(ctx, p.snap, s.txt, head)
	if err != nil {
		return nil
	}
	plan, err := t.plan(s.txt)
	if err != nil {
		return nil
	}
	p.draft, err = ld.l.cfg.Store.Begin(ctx, ld.id, t.table, storage.DraftOptions{Source: ld.req.Source, Period: ld.req.Period})
	if err != nil {
		return nil
	}
	p.w = newWriting(ld, s.txt, t)
	p.w.forecast = p
	p.w.feed = newFeed(ctx, s.txt, plan, p.watch, ld.l.cfg.Debug)
	return p
}

// lookAtHead is an inspection of what is at hand of the file, without a trailer.
func (t *text) lookAtHead() (*inspection, error) {
	s, err := newInspection(t, func(*inspection) {})
	if err != nil {
		return nil, err
	}
	head := *t
	head.scanner = csvscan.New(headReader(t.head, t.whole), t.dialect.scan(), t.limits.LineBytes)
	f := newFeed(context.Background(), &head, nil, nil, Debug{})
	defer f.close()
	if err := s.rest(f); err != nil && !errors.Is(err, errCut) {
		return nil, err
	}
	s.observed = s.inference.Columns()
	return s, nil
}

// converted runs the conversion to the end of the file; nil when the forecast did not hold or anything else ended it. The feed then has
// the rest.
func (p *forecast) converted(ctx context.Context) *forecast {
	err := p.w.write(ctx, p.draft)
	if err == nil {
		return p
	}
	p.w.feed.idle.Store(true)
	if p.w.last != nil {
		p.w.feed.done(p.w.last)
	}
	p.w.ld.l.cfg.Logger.Debug("an upload is converted after it was looked at", "delivery", p.w.ld.id, "reason", err)
	p.drop()
	return nil
}

// see looks at what is new in a chunk that was converted, and asks whether the forecast holds.
func (p *forecast) see(j *job) error {
	if p == nil {
		return nil
	}
	p.seen.tally = p.w.feed.tally
	changed := p.watch.Observe(&j.chunk, j.result)
	p.seen.take(j, j.result.Malformed())
	if changed && p.seen.tally.records >= p.records {
		return p.holds()
	}
	return nil
}

// end asks once more when all was seen.
func (p *forecast) end() error {
	switch {
	case p == nil:
		return nil
	case p.seen.isWindows1252(p.w.ld.req.Options.Charset):
		return errSurprise
	}
	return p.holds()
}

// holds asks whether the file, by what was seen of it so far, would be converted as it is.
func (p *forecast) holds() error {
	types := p.seen.inference.Columns()
	if alike(types, p.types) {
		return nil
	}
	t, err := p.w.ld.target(context.Background(), p.snap, p.seen.txt, &inspection{txt: p.seen.txt, observed: types, tally: p.seen.tally})
	if err != nil || !t.sameAs(p.w.target) {
		return errSurprise
	}
	p.types = types
	return nil
}

// alike reports whether two looks found the same types and forms.
func alike(a, b []convert.Observed) bool {
	for i := range a {
		if a[i].Type() != b[i].Type() || !reflect.DeepEqual(a[i].Form, b[i].Form) {
			return false
		}
	}
	return true
}

// sameAs reports whether rows are converted and stored alike.
func (t *target) sameAs(o *target) bool {
	return t.expect == o.expect && t.changed == o.changed && reflect.DeepEqual(t.fields, o.fields) && reflect.DeepEqual(t.forms, o.forms) && reflect.DeepEqual(t.table, o.table)
}

// held reports whether what was converted is what a conversion of the text to the target would give.
func (p *forecast) held(txt *text, t *target) bool {
	if p == nil || !t.sameAs(p.w.target) {
		return false
	}
	a, b := p.w.txt, txt
	return a.dialect.scan() == b.dialect.scan() && a.header == b.header && a.width == b.width && a.base == b.base && a.lines == b.lines && a.ends == b.ends &&
		reflect.DeepEqual(a.names, b.names) && p.w.target.readsAlike(a, b)
}

// readsAlike reports whether two texts have the same rules for cells.
func (t *target) readsAlike(a, b *text) bool {
	p, err := t.plan(a)
	if err != nil {
		return false
	}
	q, err := t.plan(b)
	return err == nil && reflect.DeepEqual(p, q)
}

// commit is the rest of a load whose rows are all in the draft.
func (p *forecast) commit(ctx context.Context, txt *text, t *target) (*Receipt, error) {
	w := p.w
	w.forecast, w.txt, w.target = nil, txt, t
	w.ld.report(PhaseConvert, w)
	if r, err := w.verdict(ctx); r != nil || err != nil {
		return r, err
	}
	return w.commit(ctx, p.draft)
}

// drop removes what was converted; nothing once it is sealed.
func (p *forecast) drop() {
	if p == nil {
		return
	}
	p.draft.Abort()
	p.w.ledger.close()
}
