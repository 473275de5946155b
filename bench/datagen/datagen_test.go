package datagen_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/bench/datagen"
)

func single(t testing.TB, spec datagen.Spec, workers int) []byte {
	t.Helper()
	s, err := datagen.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.WriteSingle(context.Background(), &b, workers, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGolden pins the bytes: results measured on one machine must be comparable with those of another.
func TestGolden(t *testing.T) {
	const want = "bf5403782a18ee05c2b4f06d1c4a47c7d97732020d6271c8089483fbe684ee60"
	for _, workers := range []int{1, 7} {
		sum := sha256.Sum256(single(t, datagen.Spec{Rows: 100_000, Seed: 1}, workers))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%d workers: sha256 %s, want %s", workers, got, want)
		}
	}
}

func TestFilesHoldTheSameRowsAsOneFile(t *testing.T) {
	spec := datagen.Spec{Rows: 90_000, Seed: 7, Hospitals: 3, Months: 4}
	s, err := datagen.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.WriteFiles(context.Background(), dir, 3, nil); err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	all.WriteString(datagen.Header)
	for _, c := range s.Cells() {
		b, err := os.ReadFile(filepath.Join(dir, c.Path()))
		if err != nil {
			t.Fatal(err)
		}
		rows, ok := bytes.CutPrefix(b, []byte(datagen.Header))
		if !ok {
			t.Fatalf("%s has no header", c.Path())
		}
		all.Write(rows)
	}
	if len(s.Cells()) != 12 {
		t.Errorf("%d files, want 12", len(s.Cells()))
	}
	if !bytes.Equal(all.Bytes(), single(t, spec, 2)) {
		t.Error("the files together differ from the single file")
	}
	for _, name := range []string{"hospitals.csv", "tests.csv"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if want := map[string]int{"hospitals.csv": 201, "tests.csv": 401}[name]; err != nil || len(rows) != want {
			t.Errorf("%s: %d lines, error %v, want %d", name, len(rows), err, want)
		}
	}
}

func TestSpecIsChecked(t *testing.T) {
	for _, spec := range []datagen.Spec{{Rows: 0}, {Rows: 1, Hospitals: 201}, {Rows: 1, Months: 25}, {Rows: 1, Months: -1}, {Rows: 9e9}} {
		if _, err := datagen.New(spec); err == nil {
			t.Errorf("%v: no error", spec)
		}
	}
	if got := bytes.Count(single(t, datagen.Spec{Rows: 1, Seed: 1}, 1), []byte("\n")); got != 2 {
		t.Errorf("one row gives %d lines, want 2", got)
	}
}

// census counts what the properties below speak of.
type census struct {
	rows                                        int
	codes, hospitals, flags, status, sex, names map[string]int
	comments, hemolyzed, quoted, broken         int
	home                                        map[string]map[string]int
	born, sexOf                                 map[string]string
	hours                                       [24]int
	weekend                                     int
}

func count(t *testing.T, text []byte) *census {
	t.Helper()
	c := &census{
		codes: map[string]int{}, hospitals: map[string]int{}, flags: map[string]int{}, status: map[string]int{}, sex: map[string]int{},
		names: map[string]int{}, home: map[string]map[string]int{}, born: map[string]string{}, sexOf: map[string]string{},
	}
	r := csv.NewReader(bytes.NewReader(text))
	if header, err := r.Read(); err != nil || strings.Join(header, ",")+"\n" != datagen.Header {
		t.Fatalf("header %q, error %v", header, err)
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return c
		}
		if err != nil {
			t.Fatal(err)
		}
		c.add(t, row)
	}
}

var shape = regexp.MustCompile(`^H\d{4},P\d{9},\d+-\d,-?\d+(\.\d{1,3})?$`)

func (c *census) add(t *testing.T, row []string) {
	t.Helper()
	c.rows++
	if s := strings.Join([]string{row[0], row[1], row[2], row[7]}, ","); !shape.MatchString(s) {
		t.Fatalf("row %d: %s", c.rows, s)
	}
	c.hospitals[row[0]]++
	c.codes[row[2]]++
	c.names[row[3]]++
	c.flags[row[11]]++
	c.sex[row[13]]++
	c.status[row[14]]++
	collected, resulted := c.times(t, row)
	if d := resulted.Sub(collected); d < 10*time.Minute || d > 25*time.Hour {
		t.Fatalf("row %d: resulted %v after collected", c.rows, d)
	}
	c.person(t, row, collected)
	if n := row[15]; n != "" {
		c.comments++
		c.hemolyzed += strings.Count(n, "hemolyzed")
		c.quoted += strings.Count(n, `"`)
		c.broken += strings.Count(n, "\n")
	}
}

