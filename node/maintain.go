package node

import (
	"context"
	"iter"

	"github.com/assaydb/assay/storage/schema"
)

// damage names one segment that does not match its checksum.
type damage struct {
	Segment schema.ID `json:"segment"`
	Problem string    `json:"problem"`
}

// verified is what a verification found.
type verified struct {
	Segments int64    `json:"segments"`
	Damaged  []damage `json:"damaged"` // the first maxDamaged
	Repaired int64    `json:"repaired"`
	tidied
}

const maxDamaged = 100

// Verify reads every live segment through its checksum and changes nothing.
func (n *Node) Verify(ctx context.Context, report func(done, total int64)) (any, error) {
	return n.verify(ctx, report, false)
}

// Repair verifies, brings damaged and missing segments back from the mirror, and removes orphans and what is past retention.
func (n *Node) Repair(ctx context.Context, report func(done, total int64)) (any, error) {
	v, err := n.verify(ctx, report, true)
	if err != nil {
		return v, err
	}
	v.tidied, err = n.tidy(ctx)
	return v, err
}

func (n *Node) verify(ctx context.Context, report func(done, total int64), repair bool) (*verified, error) {
	v, live, total := &verified{Damaged: []damage{}}, n.liveSegments(), int64(0)
	for range live {
		total++
	}
	err := n.store.Verify(ctx, live, func(seg *schema.Segment, err error) {
		v.Segments++
		report(v.Segments, total)
		if err == nil {
			return
		}
		if len(v.Damaged) < maxDamaged {
			v.Damaged = append(v.Damaged, damage{seg.ID, err.Error()})
		}
		n.log.Warn("damaged segment", "segment", seg.ID.String(), "error", err)
		if repair && n.store.Report(ctx, seg, err) == nil {
			v.Repaired++
		}
	})
	return v, err
}

func (n *Node) liveSegments() iter.Seq[*schema.Segment] {
	snap := n.catalog.Snapshot()
	return func(yield func(*schema.Segment) bool) {
		for _, t := range snap.Tables() {
			for seg := range snap.Segments(t.ID) {
				if !yield(seg) {
					return
				}
			}
		}
	}
}
