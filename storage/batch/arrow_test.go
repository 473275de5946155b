package batch_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

var rewriteGolden = flag.Bool("rewrite", false, "write the golden files anew")

var arrowTypes = []schema.Type{
	schema.TypeBoolean,
	{Kind: schema.Int8},
	{Kind: schema.Int16},
	schema.TypeInt32, schema.TypeInt64,
	{Kind: schema.Uint8},
	{Kind: schema.Uint16},
	{Kind: schema.Uint32},
	schema.TypeUint64, schema.DecimalType(9, 2), schema.DecimalType(38, 10), schema.TypeDouble, schema.TypeDate, schema.TypeTimestamp,
	schema.TypeTime, schema.TypeVarchar, schema.TypeJSON, schema.TypeBinary, schema.TypeNull,
}

func drawCell(t *rapid.T, typ schema.Type) schema.Value {
	if typ.Kind == schema.Null || rapid.IntRange(0, 3).Draw(t, "null") == 0 {
		return schema.NullValue(typ)
	}
	switch typ.Class() {
	case schema.ClassBytes:
		return schema.Value{Type: typ, S: rapid.StringN(0, 20, 40).Draw(t, "s")}
	case schema.ClassFloat64:
		return schema.FloatValue(rapid.Float64().Draw(t, "f"))
	case schema.ClassInt128:
		return schema.Value{Type: typ, W: decimal.Int128{Hi: rapid.Int64().Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}}
	}
	x := rapid.Int64().Draw(t, "i")
	switch typ.Kind {
	case schema.Boolean:
		x &= 1
	case schema.Int8:
		x = int64(int8(x))
	case schema.Int16:
		x = int64(int16(x))
	case schema.Int32, schema.Date:
		x = int64(int32(x))
	case schema.Uint8:
		x = int64(uint8(x))
	case schema.Uint16:
		x = int64(uint16(x))
	case schema.Uint32:
		x = int64(uint32(x))
	}
	return schema.IntValue(typ, x)
}

// TestFramesRoundTrip sends batches of every type, with and without selections, and reads them back.
func TestFramesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "rows")
		b := &batch.Batch{Len: n}
		var fields []batch.Field
		var want [][]schema.Value
		for i := range n {
			if rapid.Bool().Draw(t, "alive") {
				b.Sel = append(b.Sel, int32(i))
			}
		}
		if len(b.Sel) == n {
			b.Sel = nil
		} else if b.Sel == nil {
			b.Sel = []int32{}
		}
		for _, typ := range arrowTypes {
			fields = append(fields, batch.Field{Name: typ.String(), Type: typ})
			col := batch.NewBuilder(typ, n)
			var vals []schema.Value
			for range n {
				v := drawCell(t, typ)
				vals = append(vals, v)
				col.Value(v)
			}
			want = append(want, vals)
			b.Cols = append(b.Cols, col.Finish())
		}
		var buf bytes.Buffer
		w := batch.NewFrameWriter(&buf, fields)
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r := batch.NewFrameReader(&buf, fields)
		got, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got.Len != b.Alive() {
			t.Fatalf("%d rows, want %d", got.Len, b.Alive())
		}
		for c := range fields {
			for k := range got.Len {
				row := k
				if b.Sel != nil {
					row = int(b.Sel[k])
				}
				if g, w := got.Cols[c].Value(k), want[c][row]; g != w && !(math.IsNaN(g.F) && math.IsNaN(w.F)) {
					t.Fatalf("%s row %d: got %#v, want %#v", fields[c].Name, row, g, w)
				}
			}
		}
		for range 2 {
			if end, err := r.Next(); end != nil || err != nil {
				t.Fatalf("after the end: %v %v", end, err)
			}
		}
	})
}

