package operator

import "github.com/assaydb/assay/storage/kernel/intern"

// keyTranslation turns the codes of another table's key columns into those of this one, each once.
type keyTranslation struct {
	known    [][]uint32 // by column and code, 0 while unknown
	ask, got []uint32
}

// adopt writes the numbers here of the listed keys of another table of the same columns to dst.
func (t *groupTable) adopt(dst []int32, o *groupTable, groups []int32) {
	switch {
	case t.dense != nil:
		t.dense.adopt(dst, o, groups)
	case t.wide != nil:
		t.wide.adopt(dst, o, groups)
	case len(t.types) == 1:
		t.ids.InternFrom(asIDs(dst), &o.ids, asIDs(groups))
	case t.packed != nil && o.packed != nil && t.adoptPacked(dst, o, groups):
	default:
		t.adoptGeneral(dst, o, groups)
	}
}

// adoptPacked is for tables that both pack; false when the codes together fit no key.
func (t *groupTable) adoptPacked(dst []int32, o *groupTable, groups []int32) bool {
	if len(groups) == 0 {
		return true
	}
	p := t.packed
	tr := t.translation(o)
	for i := range p.cols {
		tr.learn(i, &p.cols[i], &o.packed.cols[i], o, groups)
	}
	if fields, repack, ok := p.relearn(); repack && !t.repack(fields, ok) {
		return false
	}
	keys := t.ids.Keys(len(groups))
	for k, g := range groups {
		from, key := o.ids.Key(uint32(g)), intern.Key{}
		for i, f := range p.fields {
			key[f.word] |= tr.code(i, &p.cols[i], &o.packed.cols[i], o.packed.fields[i].of(from)) << f.at
		}
		keys[k] = key
	}
	t.ids.InternKeys(asIDs(dst))
	for k, g := range groups { // new ones come in the order of arrival
		if int(dst[k]) == len(t.hashes) {
			t.hashes = append(t.hashes, o.hashes[g])
		}
	}
	return true
}

func (t *groupTable) translation(o *groupTable) *keyTranslation {
	if t.other == nil {
		t.other = map[*groupTable]*keyTranslation{}
	}
	tr := t.other[o]
	if tr == nil {
		tr = &keyTranslation{known: make([][]uint32, len(t.packed.cols))}
		t.other[o] = tr
	}
	return tr
}

// learn gives codes here to the values of a column that the groups use.
func (tr *keyTranslation) learn(i int, s, from *codeSpace, o *groupTable, groups []int32) {
	f := o.packed.fields[i]
	if !from.interned && !s.interned {
		if from.top > 0 {
			s.admit(from.lo, from.lo+int64(from.top-1))
		}
		if !s.interned {
			return
		}
	}
	if !s.interned { // the other is, since its values lie far apart
		s.giveUpRange()
	}
	if tr.known[i] == nil && from.interned {
		tr.known[i] = make([]uint32, from.ids.Len()+1)
	}
	if !from.interned {
		for _, g := range groups {
			tr.code(i, s, from, f.of(o.ids.Key(uint32(g))))
		}
		return
	}
	tr.ask = tr.ask[:0]
	for _, g := range groups {
		if code := f.of(o.ids.Key(uint32(g))); code > 0 && tr.known[i][code] == 0 {
			tr.known[i][code] = 1 // asked for
			tr.ask = append(tr.ask, uint32(code-1))
		}
	}
	tr.got = sizedCodes(tr.got, len(tr.ask))
	s.ids.InternFrom(tr.got, &from.ids, tr.ask)
	for k, id := range tr.ask {
		tr.known[i][id+1] = tr.got[k] + 1
	}
}

// code is the code here of one there; what it needs was learned.
func (tr *keyTranslation) code(i int, s, from *codeSpace, code uint64) uint64 {
	switch {
	case code == 0:
		return 0
	case !s.interned:
		return code + uint64(from.lo) - uint64(s.lo)
	case !from.interned:
		return uint64(s.ids.InternKey(intern.Number(from.lo+int64(code-1)))) + 1
	}
	return uint64(tr.known[i][code])
}

// relearn lays the fields out again where codes were added.
func (p *packedKeys) relearn() (fields []keyField, repack, ok bool) {
	repack = p.fields == nil
	for i := range p.cols {
		repack = repack || p.cols[i].changed() || p.cols[i].width() > p.fields[i].bits
	}
	if !repack {
		return p.fields, false, true
	}
	fields, ok = p.layout()
	return fields, true, ok
}

// adoptGeneral goes by the byte strings of the keys.
func (t *groupTable) adoptGeneral(dst []int32, o *groupTable, groups []int32) {
	if t.packed != nil {
		t.unpack()
	}
	var buf [16]byte
	for k, g := range groups {
		if o.packed != nil {
			t.text = o.packed.appendGeneral(t.text[:0], o.ids.Key(uint32(g)))
			dst[k] = t.internGeneral(t.text)
			continue
		}
		id, fresh := t.ids.Intern(o.ids.Text(uint32(g), &buf))
		if fresh {
			t.hashes = append(t.hashes, o.hashes[g])
		}
		dst[k] = int32(id)
	}
}
