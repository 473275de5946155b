package intern

import (
	"bytes"
	"encoding/binary"
)

// longLogged marks a long text that lies outside the table, so that its words never equal those of one inside.
const longLogged = 1 << 55

// longRef is the reference in the second word of a long text.
const longRef = longLogged - 1

// Logged is the second word of a long text that lies in an Arena of its own, for Tuples and InternLogged.
func Logged(ref uint64) uint64 { return longMark | longLogged | ref }

// LongText is the text of such a word.
func LongText(word uint64, a *Arena) []byte { return a.Text(word & longRef) }

// Logged tells that the text of a long key lies in an Arena.
func (k Key) Logged() bool { return k.Long() && k[1]&longLogged != 0 }

// Tuples gives each distinct key of several words a small number, in the order of arrival. The first word has a hash of the key in
// its upper half and flags below; then come numbers of a word each and texts, each in the words of a Span. A slot is the number plus one and, above
// it, those bits of the hash that did not choose the slot.
type Tuples struct {
	width int
	same  uint64 // bits of the first word that belong to the key
	texts []int  // the last words of texts
	plain []int  // words that decide by themselves
	slots []uint32
	keys  []uint64
	n     int
	long  Arena
	first []uint32 // of the rows in hand
	moved []uint64
}

// NewTuples makes a table of keys of so many words, with texts at the given ones. Only flags of the first word that flags names
// belong to the key.
func NewTuples(width int, flags uint32, texts []Span) *Tuples {
	t := &Tuples{width: width, same: 0xffffffff<<32 | uint64(flags)}
	last := map[int]bool{}
	for _, s := range texts {
		t.texts = append(t.texts, s.last())
		last[s.last()] = true
	}
	for w := 1; w < width; w++ {
		if !last[w] {
			t.plain = append(t.plain, w)
		}
	}
	return t
}

// Len is how many keys there are.
func (t *Tuples) Len() int { return t.n }

// Bytes is the memory held.
func (t *Tuples) Bytes() int64 {
	return int64(4*(cap(t.slots)+cap(t.first))+8*(cap(t.keys)+cap(t.moved))) + t.long.Bytes()
}

// Hash returns the upper half of a key's hash, as upper half.
func (t *Tuples) Hash(id uint32) uint64 { return t.keys[int(id)*t.width] >> 32 << 32 }

// Word returns a word of a key.
func (t *Tuples) Word(id uint32, word int) uint64 { return t.keys[int(id)*t.width+word] }

// Text returns a text of a key; it may lie in buf and is valid until it changes.
func (t *Tuples) Text(id uint32, s Span, buf *[8 * SpanWords]byte) []byte {
	words := t.keys[int(id)*t.width+s.At:][:s.Words]
	last := words[s.Words-1]
	if last >= longMark {
		return t.long.Text(last & longRef)
	}
	for i, w := range words {
		binary.LittleEndian.PutUint64(buf[8*i:], w)
	}
	return buf[:last>>56-1]
}

// Short returns the text that a key holds whole, in buf.
func (k Key) Short(buf *[16]byte) []byte {
	binary.LittleEndian.PutUint64(buf[:], k[0])
	binary.LittleEndian.PutUint64(buf[8:], k[1])
	return buf[:k[1]>>56-1]
}

// Intern writes the numbers of rows to ids. A row takes stride words and begins with its key; long texts are Logged in an arena.
// All slots are fetched before any is judged.
func (t *Tuples) Intern(ids []uint32, rows []uint64, stride int, texts *Arena) {
	t.reserve(len(ids))
	t.first = room(t.first, len(ids))
	mask := uint32(len(t.slots) - 1)
	for i := range ids {
		t.first[i] = t.slots[uint32(rows[i*stride]>>32)&mask]
	}
	for i := range ids {
		row := rows[i*stride:][:t.width]
		h, s := uint32(row[0]>>32), t.first[i]
		if s != 0 && (s^h)&^mask == 0 && t.equal(s&mask-1, row, texts) {
			ids[i] = s&mask - 1
			continue
		}
		ids[i] = t.find(h, row, texts)
	}
}

func (t *Tuples) find(h uint32, row []uint64, texts *Arena) uint32 {
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			t.slots[i] = h&^mask | uint32(t.n+1)
			return t.insert(row, texts)
		}
		if (s^h)&^mask == 0 && t.equal(s&mask-1, row, texts) {
			return s&mask - 1
		}
	}
}

func (t *Tuples) equal(id uint32, row []uint64, texts *Arena) bool {
	k := t.keys[int(id)*t.width:][:len(row)]
	d := (k[0] ^ row[0]) & t.same
	for j := 1; j < len(row); j++ {
		d |= k[j] ^ row[j]
	}
	return d == 0 || len(t.texts) > 0 && t.equalTexts(k, row, texts)
}

// equalTexts is for keys with long texts, whose last words differ.
func (t *Tuples) equalTexts(k, row []uint64, texts *Arena) bool {
	d := (k[0] ^ row[0]) & t.same
	for _, j := range t.plain {
		d |= k[j] ^ row[j]
	}
	if d != 0 {
		return false
	}
	for _, j := range t.texts {
		x, y := k[j], row[j]
		if x != y && (x < longMark || y < longMark || !bytes.Equal(t.long.Text(x&longRef), texts.Text(y&longRef))) {
			return false
		}
	}
	return true
}

func (t *Tuples) insert(row []uint64, texts *Arena) uint32 {
	at := len(t.keys)
	t.keys = append(more(t.keys, len(row)), row...)
	k := t.keys[at:]
	k[0] &= t.same
	for _, j := range t.texts {
		if k[j] >= longMark {
			k[j] = longMark | t.long.Keep(texts.Text(k[j]&longRef))
		}
	}
	t.n++
	return uint32(t.n - 1)
}

// InternFrom writes the numbers here of some keys of another table of the same form to ids.
func (t *Tuples) InternFrom(ids []uint32, o *Tuples, theirs []uint32) {
	t.moved = t.moved[:0]
	for _, id := range theirs {
		at := len(t.moved)
		t.moved = append(t.moved, o.keys[int(id)*o.width:][:o.width]...)
		for _, j := range t.texts {
			if t.moved[at+j] >= longMark {
				t.moved[at+j] |= longLogged
			}
		}
	}
	t.Intern(ids, t.moved, t.width, &o.long)
}

// reserve makes room for n more keys: slots are at most half full, so that a number plus one leaves the bits of the hash alone.
func (t *Tuples) reserve(n int) {
	want := max(64, len(t.slots))
	for want < 2*(t.n+n) {
		want *= 2
	}
	if want == len(t.slots) {
		return
	}
	t.slots = make([]uint32, want)
	mask := uint32(want - 1)
	for id := range t.n {
		h := uint32(t.keys[id*t.width] >> 32)
		i := h & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = h&^mask | uint32(id+1)
	}
}
