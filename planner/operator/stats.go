package operator

import (
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/storage"
)

// Stats is what one operator did, and those it read from: EXPLAIN ANALYZE prints it.
type Stats struct {
	Name         string             `json:"name"`
	Detail       string             `json:"detail,omitempty"`
	Rows         int64              `json:"rows"`    // rows out
	Batches      int64              `json:"batches"` // batches out
	Elapsed      time.Duration      `json:"elapsed_ns"`
	PeakBytes    int64              `json:"peak_bytes,omitempty"`    // memory reserved at most
	SpilledBytes int64              `json:"spilled_bytes,omitempty"` // written to spill files
	SpilledFiles int64              `json:"spilled_files,omitempty"`
	Scan         *storage.ScanStats `json:"scan,omitempty"`
	Node         string             `json:"node,omitempty"` // set on the root of a stage that ran elsewhere
	Inputs       []*Stats           `json:"inputs,omitempty"`
}

// counters is the live, shared form of Stats: workers add to it. Elapsed is summed over workers and includes the inputs below in
// the same pipeline.
type counters struct {
	name, detail   string
	rows, batches  atomic.Int64
	nanos          atomic.Int64
	peak, reserved atomic.Int64
	spilled, files atomic.Int64
	scan           func() *storage.ScanStats
	remote         func() *Stats
	inputs         []*counters
}

func (c *counters) snapshot() *Stats {
	if c.remote != nil {
		return c.remote()
	}
	s := &Stats{
		Name: c.name, Detail: c.detail, Rows: c.rows.Load(), Batches: c.batches.Load(), Elapsed: time.Duration(c.nanos.Load()),
		PeakBytes: c.peak.Load(), SpilledBytes: c.spilled.Load(), SpilledFiles: c.files.Load(),
	}
	if c.scan != nil {
		s.Scan = c.scan()
	}
	for _, in := range c.inputs {
		if st := in.snapshot(); st != nil {
			s.Inputs = append(s.Inputs, st)
		}
	}
	return s
}

// Total adds up the scans of the tree.
func (s *Stats) Total() storage.ScanStats {
	var t storage.ScanStats
	if s == nil {
		return t
	}
	if s.Scan != nil {
		t = *s.Scan
	}
	for _, in := range s.Inputs {
		u := in.Total()
		t.RowsScanned += u.RowsScanned
		t.BytesScanned += u.BytesScanned
		t.SegmentsTotal += u.SegmentsTotal
		t.SegmentsPruned += u.SegmentsPruned
		t.RowGroupsTotal += u.RowGroupsTotal
		t.RowGroupsPruned += u.RowGroupsPruned
		t.PagesTotal += u.PagesTotal
		t.PagesPruned += u.PagesPruned
	}
	return t
}
