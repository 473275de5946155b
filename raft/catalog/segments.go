package catalog

import (
	"iter"
	"strings"

	"github.com/assaydb/assay/storage/schema"
)

// Coarse is what can be known of several segments without unpacking them. It is valid during the call alone.
type Coarse struct {
	Partition []schema.Value
	Delivered int            // deliveries in force with rows in these segments; counted for Partitions alone
	Segments  int            // 0 when asked of the partition as a whole
	Rows      int64          // of these segments
	Bytes     int64          // of these segments
	Mixed     bool           // a segment holds rows of several deliveries, of which some may be dead
	Bounds    []schema.Bound // hold for all of these segments; nil when asked of the partition as a whole
}

// Segments returns the segments in force in a table, by partition and age. Those of one group share their Partition.
func (s *Snapshot) Segments(table uint32) iter.Seq[*schema.Segment] {
	return s.SegmentsWhere(table, func(*Coarse) bool { return true })
}

// SegmentsWhere leaves out what keep says cannot matter. It is asked first about all partitions that have their first value in common
// (Partition is that one value, Segments is 0), then about each of these partitions (Segments is 0), then about each delivery's share of
// it; only what it keeps is asked about further, and only shares it keeps are unpacked.
func (s *Snapshot) SegmentsWhere(table uint32, keep func(*Coarse) bool) iter.Seq[*schema.Segment] {
	return func(yield func(*schema.Segment) bool) {
		w := walk{Snapshot: s, keep: keep, yield: yield}
		if _, ok := s.TableByID(table); ok {
			w.table(table)
		}
	}
}

// walk is one pass over a table's segments.
type walk struct {
	*Snapshot
	exact  bool // count only the rows and deliveries in force
	keep   func(*Coarse) bool
	yield  func(*schema.Segment) bool
	first  []schema.Value // reused
	values []schema.Value // reused
	bounds []schema.Bound // reused
}

// table walks the partitions in order. Those that share a first value lie together; when keep turns that down, the walk goes on
// behind them.
func (w *walk) table(table uint32) {
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
			return w.partition(k, p)
		})
	}
}

// lead returns what the keys of all partitions with the same first value begin with, and whether keep wants any of them. A partition of
// one value is asked about itself.
func (w *walk) lead(values string) (prefix string, wanted bool) {
	r := &reader{s: values}
	n := r.count(1)
	if n < 2 {
		return values, true
	}
	w.first = append(w.first[:0], r.value())
	must(r.err)
	return values[:r.off], w.keep(&Coarse{Partition: w.first})
}

// behind returns the least text above all that begin with prefix; false when there is none.
func behind(prefix string) (string, bool) {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0xff {
			b[i]++
			return string(b[:i+1]), true
		}
	}
	return "", false
}

func (w *walk) partition(k partKey, p partition) (more bool) {
	w.values = (&reader{s: k.values}).values(w.values[:0])
	if !w.keep(&Coarse{Partition: w.values}) {
		return true
	}
	more = true
	w.state.groups.ascend(groupKey{partition: p.number}, func(g groupKey, offset uint32) bool {
		if g.partition != p.number {
			return false
		}
		more = w.share(p.number, entryKey{k.table, g.seq}, offset)
		return more
	})
	return more
}

// share walks one delivery's segments in a partition.
func (w *walk) share(number uint32, k entryKey, offset uint32) bool {
	e, ok := w.state.entries.get(k)
	if !ok {
		panic("BUG: catalog index names a delivery that is not there")
	}
	st, ok := w.stay(k, &e)
	if !ok || st.removed != 0 || e.folded && w.folded(groupKey{number, k.seq}) {
		return true
	}
	r := &reader{s: e.blob, off: int(offset)}
	h, files := r.group(w.bounds[:0])
	must(r.err)
	w.bounds = h.bounds
	c := Coarse{Partition: w.values, Delivered: 1, Segments: h.segments, Rows: h.rows, Bytes: h.bytes, Bounds: h.bounds, Mixed: h.mixed}
	if w.exact && h.mixed {
		w.countLive(&c, files)
	}
	if !w.keep(&c) {
		return true
	}
	return w.unpack(k, &e, st, files, append([]schema.Value(nil), w.values...), func(seg *schema.Segment) bool {
		return h.mixed && !anyLive(seg.Parts) || w.yield(seg)
	})
}

func anyLive(parts []schema.Part) bool {
	for i := range parts {
		if parts[i].Live {
			return true
		}
	}
	return false
}

// folded reports whether a compaction has put other segments in place of a share.
func (s *Snapshot) folded(g groupKey) bool {
	f, ok := s.state.folds.get(g)
	return ok && f.at <= s.index
}

// countLive counts what is in force in a share that may hold rows which are not.
func (w *walk) countLive(c *Coarse, files string) {
	live := map[schema.ID]bool{}
	c.Rows = 0
	eachSegment(files, func(seg *schema.Segment) {
		w.enliven(seg.Parts)
		for _, p := range seg.Parts {
			if p.Live {
				live[p.Delivery] = true
				c.Rows += p.Rows
			}
		}
	})
	c.Delivered = len(live)
}

// unpack yields the segments of one group.
func (s *Snapshot) unpack(k entryKey, e *entry, st stay, files string, partition []schema.Value, yield func(*schema.Segment) bool) bool {
	rec := recordReader(e.blob)
	self := schema.Part{Delivery: rec.id(), Live: st.removed == 0}
	rec.byte()
	self.Source, self.Period = rec.string(), rec.string()
	r := &reader{s: files}
	for r.left() > 0 {
		seg := &schema.Segment{Table: k.table, Delivery: self.Delivery, Partition: partition, Added: st.added, Removed: st.removed}
		r.file(seg)
		must(r.err)
		if seg.Parts == nil {
			self.Rows = seg.Rows
			seg.Parts = []schema.Part{self}
		} else {
			s.enliven(seg.Parts)
		}
		if !yield(seg) {
			return false
		}
	}
	return true
}

