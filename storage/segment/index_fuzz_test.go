package segment

import (
	"bytes"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// FuzzDecodeIndex goes behind the checksums, where FuzzOpen hardly ever gets: index and statistics bodies, then the pages that
// they tell of. Nothing may panic or ask for memory that the input's size does not justify.
func FuzzDecodeIndex(f *testing.F) {
	var file bytes.Buffer
	t := &schema.Table{ID: 1, Columns: []schema.Column{{ID: 1, Name: "a", Type: schema.TypeVarchar}, {ID: 2, Name: "b", Type: schema.TypeInt64}}}
	w := NewWriter(&file, Options{Table: t, PageRows: 2})
	b := batch.NewBuilder(schema.TypeVarchar, 5)
	n := batch.NewBuilder(schema.TypeInt64, 5)
	for i := range 5 {
		b.Text("x")
		n.Int64(int64(i))
	}
	if err := w.Write(&batch.Batch{Cols: []*batch.Vector{b.Finish(), n.Finish()}, Len: 5}); err != nil {
		f.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		f.Fatal(err)
	}
	raw := w.x.append(nil)
	f.Add(raw[:len(raw)-indexTailBytes])
	f.Fuzz(func(t *testing.T, body []byte) {
		_, _ = decodeStatsBody(body)
		x, err := decodeIndex(body, 1<<20)
		if err != nil {
			return
		}
		for _, g := range x.groups {
			for i, c := range g.chunks {
				_, _ = c.decodePages(nil, x.columns[i].Type, g.rows, x.pageRows)
			}
		}
	})
}

// FuzzDecodeValues feeds the value decoders, each of which must give exactly the values asked for or an error.
func FuzzDecodeValues(f *testing.F) {
	e := newValueEncoder()
	v := &batch.Vector{Type: schema.TypeInt64, Len: 3, I: []int64{1, 5, 1 << 40}}
	for _, kind := range []encodingKind{encodingPlain, encodingDelta} {
		out, err := e.encode(kind, v, 0, 3)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(out), uint16(3), uint8(kind), uint8(schema.Int64))
	}
	s := &batch.Vector{Type: schema.TypeVarchar, Len: 2, Off: []uint32{0, 1, 3}, Data: []byte("abc")}
	for _, kind := range []encodingKind{encodingPlain, encodingDeltaLength} {
		out, err := e.encode(kind, s, 0, 2)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(out), uint16(2), uint8(kind), uint8(schema.Varchar))
	}
	codes, err := e.encodeCodes([]int32{1, 1, 2, 0, 7})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(codes), uint16(5), uint8(encodingDictionary), uint8(schema.Varchar))
	f.Fuzz(func(t *testing.T, body []byte, n uint16, kind, typ uint8) {
		err := guard(place{file: "fuzz", group: -1}, func() error { return decodeSome(t, body, int(n), encodingKind(kind%4), typ) })
		_ = err // an error is an answer; a wrong count is not
	})
}

func decodeSome(t *testing.T, body []byte, n int, kind encodingKind, typ uint8) error {
	var d valueDecoder
	if kind == encodingDictionary {
		codes, _, err := d.codes(body, n, 8)
		if err == nil && len(codes) != n {
			t.Errorf("%d codes of %d", len(codes), n)
		}
		_, err = d.levels(nil, body, n)
		return err
	}
	v := &batch.Vector{Type: schema.Type{Kind: schema.Kind(1 + typ%15), Precision: 9}, Len: n}
	if v.Type.Kind == schema.Null || v.Type.Kind > schema.JSON {
		return nil
	}
	if err := d.values(v, kind, body, n); err != nil {
		return err
	}
	if got := len(v.I) + len(v.W) + len(v.F) + max(0, len(v.Off)-1); got != n {
		t.Errorf("%d values of %d", got, n)
	}
	return nil
}
