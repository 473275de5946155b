package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
)

// The states of a receipt whose delivery is not in force and never was.
const (
	StateHeld     = "held"
	StateRejected = "rejected"
)

// proposeHold keeps the commit in the catalog until someone decides.
func (ld *load) proposeHold(ctx context.Context, cmd *catalog.CommitDelivery, r *Receipt, reason string) (*Receipt, error) {
	failpoint.Hit("hold/proposing")
	res, err := ld.l.cfg.Catalog.Propose(ctx, &catalog.HoldDelivery{Commit: *cmd, Reason: reason, At: r.LoadedAt.UnixMicro()})
	failpoint.Hit("hold/proposed")
	if err != nil {
		if d, ok := ld.readBack(err); ok {
			res, err = catalog.Result{Delivery: d, Held: true}, nil
		}
	}
	switch {
	case err != nil:
		return nil, ld.explain(err)
	case res.Same && res.Held:
		first, err := ld.l.Receipt(ctx, res.Delivery.ID)
		if err == nil {
			first.Duplicate = true
		}
		return first, err
	case res.Same:
		return ld.again(ctx, res.Delivery, r.Table)
	}
	r.State, r.HeldFor, r.CatalogIndex = StateHeld, reason, res.Index
	ld.l.cfg.Logger.Info("delivery held", "delivery", ld.id, "table", r.Table, "rows", r.Accepted, "rejected", r.Rejected, "bytes", r.BytesIn)
	return r, nil
}

// Approve brings a held delivery into force, after a look whether its files are all there and whole.
func (l *Loader) Approve(ctx context.Context, delivery schema.ID, by string) (*Receipt, error) {
	if h, ok := l.cfg.Catalog.Snapshot().Held(delivery); ok && !h.Rejected {
		if err := l.whole(ctx, h); err != nil {
			return nil, err
		}
	}
	failpoint.Hit("approve/checked")
	return l.decide(ctx, &catalog.DecideDelivery{Delivery: delivery, Approve: true, By: by, At: time.Now().UnixMicro()})
}

// whole verifies what an approval would bring into force: it was written long ago, and is in no mirror yet.
func (l *Loader) whole(ctx context.Context, h *catalog.Held) (err error) {
	note := func(e error) {
		if e != nil && err == nil {
			err = errs.New(errs.Corrupt, "held-damaged", "the files of delivery %s are damaged: %w", h.Delivery.ID, e).WithHint("reject it and load the file again")
		}
	}
	for i := range h.Segments {
		h.Segments[i].Table, h.Segments[i].Delivery = h.Delivery.Table, h.Delivery.ID
	}
	pointers := make([]*schema.Segment, len(h.Segments))
	for i := range h.Segments {
		pointers[i] = &h.Segments[i]
	}
	if e := l.cfg.Store.Verify(ctx, slices.Values(pointers), func(_ *schema.Segment, e error) { note(e) }); e != nil {
		return e
	}
	for _, f := range h.Delivery.Files {
		note(l.cfg.Store.VerifyFile(h.Delivery.Table, h.Delivery.ID, storage.FileRef(f)))
	}
	return err
}

// Reject gives a held delivery up. Its record and the reason are kept, its rows are not.
func (l *Loader) Reject(ctx context.Context, delivery schema.ID, reason, by string) (*Receipt, error) {
	return l.decide(ctx, &catalog.DecideDelivery{Delivery: delivery, Reason: reason, By: by, At: time.Now().UnixMicro()})
}

func (l *Loader) decide(ctx context.Context, cmd *catalog.DecideDelivery) (*Receipt, error) {
	failpoint.Hit("decide/proposing")
	res, err := l.cfg.Catalog.Propose(ctx, cmd)
	failpoint.Hit("decide/proposed")
	if err != nil {
		return nil, fmt.Errorf("decide on delivery %s: %w", cmd.Delivery, err)
	}
	r, err := l.Receipt(ctx, res.Delivery.ID)
	if err != nil {
		return nil, err
	}
	if r.CatalogIndex == 0 {
		r.CatalogIndex = res.Index
	}
	return r, nil
}

// known returns a delivery, also one that is held or was rejected; h is nil for others.
func (l *Loader) known(delivery schema.ID) (d *catalog.Delivery, h *catalog.Held, err error) {
	snap := l.cfg.Catalog.Snapshot()
	if d, ok := snap.Delivery(delivery); ok && !d.Compaction {
		return d, nil, nil
	}
	if h, ok := snap.Held(delivery); ok {
		return &h.Delivery, h, nil
	}
	return nil, nil, errs.New(errs.NotFound, "unknown-delivery", "there is no delivery %s", delivery)
}
