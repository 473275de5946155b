package storage

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// tableScan is a Scan over segments of one table: what does not change while it runs, the queue, and the counters.
type tableScan struct {
	req     *ScanRequest
	opt     ScanOptions
	zone    *time.Location
	columns []scanColumn
	filter  []condition
	steps   []scanStep // filter as it is evaluated
	top     *topBound  // nil: every row is wanted
	stand   standPlan  // what rows may be given in place of a row group's
	queue   *scanQueue
	counts  scanCounts
}

// scanColumn is one requested column.
type scanColumn struct {
	id  uint32
	typ schema.Type
}

// condition is one conjunct of the filter. They are evaluated one after another, so that a column that only a later one
// needs is decoded only for pages where something is left.
type condition struct {
	expr    expr.Expr
	columns []int          // ordinals it reads
	equal   int            // ordinal of the column it compares with values, -1 for other conditions
	values  []schema.Value // the row must have one of these
}

type scanCounts struct {
	rows, bytes, segments, segmentsPruned, groups, groupsPruned, pages, pagesPruned atomic.Int64
}

// NewScan prepares a scan. Nothing is opened before a Reader asks.
func NewScan(open SegmentOpener, req *ScanRequest, opt ScanOptions) (Scan, error) {
	if req.Top != nil && req.Source != nil {
		req = req.listed()
	}
	s := &tableScan{req: req, opt: opt, zone: time.UTC}
	if req.Top != nil && (req.Top.Column < 0 || req.Top.Column >= len(req.Columns)) {
		return nil, errs.New(errs.Internal, "bad-scan", "scan of table %q: the first rows of column %d of %d are wanted", req.Table.Name, req.Top.Column, len(req.Columns))
	}
	if req.Output < 0 || req.Output > len(req.Columns) || (req.Ordinal != nil && len(req.Ordinal) != len(req.Segments)) {
		return nil, errs.New(errs.Internal, "bad-scan", "scan of table %q: %d output columns of %d, %d ordinals for %d segments",
			req.Table.Name, req.Output, len(req.Columns), len(req.Ordinal), len(req.Segments))
	}
	if req.Zone != "" {
		zone, err := time.LoadLocation(req.Zone)
		if err != nil {
			return nil, errs.New(errs.Invalid, "unknown-time-zone", "time zone %q: %w", req.Zone, err)
		}
		s.zone = zone
	}
	for _, id := range req.Columns {
		c, err := requestedColumn(req.Table, id)
		if err != nil {
			return nil, err
		}
		s.columns = append(s.columns, c)
	}
	if req.Filter != nil {
		for _, e := range expr.Conjuncts(req.Filter) {
			s.filter = append(s.filter, newCondition(e))
		}
	}
	s.steps = newSteps(s.filter, opt)
	if req.Top != nil && !opt.NoTop {
		s.top = newTopBound(req.Top)
	}
	if s.stand = planStandIns(s); s.stand.err != nil {
		return nil, s.stand.err
	}
	s.queue = newScanQueue(s, open)
	s.counts.segments.Store(int64(len(req.Segments)) + req.SourceCount)
	return s, nil
}

// filtered reports whether a condition reads a column.
func (s *tableScan) filtered(column int) bool {
	return slices.ContainsFunc(s.filter, func(c condition) bool { return slices.Contains(c.columns, column) })
}

func requestedColumn(t *schema.Table, id uint32) (scanColumn, error) {
	switch id {
	case schema.VirtualSourceID, schema.VirtualPeriodID, schema.VirtualDeliveryID, schema.VirtualSegmentID:
		return scanColumn{id, schema.TypeVarchar}, nil
	case schema.RowPositionID, schema.RowWeightID:
		return scanColumn{id, schema.TypeInt64}, nil
	}
	i := t.ColumnByID(id)
	if i < 0 {
		return scanColumn{}, errs.New(errs.Internal, "unknown-column", "table %q has no column with id %d", t.Name, id)
	}
	return scanColumn{id, t.Columns[i].Type}, nil
}

func newCondition(e expr.Expr) condition {
	c := condition{expr: e, columns: expr.Columns(e), equal: -1}
	switch n := e.(type) {
	case *expr.In:
		if col, ok := n.Operand.(*expr.Column); ok && !n.Negate {
			c.equal, c.values = col.Index, n.List
		}
	case *expr.Call:
		if n.Name != "=" {
			break
		}
		a, b := n.Operands[0], n.Operands[1]
		if _, ok := a.(*expr.Literal); ok {
			a, b = b, a
		}
		col, isColumn := a.(*expr.Column)
		lit, isLiteral := b.(*expr.Literal)
		if isColumn && isLiteral && lit.Value.Type == col.Typ && !lit.Value.Null {
			c.equal, c.values = col.Index, []schema.Value{lit.Value}
		}
	}
	return c
}

// Stats returns what has been read and skipped so far.
func (s *tableScan) Stats() ScanStats {
	c := &s.counts
	return ScanStats{
		RowsScanned: c.rows.Load(), BytesScanned: c.bytes.Load(),
		SegmentsTotal: c.segments.Load(), SegmentsPruned: c.segmentsPruned.Load(),
		RowGroupsTotal: c.groups.Load(), RowGroupsPruned: c.groupsPruned.Load(),
		PagesTotal: c.pages.Load(), PagesPruned: c.pagesPruned.Load(),
	}
}

// Close releases the files that are still open. Readers must have stopped.
func (s *tableScan) Close() error {
	s.queue.close()
	return nil
}
