package conformance_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/assaydb/assay/bench/conformance"
	"github.com/assaydb/assay/ingest"
)

// sheet is one random table and the way it is written down.
type sheet struct {
	seed            uint64
	delimiter, end  string
	charset         string // as declared; "utf-16le" and "utf-16be" carry a mark
	mark            bool   // a byte order mark on UTF-8
	declared        bool   // the dialect is declared, else it must be detected
	header, lastEnd bool
	names           []string
	rows            [][]string
	quoted          [][]bool
	text            string // as UTF-8, without a mark
}

const alphabet = "abcxyzXYZ0123456789 .-_/%<>=+()"

// draw makes the sheet of a seed. Its first column numbers the rows, so that they have an order.
func draw(seed uint64) *sheet {
	r := rand.New(rand.NewPCG(seed, 4))
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	s := &sheet{
		seed: seed, delimiter: one(",", ";", "\t", "|"), end: one("\n", "\n", "\r\n", "\r"), charset: one("", "", "", "utf-16le", "utf-16be", "latin-1"),
		declared: r.IntN(2) == 0, header: r.IntN(4) > 0, lastEnd: r.IntN(3) > 0,
	}
	s.mark = s.charset == "" && r.IntN(4) == 0
	special := []string{`"`, `""`, "\n", "\r\n", "\t", "|", ";", ",", "'", "é", "ß", "µ"}
	if s.charset != "latin-1" {
		special = append(special, "€", "日本", "🧪", "\u00a0", "\u2028", "\ufeff")
	}
	width := []int{1, 2, 2, 3, 3, 5, 8, 40, 300, 2000}[r.IntN(10)]
	rows := 1 + r.IntN(60)
	if width > 100 {
		rows = 1 + r.IntN(5)
	}
	for j := range width {
		s.names = append(s.names, "c"+strconv.Itoa(j))
	}
	mode := r.IntN(3) // quotes nowhere, everywhere, mixed
	for i := range rows {
		row, quoted := make([]string, width), make([]bool, width)
		for j := range row {
			cell := ""
			for range []int{0, 1, 3, 8, 20}[r.IntN(5)] {
				cell += string(alphabet[r.IntN(len(alphabet))])
				if mode > 0 && r.IntN(6) == 0 {
					cell += one(special...)
				}
			}
			if r.IntN(3000) == 0 {
				cell += strings.Repeat("huge ", 40_000)
			}
			if j == 0 {
				cell = fmt.Sprintf("%06d", i) + cell
			}
			row[j] = cell
			quoted[j] = mode == 1 || mode == 2 && r.IntN(2) == 0 || strings.ContainsAny(cell, "\"\r\n"+s.delimiter)
		}
		s.rows, s.quoted = append(s.rows, row), append(s.quoted, quoted)
	}
	s.write()
	return s
}

