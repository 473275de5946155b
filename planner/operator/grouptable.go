package operator

import (
	"unsafe"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// groupTable numbers distinct keys from 0 in the order of arrival. A single column is interned as it is; several are packed into
// 120 bits of codes (packedKeys) or, when they do not fit, into byte strings. Either way the keys are those of an intern.Table.
type groupTable struct {
	types  []schema.Type
	ids    intern.Table
	hashes []uint64 // by number, of several columns: made of the values

	one    codeSpace // a single column's dictionary and range
	packed *packedKeys
	wide   *wideKeys  // not nil: keys are in words, and all else is empty
	dense  *denseKeys // not nil: keys are numbers, and all else is empty
	index  groupIndex
	limit  uint // bits of a packed key
	text   []byte
	other  map[*groupTable]*keyTranslation
}

func newGroupTable(types []schema.Type, debug Debug) *groupTable {
	t := &groupTable{types: types, limit: packedBits, index: groupIndex{off: debug.NoDirectGroups}}
	if debug.KeyBits > 0 {
		t.limit = min(uint(debug.KeyBits), packedBits)
	}
	if len(types) == 1 {
		t.one = codeSpace{typ: types[0], interned: true}
		return t
	}
	t.packed = &packedKeys{}
	for _, typ := range types {
		t.packed.cols = append(t.packed.cols, newCodeSpace(typ))
	}
	return t
}

func (t *groupTable) len() int {
	if t.wide != nil {
		return t.wide.ids.Len()
	}
	if t.dense != nil {
		return len(t.dense.of)
	}
	return t.ids.Len()
}

func (t *groupTable) bytes() int64 {
	if t.wide != nil {
		return t.wide.bytes()
	}
	if t.dense != nil {
		return t.dense.bytes()
	}
	n := t.ids.Bytes() + int64(8*cap(t.hashes)) + t.index.bytes() + t.one.bytes()
	if t.packed != nil {
		n += t.packed.bytes()
	}
	return n
}

// hash is made of the values of a key; of keys in words it is the upper half.
func (t *groupTable) hash(g int32) uint64 {
	if t.wide != nil {
		return t.wide.ids.Hash(uint32(g))
	}
	if t.dense != nil {
		return t.dense.hash(g)
	}
	if len(t.types) == 1 {
		return t.ids.Hash(uint32(g))
	}
	return t.hashes[g]
}

// asIDs is the same memory: numbers are below 2^31.
func asIDs(groups []int32) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(groups))), len(groups))
}

// groups writes the number of every living row's key to dst.
func (t *groupTable) groups(dst []int32, cols []*batch.Vector, b *batch.Batch) {
	switch {
	case len(t.types) == 1:
		t.single(dst, cols[0], b)
	case t.packed != nil:
		t.pack(dst, cols, b)
	default:
		t.general(dst, cols, b)
	}
}

// single numbers the values of the only key column.
func (t *groupTable) single(dst []int32, v *batch.Vector, b *batch.Batch) {
	switch {
	case v.Enc == batch.Dict:
		t.entries(dst, v, b)
	case v.Enc == batch.Const:
		g := int32(t.value(v, 0))
		for i := range dst {
			dst[i] = g
		}
	case v.Type.Class() == schema.ClassBytes:
		t.ids.InternRows(asIDs(dst), v, b.Sel)
	case v.Type.Class() == schema.ClassInt128:
		for k := range dst {
			dst[k] = int32(t.value(v, rowOf(b, k)))
		}
	default:
		if v.Type.Class() != schema.ClassInt64 || !t.index.numbers(t, dst, v, b) {
			numberKeys(t.ids.Keys(len(dst)), v, b)
			t.ids.InternKeys(asIDs(dst))
		}
	}
}

// value numbers one value of the only key column.
func (t *groupTable) value(v *batch.Vector, row int) uint32 {
	if v.IsNull(row) {
		return t.ids.InternKey(intern.Key{})
	}
	switch v.Type.Class() {
	case schema.ClassBytes:
		id, _ := t.ids.Intern(v.Bytes(row))
		return id
	case schema.ClassInt128:
		t.text = appendWide(t.text[:0], v.Int128(row))
		id, _ := t.ids.Intern(t.text)
		return id
	}
	return t.ids.InternKey(intern.Number(bits64(v, row)))
}

// entries numbers a dictionary's entries as rows first use them.
func (t *groupTable) entries(dst []int32, v *batch.Vector, b *batch.Batch) {
	s := &t.one
	if s.dict != v.Dict {
		n := v.Dict.Values.Len
		s.trans = sizedCodes(s.trans, n)
		clear(s.trans)
		s.dict, s.unknown = v.Dict, n
	}
	if s.unknown > 0 {
		for k := range dst {
			row := rowOf(b, k)
			if e := v.Codes[row]; s.trans[e] == 0 && (v.Valid == nil || v.Valid[row] != 0) {
				s.trans[e] = t.value(v.Dict.Values, int(e)) + 1
				s.unknown--
			}
		}
	}
	switch {
	case v.Valid != nil:
		for k := range dst {
			row := rowOf(b, k)
			dst[k] = int32(s.trans[v.Codes[row]]&-uint32(v.Valid[row])) - 1
		}
		t.nulls(dst)
	case b.Sel != nil:
		for k, row := range b.Sel {
			dst[k] = int32(s.trans[v.Codes[row]]) - 1
		}
	default:
		for k, e := range v.Codes[:len(dst)] {
			dst[k] = int32(s.trans[e]) - 1
		}
	}
}

