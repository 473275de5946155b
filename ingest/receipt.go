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

// fromCatalog fills in what the commit decided.
func (r *Receipt) fromCatalog(d *catalog.Delivery) {
	r.CatalogIndex = d.Added
	r.Replaced = nil
	if len(d.Replaced) > 0 {
		id := d.Replaced[len(d.Replaced)-1]
		r.Replaced = &id
	}
}

// first returns the receipt of a delivery that is in force already.
func (l *Loader) first(ctx context.Context, d *catalog.Delivery, table string) (*Receipt, error) {
	r, err := l.readReceipt(ctx, d)
	if err != nil {
		return nil, err
	}
	r.Table, r.Duplicate = table, true
	return r, nil
}

// readReceipt reads a delivery's receipt file and what the catalog adds.
func (l *Loader) readReceipt(ctx context.Context, d *catalog.Delivery) (*Receipt, error) {
	f, err := l.open(ctx, d, receiptFile)
	if err != nil {
		return nil, fmt.Errorf("read the receipt of delivery %s: %w", d.ID, err)
	}
	defer f.Close()
	r := &Receipt{}
	if err := json.NewDecoder(f).Decode(r); err != nil {
		return nil, errs.New(errs.Corrupt, "bad-receipt", "the receipt of delivery %s cannot be read: %w", d.ID, err)
	}
	r.fromCatalog(d)
	r.amendments(l.cfg.Catalog.Snapshot(), d)
	return r, nil
}

// open opens a side file; NotFound when the delivery has none of that name.
func (l *Loader) open(ctx context.Context, d *catalog.Delivery, name string) (io.ReadCloser, error) {
	if d.Purged {
		return nil, errs.New(errs.Gone, "purged", "delivery %s is past retention: its files are gone", d.ID)
	}
	for _, f := range d.Files {
		if f.Name == name {
			return l.cfg.Store.OpenFile(ctx, d.Table, d.ID, storage.FileRef{Name: f.Name, Bytes: f.Bytes, SHA256: f.SHA256})
		}
	}
	return nil, errs.New(errs.NotFound, "no-file", "delivery %s has no file %s", d.ID, name)
}

func (l *Loader) find(delivery schema.ID) (*catalog.Delivery, error) {
	d, _, err := l.known(delivery)
	return d, err
}

// Receipt returns the receipt of a delivery, as the catalog now has it.
func (l *Loader) Receipt(ctx context.Context, delivery schema.ID) (*Receipt, error) {
	d, h, err := l.known(delivery)
	if err != nil {
		return nil, err
	}
	r, err := l.readReceipt(ctx, d)
	if h == nil || err != nil {
		return r, err
	}
	r.State, r.HeldFor = StateHeld, h.Reason
	if h.Rejected {
		r.State = StateRejected
	}
	return r, nil
}

// Revert takes a delivery out of force and puts back the ones it replaced; the receipt is that of the delivery reverted.
func (l *Loader) Revert(ctx context.Context, delivery schema.ID) (*Receipt, error) {
	if _, err := l.find(delivery); err != nil {
		return nil, err
	}
	failpoint.Hit("revert/proposing")
	res, err := l.cfg.Catalog.Propose(ctx, &catalog.RevertDelivery{Delivery: delivery, At: time.Now().UnixMicro()})
	if err != nil {
		return nil, fmt.Errorf("revert delivery %s: %w", delivery, err)
	}
	failpoint.Hit("revert/proposed")
	r, err := l.readReceipt(ctx, res.Delivery)
	if err != nil {
		return nil, err
	}
	r.CatalogIndex = res.Index
	return r, nil
}
