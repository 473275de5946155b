package catalog

import (
	"iter"

	"github.com/assaydb/assay/storage/schema"
)

// Share is what one delivery or compaction has in force in a partition: what a Compact takes whole.
type Share struct {
	Entry      schema.ID
	Compaction bool
	Live, Dead ShareSize // segments with a row in force, and without
	Stale      int       // segments where some rows are in force and some are not
	Forgotten  bool      // some rows are of deliveries past retention: they need not be kept
}

// ShareSize counts segments.
type ShareSize struct {
	Segments    int
	Rows, Bytes int64
}

func (z *ShareSize) add(seg *schema.Segment) {
	z.Segments++
	z.Rows += seg.Rows
	z.Bytes += seg.Bytes
}

// Shares lists, by partition, what may be compacted in those of a table's partitions that changed after an index, oldest share first.
// Only shares with merged segments are unpacked.
func (s *Snapshot) Shares(table uint32, after uint64) iter.Seq2[[]schema.Value, []Share] {
	return func(yield func([]schema.Value, []Share) bool) {
		if _, ok := s.TableByID(table); !ok {
			return
		}
		s.state.parts.ascend(partKey{table: table}, func(k partKey, p partition) bool {
			if k.table != table {
				return false
			}
			if p.changed <= after {
				return true
			}
			list := s.sharesIn(table, p.number)
			return len(list) == 0 || yield((&reader{s: k.values}).values(nil), list)
		})
	}
}

// SharesOf lists the shares of one partition, oldest first.
func (s *Snapshot) SharesOf(table uint32, partition []schema.Value) []Share {
	p, ok := s.state.parts.get(partKey{table, string(appendValues(nil, partition))})
	if _, exists := s.TableByID(table); !ok || !exists {
		return nil
	}
	return s.sharesIn(table, p.number)
}

func (s *Snapshot) sharesIn(table, number uint32) (list []Share) {
	s.state.groups.ascend(groupKey{partition: number}, func(g groupKey, offset uint32) bool {
		if g.partition != number {
			return false
		}
		k := entryKey{table, g.seq}
		e, _ := s.state.entries.get(k)
		if st, ok := s.stay(k, &e); ok && st.removed == 0 && !(e.folded && s.folded(g)) {
			list = append(list, s.shareAt(&e, offset))
		}
		return true
	})
	return list
}

func (s *Snapshot) shareAt(e *entry, offset uint32) Share {
	out := Share{Entry: recordReader(e.blob).id(), Compaction: e.compaction}
	r := &reader{s: e.blob, off: int(offset)}
	h, files := r.group(nil)
	must(r.err)
	if !h.mixed {
		out.Live = ShareSize{h.segments, h.rows, h.bytes}
		return out
	}
	eachSegment(files, func(seg *schema.Segment) {
		s.enliven(seg.Parts)
		live := 0
		for _, p := range seg.Parts {
			live += int(boolByte(p.Live))
			out.Forgotten = out.Forgotten || !p.Live && s.purged(p.Delivery)
		}
		switch {
		case live == 0:
			out.Dead.add(seg)
			return
		case live < len(seg.Parts):
			out.Stale++
		}
		out.Live.add(seg)
	})
	return out
}

// purged reports whether a delivery is past retention.
func (s *Snapshot) purged(id schema.ID) bool {
	k, ok := s.state.ids.get(idKey(id))
	if !ok {
		return false
	}
	e, _ := s.state.entries.get(k)
	return e.purged
}
