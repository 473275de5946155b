package ingest

import (
	"context"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// rehearse does everything but write: every record is converted, so that all problems are told and not only the first ones, and
// the catalog is asked what it would say to the commit.
func (w *writing) rehearse(ctx context.Context) (*Receipt, error) {
	parts := newPartCounter(w.target.table)
	for {
		b, err := w.next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		parts.add(b)
	}
	if r, err := w.verdict(ctx); r != nil || err != nil {
		if r != nil {
			r.Rehearsal = true
		}
		return r, err
	}
	if parts.over() {
		return nil, tooManyPartitions(w.target.table)
	}
	r := w.receipt()
	r.Rehearsal = true
	w.profile.fill(r, w.target.table, nil)
	if hold := w.compareWithPrevious(ctx, r); hold != "" {
		r.State, r.HeldFor = StateHeld, hold // it would be
	}
	return r, w.rehearseCommit(r)
}

// rehearseCommit asks the catalog what the commit would give.
func (w *writing) rehearseCommit(r *Receipt) error {
	t := w.target.table
	one := schema.Segment{ID: schema.NewID(), Table: t.ID, Delivery: w.ld.id, Rows: w.rows}
	for _, p := range t.PartitionBy {
		one.Partition = append(one.Partition, schema.NullValue(p.ResultType(t.Columns[t.ColumnByID(p.Column)].Type)))
	}
	cmd := w.ld.command(w, r, []schema.Segment{one})
	res, err := w.ld.l.cfg.Catalog.Snapshot().Rehearse(cmd)
	if err != nil {
		return w.ld.explain(err)
	}
	if n := len(res.Delivery.Replaced); n > 0 {
		r.Replaced = &res.Delivery.Replaced[n-1]
	}
	return nil
}

// partCounter counts the partitions that rows fall into, as far as the limit.
type partCounter struct {
	layout *sortLayout
	seen   map[string]bool
}

func newPartCounter(t *schema.Table) *partCounter {
	if len(t.PartitionBy) == 0 {
		return nil
	}
	return &partCounter{newSortLayout(t), map[string]bool{}}
}

func (p *partCounter) add(b *batch.Batch) {
	if p == nil || p.over() {
		return
	}
	b = p.layout.extend(b)
	var last []schema.Value
	for row := range b.Len {
		values := make([]schema.Value, len(p.layout.parts))
		same := last != nil
		for i, j := range p.layout.parts {
			values[i] = b.Cols[j].Value(row)
			same = same && values[i] == last[i]
		}
		if !same {
			p.seen[p.layout.table.PartitionPath(values)] = true
		}
		last = values
	}
}

func (p *partCounter) over() bool { return p != nil && len(p.seen) > MaxLoadPartitions }

func tooManyPartitions(t *schema.Table) error {
	return errs.New(errs.Limit, "too-many-partitions", "the upload touches more than %d partitions of table %q", MaxLoadPartitions, t.Name).
		WithHint("split the file, or partition the table more coarsely")
}

// command is the one that brings the delivery into force.
func (ld *load) command(w *writing, r *Receipt, segments []schema.Segment) *catalog.CommitDelivery {
	cmd := &catalog.CommitDelivery{
		Delivery: ld.delivery(w, r), Segments: segments, Replace: ld.req.replaces(), Force: ld.req.Force,
		Expect: w.target.expect, StartedAt: ld.started.UnixMicro(),
	}
	if w.target.changed {
		cmd.Table = w.target.table
	}
	return cmd
}