func (c *census) times(t *testing.T, row []string) (collected, resulted time.Time) {
	t.Helper()
	collected, err := time.Parse(time.DateTime, row[5])
	if err != nil {
		t.Fatal(err)
	}
	if resulted, err = time.Parse(time.DateTime, row[6]); err != nil {
		t.Fatal(err)
	}
	c.hours[collected.Hour()]++
	if d := collected.Weekday(); d == time.Saturday || d == time.Sunday {
		c.weekend++
	}
	return collected, resulted
}

func (c *census) person(t *testing.T, row []string, collected time.Time) {
	t.Helper()
	age, err := strconv.Atoi(row[12])
	if err != nil {
		t.Fatal(err)
	}
	born := strconv.Itoa(collected.Year() - age)
	if old, ok := c.born[row[1]]; ok && (old != born || c.sexOf[row[1]] != row[13]) {
		t.Fatalf("patient %s changed: born %s and %s, sex %s and %s", row[1], old, born, c.sexOf[row[1]], row[13])
	}
	c.born[row[1]], c.sexOf[row[1]] = born, row[13]
	if c.home[row[1]] == nil {
		c.home[row[1]] = map[string]int{}
	}
	c.home[row[1]][row[0]]++
}

func TestProperties(t *testing.T) {
	c := count(t, single(t, datagen.Spec{Rows: 400_000, Seed: 1}, 0))
	near := func(what string, got, of int, want float64) {
		t.Helper()
		if share := float64(got) / float64(of); share < want*0.9 || share > want*1.1 {
			t.Errorf("%s: share %.4f, want about %.4f", what, share, want)
		}
	}
	if c.rows != 400_000 {
		t.Errorf("%d rows", c.rows)
	}
	near("first code (cubic law)", c.codes["10000-0"], c.rows, 0.1357)
	for code, n := range c.codes {
		if n > c.codes["10000-0"] {
			t.Errorf("code %s is used more than the first", code)
		}
	}
	if len(c.codes) != 400 || len(c.names) != 400 || len(c.hospitals) != 200 {
		t.Errorf("%d codes, %d names, %d hospitals", len(c.codes), len(c.names), len(c.hospitals))
	}
	for name := range c.names {
		if len(name) < 20 || len(name) > 60 {
			t.Errorf("test name %q has %d bytes", name, len(name))
		}
	}
	near("first hospital (square law)", c.hospitals["H0000"], c.rows, 0.0707)
	near("no flag", c.flags[""], c.rows, 0.5)
	if len(c.flags) != 5 {
		t.Errorf("flags %v", c.flags)
	}
	near("final", c.status["final"], c.rows, 4.0/6)
	near("corrected", c.status["corrected"], c.rows, 1.0/6)
	near("unknown sex", c.sex["U"], c.rows, 0.02)
	near("comments", c.comments, c.rows, 0.02)
	if c.hemolyzed == 0 || c.quoted == 0 || c.broken == 0 {
		t.Errorf("comments: %d hemolyzed, %d quotes, %d line ends", c.hemolyzed, c.quoted, c.broken)
	}
	near("patients per row", len(c.home), c.rows, 1.0/8)
	if c.hours[8] < 5*c.hours[2] || c.weekend > c.rows/5 {
		t.Errorf("no rhythm: %d at 8, %d at 2, %d at weekends", c.hours[8], c.hours[2], c.weekend)
	}
	near("rows at home", atHome(c), c.rows, 0.95)
}

func atHome(c *census) int {
	n := 0
	for _, at := range c.home {
		most := 0
		for _, k := range at {
			most = max(most, k)
		}
		n += most
	}
	return n
}

func TestCancelLeavesNoFile(t *testing.T) {
	s, err := datagen.New(datagen.Spec{Rows: 100_000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	if err := s.WriteSingleFile(ctx, dir, 2, nil); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(filepath.Join(dir, "labs.csv")); err == nil {
		t.Error("a cut run left labs.csv")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.partial")); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func BenchmarkSingle(b *testing.B) {
	s, err := datagen.New(datagen.Spec{Rows: 1_000_000, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	var bytes int64
	for b.Loop() {
		bytes = 0
		if err := s.WriteSingle(context.Background(), io.Discard, 0, func(_, n int64) { bytes += n }); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(bytes)
}
