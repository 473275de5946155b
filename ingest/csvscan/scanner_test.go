package csvscan_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/google/go-cmp/cmp"
)

var comma = csvscan.Dialect{Delimiter: ',', Quote: '"'}

type outcome struct {
	rows         []row
	blank, bytes int64
}

// scan reads everything and checks what must hold of every chunk.
func scan(t testing.TB, r io.Reader, d csvscan.Dialect, limit int) (out outcome, err error) {
	return scanWith(t, csvscan.New(r, d, limit))
}

func scanWith(t testing.TB, s *csvscan.Scanner) (out outcome, err error) {
	var c csvscan.Chunk
	for {
		if err = s.Next(&c); err != nil {
			if len(c.Records) != 0 {
				t.Fatalf("records beside %v", err)
			}
			break
		}
		if !c.High && bytes.ContainsFunc(c.Data, func(r rune) bool { return r >= 0x80 }) || !c.NUL && bytes.IndexByte(c.Data, 0) >= 0 {
			t.Fatalf("%q is said to be plain", c.Data)
		}
		for i := range c.Records {
			rec := &c.Records[i]
			x := row{Offset: rec.Offset, Line: rec.Line, Span: rec.Span, Fault: rec.Fault}
			for _, f := range c.Row(rec) {
				v := string(c.Bytes(f))
				if f.Quoted() {
					v = "Q" + v
				}
				x.Fields = append(x.Fields, v)
			}
			out.rows = append(out.rows, x)
		}
		out.blank += c.Blank
		out.bytes += c.BlankBytes
	}
	if err == io.EOF {
		err = nil
	}
	return out, err
}

func check(t testing.TB, in string, d csvscan.Dialect, limit int, wrap func(io.Reader) io.Reader) {
	t.Helper()
	tw := &twin{in: in, d: d, limit: limit}
	tw.run()
	got, err := scan(t, wrap(strings.NewReader(in)), d, limit)
	if err != nil {
		t.Fatalf("scan %q: %v", in, err)
	}
	if !reflect.DeepEqual(tw.rows, got.rows) {
		t.Fatalf("scan %q (limit %d): twin against scanner:\n%s", in, limit, cmp.Diff(tw.rows, got.rows))
	}
	careful, err := scanWith(t, csvscan.New(wrap(strings.NewReader(in)), d, limit).Plain())
	if err != nil || !reflect.DeepEqual(careful.rows, got.rows) || careful.blank != got.blank || careful.bytes != got.bytes {
		t.Fatalf("scan %q (limit %d): fast against plain:\n%s", in, limit, cmp.Diff(careful.rows, got.rows))
	}
	if got.blank != tw.blank || got.bytes != tw.bytes {
		t.Fatalf("scan %q: %d blank lines of %d bytes, want %d of %d", in, got.blank, got.bytes, tw.blank, tw.bytes)
	}
	sum := got.bytes
	for _, r := range got.rows {
		sum += r.Span
	}
	if sum != int64(len(in)) {
		t.Fatalf("scan %q: spans sum to %d of %d bytes", in, sum, len(in))
	}
}

func plain(r io.Reader) io.Reader { return r }

func checkAll(t testing.TB, in string, d csvscan.Dialect, limit int) {
	t.Helper()
	check(t, in, d, limit, plain)
	check(t, in, d, limit, iotest.OneByteReader)
	check(t, in, d, limit, iotest.DataErrReader)
}