// enliven says of each part whether its delivery is in force in this view.
func (s *Snapshot) enliven(parts []schema.Part) {
	for i := range parts {
		parts[i].Live = s.inForce(parts[i].Delivery)
	}
}

// eachFile visits the segments of an entry's group at an offset.
func (s *Snapshot) eachFile(e *entry, id schema.ID, offset uint32, fn func(*schema.Segment)) {
	r := &reader{s: e.blob, off: int(offset)}
	_, files := r.group(nil)
	must(r.err)
	eachSegment(files, func(seg *schema.Segment) {
		if seg.Parts == nil {
			seg.Parts = []schema.Part{{Delivery: id, Rows: seg.Rows}}
		}
		fn(seg)
	})
}

// SegmentsOf returns the segments of one delivery, in force or not; none once it is purged.
func (s *Snapshot) SegmentsOf(delivery schema.ID) iter.Seq[*schema.Segment] {
	return func(yield func(*schema.Segment) bool) {
		if k, ok := s.state.ids.get(idKey(delivery)); ok {
			s.segmentsOf(k, yield)
		}
	}
}

func (s *Snapshot) segmentsOf(k entryKey, yield func(*schema.Segment) bool) bool {
	e, ok := s.state.entries.get(k)
	st, begun := s.stay(k, &e)
	if !ok || !begun {
		return true
	}
	more := true
	must(groups(e.blob, func(h groupHead, _ uint32, files string) {
		own := st
		if at, hidden := s.foldOf(k, h.partition); hidden && (own.removed == 0 || at < own.removed) {
			own.removed = at
		}
		more = more && s.unpack(k, &e, own, files, (&reader{s: h.partition}).values(nil), yield)
	}))
	return more
}

// Holders returns the compactions in force that hold rows of a delivery.
func (s *Snapshot) Holders(delivery schema.ID) (all []*Delivery) {
	k, ok := s.state.ids.get(idKey(delivery))
	if !ok {
		return nil
	}
	s.state.held.ascend(heldKey{table: k.table, delivery: k.seq}, func(h heldKey, _ struct{}) bool {
		if h.table != k.table || h.delivery != k.seq {
			return false
		}
		if d, ok := s.delivery(entryKey{h.table, h.compaction}); ok && d.Removed == 0 {
			all = append(all, d)
		}
		return true
	})
	return all
}

// AllSegments returns every segment that is not past retention, in force or not: what the disks and the mirror must hold.
func (s *Snapshot) AllSegments() iter.Seq[*schema.Segment] {
	return func(yield func(*schema.Segment) bool) {
		s.state.entries.all(func(k entryKey, _ entry) bool { return s.segmentsOf(k, yield) })
	}
}

// Expired returns the deliveries that PurgeExpired{Now: now} would forget. Their files are still needed until it has.
func (s *Snapshot) Expired(now int64) iter.Seq[*Delivery] {
	before := now - s.state.retention
	return func(yield func(*Delivery) bool) {
		if !s.expiredTables(before, yield) {
			return
		}
		s.state.removed.all(func(k removedKey, at int64) bool {
			if at > before {
				return false
			}
			if t, ok := s.state.tableByID(k.table, s.state.index); ok && t.dropped && t.removedAt <= before {
				return true // came with its table
			}
			d, ok := s.delivery(k.entryKey)
			return !ok || yield(d)
		})
	}
}

func (s *Snapshot) expiredTables(before int64, yield func(*Delivery) bool) bool {
	more := true
	s.state.tables.all(func(_ tableKey, t tableEntry) bool {
		if !t.dropped || t.removedAt > before {
			return true
		}
		for d := range s.Deliveries(t.def.ID) {
			if more = d.Purged || yield(d); !more {
				break
			}
		}
		return more
	})
	return more
}

// Partition is one partition of a table and what is in force in it.
type Partition struct {
	Values      []schema.Value
	LastChanged uint64 // catalog index; at an older view, that view's own index if it changed since
	Totals      Totals
}

// Partitions returns the partitions of a table in which something is in force, by encoded value.
func (s *Snapshot) Partitions(table uint32) iter.Seq[Partition] {
	return func(yield func(Partition) bool) {
		if _, ok := s.TableByID(table); !ok {
			return
		}
		var at *Partition
		w := walk{Snapshot: s, exact: true}
		w.keep = func(c *Coarse) bool {
			if c.Segments > 0 {
				at.Totals.Deliveries += int64(c.Delivered)
				at.Totals.Segments += int64(c.Segments)
				at.Totals.Rows += c.Rows
				at.Totals.Bytes += c.Bytes
			}
			return c.Segments == 0
		}
		s.state.parts.ascend(partKey{table: table}, func(k partKey, p partition) bool {
			if k.table != table {
				return false
			}
			at = &Partition{LastChanged: min(p.changed, s.index)}
			w.partition(k, p)
			at.Values = append(at.Values, w.values...)
			return at.Totals.Deliveries == 0 || yield(*at)
		})
	}
}

// PartitionChanged returns the catalog index at which a partition last changed, 0 for one that never held anything.
func (s *Snapshot) PartitionChanged(table uint32, values []schema.Value) uint64 {
	p, _ := s.state.parts.get(partKey{table, string(appendValues(nil, values))})
	return min(p.changed, s.index)
}
