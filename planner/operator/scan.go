package operator

import (
	"context"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
)

// scanPull reads one storage reader.
type scanPull struct {
	reader storage.Reader
	stats  *counters
	output int
	out    batch.Batch
}

// scan opens a storage scan with n readers, which share its row groups.
func (r *runner) scan(n *fragment.Scan, readers int) (*pipe, error) {
	req := &storage.ScanRequest{
		Table: n.Table, Columns: n.Columns, Output: n.Output, Filter: n.Filter, Segments: n.Segments, Ordinal: n.Ordinal, Zone: r.expr.Zone.String(),
		Top: r.top[n], Numbered: r.numbered[n], StandIns: n.StandIns,
	}
	if n.Source != nil {
		req.Source, req.SourceCount = n.Source.All(), n.Source.Count()
	}
	scan, err := r.env.Storage.Scan(r.ctx, req)
	if err != nil {
		return nil, err
	}
	r.close = append(r.close, scan.Close)
	c := &counters{name: "Scan", detail: n.Table.Name}
	c.scan = func() *storage.ScanStats { s := scan.Stats(); return &s }
	p := &pipe{fields: n.Fields(), stats: c}
	for range readers {
		p.pulls = append(p.pulls, &scanPull{reader: scan.Reader(), stats: c, output: n.Output})
	}
	return p, nil
}

func (s *scanPull) next(ctx context.Context) (*batch.Batch, error) {
	for {
		begin := time.Now()
		b, err := s.reader.Next(ctx)
		s.stats.nanos.Add(int64(time.Since(begin)))
		if b == nil || err != nil {
			return nil, err
		}
		if b.Alive() == 0 {
			continue
		}
		s.out = batch.Batch{Cols: b.Cols[:s.output], Len: b.Len, Sel: b.Sel}
		s.stats.emitted(&s.out)
		return &s.out, nil
	}
}

// emitted counts a batch out.
func (c *counters) emitted(b *batch.Batch) {
	c.rows.Add(int64(b.Alive()))
	c.batches.Add(1)
}
