package operator

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// numberLog writes rows down by the number of their key: half a word where a rowLog has the hash, and nothing else of the key. All
// rows whose keys have the form go this way, from all workers, and no others do; so the groups of the two are apart.
type numberLog struct {
	*rowLog
	form    *numberForm
	offsets []uint32
	fit     []int32
	other   []int32
}

// startLog has rows written down from now on: by the number of their key, or else by its hash. The first worker with many groups decides
// for all.
func (t *aggTable) startLog(b *batch.Batch) {
	a := t.agg
	a.spillMu.Lock()
	defer a.spillMu.Unlock()
	if a.numbers == nil && a.logs == nil {
		if f := t.newNumberForm(b.Cols[t.keyAt[0]]); f != nil {
			a.numbers = a.newLogTables(f, nil, f.parts())
		}
	}
	if a.numbers != nil && t.number == nil {
		t.number = &numberLog{rowLog: newRowLog(a.numbers), form: a.numbers.shape.form}
		return
	}
	if a.logs == nil {
		a.logs = a.newLogTables(nil, t.textSpans(b), logParts)
	}
	t.log = newRowLog(a.logs)
}

// take writes the rows down that have the form, and gives those that have not, nil for none.
func (l *numberLog) take(b *batch.Batch) (rest *batch.Batch, err error) {
	v := b.Cols[l.shape.cols[0].input]
	if l.all(v, b) {
		return nil, l.add(b, l.offsets)
	}
	l.offsets, l.fit, l.other = l.offsets[:0], l.fit[:0], l.other[:0]
	for k := range b.Alive() {
		row := rowOf(b, k)
		if offset, ok := l.offset(v, row); ok {
			l.offsets, l.fit = append(l.offsets, offset), append(l.fit, int32(row))
		} else {
			l.other = append(l.other, int32(row))
		}
	}
	if len(l.fit) > 0 {
		if err := l.add(&batch.Batch{Cols: b.Cols, Len: b.Len, Sel: l.fit}, l.offsets); err != nil {
			return nil, err
		}
	}
	if len(l.other) == 0 {
		return nil, nil
	}
	return &batch.Batch{Cols: b.Cols, Len: b.Len, Sel: l.other}, nil
}

// all finds the offsets of a batch without NULLs, all rows of which have the form; as a rule they do.
func (l *numberLog) all(v *batch.Vector, b *batch.Batch) bool {
	if v.Valid != nil || b.Sel != nil {
		return false
	}
	if cap(l.offsets) < b.Len {
		l.offsets = make([]uint32, max(b.Len, batch.MaxRows))
	}
	l.offsets = l.offsets[:b.Len]
	most := uint64(0)
	switch {
	case v.Enc == batch.Numbered && l.form.digits != nil && l.form.alike(v.Digits):
		for i, n := range v.N[:b.Len] {
			d := uint64(n) - uint64(l.form.base)
			most = max(most, d)
			l.offsets[i] = uint32(d)
		}
	case v.Enc == batch.Flat && v.Type.Class() == schema.ClassInt64:
		for i, x := range v.I[:b.Len] {
			d := uint64(x) - uint64(l.form.base)
			most = max(most, d)
			l.offsets[i] = uint32(d)
		}
	default:
		return false
	}
	return most < l.form.span
}

func (l *numberLog) offset(v *batch.Vector, row int) (uint32, bool) {
	switch {
	case v.IsNull(row):
		return 0, false
	case l.form.digits == nil:
		return l.form.offset(v.Int64(row))
	case v.Enc != batch.Numbered:
		return l.form.parse(v.Bytes(row))
	case l.form.alike(v.Digits):
		return l.form.offset(int64(v.N[row]))
	}
	return 0, false
}

func (l *numberLog) bytes() int64 {
	return l.rowLog.bytes() + int64(4*(cap(l.offsets)+cap(l.fit)+cap(l.other)))
}

// early takes those of a worker's groups out of partitions that were folded before rows were written down by number, and lists them
// by partition of their numbers.
func (s *logTables) early(t *groupTable, parts [][]int32) [][]int32 {
	out := make([][]int32, len(s.parts))
	var buf [16]byte
	for p, groups := range parts {
		kept := groups[:0]
		for _, g := range groups {
			k := t.ids.Key(uint32(g))
			if k[1] != 0 { // no NULL
				if offset, ok := s.shape.form.parse(t.ids.Text(uint32(g), &buf)); ok {
					at := offset >> s.shape.form.bits
					out[at] = append(out[at], g)
					continue
				}
			}
			kept = append(kept, g)
		}
		parts[p] = kept
	}
	return out
}