func TestRules(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"lf", "a,b\n1,2\n", "1:a|b 2:1|2"},
		{"no last line end", "a,b\n1,2", "1:a|b 2:1|2"},
		{"crlf", "a,b\r\n1,2\r\n", "1:a|b 2:1|2"},
		{"cr", "a,b\r1,2\r", "1:a|b 2:1|2"},
		{"mixed", "a\r\nb\rc\nd", "1:a 2:b 3:c 4:d"},
		{"blank lines", "\n\na\r\n\r\nb\n\n", "3:a 5:b"},
		{"empty fields", ",\n,,\n", "1:| 2:||"},
		{"trailing delimiter at the end", "a,", "1:a|"},
		{"quoted", "\"a,b\",\"c\"\n", "1:Qa,b|Qc"},
		{"quoted line ends", "\"a\nb\r\nc\",d\ne,f\n", "1:Qa\nb\r\nc|d 4:e|f"},
		{"doubled quote", "\"a\"\"b\"\n", "1:Qa\"\"b"},
		{"quoted empty", "\"\",\n", "1:Q|"},
		{"quote inside", "a\"b,c\"\n", "1:a\"b|c\""},
		{"stray quote", "\"a\"b,c\nd,e\n", "1:!1 2:d|e"},
		{"stray quote lines on", "\"a\nb\"c,d\ne,f\n", "1:!1 3:e|f"},
		{"unclosed", "a,\"b\nc,d\ne,f\n", "1:!2 2:c|d 3:e|f"},
		{"unclosed on the last line", "a,b\nc,\"d", "1:a|b 2:!2"},
		{"nul", "a\x00,b\n", "1:a\x00|b"},
		{"control bytes", "a\x01,\tb\n", "1:a\x01|\tb"},
	} {
		checkAll(t, c.in, comma, 0+1<<20)
		out, _ := scan(t, strings.NewReader(c.in), comma, 0)
		var got []string
		for _, r := range out.rows {
			text := strings.Join(r.Fields, "|")
			if r.Fault != csvscan.NoFault {
				text = fmt.Sprintf("!%d", r.Fault)
			}
			got = append(got, fmt.Sprintf("%d:%s", r.Line, text))
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s: %q, want %q", c.name, g, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, in := range []string{
		"a,b\n" + strings.Repeat("x", 100) + "\nc,d\n",
		"a,b\n\"" + strings.Repeat("x\n", 100) + "\nc,d\n",
		"a,b\n\"" + strings.Repeat("x", 100) + "\nc,d\n\"\n",
		strings.Repeat("x", 100) + "\r",
		strings.Repeat("x", 20) + "\r\n" + strings.Repeat("x", 21) + "\r\n" + strings.Repeat("x", 22) + "\r\n",
		strings.Repeat("x", 100),
		"\"" + strings.Repeat("x", 30) + "\"y,z\r\na",
		strings.Repeat(",", 50) + "\n1\n",
	} {
		for limit := 1; limit < 40; limit++ {
			checkAll(t, in, comma, limit)
		}
	}
}

func TestAMillionColumns(t *testing.T) {
	in := strings.Repeat(",", 1_000_000) + "\n1,2\n"
	s := csvscan.New(strings.NewReader(in), comma, 0)
	var c csvscan.Chunk
	if err := s.Next(&c); err != nil {
		t.Fatal(err)
	}
	if r := c.Records[0]; r.Fields != 1_000_001 || len(c.Row(&r)) != csvscan.MaxFields {
		t.Fatalf("%d fields, %d kept", r.Fields, len(c.Row(&r)))
	}
}

func TestReadErrorComesAfterWholeRecords(t *testing.T) {
	broken := errors.New("broken")
	in := io.MultiReader(strings.NewReader("a,b\n1,2\n3,"), iotest.ErrReader(broken))
	out, err := scan(t, in, comma, 0)
	if !errors.Is(err, broken) || len(out.rows) != 2 {
		t.Fatalf("%v, %d records", err, len(out.rows))
	}
}

