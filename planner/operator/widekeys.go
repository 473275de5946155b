package operator

import (
	"encoding/binary"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel/intern"
)

// wideKeys is the keys of a groupTable in the words of a rowShape.
type wideKeys struct {
	shape *rowShape
	ids   *intern.Tuples
	rows  []uint64 // of groups to be adopted,
	texts intern.Arena
}

func newWideTable(s *rowShape, t *groupTable) *groupTable {
	t.wide, t.packed = &wideKeys{shape: s, ids: s.table()}, nil
	return t
}

func (w *wideKeys) bytes() int64 { return w.ids.Bytes() + int64(8*cap(w.rows)) + w.texts.Bytes() }

// emit appends column i of the listed groups.
func (w *wideKeys) emit(out *batch.Builder, i int, groups []int32) {
	c := &w.shape.cols[i]
	var buf [8 * intern.SpanWords]byte
	for _, g := range groups {
		id := uint32(g)
		switch {
		case w.ids.Word(id, 0)>>i&1 == 0:
			out.Null()
		case c.text():
			out.Bytes(w.ids.Text(id, c.span(), &buf))
		case isNumber(c.typ):
			emitNumber(out, c.typ, int64(w.ids.Word(id, c.at)))
		default:
			out.Int128(decimal.Int128{Lo: w.ids.Word(id, c.at), Hi: int64(w.ids.Word(id, c.at+1))})
		}
	}
}

// adopt writes the numbers here of the listed keys of another table to dst.
func (w *wideKeys) adopt(dst []int32, o *groupTable, groups []int32) {
	if o.wide != nil {
		w.ids.InternFrom(asIDs(dst), o.wide.ids, asIDs(groups))
		return
	}
	w.rows = w.rows[:0]
	for _, g := range groups {
		w.appendRow(o, g)
	}
	w.ids.Intern(asIDs(dst), w.rows, w.shape.words, &w.texts)
	w.texts.Reset()
}

// appendRow writes the key of a group of another form as words.
func (w *wideKeys) appendRow(o *groupTable, g int32) {
	at := len(w.rows)
	w.rows = append(w.rows, o.hash(g)>>32<<32)
	put := func(i int, ids *intern.Table, id uint32) {
		k := ids.Key(id)
		if len(o.types) == 1 && k == (intern.Key{}) {
			w.null(i)
			return
		}
		w.rows[at] |= 1 << i
		if isNumber(w.shape.cols[i].typ) {
			w.rows = append(w.rows, k[0])
			return
		}
		var buf [16]byte
		w.appendText(i, ids.Text(id, &buf))
	}
	switch {
	case len(o.types) == 1:
		put(0, &o.ids, uint32(g))
	case o.packed != nil:
		for i := range o.packed.cols {
			s := &o.packed.cols[i]
			switch code := o.packed.fields[i].of(o.ids.Key(uint32(g))); {
			case code == 0:
				w.null(i)
			case s.interned:
				put(i, &s.ids, uint32(code-1))
			default:
				w.rows[at] |= 1 << i
				w.rows = append(w.rows, uint64(s.lo+int64(code-1)))
			}
		}
	default:
		var buf [16]byte
		eachPart(o.ids.Text(uint32(g), &buf), func(i int, payload []byte) {
			switch {
			case payload == nil:
				w.null(i)
				return
			case isNumber(w.shape.cols[i].typ):
				w.rows = append(w.rows, uint64(keyNumber(payload)))
			default:
				w.appendText(i, payload)
			}
			w.rows[at] |= 1 << i
		})
	}
}

func (w *wideKeys) null(i int) {
	for range w.shape.cols[i].words {
		w.rows = append(w.rows, 0)
	}
}

// appendText writes a text or the bytes of a wide number.
func (w *wideKeys) appendText(i int, b []byte) {
	c := &w.shape.cols[i]
	if !c.text() {
		w.rows = append(w.rows, binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]))
		return
	}
	at := len(w.rows)
	w.null(i)
	if words := w.rows[at:]; intern.PutSpan(words, b) {
		words[c.words-1] = intern.Logged(w.texts.Keep(b))
	}
}