func (s *sheet) write() {
	var b strings.Builder
	if s.header {
		b.WriteString(strings.Join(s.names, s.delimiter) + s.end)
	}
	for i, row := range s.rows {
		for j, cell := range row {
			if j > 0 {
				b.WriteString(s.delimiter)
			}
			if s.quoted[i][j] {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		if s.lastEnd || i+1 < len(s.rows) {
			b.WriteString(s.end)
		}
	}
	s.text = b.String()
}

// bytes is the file as it is sent.
func (s *sheet) bytes() []byte {
	switch s.charset {
	case "latin-1":
		var out []byte
		for _, r := range s.text {
			out = append(out, byte(r))
		}
		return out
	case "utf-16le", "utf-16be":
		var out []byte
		for _, u := range utf16.Encode([]rune("\ufeff" + s.text)) {
			if s.charset == "utf-16le" {
				out = append(out, byte(u), byte(u>>8))
			} else {
				out = append(out, byte(u>>8), byte(u))
			}
		}
		return out
	}
	if s.mark {
		return []byte("\ufeff" + s.text)
	}
	return []byte(s.text)
}

// want is the table that every reader must see. A cell that is empty and not quoted is NULL (nil) where a reader knows NULL.
func (s *sheet) want(nulls bool) [][]*string {
	out := make([][]*string, len(s.rows))
	for i, row := range s.rows {
		for j := range row {
			if nulls && row[j] == "" && !s.quoted[i][j] {
				out[i] = append(out[i], nil)
			} else {
				out[i] = append(out[i], &row[j])
			}
		}
	}
	return out
}

// detectable reports whether the dialect can be told from the file: no cell holds another delimiter, and there are two columns.
func (s *sheet) detectable() bool {
	return len(s.names) > 1 && !strings.ContainsAny(strings.ReplaceAll(s.text, s.delimiter, ""), ",;\t|") && !strings.Contains(s.text, `\`)
}

func (s *sheet) options() ingest.Options {
	o := ingest.Options{TextTypes: true, Header: "0", BadRow: ingest.RejectFile}
	if s.header {
		o.Header = "1"
	}
	if s.charset == "latin-1" {
		o.Charset = s.charset
	}
	if s.declared || !s.detectable() {
		o.Delimiter = s.delimiter
	}
	return o
}

func seeds(t *testing.T) uint64 {
	if v := os.Getenv("ASSAY_CSV_SEEDS"); v != "" {
		n, err := strconv.ParseUint(v, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 25
	}
	return 150
}

// TestWellFormedCSV loads random well-formed files of every dialect and reads them back through SQL. What was written, what comes
// back, and what Python's csv, encoding/csv and DuckDB read must be the same. ASSAY_CSV_SEEDS sets how many.
func TestWellFormedCSV(t *testing.T) {
	a, err := conformance.StartAssay(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var sheets []*sheet
	for seed := range seeds(t) {
		s := draw(seed)
		sheets = append(sheets, s)
		agree(t, s, "Assay", s.want(true), throughAssay(t, a, s))
		if s.end != "\r" {
			agree(t, s, "encoding/csv", withoutCR(s.want(false)), withoutCR(throughGo(t, s)))
		}
	}
	dir := t.TempDir()
	t.Run("python", func(t *testing.T) { throughPython(t, dir, sheets) })
	t.Run("duckdb", func(t *testing.T) { throughDuckDB(t, dir, sheets) })
}

func agree(t *testing.T, s *sheet, reader string, want, got [][]*string) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return
	}
	what := fmt.Sprintf("%d rows, want %d", len(got), len(want))
	for i := range min(len(want), len(got)) {
		if !reflect.DeepEqual(want[i], got[i]) {
			w, _ := json.Marshal(want[i])
			g, _ := json.Marshal(got[i])
			what = fmt.Sprintf("row %d: %.300s, want %.300s", i+1, g, w)
			break
		}
	}
	t.Errorf("seed %d, delimiter %q, line end %q, %s: %s reads %s", s.seed, s.delimiter, s.end, s.charset, reader, what)
}

func throughAssay(t *testing.T, a *conformance.Assay, s *sheet) [][]*string {
	t.Helper()
	table := fmt.Sprintf("s%d", s.seed)
	r, err := a.Node.Loader().Load(t.Context(), &ingest.Request{Table: table, Body: bytes.NewReader(s.bytes()), Options: s.options()})
	if err != nil {
		t.Errorf("seed %d: %v", s.seed, err)
		return nil
	}
	if n := int64(len(s.rows)); r.RecordsIn != n || r.Accepted != n || r.Rejected != 0 || r.BytesIn != int64(len(s.bytes())) {
		t.Errorf("seed %d: %d records in, %d accepted, %d rejected, %d bytes; want %d records and %d bytes", s.seed, r.RecordsIn, r.Accepted, r.Rejected, r.BytesIn, n, len(s.bytes()))
	}
	rows, err := a.Query(t.Context(), "SELECT * FROM "+table+" ORDER BY 1")
	if err != nil {
		t.Errorf("seed %d: %v", s.seed, err)
	}
	if err := a.Drop(t.Context(), table); err != nil {
		t.Error(err)
	}
	return rows
}

func throughGo(t *testing.T, s *sheet) [][]*string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(s.text))
	r.Comma = rune(s.delimiter[0])
	rows, err := r.ReadAll()
	if err != nil {
		t.Errorf("seed %d: encoding/csv: %v", s.seed, err)
		return nil
	}
	return s.body(rows)
}

// body drops the header and makes cells of strings.
func (s *sheet) body(rows [][]string) [][]*string {
	if s.header {
		rows = rows[1:]
	}
	out := make([][]*string, len(rows))
	for i, row := range rows {
		for j := range row {
			out[i] = append(out[i], &row[j])
		}
	}
	return out
}

// withoutCR reads line ends within cells as encoding/csv does: CRLF as LF.
func withoutCR(rows [][]*string) [][]*string {
	for _, row := range rows {
		for j, c := range row {
			v := strings.ReplaceAll(*c, "\r\n", "\n")
			row[j] = &v
		}
	}
	return rows
}

const pythonReader = `
import csv, json, sys
csv.field_size_limit(1 << 30)
for f in json.load(sys.stdin):
    with open(f["path"], newline="", encoding=f["encoding"]) as h:
        print(json.dumps(list(csv.reader(h, delimiter=f["delimiter"], strict=True))))
`

func throughPython(t *testing.T, dir string, sheets []*sheet) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not here")
	}
	var files []map[string]string
	for _, s := range sheets {
		path := filepath.Join(dir, fmt.Sprintf("%d.csv", s.seed))
		if err := os.WriteFile(path, s.bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		encoding := map[string]string{"": "utf-8-sig", "latin-1": "latin-1", "utf-16le": "utf-16", "utf-16be": "utf-16"}[s.charset]
		files = append(files, map[string]string{"path": path, "delimiter": s.delimiter, "encoding": encoding})
	}
	in, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "-c", pythonReader)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for _, s := range sheets {
		var rows [][]string
		if err := dec.Decode(&rows); err != nil {
			t.Fatal(err)
		}
		agree(t, s, "Python", s.want(false), s.body(rows))
	}
}

// throughDuckDB asks about the files it can read: UTF-8 with LF or CRLF, of more than one column, and no line ends or quotes
// that its reader is known to lose (a CRLF file with a bare LF in a cell).
func throughDuckDB(t *testing.T, dir string, sheets []*sheet) {
	duck, err := conformance.StartDuckDB(rivals())
	if err != nil {
		t.Skip("DuckDB is not installed (make rivals)")
	}
	var asked []*sheet
	var queries []string
	for _, s := range sheets {
		if s.charset != "" || s.mark || s.end == "\r" || len(s.names) < 2 {
			continue
		}
		path := filepath.Join(dir, fmt.Sprintf("d%d.csv", s.seed))
		if err := os.WriteFile(path, s.bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		columns := make([]string, len(s.names))
		for i, n := range s.names {
			columns[i] = "'" + n + "': 'VARCHAR'"
		}
		asked = append(asked, s)
		queries = append(queries, fmt.Sprintf(`SELECT * FROM read_csv('%s', auto_detect=false, header=%v, delim='%s', quote='"', escape='"', new_line='%s', allow_quoted_nulls=false, parallel=false, columns={%s}) ORDER BY 1`,
			path, s.header, s.delimiter, map[string]string{"\n": `\n`, "\r\n": `\r\n`}[s.end], strings.Join(columns, ",")))
	}
	answers, err := duck.Ask(t.Context(), []string{}, queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range asked {
		agree(t, s, "DuckDB", s.want(true), answers[i])
	}
}
