package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
)

// receiptFile is the side file that keeps a delivery's receipt, but for what only the catalog knows.
const receiptFile = "receipt.json"

// commit seals the draft, copies it as the ack asks, and brings it into force by one command.
func (w *writing) commit(ctx context.Context, draft *storage.Draft) (*Receipt, error) {
	ld := w.ld
	failpoint.Hit("load/converted")
	ld.report(PhaseSeal, w)
	finished, err := draft.Finish(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.compare(finished); err != nil {
		return nil, err
	}
	failpoint.Hit("load/read-back")
	receipt := w.receipt()
	receipt.addSegments(finished.Segments, w.target.table)
	w.profile.fill(receipt, w.target.table, finished.Segments)
	hold := w.compareWithPrevious(ctx, receipt)
	if err := w.sideFiles(draft, receipt); err != nil {
		return nil, err
	}
	failpoint.Hit("load/side-files")
	sealed, err := draft.Seal(ctx)
	if err != nil {
		return nil, err
	}
	failpoint.Hit("load/sealed")
	if ld.req.Ack != AckLocal {
		ld.report(PhaseMirror, w)
		if err := ld.l.cfg.Mirror.Stage(ctx, sealed); err != nil {
			return nil, fmt.Errorf("copy delivery %s to the object store: %w", ld.id, err)
		}
	}
	ld.report(PhaseCommit, w)
	return ld.propose(ctx, w, sealed, receipt, hold)
}

func (ld *load) report(phase Phase, w *writing) {
	if ld.req.Progress != nil {
		ld.req.Progress(Progress{Phase: phase, Bytes: w.feed.tally.bytes, Rows: w.rows, Rejects: w.ledger.count})
	}
}

func (w *writing) sideFiles(draft *storage.Draft, r *Receipt) error {
	if w.ledger.count > 0 {
		if err := draft.File(rejectsFile, w.ledger.copyTo); err != nil {
			return fmt.Errorf("keep rejects: %w", err)
		}
	}
	return draft.File(receiptFile, func(out io.Writer) error { return json.NewEncoder(out).Encode(r) })
}

// receipt says what is known before the commit.
func (w *writing) receipt() *Receipt {
	ld, t := w.ld, &w.feed.tally
	r := &Receipt{
		DeliveryID: ld.id, Table: w.target.table.Name, Source: ld.req.Source, Period: ld.req.Period, SHA256: ld.sha, BytesIn: ld.bytes,
		RecordsIn: t.records, Accepted: w.rows, Rejected: w.ledger.count, Blank: t.blank, Header: t.header,
		Columns: []ReceiptColumn{}, Segments: []ReceiptSegment{}, LoadedAt: time.Now().UTC().Truncate(time.Microsecond),
		Preamble: w.txt.lines, Trailer: t.trailer, Ledger: w.books(), HeaderLine: w.txt.topLine, RejectLines: w.ledger.lines, Problems: w.ledger.kinds.list,
		Aside: append(append([]AsideLine(nil), w.txt.preamble...), w.feed.aside...), Dialect: w.txt.dialect, FirstRejects: w.ledger.first, Warnings: append([]string{}, w.target.warnings...),
	}
	if !ld.req.Amends.IsZero() {
		r.Amends = &ld.req.Amends
	}
	if n := t.trailer; n > 0 && ld.req.Options.Trailer == "" {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the last %s set aside as a trailer; declare trailer=0 if that is wrong", recordsAre(n)))
	}
	for i, c := range w.target.table.Columns {
		r.Columns = append(r.Columns, ReceiptColumn{Name: c.Name, Type: c.Type, Nulls: w.nulls[i], Hash: w.hashes[i], Form: w.target.form(i)})
	}
	return r
}

// addSegments names the segments and notes what their bounds say of the columns.
func (r *Receipt) addSegments(list []schema.Segment, t *schema.Table) {
	for i := range list {
		s := &list[i]
		r.Segments = append(r.Segments, ReceiptSegment{ID: s.ID, Rows: s.Rows, Bytes: s.Bytes, SHA256: s.SHA256})
		for j, c := range t.Columns {
			if exact(c.Type) {
				r.Columns[j].Whole = max(r.Columns[j].Whole, storedDigits(s, c))
			}
		}
	}
}

// propose is the one command: it brings the delivery into force, or keeps it until someone decides when there is a reason to hold it. When its reply is lost, the catalog is looked at; nothing is deleted whatever comes back.
func (ld *load) propose(ctx context.Context, w *writing, sealed *storage.Sealed, r *Receipt, hold string) (*Receipt, error) {
	cmd := ld.command(w, r, sealed.Segments)
	ld.complete(&cmd.Delivery, w, sealed)
	if ld.req.Intent != nil {
		if err := ld.req.Intent(ld.id); err != nil {
			return nil, fmt.Errorf("note the intent to commit delivery %s: %w", ld.id, err)
		}
	}
	if hold != "" {
		return ld.proposeHold(ctx, cmd, r, hold)
	}
	failpoint.Hit("load/proposing")
	res, err := ld.l.cfg.Catalog.Propose(ctx, cmd)
	failpoint.Hit("load/proposed")
	if err != nil {
		if d, ok := ld.readBack(err); ok {
			res, err = catalog.Result{Delivery: d}, nil
		}
	}
	switch {
	case err != nil:
		return nil, ld.explain(err)
	case res.Same:
		return ld.again(ctx, res.Delivery, r.Table)
	}
	r.fromCatalog(res.Delivery)
	if err := ld.mirrored(ctx, res.Delivery); err != nil {
		return nil, err
	}
	ld.report(PhaseDone, w)
	ld.l.cfg.Logger.Info("delivery loaded", "delivery", ld.id, "table", r.Table, "rows", r.Accepted, "rejected", r.Rejected,
		"bytes", r.BytesIn, "segments", len(r.Segments), "elapsed", time.Since(ld.started).Round(time.Millisecond))
	return r, nil
}

// mirrored waits until the object store holds the commit, when the ack asks for it.
func (ld *load) mirrored(ctx context.Context, d *catalog.Delivery) error {
	if ld.req.Ack == AckLocal {
		return nil
	}
	if err := ld.l.cfg.Mirror.WaitIndex(ctx, d.Added); err != nil {
		return errs.New(errs.Unavailable, "mirror-late", "delivery %s is in force on this node, but the object store has not confirmed it: %w", d.ID, err).
			WithHint("send the same bytes again to wait for it")
	}
	return nil
}

// again answers for content that is in force already, with the durability now asked for.
func (ld *load) again(ctx context.Context, d *catalog.Delivery, table string) (*Receipt, error) {
	if err := ld.mirrored(ctx, d); err != nil {
		return nil, err
	}
	return ld.l.first(ctx, d, table)
}

// delivery is what the catalog keeps of the load, but for what its files say.
func (ld *load) delivery(w *writing, r *Receipt) catalog.Delivery {
	return catalog.Delivery{
		ID: ld.id, Table: w.target.table.ID, Source: r.Source, Period: r.Period, Named: ld.req.named(), SHA256: r.SHA256, Options: ld.options,
		Append: ld.req.Mode == ModeAppend || !ld.req.Amends.IsZero(), Amends: ld.req.Amends, BytesIn: r.BytesIn, RecordsIn: r.RecordsIn, Accepted: r.Accepted, Rejected: r.Rejected,
		Blank: r.Blank, Header: r.Header, LoadedAt: r.LoadedAt.UnixMicro(),
		Ledger: catalog.Ledger{
			Text: r.Ledger.Text, Accepted: r.Ledger.Accepted, Rejected: r.Ledger.Rejected, Aside: r.Ledger.Aside, Preamble: r.Preamble, Trailer: r.Trailer,
		},
	}
}

// complete adds what was sealed.
func (ld *load) complete(d *catalog.Delivery, w *writing, sealed *storage.Sealed) {
	d.Segments, d.Rows, d.Bytes = int32(len(sealed.Segments)), sealed.Rows, sealed.Bytes
	for _, c := range w.target.table.Columns {
		d.ColumnBytes = append(d.ColumnBytes, catalog.ColumnBytes{Column: c.ID, Bytes: sealed.ColumnBytes[c.ID]})
	}
	for _, f := range sealed.Files {
		d.Files = append(d.Files, catalog.File{Name: f.Name, Bytes: f.Bytes, SHA256: f.SHA256})
	}
}

// readBackFor is how long a commit of unknown outcome is looked for.
const readBackFor = 10 * time.Second

// readBack looks for the delivery after a lost reply. The context may have ended already: that is no reason not to know.
func (ld *load) readBack(err error) (*catalog.Delivery, bool) {
	if e := errs.As(err); e != nil && e.Kind != errs.Unavailable && e.Kind != errs.Timeout && e.Kind != errs.Canceled {
		return nil, false
	}
	wait := time.NewTimer(readBackFor)
	defer wait.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if d, err := ld.l.find(ld.id); err == nil {
			return d, true
		}
		if e := errs.As(err); e == nil || e.Code != "outcome-unknown" {
			return nil, false
		}
		select {
		case <-wait.C:
			return nil, false
		case <-tick.C:
		}
	}
}

// explain adds what the sender should do to a refusal by the catalog.
func (ld *load) explain(err error) error {
	e := errs.As(err)
	switch {
	case e == nil:
		return fmt.Errorf("commit delivery %s: %w", ld.id, err)
	case e.Code == "outcome-unknown":
		return errs.New(errs.Unavailable, e.Code, "it is not known whether delivery %s was committed: %w", ld.id, err).WithHint("send the same bytes again: they are never loaded twice")
	case e.Code == "table-changed" && e.Hint == "":
		return errs.New(errs.Conflict, e.Code, "%w", err).WithHint("the table was altered during the load: send the file again")
	}
	return err
}

func recordsAre(n int64) string {
	if n == 1 {
		return "record was"
	}
	return fmt.Sprintf("%d records were", n)
}
