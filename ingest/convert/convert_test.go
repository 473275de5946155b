package convert_test

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

var (
	plainInt     = regexp.MustCompile(`^[+-]?[0-9]+$`)
	plainDecimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$`)
	plainDouble  = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
	isoForm      = regexp.MustCompile(`^\d{4}-\d\d-\d\d([ T]\d\d:\d\d|$)`) // package time takes one-digit hours too
	words        = regexp.MustCompile(`^[+-]?(?i:nan|inf|infinity)$`)
)

// FuzzNumbers compares every number parser with strconv and math/big.
func FuzzNumbers(f *testing.F) {
	for _, s := range []string{
		"0", "-1", "+5", "2.85", ".5", "5.", "-0.05", "1e5", "1E-400", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
		"18446744073709551616", "0.1234567890123456789", "99999999999999999999999999999999999999", "NaN", "-inf", "1e22", "1e23", "9007199254740993", "0000000000000000000001.5", "1.10000",
	} {
		f.Add(s, uint8(18), uint8(2))
		f.Add(s, uint8(38), uint8(10))
	}
	f.Fuzz(func(t *testing.T, s string, p, sc uint8) {
		integers(t, s)
		doubles(t, s)
		precision := 1 + int(p)%38
		decimals(t, s, precision, int(sc)%(precision+1))
	})
}

func integers(t *testing.T, s string) {
	want, err := strconv.ParseInt(s, 10, 64)
	ok := err == nil && plainInt.MatchString(s)
	if got, why := convert.ParseInt64([]byte(s)); (why == convert.OK) != ok || ok && got != want {
		t.Fatalf("int64 %q: %d %v, want %d %v", s, got, why, want, ok)
	}
	wantU, err := strconv.ParseUint(strings.TrimPrefix(s, "+"), 10, 64)
	ok = err == nil && plainInt.MatchString(s) || strings.HasPrefix(s, "-") && strings.Trim(s[1:], "0") == "" && len(s) > 1
	if got, why := convert.ParseUint64([]byte(s)); (why == convert.OK) != ok || ok && got != wantU {
		t.Fatalf("uint64 %q: %d %v, want %d %v", s, got, why, wantU, ok)
	}
}

func doubles(t *testing.T, s string) {
	want, err := strconv.ParseFloat(s, 64)
	ok := err == nil && (plainDouble.MatchString(s) || words.MatchString(s))
	if mantissa, _, _ := strings.Cut(strings.ToLower(s), "e"); want == 0 && strings.ContainsAny(mantissa, "123456789") {
		ok = false // too small: strconv gives 0
	}
	got, why := convert.ParseDouble([]byte(s), '.')
	if (why == convert.OK) != ok || ok && math.Float64bits(got) != math.Float64bits(want) && !(got != got && want != want) {
		t.Fatalf("double %q: %v %v, want %v %v", s, got, why, want, ok)
	}
}

func decimals(t *testing.T, s string, precision, scale int) {
	var want *big.Int
	if plainDecimal.MatchString(s) && len(s) < 1000 {
		r, ok := new(big.Rat).SetString(strings.TrimPrefix(s, "+"))
		if !ok {
			t.Fatalf("big does not read %q", s)
		}
		r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
		if r.IsInt() && r.Num().CmpAbs(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)) < 0 {
			want = r.Num()
		}
	} else if len(s) >= 1000 {
		return
	}
	wide, why := convert.ParseDecimal128([]byte(s), '.', precision, scale)
	if (why == convert.OK) != (want != nil) || want != nil && wide.Big().Cmp(want) != 0 {
		t.Fatalf("decimal(%d,%d) %q: %s %v, want %v", precision, scale, s, wide, why, want)
	}
	if precision <= 18 {
		got, why := convert.ParseDecimal64([]byte(s), '.', precision, scale)
		if (why == convert.OK) != (want != nil) || want != nil && got != want.Int64() {
			t.Fatalf("decimal64(%d,%d) %q: %d %v, want %v", precision, scale, s, got, why, want)
		}
	}
}

// FuzzTimes compares dates and times with package time.
func FuzzTimes(f *testing.F) {
	for _, s := range []string{
		"2025-01-20", "0001-01-01", "9999-12-31", "2024-02-29", "2023-02-29", "1900-02-29", "2025-01-20T07:21:26Z", "2025-01-20 07:21", "2025-01-20T07:21:26.123456+02:00",
		"1969-12-31 23:59:59.999999", "2025-01-20T24:00:00Z", "2025-13-01", "2025-01-20T07:21:26.1234567Z", "2025-01-20 07:21:26-0530",
	} {
		f.Add(s)
	}
	layouts := []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04"}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := time.Parse("2006-01-02", s)
		ok := err == nil && d.Year() > 0
		if got, why := convert.ParseDate([]byte(s)); (why == convert.OK) != ok || ok && got != d.Unix()/86400 && got != schema.DayOf(d.UnixMicro()) {
			t.Fatalf("date %q: %d %v, want %v", s, got, why, err)
		}
		got, why := convert.ParseTimestamp([]byte(s))
		for _, l := range layouts {
			x, err := time.Parse(l, s)
			if err != nil || x.UTC().Year() < 1 || x.UTC().Year() > 9999 || !isoForm.MatchString(s) || strings.Contains(s, ",") || strings.ContainsAny(s, "+-") && len(s) > 16 && zoneHours(s) > 18 {
				continue
			}
			if fine := x.Nanosecond()%1000 != 0; fine || digitsBehindPoint(s) > 9 {
				continue
			}
			if why != convert.OK || got != x.UnixMicro() {
				t.Fatalf("timestamp %q: %d %v, want %d", s, got, why, x.UnixMicro())
			}
		}
	})
}

func zoneHours(s string) int {
	i := strings.LastIndexAny(s, "+-")
	if i < 0 || i+3 > len(s) {
		return 0
	}
	h, _ := strconv.Atoi(s[i+1 : i+3])
	return h
}

func digitsBehindPoint(s string) int {
	_, frac, _ := strings.Cut(s, ".")
	return len(frac)
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct{ pattern, in, want string }{
		{"%d/%m/%Y", "01/02/2025", "2025-02-01T00:00:00Z"},
		{"%m/%d/%Y", "01/02/2025", "2025-01-02T00:00:00Z"},
		{"DD.MM.YYYY", "3.2.2025", "2025-02-03T00:00:00Z"},
		{"DD.MM.YYYY HH:mm:ss", "03.02.2025 04:05:06", "2025-02-03T04:05:06Z"},
		{"%d-%b-%y", "03-Feb-25", "2025-02-03T00:00:00Z"},
		{"%d-%b-%y", "03-feb-70", "1970-02-03T00:00:00Z"},
		{"%Y%m%d", "20250203", "2025-02-03T00:00:00Z"},
		{"%m/%d/%Y %h:%i %p", "2/3/2025 12:05 AM", "2025-02-03T00:05:00Z"},
		{"%Y-%m-%d %T.%f", "2025-02-03 04:05:06.5", "2025-02-03T04:05:06.5Z"},
		{"%Y-%m-%dT%T%z", "2025-02-03T04:05:06+01:00", "2025-02-03T03:05:06Z"},
		{"%d/%m/%Y", "30/02/2025", ""},
		{"%d/%m/%Y", "2025-02-03", ""},
		{"%d/%m/%Y", "1/2/2025x", ""},
		{"%d/%m/%Y", "1/2/25", ""},
	} {
		p, err := convert.ParsePattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		v, why := p.ParseTimestamp([]byte(c.in))
		got := ""
		if why == convert.OK {
			got = string(schema.AppendTimestamp(nil, v))
		}
		if got != c.want {
			t.Errorf("%q by %q: %q (%v), want %q", c.in, c.pattern, got, why, c.want)
		}
	}
	for _, bad := range []string{"", "%", "%Q", "%d/%m", "YYYY"} {
		if _, err := convert.ParsePattern(bad); err == nil {
			t.Errorf("pattern %q is taken", bad)
		}
	}
}

func chunkOf(t testing.TB, text string) *csvscan.Chunk {
	var c csvscan.Chunk
	if err := csvscan.New(strings.NewReader(text), csvscan.Dialect{Delimiter: ',', Quote: '"'}, 0).Next(&c); err != nil {
		t.Fatal(err)
	}
	return &c
}

func TestInfer(t *testing.T) {
	for _, c := range []struct{ cells, want string }{
		{"1|2|-3", "BIGINT"},
		{"1||3", "BIGINT"},
		{`"1"|"2"`, "BIGINT"},
		{" 1 |2", "BIGINT"},
		{`1|""`, "BIGINT"},
		{"007|1", "VARCHAR"},
		{"+49|1", "VARCHAR"},
		{"0|00", "VARCHAR"},
		{"0|-0", "BIGINT"},
		{"9223372036854775807", "BIGINT"},
		{"9223372036854775808", "DECIMAL(38,0)"},
		{"-9223372036854775809", "DECIMAL(38,0)"},
		{"999999999999999999999999999999999999999", "VARCHAR"},
		{"2.85", "DECIMAL(18,2)"},
		{"2.850|1", "DECIMAL(18,3)"},
		{".5", "DECIMAL(18,1)"},
		{"5.", "DECIMAL(18,0)"},
		{"123456789012345678|0.25", "DECIMAL(38,2)"},
		{"0.12345678901234567890123456789012345678901", "DOUBLE"},
		{"1e5|2", "DOUBLE"},
		{"1.5e-3|2.5", "DOUBLE"},
		{"NaN|1.5", "DOUBLE"},
		{"1e999", "VARCHAR"},
		{"true|FALSE", "BOOLEAN"},
		{"true|1", "VARCHAR"},
		{"t|f", "VARCHAR"},
		{"yes|no", "VARCHAR"},
		{"2025-01-02", "DATE"},
		{"2025-01-02|2025-01-02 10:00", "TIMESTAMP"},
		{"2025-01-02T10:00:00Z", "TIMESTAMP"},
		{"2025-02-30", "VARCHAR"},
		{"01/02/2025", "VARCHAR"},
		{"2025-01-02|1", "VARCHAR"},
		{"20250102", "BIGINT"},
		{"|", "VARCHAR"},
		{`""|""`, "VARCHAR"},
		{"1|x", "VARCHAR"},
		{"1,5", "DECIMAL(18,1)"},
		{"1,5|2|-0,25", "DECIMAL(18,2)"},
		{"1,234", "VARCHAR"},
		{"1,234|12,5", "DECIMAL(18,3)"},
		{"1,234|12.5", "DECIMAL(18,1)"},
		{"1,234.50|7", "DECIMAL(18,2)"},
		{"1.234,50|7", "DECIMAL(18,2)"},
		{"1.234,50|1.5", "VARCHAR"},
		{"1 234,50", "DECIMAL(18,2)"},
		{"1'234.50|12.25", "DECIMAL(18,2)"},
		{"1,234,567", "VARCHAR"},
		{"1,23,567.00", "VARCHAR"},
		{"1,5|x", "VARCHAR"},
		{"1,5|1e5", "VARCHAR"},
		{"1,5|2025-01-01", "VARCHAR"},
		{"01,5", "VARCHAR"},
		{"13/01/2025", "DATE"},
		{"01/13/2025|02/03/2025", "DATE"},
		{"13/01/2025|01/13/2025", "VARCHAR"},
		{"13/01/2025|2025-01-13", "VARCHAR"},
		{"13/01/2025|5", "VARCHAR"},
		{"31/02/2025", "VARCHAR"},
		{"13/01/25", "VARCHAR"},
		{"2025/01/02", "DATE"},
		{"13.1.2025 08:15", "TIMESTAMP"},
		{"13.01.2025|13.01.2025 08:15", "VARCHAR"},
		{"01/02/2025 1:30 PM", "VARCHAR"},
		{"01/22/2025 1:30 PM", "TIMESTAMP"},
		{"14-Mar-2025", "DATE"},
		{"Mar 14, 2025", "DATE"},
		{"1 000", "VARCHAR"},
		{"$5", "VARCHAR"},
		{"5%", "VARCHAR"},
		{"-", "VARCHAR"},
		{"1-2", "VARCHAR"},
		{"0x10", "VARCHAR"},
		{"1_000", "VARCHAR"},
	} {
		var b strings.Builder
		for _, cell := range strings.Split(c.cells, "|") {
			if strings.Contains(cell, ",") {
				cell = `"` + cell + `"`
			}
			b.WriteString("x," + cell + "\n")
		}
		ch := chunkOf(t, b.String())
		inf := convert.NewInference(convert.Rules{}, 2)
		inf.Observe(ch)
		o := inf.Columns()[1]
		typ := o.Type()
		if typ.String() != c.want {
			t.Errorf("%q is %s, want %s", c.cells, typ, c.want)
			continue
		}
		// What was inferred holds every cell.
		p := &convert.Plan{Types: []schema.Type{schema.TypeVarchar, typ}, Fields: []int{0, 1}, Width: 2, Rules: convert.Rules{Escape: '"'}, Forms: []convert.Form{{}, o.Form}}
		if r := convert.NewConverter(p, nil, nil).Convert(ch, nil); len(r.Rejects) != 0 {
			t.Errorf("%q inferred as %s rejects %v", c.cells, typ, r.Rejects[0].Reason)
		}
	}
}

func TestConvert(t *testing.T) {
	types := []schema.Type{schema.TypeVarchar, {Kind: schema.Int8}, {Kind: schema.Uint16}, schema.DecimalType(5, 2), schema.DecimalType(38, 2), schema.TypeDouble, schema.TypeBoolean, schema.TypeDate, schema.TypeTimestamp, schema.TypeJSON}
	p := &convert.Plan{Types: types, Fields: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, -1}, Width: 9, Rules: convert.Rules{Null: []string{"NA"}, Escape: '"'}}
	good := "x,-128,65535,999.99,99999999999999999999.5,1.5,yes,2025-01-02,2025-01-02 03:04,\n"
	good = strings.TrimSuffix(good, ",\n") + "\n"
	text := good + "\"a\"\"b\",,,,,,,,\nNA,NA,NA,NA,NA,NA,NA,NA,NA\n\"NA\",1,1,1,1,1,1,2025-01-01,2025-01-01\n\"\",\"\",1,1,1,1,1,2025-01-01,2025-01-01\n" +
		"x,128,1,1,1,1,1,2025-01-01,2025-01-01\nx,1,-1,1,1,1,1,2025-01-01,2025-01-01\nx,1,1,1.001,1,1,1,2025-01-01,2025-01-01\nx,1,1,1000,1,1,1,2025-01-01,2025-01-01\n" +
		"x,1,1,1,1,1,2,2025-01-01,2025-01-01\nx,1,1,1,1,1,1,2025-02-29,2025-01-01\nx,1,1,1,1,1,1,2025-01-01,2025-01-01 00:00:00.0000001\n"
	r := convert.NewConverter(p, nil, nil).Convert(chunkOf(t, text), nil)
	var got []string
	for i := range r.Batch.Len {
		var row []string
		for _, c := range r.Batch.Cols {
			row = append(row, c.Value(i).String())
		}
		got = append(got, strings.Join(row, "|"))
	}
	want := []string{
		"x|-128|65535|999.99|99999999999999999999.50|1.5|true|2025-01-02|2025-01-02T03:04:00Z|NULL",
		`a"b|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL`,
		"NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL",
		"NA|1|1|1.00|1.00|1|true|2025-01-01|2025-01-01T00:00:00Z|NULL",
		"|NULL|1|1.00|1.00|1|true|2025-01-01|2025-01-01T00:00:00Z|NULL",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	var why []convert.Reason
	for _, x := range r.Rejects {
		why = append(why, x.Reason)
	}
	wantWhy := []convert.Reason{convert.IntegerRange, convert.IntegerRange, convert.DecimalScale, convert.DecimalRange, convert.NotBoolean, convert.NoSuchDate, convert.TooFine}
	if len(why) != len(wantWhy) {
		t.Fatalf("rejects %v", why)
	}
	for i := range why {
		if why[i] != wantWhy[i] {
			t.Errorf("reject %d: %v, want %v", i, why[i], wantWhy[i])
		}
	}
}

