package catalog

import (
	"slices"

	"github.com/assaydb/assay/storage/schema"
)

// inputs forgets what a compaction replaced: earlier compactions whole, of deliveries the share of the compaction's partition.
func (p *purge) inputs(k removedKey, e entry, d *Delivery) {
	p.dropRemoved(k)
	p.horizon = max(p.horizon, k.index)
	p.changed = true
	for _, id := range d.Replaced {
		in, old, rec, ok := p.find(id)
		switch {
		case !ok || old.purged:
		case old.compaction:
			p.forget(k.table, rec, k.index)
			p.dropGroups(in, old.blob)
			p.dropEntry(in, &old, rec)
		default:
			p.share(in, old, rec, k.index)
		}
	}
	if d.Segments == 0 { // nothing was left to keep
		p.forget(k.table, d, k.index)
		p.dropEntry(k.entryKey, &e, d)
		return
	}
	d.Replaced = nil
	e.blob = pack(d, p.segmentsIn(k.entryKey, &e, nil), p.optionsNumber(d.Options)).blob
	p.putEntry(k.entryKey, e)
	p.regroup(k.entryKey, e.blob)
}

// share forgets the segments of one delivery that left at an index for a compaction's.
func (p *purge) share(k entryKey, e entry, d *Delivery, index uint64) {
	var gone []string
	out := Purged{Table: k.table, Delivery: d.ID}
	must(groups(e.blob, func(h groupHead, _ uint32, files string) {
		part, _ := p.parts.get(partKey{k.table, h.partition})
		g := groupKey{part.number, k.seq}
		if f, ok := p.folds.get(g); !ok || f.at != index {
			return
		}
		gone = append(gone, h.partition)
		eachSegment(files, func(seg *schema.Segment) {
			out.Segments = append(out.Segments, seg.ID)
			d.Segments, d.Bytes = d.Segments-1, d.Bytes-seg.Bytes
		})
		p.groups.delete(g)
		p.unfold(g)
	}))
	if len(gone) == 0 {
		return
	}
	kept := p.segmentsIn(k, &e, func(partition string) bool { return !slices.Contains(gone, partition) })
	d.Files = slices.DeleteFunc(d.Files, func(f File) bool {
		stats := slices.ContainsFunc(gone, func(v string) bool { return f.Name == schema.StatsName((&reader{s: v}).values(nil)) })
		if stats {
			out.Files = append(out.Files, f.Name)
		}
		return stats
	})
	e.blob = pack(d, kept, p.optionsNumber(d.Options)).blob
	p.putEntry(k, e)
	p.regroup(k, e.blob)
	p.res.Purged = append(p.res.Purged, out)
}

// segmentsIn unpacks the segments of the partitions that want accepts, nil for all.
func (s *state) segmentsIn(k entryKey, e *entry, want func(partition string) bool) (list []schema.Segment) {
	must(groups(e.blob, func(h groupHead, _ uint32, files string) {
		if want != nil && !want(h.partition) {
			return
		}
		values := (&reader{s: h.partition}).values(nil)
		eachSegment(files, func(seg *schema.Segment) {
			seg.Table, seg.Partition = k.table, values
			list = append(list, *seg)
		})
	}))
	return list
}

// eachSegment reads the segments of a group.
func eachSegment(files string, fn func(*schema.Segment)) {
	for r := (&reader{s: files}); r.left() > 0; {
		var seg schema.Segment
		r.file(&seg)
		must(r.err)
		fn(&seg)
	}
}

// regroup notes where the groups of an entry that was packed anew begin.
func (s *state) regroup(k entryKey, blob string) {
	must(groups(blob, func(h groupHead, offset uint32, _ string) {
		part, ok := s.parts.get(partKey{k.table, h.partition})
		if !ok {
			panic("BUG: a packed delivery lies in a partition that is not listed")
		}
		s.groups.set(groupKey{part.number, k.seq}, offset)
	}))
}
