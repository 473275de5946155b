package ingest

import (
	"context"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
)

// Audit holds a delivery's books in the catalog against its files: the rows that its segments had when they were sealed, the receipt,
// and as many rejected records as were counted.
func (l *Loader) Audit(ctx context.Context, d *catalog.Delivery) error {
	if d.Purged {
		return nil
	}
	unbalanced := func(format string, args ...any) error {
		return errs.New(errs.Corrupt, "ledger", "delivery "+d.ID.String()+": "+format, args...)
	}
	r, err := l.readReceipt(ctx, d)
	if err != nil {
		return err
	}
	if d.RecordsIn != d.Accepted+d.Rejected || r.RecordsIn != d.RecordsIn || r.Accepted != d.Accepted || r.Rejected != d.Rejected || r.SHA256 != d.SHA256 {
		return unbalanced("%d records in, %d accepted and %d rejected; its receipt says %d, %d and %d", d.RecordsIn, d.Accepted, d.Rejected, r.RecordsIn, r.Accepted, r.Rejected)
	}
	rows := int64(0)
	for i := range r.Segments {
		rows += r.Segments[i].Rows
	}
	if rows != d.Accepted {
		return unbalanced("%d rows were sealed and %d accepted", rows, d.Accepted)
	}
	if d.Rejected == 0 {
		return nil
	}
	return l.auditRejects(ctx, d, unbalanced)
}

func (l *Loader) auditRejects(ctx context.Context, d *catalog.Delivery, unbalanced func(string, ...any) error) error {
	kept := int64(0)
	err := l.EachReject(ctx, d, func(struct {
		Line, ByteOffset    int64
		Column, Reason, Raw string
		RawBytes            int64
	},
	) error {
		kept++
		return nil
	})
	if err == nil && kept != d.Rejected {
		err = unbalanced("%d records were rejected and %d are kept", d.Rejected, kept)
	}
	return err
}
