package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
)

// Load reads one upload and brings it into force. A nil error means the receipt's promise holds; on any error nothing was
// committed, save that errs.Unavailable with code "outcome-unknown" says it could not be found out.
func (l *Loader) Load(ctx context.Context, req *Request) (*Receipt, error) {
	if err := req.validate(); err != nil {
		return nil, err
	}
	if req.Ack != AckLocal && l.cfg.Mirror == nil {
		return nil, errs.New(errs.Meaning, "no-mirror", "the ack asked for needs an object store, and none is configured").WithHint("start the node with --mirror, or use ack=local")
	}
	body, err := source.Open(req.Body, req.Encoding, l.cfg.Limits)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	ld := &load{l: l, req: req, id: schema.NewID(), started: time.Now(), options: req.Options.Digest(), body: body}
	defer ld.close()
	if ld.format, err = pickFormat(body, &req.Options); err != nil {
		return nil, classify(ctx, err)
	}
	r, err := ld.run(ctx)
	return r, classify(ctx, err)
}

// classify gives a kind to what the operating system or the context said.
func classify(ctx context.Context, err error) error {
	switch {
	case err == nil || errs.KindOf(err) != errs.Internal:
		return err
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return errs.New(errs.DiskFull, "disk-full", "no room is left for the upload: %w", err).WithHint("free space and send the file again")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return errs.New(errs.Timeout, "timeout", "the upload took too long: %w", err)
	case ctx.Err() != nil:
		return errs.New(errs.Canceled, "canceled", "the upload was given up: %w", err)
	}
	return err
}

// load is one upload on its way.
type load struct {
	l       *Loader
	req     *Request
	id      schema.ID
	started time.Time
	options schema.Digest
	body    *source.Reader
	mapping *Mapping // of the source; nil for none
	amended *Receipt // of the delivery that this one amends; nil for none
	spool   *os.File
	charset source.Charset // decided by the inspection, "" before
	format  source.Format
	keys    []string // of JSON Lines, by the inspection
	shown   int64    // bytes at the last progress report

	bytes int64 // decoded
	sha   schema.Digest
}

func (ld *load) close() {
	if ld.spool != nil {
		ld.spool.Close()
		os.Remove(ld.spool.Name())
	}
}

// run takes the way that fits the table. A declared table says what each cell must be, so its file is converted as it arrives. A
// table that is new, or was itself inferred, can only be defined once the whole file is known: the body is spooled and looked at
// in full first, and converted from the spool. So are JSON Lines, whose keys are known at the end alone, and Parquet, which is read from
// its end.
func (ld *load) run(ctx context.Context) (*Receipt, error) {
	snap := ld.l.cfg.Catalog.Snapshot()
	t, ok := snap.Table(ld.req.Table)
	if ok {
		if err := t.RefuseAttached("nothing can be loaded into it"); err != nil {
			return nil, err
		}
	} else if err := schema.CheckReserved(ld.req.Table); err != nil {
		return nil, err
	}
	if err := ld.prepare(ctx, snap, t); err != nil {
		return nil, err
	}
	if ok && !evolves(t) && ld.format == source.CSV {
		return ld.direct(ctx, t)
	}
	return ld.inspected(ctx)
}

// evolves reports whether a load has to know the whole file before it converts the first row: the table was inferred, or its policy
// lets loads change it.
func evolves(t *schema.Table) bool {
	p := t.Evolve()
	return t.Inferred || p.Columns == schema.ColumnsAdd || p.Widen == schema.WidenYes
}

// direct converts the body while it is received.
func (ld *load) direct(ctx context.Context, t *schema.Table) (*Receipt, error) {
	txt, err := ld.openText(newAhead(ctx, ld.body, nil), "", &ld.req.Options, t)
	if err != nil {
		return nil, err
	}
	defer txt.close()
	target, err := mapDeclared(t, txt)
	if err == nil {
		err = target.likeAmended(ld.amended)
	}
	if err != nil {
		return nil, err
	}
	return ld.convert(ctx, txt, target)
}

// inspected spools and inspects the body, then converts it from the spool, unless it was converted meanwhile on a forecast that held; again
// when the table was altered meanwhile.
func (ld *load) inspected(ctx context.Context) (*Receipt, error) {
	seen, p, err := ld.inspect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { p.drop() }()
	failpoint.Hit("load/spooled")
	for attempt := 1; ; attempt++ {
		r, err := ld.attempt(ctx, seen, p)
		if attempt == maxAttempts || !alteredMeanwhile(err) {
			return r, err
		}
		ld.l.cfg.Logger.Info("the table was altered during the load; converting again", "delivery", ld.id, "table", ld.req.Table)
		p.drop()
		p, ld.id = nil, schema.NewID() // the files of the failed attempt keep their name until repair removes them
	}
}

