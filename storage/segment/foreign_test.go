package segment_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
)

// foreignColumn is a column that parquet-go writes: its type there, its values, and what they must be here.
type foreignColumn struct {
	node  parquet.Node
	typ   schema.Type
	value func(i int) (parquet.Value, any)
}

func bigEndian(v int64, n int) []byte {
	b := binary.BigEndian.AppendUint64(bytes.Repeat([]byte{byte(v >> 63)}, 8), uint64(v))
	return b[16-n:]
}

// foreignColumns are layouts of other writers: Spark's INT96 and decimals in bytes, pandas' nanoseconds, every encoding.
func foreignColumns() map[string]foreignColumn {
	text := func(i int) string { return strings.Repeat(string(rune('a'+i%26)), i%40) + "µ" }
	columns := map[string]foreignColumn{
		"int96": {parquet.Leaf(parquet.Int96Type), schema.TypeTimestamp, func(i int) (parquet.Value, any) {
			nanos := uint64(i) * 1_000_000
			return parquet.Int96Value(deprecated.Int96{uint32(nanos), uint32(nanos >> 32), uint32(2_440_588 + i%1000 - 500)}), int64(i%1000-500)*86_400_000_000 + int64(i)*1000
		}},
		"millis": {parquet.Timestamp(parquet.Millisecond), schema.TypeTimestamp, func(i int) (parquet.Value, any) {
			return parquet.Int64Value(int64(i) - 5), (int64(i) - 5) * 1000
		}},
		"nanos": {parquet.TimestampAdjusted(parquet.Nanosecond, false), schema.TypeTimestamp, func(i int) (parquet.Value, any) {
			return parquet.Int64Value((int64(i) - 5) * 1000), int64(i) - 5
		}},
		"decimal_bytes": {parquet.Decimal(2, 15, parquet.ByteArrayType), schema.DecimalType(15, 2), func(i int) (parquet.Value, any) {
			return parquet.ByteArrayValue(bigEndian(int64(i)-700, 2+i%5)), int64(i) - 700
		}},
		"decimal_fixed": {parquet.Decimal(1, 9, parquet.FixedLenByteArrayType(5)), schema.DecimalType(9, 1), func(i int) (parquet.Value, any) {
			return parquet.FixedLenByteArrayValue(bigEndian(-int64(i), 5)), -int64(i)
		}},
		"decimal_wide": {parquet.Decimal(0, 30, parquet.FixedLenByteArrayType(13)), schema.DecimalType(30, 0), func(i int) (parquet.Value, any) {
			return parquet.FixedLenByteArrayValue(bigEndian(-int64(i)*1_000_003, 13)), -int64(i) * 1_000_003
		}},
		"uint8": {parquet.Uint(8), schema.Type{Kind: schema.Uint8}, func(i int) (parquet.Value, any) { return parquet.Int32Value(int32(i % 256)), int64(i % 256) }},
		"int16": {parquet.Int(16), schema.Type{Kind: schema.Int16}, func(i int) (parquet.Value, any) {
			return parquet.Int32Value(int32(i%5000) - 2500), int64(i%5000 - 2500)
		}},
		"float":  {parquet.Leaf(parquet.FloatType), schema.TypeDouble, func(i int) (parquet.Value, any) { return parquet.FloatValue(float32(i) / 3), float64(float32(i) / 3) }},
		"double": {parquet.Leaf(parquet.DoubleType), schema.TypeDouble, func(i int) (parquet.Value, any) { return parquet.DoubleValue(float64(i) * 1.1), float64(i) * 1.1 }},
		"zero": {parquet.Leaf(parquet.DoubleType), schema.TypeDouble, func(i int) (parquet.Value, any) {
			return parquet.DoubleValue(math.Copysign(0, float64(i%2)-0.5)), 0.0
		}},
		"bool": {parquet.Leaf(parquet.BooleanType), schema.TypeBoolean, func(i int) (parquet.Value, any) { return parquet.BooleanValue(i%3 == 0), int64(b2i(i%3 == 0)) }},
		"text": {parquet.String(), schema.TypeVarchar, func(i int) (parquet.Value, any) { return parquet.ByteArrayValue([]byte(text(i))), text(i) }},
		"enum": {parquet.Enum(), schema.TypeVarchar, func(i int) (parquet.Value, any) {
			return parquet.ByteArrayValue([]byte("e" + string(rune('0'+i%5)))), "e" + string(rune('0'+i%5))
		}},
		"bytes": {parquet.Leaf(parquet.ByteArrayType), schema.TypeVarchar, func(i int) (parquet.Value, any) { return parquet.ByteArrayValue([]byte("raw")), "raw" }},
		"uuid": {parquet.UUID(), schema.TypeVarchar, func(i int) (parquet.Value, any) {
			return parquet.FixedLenByteArrayValue(bigEndian(int64(i), 16)), fmt.Sprintf("00000000-0000-0000-0000-%012x", i)
		}},
	}
	encodings := map[string]struct {
		enc encoding.Encoding
		of  []string
	}{
		"dict":  {&parquet.RLEDictionary, []string{"uint8", "text", "int96", "decimal_bytes", "decimal_wide", "millis", "zero", "uuid"}},
		"delta": {&parquet.DeltaBinaryPacked, []string{"uint8", "int16", "millis", "nanos"}},
		"dlen":  {&parquet.DeltaLengthByteArray, []string{"text", "decimal_bytes"}},
		"dba":   {&parquet.DeltaByteArray, []string{"text", "uuid", "decimal_fixed"}},
		"split": {&parquet.ByteStreamSplit, []string{"float", "double", "int16", "millis", "decimal_fixed"}},
		"rle":   {&parquet.RLE, []string{"bool"}},
	}
	for name, e := range encodings {
		for _, of := range e.of {
			c := columns[of]
			c.node = parquet.Encoded(c.node, e.enc)
			columns[of+"_"+name] = c
		}
	}
	for name, c := range columns { // each with NULLs too
		plain := c.value
		c.node = parquet.Optional(c.node)
		c.value = func(i int) (parquet.Value, any) {
			if i%7 == 2 || i > 300 && i < 500 {
				return parquet.NullValue(), nil
			}
			return plain(i)
		}
		columns[name+"_null"] = c
	}
	return columns
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// writeForeign writes n rows of the columns and returns their names in the file's order.
func writeForeign(t testing.TB, columns map[string]foreignColumn, n, group int, options ...parquet.WriterOption) (raw []byte, names []string) {
	t.Helper()
	nodes := parquet.Group{}
	for name, c := range columns {
		nodes[name] = c.node
		names = append(names, name)
	}
	sort.Strings(names)
	var out bytes.Buffer
	w := parquet.NewWriter(&out, append([]parquet.WriterOption{parquet.NewSchema("spark_schema", nodes)}, options...)...)
	for i := range n {
		row := make(parquet.Row, len(names))
		for k, name := range names {
			v, want := columns[name].value(i)
			row[k] = v.Level(0, b2i(columns[name].node.Optional() && want != nil), k)
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
		if (i+1)%group == 0 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), names
}

// bind opens bytes as a table of all their columns.
func bind(t testing.TB, raw []byte) *segment.File {
	t.Helper()
	f, err := segment.OpenForeign(context.Background(), bytes.NewReader(raw), int64(len(raw)), "test.parquet")
	if err != nil {
		t.Fatal(err)
	}
	f, err = f.Bind(foreignTable(f), &schema.Segment{ID: schema.NewID(), Table: 1})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func foreignTable(f *segment.File) *schema.Table {
	table := &schema.Table{ID: 1, Name: "t"}
	for i, c := range f.Columns() {
		table.Columns = append(table.Columns, schema.Column{ID: uint32(i + 1), Name: c.Name, Type: c.Type})
	}
	return table
}

func payloadOf(v schema.Value) any {
	if v.Null {
		return nil
	}
	switch v.Type.Class() {
	case schema.ClassInt128:
		n, _ := v.W.Int64()
		return n
	case schema.ClassFloat64:
		return v.F
	case schema.ClassBytes:
		return v.S
	}
	return v.I
}

func TestForeignLayouts(t *testing.T) {
	codecs := map[string]compress.Codec{
		"none": &parquet.Uncompressed, "snappy": &parquet.Snappy, "gzip": &parquet.Gzip, "brotli": &parquet.Brotli, "lz4raw": &parquet.Lz4Raw, "zstd": &parquet.Zstd,
	}
	columns := foreignColumns()
	for _, version := range []int{1, 2} {
		for name, codec := range codecs {
			t.Run(fmt.Sprintf("v%d/%s", version, name), func(t *testing.T) {
				const rows = 2500
				raw, names := writeForeign(t, columns, rows, 1100, parquet.DataPageVersion(version), parquet.Compression(codec), parquet.PageBufferSize(700))
				f := bind(t, raw)
				for _, flat := range []bool{false, true} {
					checkForeign(t, columns, names, f, readAll(t, f, flat))
				}
				compareStats(t, f, readAll(t, f, false))
				checkBackwards(t, f)
				checkHistograms(t, f, true)
			})
		}
	}
}

func checkForeign(t *testing.T, columns map[string]foreignColumn, names []string, f *segment.File, got [][]schema.Value) {
	t.Helper()
	for k, name := range names {
		if typ := f.Columns()[k].Type; typ != columns[name].typ {
			t.Fatalf("%s is %s, not %s", name, typ, columns[name].typ)
		}
		for i, v := range got[k] {
			if _, want := columns[name].value(i); payloadOf(v) != want {
				t.Fatalf("%s row %d: %v, want %v", name, i, payloadOf(v), want)
			}
		}
	}
}

// checkBackwards reads the pages of a column from the last to the first: each must be what it is in order.
func checkBackwards(t *testing.T, f *segment.File) {
	t.Helper()
	want := readAll(t, f, false)
	var r segment.ChunkReader
	at := int64(0)
	for g := range f.RowGroups() {
		for k := range f.Columns() {
			r.Reset(f, g, k)
			for p := f.Pages(g) - 1; p >= 0; p-- {
				v, err := r.Page(p)
				if err != nil {
					t.Fatal(err)
				}
				for i := range v.Len {
					if a, b := v.Value(i), want[k][at+int64(p*f.PageRows()+i)]; a != b && a.F == a.F {
						t.Fatalf("%s: %v read backwards, %v forwards", f.Columns()[k].Name, a, b)
					}
				}
			}
		}
		at += f.RowGroupRows(g)
	}
}

func TestForeignColumnsThatCannotBeRead(t *testing.T) {
	nodes := parquet.Group{
		"fine": parquet.Int(32), "list": parquet.List(parquet.String()), "map": parquet.Map(parquet.String(), parquet.Int(32)),
		"many": parquet.Repeated(parquet.Int(64)), "nested": parquet.Group{"a": parquet.Int(32), "b": parquet.String()},
		"time": parquet.Time(parquet.Millisecond), "bson": parquet.BSON(), "interval": parquet.IntervalNode(),
	}
	var out bytes.Buffer
	w := parquet.NewWriter(&out, parquet.NewSchema("x", nodes))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := segment.OpenForeign(context.Background(), bytes.NewReader(out.Bytes()), int64(out.Len()), "x.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if c := f.Columns(); len(c) != 1 || c[0].Name != "fine" {
		t.Errorf("columns %v", c)
	}
	why := map[string]string{}
	for _, r := range f.Refused() {
		why[r.Name] = r.Why
	}
	for name, part := range map[string]string{"list": "a list", "map": "a map", "many": "repeated", "nested": "nested", "time": "TIME", "bson": "BSON", "interval": "INTERVAL"} {
		if !strings.Contains(why[name], part) {
			t.Errorf("%s: %q does not say %q", name, why[name], part)
		}
	}
}

// TestForeignValuesOutside reads values that their types cannot hold: each is an error that names the column, never another value.
func TestForeignValuesOutside(t *testing.T) {
	for name, c := range map[string]foreignColumn{
		"nanoseconds": {parquet.Timestamp(parquet.Nanosecond), schema.TypeTimestamp, func(int) (parquet.Value, any) { return parquet.Int64Value(1_500), int64(1) }},
		"int8":        {parquet.Int(8), schema.Type{Kind: schema.Int8}, func(int) (parquet.Value, any) { return parquet.Int32Value(300), int64(44) }},
		"year 12000":  {parquet.Timestamp(parquet.Millisecond), schema.TypeTimestamp, func(int) (parquet.Value, any) { return parquet.Int64Value(316_516_204_800_000), int64(0) }},
		"overflow":    {parquet.Timestamp(parquet.Millisecond), schema.TypeTimestamp, func(int) (parquet.Value, any) { return parquet.Int64Value(math.MaxInt64), int64(0) }},
		"no date":     {parquet.Date(), schema.TypeDate, func(int) (parquet.Value, any) { return parquet.Int32Value(math.MinInt32), int64(0) }},
		"digits":      {parquet.Decimal(2, 4, parquet.Int32Type), schema.DecimalType(4, 2), func(int) (parquet.Value, any) { return parquet.Int32Value(10_000), int64(0) }},
		"long number": {parquet.Decimal(0, 3, parquet.ByteArrayType), schema.DecimalType(3, 0), func(int) (parquet.Value, any) { return parquet.ByteArrayValue(bytes.Repeat([]byte{1}, 30)), int64(0) }},
		"not text":    {parquet.String(), schema.TypeVarchar, func(int) (parquet.Value, any) { return parquet.ByteArrayValue([]byte("\xff\xfe")), "" }},
	} {
		raw, _ := writeForeign(t, map[string]foreignColumn{name: c}, 3, 10)
		f := bind(t, raw)
		var r segment.ChunkReader
		r.Reset(f, 0, 0)
		_, err := r.Page(0)
		if !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestForeignDictionaryWithEqualEntries(t *testing.T) {
	c := foreignColumn{parquet.Encoded(parquet.Leaf(parquet.DoubleType), &parquet.RLEDictionary), schema.TypeDouble, func(i int) (parquet.Value, any) {
		return parquet.DoubleValue([]float64{math.Copysign(0, -1), 0, 1}[i%3]), []float64{0, 0, 1}[i%3]
	}}
	raw, _ := writeForeign(t, map[string]foreignColumn{"d": c}, 30, 100)
	var r segment.ChunkReader
	r.Reset(bind(t, raw), 0, 0)
	v, err := r.Page(0)
	if err != nil || v.Dict == nil || v.Dict.Values.Len != 2 {
		t.Fatalf("%+v: %v", v, err)
	}
}
