package datagen_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io"
	"testing"

	"github.com/assaydb/assay/bench/datagen"
)

// writer is a set that writes itself.
type writer interface {
	Write(ctx context.Context, w io.Writer, workers int, told datagen.Progress) error
}

func written(t testing.TB, s writer, workers int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(context.Background(), &b, workers, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func events(t testing.TB, rows int64) *datagen.Events {
	t.Helper()
	e, err := datagen.NewEvents(rows, 1)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func samples(t testing.TB, rows, keys int64) *datagen.Samples {
	t.Helper()
	s, err := datagen.NewSamples(rows, keys, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWideGolden pins the bytes of the other sets as TestGolden does those of LabBench.
func TestWideGolden(t *testing.T) {
	for _, c := range []struct {
		name string
		set  writer
		want string
	}{
		{"events", events(t, 40_000), "02844baa8720ae98129040fe41e9910ebff8d4559b470a0b5ed0f10020518875"},
		{"samples", samples(t, 60_000, 40_000), "7fdf3fac9d8018c8b6423fe0e71ff82588c6be7bc20b223d2280e10b36e66c2b"},
	} {
		for _, workers := range []int{1, 7} {
			sum := sha256.Sum256(written(t, c.set, workers))
			if got := hex.EncodeToString(sum[:]); got != c.want {
				t.Errorf("%s with %d workers: sha256 %s, want %s", c.name, workers, got, c.want)
			}
		}
	}
}

func TestEventsHaveSixtyColumns(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(written(t, events(t, 10_000), 0))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 10_001 || len(rows[0]) != 60 {
		t.Fatalf("%d lines of %d columns", len(rows), len(rows[0]))
	}
	distinct := make([]map[string]bool, 60)
	for i := range distinct {
		distinct[i] = map[string]bool{}
	}
	for _, row := range rows[1:] {
		for i, cell := range row {
			distinct[i][cell] = true
		}
	}
	for i, name := range rows[0] {
		if len(distinct[i]) < 2 {
			t.Errorf("column %s has one value", name)
		}
	}
	if n := len(distinct[0]); n != 10_000 {
		t.Errorf("%d event ids, each row has its own", n)
	}
}

func TestSamplesHaveTheirKeys(t *testing.T) {
	const n, keys = 50_000, 33_333
	rows, err := csv.NewReader(bytes.NewReader(written(t, samples(t, n, keys), 0))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, column := range []int{0, 1, 2} {
		distinct := map[string]bool{}
		for _, row := range rows[1:] {
			distinct[row[column]] = true
		}
		if len(rows) != n+1 || len(distinct) != keys {
			t.Errorf("%s: %d distinct values in %d rows, want %d in %d", rows[0][column], len(distinct), len(rows)-1, keys, n)
		}
	}
	if _, err := datagen.NewSamples(10, 11, 1); err == nil {
		t.Error("more keys than rows are no error")
	}
}