// randomTable returns well-formed CSV and its cells.
func randomTable(r *rand.Rand) (string, [][]string) {
	const alphabet = "ab,\"\n;x \t1é"
	runes := []rune(alphabet)
	cols := 1 + r.IntN(6)
	rows := make([][]string, r.IntN(20))
	for i := range rows {
		rows[i] = make([]string, cols)
		for j := range rows[i] {
			for range r.IntN(9) {
				rows[i][j] += string(runes[r.IntN(len(runes))])
			}
		}
		if cols == 1 && rows[i][0] == "" {
			rows[i][0] = "x" // a blank line is no record
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = r.IntN(2) == 0
	if err := w.WriteAll(rows); err != nil {
		panic(err)
	}
	return b.String(), rows
}

func TestAgainstEncodingCSV(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		in, _ := randomTable(r)
		want, err := csv.NewReader(strings.NewReader(in)).ReadAll()
		if err != nil {
			t.Fatalf("encoding/csv on its own output %q: %v", in, err)
		}
		s := csvscan.New(strings.NewReader(in), comma, 0)
		var c csvscan.Chunk
		var got [][]string
		for s.Next(&c) == nil {
			for i := range c.Records {
				var cells []string
				for _, f := range c.Row(&c.Records[i]) {
					v := c.Bytes(f)
					if f.Escaped() {
						v = csvscan.Unescape(nil, v, '"')
					}
					cells = append(cells, strings.ReplaceAll(string(v), "\r\n", "\n"))
				}
				got = append(got, cells)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q:\n%s", in, diff)
		}
	}
}

// TestBlockBoundaries moves every kind of structure over every offset of the blocks that are marked at once.
func TestBlockBoundaries(t *testing.T) {
	for _, piece := range []string{
		"a,b\n", "a,b\r\n", "a\rb\n", "\"a,b\",c\n", "\"a\"\"b\",c\r\n", "\"a\nb\r\nc\",\"\"\n", "\"a\"x,b\nc\n", "\"open,b\nc\n", "\r\n\r\n", "é,\x00\n", "\"\"\"\",\"\"\"\"\n",
	} {
		for at := range 131 {
			for _, quoted := range []bool{false, true} {
				in := strings.Repeat("x", at) + "\n" + piece + piece
				if quoted {
					in = "\"" + strings.Repeat("y", at) + "\",z\n" + piece + piece
				}
				check(t, in, comma, 0+1<<20, plain)
				check(t, in, comma, 40, plain)
			}
		}
	}
}

// TestChunkBoundaries cuts a text at every size of chunk: records, quotes and line ends lie across the reads.
func TestChunkBoundaries(t *testing.T) {
	var b strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&b, "%d,\"x\"\"%s\ny\",%s\r\n", i, strings.Repeat(",", i%67), strings.Repeat("z", i%59))
	}
	for _, cut := range []int{0, 1, 2, 3, 17, 63, 64, 65, 127} {
		check(t, b.String()[cut:], comma, 1<<20, plain)
	}
}

func TestPolluted(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	n := 20_000
	if testing.Short() {
		n = 2_000
	}
	for range n {
		in, _ := randomTable(r)
		b := []byte(in)
		for range r.IntN(4) {
			if len(b) > 0 {
				b[r.IntN(len(b))] = "\"\n\r,\\\x00x"[r.IntN(7)]
			}
		}
		d := comma
		if r.IntN(3) == 0 {
			d.Escape = '\\'
		}
		check(t, string(b), d, 1+r.IntN(60), plain)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"b\",\r\n", "a\r\rb", "\"", "\"a\"x\n\"b\nc\"\n", "a,\"b\nc,d\n", "\\\"\n"} {
		f.Add(s, byte(','), byte('"'), byte(0), uint8(30), uint8(1))
		f.Add(s, byte('\t'), byte('"'), byte('\\'), uint8(3), uint8(7))
	}
	f.Fuzz(func(t *testing.T, in string, delim, quote, escape byte, limit, step uint8) {
		if delim == 0 || delim == quote || delim == escape || delim == '\n' || delim == '\r' ||
			quote == '\n' || quote == '\r' || escape == '\n' || escape == '\r' || delim >= 0x80 || quote >= 0x80 || escape >= 0x80 || (quote == 0 && escape != 0) {
			t.Skip()
		}
		d := csvscan.Dialect{Delimiter: delim, Quote: quote, Escape: escape}
		check(t, in, d, 1+int(limit), plain)
		check(t, in, d, 1+int(limit), func(r io.Reader) io.Reader { return &stepReader{r, 1 + int(step)} })
	})
}

// stepReader reads at most n bytes at a time.
type stepReader struct {
	r io.Reader
	n int
}

func (s *stepReader) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), s.n)]) }

func BenchmarkScan(b *testing.B) {
	lab := strings.Repeat("H0042,P000012345,2345-7,Glucose [Mass/volume] in Serum or Plasma,serum,2025-01-20T07:21:26Z,2025-01-20T09:11:02Z,5.31,mmol/L,3.9,5.6,,47,F,final,\n", 20_000)
	short := strings.Repeat("01_02,L06_B,9966,LBXBCD,0.7\n", 80_000)
	quoted := strings.Repeat("\"H0042\",\"P000012345\",\"a, b\",\"Glucose\",\"5.31\"\n", 60_000)
	for _, c := range []struct{ name, in string }{{"lab", lab}, {"short", short}, {"quoted", quoted}} {
		for _, how := range []string{"fast", "plain"} {
			b.Run(c.name+"/"+how, func(b *testing.B) {
				b.SetBytes(int64(len(c.in)))
				b.ReportAllocs()
				var ch csvscan.Chunk
				for b.Loop() {
					s := csvscan.New(strings.NewReader(c.in), comma, 0)
					if how == "plain" {
						s.Plain()
					}
					for s.Next(&ch) == nil {
					}
				}
			})
		}
	}
}
