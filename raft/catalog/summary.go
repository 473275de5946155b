package catalog

import (
	"iter"
	"math/bits"
	"strings"
	"sync"

	"github.com/assaydb/assay/storage/schema"
)

// Summary is what can be known of all segments of a partition with rows in force together. It is shared: nobody may change it.
type Summary struct {
	Partition []schema.Value
	Segments  int64
	Rows      int64          // in force
	Stored    int64          // rows of the segments, in force or not
	Bounds    []schema.Bound // hold for all of the segments; a column that one of them does not know is left out
	Columns   []ColumnBytes  // at most so many bytes are stored of each column
	Other     int64          // bytes of segments of which the columns are not known
}

// summaries keeps them from one planning to the next: a partition's holds from the index at which it last changed until it changes
// again, in every view in between. It is not part of the state, only found by way of it.
type summaries struct {
	mu sync.Mutex
	of map[partKey]keptSummary
}

type keptSummary struct {
	changed uint64
	*Summary
}

// maxSummaries bounds what is kept, at some 600 bytes each.
const maxSummaries = 1 << 17

// Summaries returns the partitions of a table that hold rows in force, without unpacking a segment where a summary is kept. keep is asked
// about all partitions with the same first value together, as SegmentsWhere asks; whatever it turns down is left out.
func (s *Snapshot) Summaries(table uint32, keep func(first []schema.Value) bool) iter.Seq[*Summary] {
	return func(yield func(*Summary) bool) {
		if _, ok := s.TableByID(table); !ok {
			return
		}
		w := summing{walk: walk{Snapshot: s}, yield: yield, records: map[schema.ID]*Delivery{}}
		w.keep = func(c *Coarse) bool { return keep(c.Partition) }
		w.all(table)
	}
}

// summing is one pass over the partitions of a table.
type summing struct {
	walk
	yield   func(*Summary) bool
	records map[schema.ID]*Delivery
}

func (w *summing) all(table uint32) {
	from := partKey{table: table}
	for more := true; more; {
		more = false
		lead := ""
		w.state.parts.ascend(from, func(k partKey, p partition) bool {
			if k.table != table {
				return false
			}
			if lead == "" || !strings.HasPrefix(k.values, lead) {
				var wanted bool
				if lead, wanted = w.lead(k.values); !wanted {
					from.values, more = behind(lead)
					return false
				}
			}
			x := w.summary(k, p)
			return x.Segments == 0 || w.yield(x)
		})
	}
}

// summary returns what is kept of a partition, or makes it.
func (w *summing) summary(k partKey, p partition) *Summary {
	kept := w.state.summaries
	usable := kept != nil && p.changed <= w.index
	if usable {
		kept.mu.Lock()
		x, ok := kept.of[k]
		kept.mu.Unlock()
		if ok && x.changed == p.changed {
			return x.Summary
		}
	}
	x := w.make(k, p)
	if usable {
		kept.mu.Lock()
		if kept.of == nil || len(kept.of) >= maxSummaries {
			kept.of = map[partKey]keptSummary{}
		}
		kept.of[k] = keptSummary{p.changed, x}
		kept.mu.Unlock()
	}
	return x
}

// make walks the partition's segments.
func (w *summing) make(k partKey, p partition) *Summary {
	x := &Summary{Partition: (&reader{s: k.values}).values(nil)}
	part := walk{Snapshot: w.Snapshot, keep: func(*Coarse) bool { return true }}
	part.yield = func(seg *schema.Segment) bool {
		w.add(x, seg)
		return true
	}
	part.partition(k, p)
	return x
}

func (w *summing) add(x *Summary, seg *schema.Segment) {
	live := int64(0)
	for _, p := range seg.Parts {
		if p.Live {
			live += p.Rows
		}
	}
	if live == 0 {
		return
	}
	x.Stored += seg.Rows
	if x.Segments++; x.Segments == 1 {
		x.Bounds = append(x.Bounds, seg.Bounds...)
	} else {
		x.Bounds = meetBounds(x.Bounds, seg)
	}
	x.Rows += live
	for _, p := range seg.Parts {
		w.addBytes(x, seg, p)
	}
}

// meetBounds keeps the columns that both know.
func meetBounds(merged []schema.Bound, seg *schema.Segment) []schema.Bound {
	n := 0
	for _, b := range merged {
		o, ok := seg.Bound(b.Column)
		if ok && o.Min.Type == b.Min.Type && o.Max.Type == b.Max.Type {
			merged[n] = mergeBound(b, o)
			n++
		}
	}
	return merged[:n]
}

// addBytes adds a part's share of its delivery's bytes, by rows.
func (w *summing) addBytes(x *Summary, seg *schema.Segment, p schema.Part) {
	d, ok := w.records[p.Delivery]
	if !ok {
		if d, ok = w.Delivery(p.Delivery); !ok {
			d = &Delivery{}
		}
		w.records[p.Delivery] = d
	}
	if len(d.ColumnBytes) == 0 || d.Rows <= 0 {
		x.Other += shareOf(seg.Bytes, p.Rows, max(seg.Rows, 1))
		return
	}
	for i, c := range d.ColumnBytes {
		n := shareOf(c.Bytes, p.Rows, d.Rows)
		if i < len(x.Columns) && x.Columns[i].Column == c.Column {
			x.Columns[i].Bytes += n
			continue
		}
		x.addColumn(c.Column, n)
	}
}

func (x *Summary) addColumn(column uint32, n int64) {
	for i := range x.Columns {
		if x.Columns[i].Column == column {
			x.Columns[i].Bytes += n
			return
		}
	}
	x.Columns = append(x.Columns, ColumnBytes{Column: column, Bytes: n})
}

// shareOf is bytes*rows/of, rounded up; rows are at most of.
func shareOf(bytes, rows, of int64) int64 {
	if bytes <= 0 || rows <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(bytes), uint64(rows))
	lo, carry := bits.Add64(lo, uint64(of-1), 0)
	if hi += carry; hi >= uint64(of) {
		return bytes
	}
	q, _ := bits.Div64(hi, lo, uint64(of))
	return int64(min(q, 1<<63-1))
}