// TestHashesDoNotDependOnEncoding compares a coded column with the same rows flat.
func TestHashesDoNotDependOnEncoding(t *testing.T) {
	text := strings.Repeat("a,1\nb,2\n,3\nab,4\n", 100)
	p := &convert.Plan{Types: []schema.Type{schema.TypeVarchar}, Fields: []int{0}, Width: 2}
	r := convert.NewConverter(p, nil, nil).Convert(chunkOf(t, text), nil)
	v := r.Batch.Cols[0]
	if v.Enc != batch.Dict {
		t.Fatal("few values are not coded")
	}
	sum, nulls := convert.Hash(v.Flatten())
	if sum != r.Hashes[0] || nulls != r.Nulls[0] || nulls != 100 {
		t.Fatal("hashes differ")
	}
}

func BenchmarkConvert(b *testing.B) {
	for name, c := range map[string]struct {
		cell string
		typ  schema.Type
	}{
		"int": {"123456", schema.TypeInt64}, "decimal": {"123.45", schema.DecimalType(18, 3)}, "wide": {"123.45", schema.DecimalType(38, 3)}, "double": {"123.456e2", schema.TypeDouble},
		"date": {"2025-01-20", schema.TypeDate}, "timestamp": {"2025-01-20T07:21:26Z", schema.TypeTimestamp}, "text": {"Glucose [Mass/volume] in Serum", schema.TypeVarchar},
	} {
		b.Run(name, func(b *testing.B) {
			ch := chunkOf(b, strings.Repeat("x,"+c.cell+"\n", 2000))
			conv := convert.NewConverter(&convert.Plan{Types: []schema.Type{c.typ}, Fields: []int{1}, Width: 2}, nil, nil)
			for b.Loop() {
				conv.Convert(ch, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(ch.Records)), "ns/cell")
		})
	}
}

func BenchmarkInfer(b *testing.B) {
	ch := chunkOf(b, strings.Repeat("H0042,123456,5.31,2025-01-20T07:21:26Z,Glucose\n", 1000))
	for b.Loop() {
		convert.NewInference(convert.Rules{}, 5).Observe(ch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(5*len(ch.Records)), "ns/cell")
}
