package node

import (
	"context"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
)

// damage names one file or object that does not match its checksum.
type damage struct {
	Segment *schema.ID `json:"segment,omitempty"`
	File    string     `json:"file,omitempty"`   // a side file, as delivery/name
	Object  string     `json:"object,omitempty"` // a key in the mirror
	Ledger  *schema.ID `json:"ledger,omitempty"` // a delivery whose books do not add up
	Problem string     `json:"problem"`
}

// verified is what a verification found.
type verified struct {
	Segments int64    `json:"segments"`
	Files    int64    `json:"files"`
	Ledgers  int64    `json:"ledgers"` // deliveries whose counts were held against receipt and rejects
	Damaged  []damage `json:"damaged"` // the first maxDamaged
	Repaired int64    `json:"repaired"`
	tidied
}

const maxDamaged = 100

// Verify reads every segment, side file and mirror object through its checksum and changes nothing here; what is damaged in the
// mirror is written again.
func (n *Node) Verify(ctx context.Context, report func(done, total int64)) (any, error) {
	return n.verify(ctx, report, false)
}

// Repair verifies, brings damaged and missing files back from the mirror, and removes orphans and what is past retention.
func (n *Node) Repair(ctx context.Context, report func(done, total int64)) (any, error) {
	v, err := n.verify(ctx, report, true)
	if err != nil {
		return v, err
	}
	v.tidied, err = n.tidy(ctx)
	return v, err
}

// verify looks at what is kept for history too: a revert may need it.
func (n *Node) verify(ctx context.Context, report func(done, total int64), repair bool) (*verified, error) {
	c := &verifying{n: n, out: &verified{Damaged: []damage{}}, repair: repair, report: report}
	snap := n.catalog.Snapshot()
	for range snap.AllSegments() {
		c.total++
	}
	for d := range snap.AllDeliveries() {
		c.total += int64(len(d.Files))
	}
	err := n.store.Verify(ctx, snap.AllSegments(), func(seg *schema.Segment, err error) {
		c.out.Segments++
		c.found(damage{Segment: &seg.ID}, err, func() error { return n.store.Report(ctx, seg, err) })
	})
	for d := range snap.AllDeliveries() {
		if err != nil {
			return c.out, err
		}
		c.files(ctx, d)
		err = ctx.Err()
	}
	if err == nil && n.mirror != nil {
		err = n.mirror.Verify(ctx, func(key string, err error) { c.note(damage{Object: key}, err) })
	}
	return c.out, err
}

// verifying is one verification on its way.
type verifying struct {
	n           *Node
	out         *verified
	repair      bool
	done, total int64
	report      func(done, total int64)
}

func (c *verifying) files(ctx context.Context, d *catalog.Delivery) {
	if d.Purged {
		return
	}
	sound := true
	for _, f := range d.Files {
		ref := storage.FileRef(f)
		c.out.Files++
		err := c.n.store.VerifyFile(d.Table, d.ID, ref)
		sound = sound && err == nil
		c.found(damage{File: d.ID.String() + "/" + f.Name}, err, func() error { return c.n.store.EnsureFile(ctx, d.Table, d.ID, ref) })
	}
	if sound && len(d.Files) > 0 { // else what is wrong is told already
		c.out.Ledgers++
		if err := c.n.loader.Audit(ctx, d); err != nil {
			c.note(damage{Ledger: &d.ID}, err)
		}
	}
}

// found takes the result of one file, and heals it if asked to.
func (c *verifying) found(what damage, err error, heal func() error) {
	c.done++
	c.report(c.done, c.total)
	if err == nil {
		return
	}
	c.note(what, err)
	if c.repair && heal() == nil {
		c.out.Repaired++
	}
}

func (c *verifying) note(what damage, err error) {
	what.Problem = err.Error()
	if len(c.out.Damaged) < maxDamaged {
		c.out.Damaged = append(c.out.Damaged, what)
	}
	c.n.log.Warn("damaged", "error", err)
}
