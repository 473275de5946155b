package ingest

import (
	"context"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// ErrorColumn is the name of the column that stands before the sender's own in a copy of the rejected lines.
const ErrorColumn = "error"

// prepare declares what the table's mapping and the amended delivery say about the file, before the first byte of it is read.
func (ld *load) prepare(ctx context.Context, snap *catalog.Snapshot, t *schema.Table) (err error) {
	r := *ld.req // what is filled in stays within this load
	ld.req = &r
	if !r.Amends.IsZero() {
		if err := ld.amend(ctx, snap, t); err != nil {
			return err
		}
	}
	if ld.mapping, err = mappingFor(snap, t, r.Source); err != nil {
		return err
	}
	if ld.mapping != nil {
		if err := ld.mapping.applyTo(&r.Options); err != nil {
			return err
		}
	}
	ld.options = r.Options.Digest()
	return nil
}

// amend takes slot and dialect of the delivery whose rejects come back.
func (ld *load) amend(ctx context.Context, snap *catalog.Snapshot, t *schema.Table) error {
	r := ld.req
	d, ok := snap.Delivery(r.Amends)
	if !ok || t == nil || d.Table != t.ID {
		return errs.New(errs.NotFound, "unknown-delivery", "there is no delivery %s in table %q to amend", r.Amends, r.Table)
	}
	if r.Source == "" && r.Period == "" {
		r.Source, r.Period = d.Source, d.Period
	}
	if d.Rejected == 0 {
		return errs.New(errs.Conflict, "nothing-to-amend", "delivery %s has no rejected records", d.ID)
	}
	var err error
	if ld.amended, err = ld.l.readReceipt(ctx, d); err != nil {
		return err
	}
	was := ld.amended.Dialect
	if was.Format != "" {
		ld.amendObjects(&was)
		return r.Options.Validate()
	}
	declared := Options{
		Delimiter: was.Delimiter, Quote: was.Quote, Escape: was.Escape, DateFormat: was.DateFormat, TimestampFormat: was.TimestampFormat,
		Null: was.Null, Thousands: was.Thousands, Header: "0", Skip: "0", Trailer: "0",
	}
	if was.Quote == "" {
		declared.Quote, declared.Escape = "none", ""
	}
	if was.Header != nil && *was.Header {
		declared.Header = "1"
	}
	if was.Decimal == "," {
		declared.Decimal = ","
	}
	r.Options.fillFrom(&declared)
	return r.Options.Validate()
}

// amendObjects takes how cells are written. The rejects of JSON Lines and of Parquet come back as JSON Lines, whatever keys they have.
func (ld *load) amendObjects(was *Dialect) {
	declared := Options{DateFormat: was.DateFormat, TimestampFormat: was.TimestampFormat, Null: was.Null, Thousands: was.Thousands}
	if was.Decimal == "," {
		declared.Decimal = ","
	}
	ld.req.Options.fillFrom(&declared)
}

// checkAmended refuses more lines than were rejected and are still open: they would be new records and no corrections.
func (w *writing) checkAmended(snap *catalog.Snapshot) error {
	a := w.ld.amended
	if a == nil {
		return nil
	}
	open := max(a.RejectLines, a.Rejected)
	for _, other := range snap.Amendments(a.DeliveryID) {
		open -= other.RecordsIn
	}
	if in := w.feed.tally.records; in > open {
		return errs.New(errs.Meaning, "amends-too-many", "the file holds %d records, but of the %d that delivery %s rejected only %d lines are left to be corrected", in, a.Rejected, a.DeliveryID, max(0, open)).
			WithHint("send the corrected lines alone; what is new goes into the slot as a delivery of its own")
	}
	return nil
}

// amendments adds what the catalog knows of corrections to a receipt.
func (r *Receipt) amendments(snap *catalog.Snapshot, d *catalog.Delivery) {
	r.Amended, r.AmendedBy = snap.Amended(d), nil
	for _, a := range snap.Amendments(d.ID) {
		r.AmendedBy = append(r.AmendedBy, a.ID)
	}
}
