package catalog

import (
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// maxCompactInputs bounds the deliveries and compactions that one command replaces.
const maxCompactInputs = 100_000

func (s *state) applyCompact(c *Compact) (Result, error) {
	f := folding{state: s, c: c, rows: map[schema.ID]int64{}}
	if err := f.check(); err != nil {
		return Result{}, err
	}
	if err := f.readInputs(); err != nil {
		return Result{}, err
	}
	if err := f.readOutputs(); err != nil {
		return Result{}, err
	}
	return f.commit(), nil
}

// folding is one Compact under way.
type folding struct {
	*state
	c         *Compact
	def       *schema.Table
	partition string
	number    uint32
	inputs    []entryKey
	rows      map[schema.ID]int64 // rows of each delivery that went in and have not come out
}

func (f *folding) check() error {
	t, ok := f.tableByID(f.c.Table, f.index)
	if !ok || !t.live(f.index) {
		return errs.New(errs.NotFound, "unknown-table", "table %d, which was compacted, does not exist (any more)", f.c.Table)
	}
	f.def = t.def
	if err := f.def.RefuseAttached("they are not compacted"); err != nil {
		return err
	}
	if f.c.ID.IsZero() || f.c.StartedAt == 0 || len(f.c.Inputs) == 0 || len(f.c.Inputs) > maxCompactInputs {
		return errs.New(errs.Invalid, "bad-compaction", "a compaction needs an id, the time at which it began, and 1 to %d inputs; it has %d", maxCompactInputs, len(f.c.Inputs))
	}
	if _, taken := f.ids.get(idKey(f.c.ID)); taken {
		return errs.New(errs.Conflict, "compaction-exists", "there is a compaction or delivery %s already", f.c.ID)
	}
	if f.c.StartedAt < f.newest-orphanAge {
		return errs.New(errs.Conflict, "stale-load", "the compaction began at %s, more than 24 hours before the newest commit (%s): its files may have been removed as orphans",
			clockText(f.c.StartedAt), clockText(f.newest))
	}
	f.partition = string(appendValues(nil, f.c.Partition))
	p, ok := f.parts.get(partKey{f.c.Table, f.partition})
	if !ok {
		return f.stale(f.c.Inputs[0])
	}
	f.number = p.number
	return nil
}

// stale refuses a compaction one of whose inputs is not what it was.
func (f *folding) stale(input schema.ID) error {
	return errs.New(errs.Conflict, "compaction-stale", "the segments of %s in this partition are not in force any more", input).
		WithHint("look at the partition again")
}

// readInputs finds the segments that leave and counts the rows of each delivery in them.
func (f *folding) readInputs() error {
	seen := map[entryKey]bool{}
	for _, id := range f.c.Inputs {
		k, ok := f.ids.get(idKey(id))
		if !ok || k.table != f.c.Table || seen[k] {
			return f.stale(id)
		}
		seen[k] = true
		e, _ := f.entries.get(k)
		offset, there := f.groups.get(groupKey{f.number, k.seq})
		if _, folded := f.folds.get(groupKey{f.number, k.seq}); !there || folded || e.removed != 0 {
			return f.stale(id)
		}
		f.head().eachFile(&e, id, offset, func(seg *schema.Segment) {
			for _, p := range seg.Parts {
				f.rows[p.Delivery] += p.Rows
			}
		})
		f.inputs = append(f.inputs, k)
	}
	return nil
}

// readOutputs checks that every row of every delivery comes out again, but for those of deliveries past retention.
func (f *folding) readOutputs() error {
	for i := range f.c.Segments {
		if err := f.readOutput(&f.c.Segments[i]); err != nil {
			return err
		}
	}
	for id, left := range f.rows {
		if left == 0 {
			continue
		}
		if k, ok := f.ids.get(idKey(id)); ok && left > 0 {
			if e, _ := f.entries.get(k); e.purged && !f.cameOut(id) {
				continue
			}
		}
		return errs.New(errs.Invalid, "rows-not-conserved", "compaction %s lacks %d rows of delivery %s", f.c.ID, left, id)
	}
	return nil
}

func (f *folding) readOutput(seg *schema.Segment) error {
	left := seg.Rows
	for _, p := range seg.Parts {
		if _, known := f.rows[p.Delivery]; !known || p.Rows <= 0 {
			return errs.New(errs.Invalid, "rows-not-conserved", "segment %s holds %d rows of delivery %s, of which none went in", seg.ID, p.Rows, p.Delivery)
		}
		f.rows[p.Delivery] -= p.Rows
		left -= p.Rows
	}
	if seg.ID.IsZero() || seg.Bytes < 0 || left != 0 || len(seg.Parts) == 0 || string(appendValues(nil, seg.Partition)) != f.partition {
		return errs.New(errs.Invalid, "bad-segment", "segment %s of compaction %s: id, rows, parts or partition cannot be right", seg.ID, f.c.ID)
	}
	return nil
}

func (f *folding) cameOut(id schema.ID) bool {
	for i := range f.c.Segments {
		for _, p := range f.c.Segments[i].Parts {
			if p.Delivery == id {
				return true
			}
		}
	}
	return false
}

// commit lets the inputs leave and the outputs enter. What retention will let go is the inputs, so they wait in the queue under the
// compaction's name.
func (f *folding) commit() Result {
	at := f.begin(f.c.At)
	k := entryKey{f.c.Table, f.nextSeq}
	f.nextSeq++
	for _, in := range f.inputs {
		f.fold(groupKey{f.number, in.seq}, in, f.index, true)
	}
	d := Delivery{
		ID: f.c.ID, Table: f.c.Table, Compaction: true, ColumnBytes: f.c.ColumnBytes, Files: f.c.Files, Replaced: f.c.Inputs,
		LoadedAt: f.c.At, Segments: int32(len(f.c.Segments)),
	}
	for i := range f.c.Segments {
		d.Rows, d.Bytes = d.Rows+f.c.Segments[i].Rows, d.Bytes+f.c.Segments[i].Bytes
	}
	d.Accepted, d.RecordsIn = d.Rows, d.Rows
	p := pack(&d, f.kept(), f.optionsNumber(d.Options))
	e := entry{blob: p.blob, added: f.index, compaction: true}
	f.putEntry(k, e)
	f.indexEntry(k, &e, &d)
	for _, g := range p.groups {
		f.groups.set(groupKey{f.number, k.seq}, g.offset)
	}
	f.touchPart(f.c.Table, f.partition)
	f.putRemoved(removedKey{f.index, k}, at)
	f.count(k, &e, &d, 1)
	out := d
	out.Added = f.index
	return Result{Delivery: &out, Table: f.def}
}

// kept is the outputs as the catalog keeps them: what a part says of its delivery comes from the catalog.
func (f *folding) kept() []schema.Segment {
	kept := make([]schema.Segment, len(f.c.Segments))
	for i, seg := range f.c.Segments {
		seg.Bounds = coarse(f.def, seg.Bounds)
		parts := make([]schema.Part, len(seg.Parts))
		for j, p := range seg.Parts {
			parts[j] = schema.Part{Delivery: p.Delivery, Rows: p.Rows}
			if _, _, d, ok := f.find(p.Delivery); ok {
				parts[j].Source, parts[j].Period = d.Source, d.Period
			}
		}
		seg.Parts = parts
		kept[i] = seg
	}
	return kept
}

// fold takes one entry's share of a partition out of force; counted says that the entry is in the table's totals.
func (s *state) fold(g groupKey, k entryKey, at uint64, counted bool) {
	e, d := s.load(k)
	if counted {
		s.count(k, &e, d, -1)
	}
	f := folded{at, k.table}
	s.folds.set(g, f)
	s.sum.add(hashFold(g, f))
	e.folded = true
	s.putEntry(k, e)
	if counted {
		s.count(k, &e, d, 1)
	}
}

// unfold forgets that a share was folded: it is past retention.
func (s *state) unfold(g groupKey) {
	if f, ok := s.folds.get(g); ok {
		s.sum.sub(hashFold(g, f))
		s.folds.delete(g)
	}
}

func hashFold(g groupKey, f folded) []byte { return appendFold([]byte{byte(frameFolds)}, g, f) }
