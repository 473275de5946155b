package intern

import (
	"bytes"
	"encoding/binary"

	"github.com/assaydb/assay/storage/batch"
)

// Table gives each distinct byte string a small number, in the order of arrival. Short ones lie in the table of keys itself:
// codes and identifiers are short, and each look at memory elsewhere costs as much as all else together.
type Table struct {
	slots []uint64 // high 32 bits of the hash, then id+1; 0 when empty
	keys  []Key
	long  Arena

	packed []Key // of the batch in hand
	hashed []uint64
	first  []uint64
}

// Len is how many texts there are: their numbers are 0 to Len-1.
func (t *Table) Len() int { return len(t.keys) }

// Hash returns the hash of a text by its number: a function of the text alone.
func (t *Table) Hash(id uint32) uint64 { return t.keys[id].Hash() }

// Bytes is the memory held.
func (t *Table) Bytes() int64 {
	return int64(8*cap(t.slots)+16*cap(t.keys)+32*cap(t.packed)) + t.long.Bytes()
}

// Text returns the bytes of a number; they may lie in buf and are valid until it changes.
func (t *Table) Text(id uint32, buf *[16]byte) []byte {
	k := t.keys[id]
	if k.Long() {
		return t.long.Text(k[1] &^ longMark)
	}
	binary.LittleEndian.PutUint64(buf[:], k[0])
	binary.LittleEndian.PutUint64(buf[8:], k[1])
	return buf[:k[1]>>56-1]
}

// Intern returns the number of b, and whether it is new.
func (t *Table) Intern(b []byte) (id uint32, fresh bool) {
	t.reserve(1)
	n := len(t.keys)
	k := KeyOf(b)
	id = t.find(k, k.Hash(), b)
	return id, len(t.keys) > n
}

// find is intern with room made; b is looked at only when it is long.
func (t *Table) find(k Key, h uint64, b []byte) uint32 {
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return t.insert(i, k, h, b)
		}
		if (s^h)>>32 == 0 && t.equal(uint32(s)-1, k, b) {
			return uint32(s) - 1
		}
	}
}

func (t *Table) equal(id uint32, k Key, b []byte) bool {
	o := t.keys[id]
	if !k.Long() || !o.Long() {
		return o == k
	}
	return o[0] == k[0] && bytes.Equal(t.long.Text(o[1]&^longMark), b)
}

func (t *Table) insert(slot uint64, k Key, h uint64, b []byte) uint32 {
	if k.Long() {
		k[1] = longMark | t.long.Keep(b)
	}
	t.keys = append(more(t.keys, 1), k)
	t.slots[slot] = h>>32<<32 | uint64(len(t.keys))
	return uint32(len(t.keys) - 1)
}

// reserve makes room for n more texts.
func (t *Table) reserve(n int) {
	want := max(16, len(t.slots))
	for want < 2*(len(t.keys)+n) {
		want *= 2
	}
	if want != len(t.slots) {
		t.place(want)
	}
}

// place makes a table of so many slots and puts every number into it.
func (t *Table) place(slots int) {
	t.slots = make([]uint64, slots)
	mask := uint64(slots - 1)
	for id, k := range t.keys {
		h := k.Hash()
		i := h & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = h>>32<<32 | uint64(id+1)
	}
}

// batch makes room for n texts to be looked up at once.
func (t *Table) batch(n int) {
	t.reserve(n)
	t.packed, t.hashed, t.first = room(t.packed, n), room(t.hashed, n), room(t.first, n)
}

// InternRows writes the numbers of the listed rows of a flat text column to ids, of all rows when rows is nil. NULL has a number of
// its own, that of the zero Key. All slots are fetched before any is judged, so that the processor waits for many at once instead
// of one after the other.
func (t *Table) InternRows(ids []uint32, v *batch.Vector, rows []int32) {
	t.batch(len(ids))
	KeysOf(t.packed, v, rows)
	t.nulls(v.Valid, rows)
	t.fetch()
	for i := range ids {
		if t.seen(ids, i) {
			continue
		}
		row := i
		if rows != nil {
			row = int(rows[i])
		}
		ids[i] = t.find(t.packed[i], t.hashed[i], v.Data[v.Off[row]:v.Off[row+1]])
	}
}

func (t *Table) nulls(valid []byte, rows []int32) {
	if valid == nil {
		return
	}
	for i := range t.packed {
		row := i
		if rows != nil {
			row = int(rows[i])
		}
		if valid[row] == 0 {
			t.packed[i] = Key{}
		}
	}
}

// Keys returns room for n keys that the caller fills, none of them long, and InternKeys then writes their numbers to ids.
func (t *Table) Keys(n int) []Key {
	t.batch(n)
	return t.packed
}

// InternKeys follows Keys.
func (t *Table) InternKeys(ids []uint32) {
	t.fetch()
	for i, k := range t.packed {
		if !t.seen(ids, i) {
			ids[i] = t.find(k, t.hashed[i], nil)
		}
	}
}

// InternLogged follows Keys, too; of long keys the texts are Logged in an arena.
func (t *Table) InternLogged(ids []uint32, texts *Arena) {
	t.fetch()
	for i, k := range t.packed {
		if t.seen(ids, i) {
			continue
		}
		var long []byte
		if k.Long() {
			long = LongText(k[1], texts)
		}
		ids[i] = t.find(k, t.hashed[i], long)
	}
}

// InternKey returns the number of one key that is not long.
func (t *Table) InternKey(k Key) uint32 {
	t.reserve(1)
	return t.find(k, k.Hash(), nil)
}

// Key returns the key of a number. A long one means nothing outside the table.
func (t *Table) Key(id uint32) Key { return t.keys[id] }

// Replace gives every key another one, none of them long and no two the same: what encodes them has changed.
func (t *Table) Replace(next func(id uint32) Key) {
	for id := range t.keys {
		t.keys[id] = next(uint32(id))
	}
	t.place(len(t.slots))
}

// InternFrom writes the numbers here of some texts of another Table to ids.
func (t *Table) InternFrom(ids []uint32, o *Table, theirs []uint32) {
	t.batch(len(theirs))
	for i, id := range theirs {
		t.packed[i] = o.keys[id]
	}
	t.fetch()
	for i, id := range theirs {
		if t.seen(ids, i) {
			continue
		}
		var long []byte
		if k := o.keys[id]; k.Long() {
			long = o.long.Text(k[1] &^ longMark)
		}
		ids[i] = t.find(t.packed[i], t.hashed[i], long)
	}
}

func (t *Table) fetch() {
	mask := uint64(len(t.slots) - 1)
	for i, k := range t.packed {
		t.hashed[i] = k.Hash()
	}
	for i, h := range t.hashed {
		t.first[i] = t.slots[h&mask]
	}
}

// seen answers from the first slot alone, for short texts.
func (t *Table) seen(ids []uint32, i int) bool {
	s := t.first[i]
	if s == 0 || (s^t.hashed[i])>>32 != 0 || t.packed[i].Long() {
		return false
	}
	ids[i] = uint32(s) - 1
	return t.keys[ids[i]] == t.packed[i]
}

func room[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// more makes room for n elements behind those of s, and for half as many as there are. append would add a quarter: what is copied
// on the way, and is garbage then, comes to four times the end in place of two.
func more[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	t := make([]T, len(s), max(len(s)+n, cap(s)+cap(s)/2, 64))
	copy(t, s)
	return t
}