// nulls numbers the rows that have no number yet.
func (t *groupTable) nulls(dst []int32) {
	null := int32(-1)
	for k, g := range dst {
		if g >= 0 {
			continue
		}
		if null < 0 {
			null = int32(t.ids.InternKey(intern.Key{}))
		}
		dst[k] = null
	}
}

// pack numbers the keys of several columns by their codes.
func (t *groupTable) pack(dst []int32, cols []*batch.Vector, b *batch.Batch) {
	p := t.packed
	if fields, repack, ok := p.learn(cols, b, len(dst)); repack && !t.repack(fields, ok) {
		t.general(dst, cols, b)
		return
	}
	if t.index.groups(t, dst, cols, b) {
		return
	}
	p.pack(cols, b, len(dst))
	keys := t.ids.Keys(len(dst))
	for k := range keys {
		keys[k] = intern.Key{p.w[0][k], p.w[1][k]}
	}
	t.ids.InternKeys(asIDs(dst))
	t.hashNew()
}

func (t *groupTable) hashNew() {
	for g := len(t.hashes); g < t.ids.Len(); g++ {
		t.hashes = append(t.hashes, t.packed.hash(t.ids.Key(uint32(g))))
	}
}

// repack writes all keys in wider fields, or as byte strings when they fit none; then it is false.
func (t *groupTable) repack(fields []keyField, ok bool) bool {
	p := t.packed
	for i := range p.cols {
		if !p.cols[i].switched {
			continue
		}
		for g := range t.ids.Len() { // before the fields are laid out: this adds values
			p.cols[i].recode(p.fields[i].of(t.ids.Key(uint32(g))))
		}
		fields, ok = p.layout()
	}
	if ok {
		total := uint(0)
		for _, f := range fields {
			total += f.bits
		}
		ok = total <= t.limit
	}
	t.index.drop()
	if !ok {
		t.unpack()
		return false
	}
	if t.ids.Len() > 0 {
		t.ids.Replace(func(id uint32) intern.Key { return p.repacked(t.ids.Key(id), fields) })
	}
	p.use(fields)
	return true
}

// unpack turns all keys into byte strings.
func (t *groupTable) unpack() {
	old := t.ids
	t.ids = intern.Table{}
	for g := range old.Len() {
		t.text = t.packed.appendGeneral(t.text[:0], old.Key(uint32(g)))
		t.ids.Intern(t.text)
	}
	t.packed = nil
}

// appendGeneral writes a key packed in the old fields as a byte string.
func (p *packedKeys) appendGeneral(dst []byte, k intern.Key) []byte {
	var buf [16]byte
	for i := range p.cols {
		s := &p.cols[i]
		code := s.recode(p.fields[i].of(k))
		switch {
		case code == 0:
			dst = append(dst, 0)
		case !s.interned:
			dst = appendKeyNumber(dst, s.lo+int64(code-1))
		case isNumber(s.typ):
			dst = appendKeyNumber(dst, int64(s.ids.Key(uint32(code - 1))[0]))
		default:
			dst = appendKeyText(dst, s.ids.Text(uint32(code-1), &buf))
		}
	}
	return dst
}

// general numbers byte strings.
func (t *groupTable) general(dst []int32, cols []*batch.Vector, b *batch.Batch) {
	for k := range dst {
		t.text = t.text[:0]
		row := rowOf(b, k)
		for _, v := range cols {
			t.text = appendKey(t.text, v, row)
		}
		dst[k] = t.internGeneral(t.text)
	}
}

func (t *groupTable) internGeneral(key []byte) int32 {
	id, fresh := t.ids.Intern(key)
	if fresh {
		t.hashes = append(t.hashes, hashGeneral(t.types, key))
	}
	return int32(id)
}

func rowOf(b *batch.Batch, k int) int {
	if b.Sel != nil {
		return int(b.Sel[k])
	}
	return k
}

// emit appends the keys of the listed groups.
func (t *groupTable) emit(out []*batch.Builder, groups []int32) {
	switch {
	case t.dense != nil:
		t.dense.emit(out[0], groups)
	case t.wide != nil:
		for i := range out {
			t.wide.emit(out[i], i, groups)
		}
	case len(t.types) == 1:
		for _, g := range groups {
			emitKey(out[0], t.types[0], &t.ids, uint32(g))
		}
	case t.packed != nil:
		for i := range out {
			for _, g := range groups {
				t.packed.cols[i].emit(out[i], t.packed.fields[i].of(t.ids.Key(uint32(g))))
			}
		}
	default:
		var buf [16]byte
		for _, g := range groups {
			emitGeneral(out, t.types, t.ids.Text(uint32(g), &buf))
		}
	}
}