func alteredMeanwhile(err error) bool {
	e := errs.As(err)
	if e == nil || e.Kind != errs.Conflict {
		return false
	}
	return e.Code == "table-changed" || e.Code == "table-exists" || e.Code == "table-id-taken"
}

func (ld *load) attempt(ctx context.Context, seen *inspection, p *forecast) (*Receipt, error) {
	snap := ld.l.cfg.Catalog.Snapshot()
	table, exists := snap.Table(ld.req.Table)
	if exists {
		if r, err := ld.duplicate(ctx, snap, table); r != nil || err != nil {
			return r, err
		}
	}
	txt, err := ld.reopen(ctx, seen, table)
	if err != nil {
		return nil, err
	}
	defer txt.close()
	target, err := ld.target(ctx, snap, txt, seen)
	if err != nil {
		return nil, err
	}
	target.warnings = append(target.warnings, seen.warnings...)
	if p.held(txt, target) {
		return p.commit(ctx, txt, target)
	}
	p.drop()
	return ld.convert(ctx, txt, target)
}

// target defines the table that the file goes to, by what was seen of it.
func (ld *load) target(ctx context.Context, snap *catalog.Snapshot, txt *text, seen *inspection) (t *target, err error) {
	table, exists := snap.Table(ld.req.Table)
	switch {
	case !exists:
		t, err = mapNew(snap, ld.req, txt, seen)
	case evolves(table):
		t, err = ld.mapEvolving(ctx, snap, table, txt, seen)
	default:
		t, err = mapDeclared(table, txt)
	}
	if err != nil {
		return nil, err
	}
	return t, t.likeAmended(ld.amended)
}

// reopen opens the spool to be converted.
func (ld *load) reopen(ctx context.Context, seen *inspection, table *schema.Table) (*text, error) {
	if ld.format == source.Parquet {
		return ld.openParquet(ctx)
	}
	if _, err := ld.spool.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the upload again: %w", err)
	}
	opts := ld.req.Options
	if ld.format == source.CSV {
		opts.Header = "0" // what the inspection decided stands, whatever the table is now
		if seen.txt.header {
			opts.Header = "1"
		}
		opts.Skip = strconv.Itoa(seen.txt.dialect.Skip)
	}
	return ld.openText(newAhead(ctx, ld.spool, nil), ld.charset, &opts, table)
}

// target is where the rows go: the definition they are converted under and how the fields map to its columns.
type target struct {
	table    *schema.Table
	expect   uint32 // version the catalog must still have; 0: the table must not exist
	changed  bool   // the commit brings the definition
	fields   []int
	forms    []convert.Form // per column, as the inspection found; nil without one
	warnings []string
}

func (t *target) form(column int) *ColumnForm {
	if t.forms == nil {
		return nil
	}
	return columnForm(t.forms[column])
}

func (t *target) plan(txt *text) (*convert.Plan, error) {
	rules, err := txt.rules()
	if err != nil {
		return nil, err
	}
	p := &convert.Plan{Rules: rules, Fields: t.fields, Forms: t.forms, Width: txt.width}
	for _, c := range t.table.Columns {
		p.Types = append(p.Types, c.Type)
	}
	return p, nil
}

// duplicate returns the first receipt when the content is in force in its slot already, and the refusal when it was superseded.
func (ld *load) duplicate(ctx context.Context, snap *catalog.Snapshot, t *schema.Table) (*Receipt, error) {
	d := catalog.Delivery{Table: t.ID, Source: ld.req.Source, Period: ld.req.Period, Named: ld.req.named(), SHA256: ld.sha, Options: ld.options}
	res, err := snap.Rehearse(&catalog.CommitDelivery{Delivery: d, Force: ld.req.Force, Expect: t.Version, StartedAt: ld.started.UnixMicro()})
	if e := errs.As(err); e != nil && e.Code == "superseded" {
		return nil, err
	}
	if err == nil && res.Same {
		r, err := ld.again(ctx, res.Delivery, t.Name)
		if r != nil {
			r.Rehearsal = ld.req.Rehearse
		}
		return r, err
	}
	return nil, nil
}

// progress reports at most every few megabytes.
func (ld *load) progress(p Progress) {
	if ld.req.Progress == nil || p.Bytes < ld.shown+4<<20 && p.Bytes >= ld.shown && p.Bytes > 0 {
		return
	}
	ld.shown = p.Bytes
	ld.req.Progress(p)
}