func goldenFrame(t testing.TB) ([]byte, []batch.Field) {
	t.Helper()
	fields := []batch.Field{{Name: "n", Type: schema.TypeInt32}, {Name: "s", Type: schema.TypeVarchar}}
	n, s := batch.NewBuilder(fields[0].Type, 2), batch.NewBuilder(fields[1].Type, 2)
	n.Int64(-7)
	n.Null()
	s.Text("assay")
	s.Text("")
	var buf bytes.Buffer
	w := batch.NewFrameWriter(&buf, fields)
	if err := w.Write(&batch.Batch{Len: 2, Cols: []*batch.Vector{n.Finish(), s.Finish()}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), fields
}

// TestGoldenFrame holds the bytes between nodes.
func TestGoldenFrame(t *testing.T) {
	got, fields := goldenFrame(t)
	path := filepath.Join("testdata", "frame-v1.hex")
	if *rewriteGolden {
		if err := os.WriteFile(path, []byte(hex.EncodeToString(got)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the frame of version 1 changed:\n got %x\nwant %x", got, want)
	}
	b, err := batch.NewFrameReader(bytes.NewReader(want), fields).Next()
	if err != nil || b.Len != 2 || b.Cols[0].Int64(0) != -7 || !b.Cols[0].IsNull(1) {
		t.Fatalf("read back %+v, %v", b, err)
	}
}

// TestDamagedFrames refuses every cut and every flipped bit.
func TestDamagedFrames(t *testing.T) {
	frame, fields := goldenFrame(t)
	read := func(b []byte) error {
		r := batch.NewFrameReader(bytes.NewReader(b), fields)
		for {
			if got, err := r.Next(); err != nil || got == nil {
				return err
			}
		}
	}
	if err := read(frame); err != nil {
		t.Fatal(err)
	}
	for n := range frame {
		if read(frame[:n]) == nil {
			t.Fatalf("a stream cut after %d of %d bytes looks whole", n, len(frame))
		}
	}
	for i := range frame {
		bad := bytes.Clone(frame)
		bad[i] ^= 1 << (i % 8)
		if read(bad) == nil {
			t.Fatalf("a flipped bit in byte %d was not seen", i)
		}
	}
}

// TestNullColumnsAlone holds more rows than the frame has bits.
func TestNullColumnsAlone(t *testing.T) {
	fields := []batch.Field{{Name: "n", Type: schema.Type{Kind: schema.Null}}}
	var buf bytes.Buffer
	w := batch.NewFrameWriter(&buf, fields)
	if err := w.Write(&batch.Batch{Cols: []*batch.Vector{batch.NewConst(schema.NullValue(fields[0].Type), 1<<20)}, Len: 1 << 20}); err != nil {
		t.Fatal(err)
	}
	b, err := batch.NewFrameReader(&buf, fields).Next()
	if err != nil || b.Len != 1<<20 {
		t.Fatal(b, err)
	}
}

// TestFrameOfOtherColumns refuses a frame whose schema is not the expected one, and one that names a thousand million columns.
func TestFrameOfOtherColumns(t *testing.T) {
	frame, fields := goldenFrame(t)
	n := binary.LittleEndian.Uint32(frame[4:])
	payload := frame[16 : 16+n]
	if _, err := batch.DecodeFrame(payload, fields[:1]); !errs.Is(err, errs.Corrupt) {
		t.Fatalf("fewer columns: %v", err)
	}
	for i := range payload {
		bad := bytes.Clone(payload)
		bad[i] = 0x40
		_, _ = batch.DecodeFrame(bad, fields) // an error or other values, within bounded memory
	}
}

// FuzzFrame gives Arrow's reader payloads with a right checksum: an error or a batch, never a panic.
func FuzzFrame(f *testing.F) {
	frame, fields := goldenFrame(f)
	n := binary.LittleEndian.Uint32(frame[4:])
	f.Add(frame[16 : 16+n])
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := batch.DecodeFrame(payload, fields)
		if err == nil && b != nil {
			for _, c := range b.Cols {
				for i := range b.Len {
					c.Value(i)
				}
			}
		}
	})
}
