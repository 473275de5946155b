package report_test

import (
	"math"
	"testing"

	"github.com/assaydb/assay/bench/report"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9*max(1, math.Abs(b)) }

func TestGeomean(t *testing.T) {
	for _, c := range []struct {
		ratios []float64
		want   float64
	}{
		{nil, 0}, {[]float64{4}, 4}, {[]float64{1, 4}, 2}, {[]float64{0.5, 2}, 1}, {[]float64{1000, 0.1}, 1}, {[]float64{11, 12}, 10},
	} {
		if got := report.Geomean(c.ratios); !near(got, c.want) {
			t.Errorf("geomean of %v is %v, want %v", c.ratios, got, c.want)
		}
	}
}

func TestRatioIsEqualBelowThreeMilliseconds(t *testing.T) {
	for _, c := range []struct{ rival, own, want float64 }{
		{0.5, 2.9, 1}, {2.9, 0.5, 1}, {30, 0.5, 10}, {0.5, 6, 0.5}, {8, 4, 2},
	} {
		if got := report.Ratio(c.rival, c.own); !near(got, c.want) {
			t.Errorf("ratio of %v to %v is %v, want %v", c.rival, c.own, got, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		times []float64
		want  float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 100}, 3}} {
		if got := report.Median(c.times); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.times, got, c.want)
		}
	}
}

// times are runs of wall time, each with half of it in CPU time.
func times(wall ...float64) *report.Time {
	t := &report.Time{}
	for _, w := range wall {
		t.Add(w, w/2, 0)
	}
	return t
}

func TestJudge(t *testing.T) {
	r := &report.Result{Queries: []report.Query{
		{Name: "Q01", State: report.StateOK, Times: map[string]*report.Time{"assay": times(20, 10), "duckdb": times(40, 50), "clickhouse": times(90)}},
		{Name: "Q02", State: report.StateOK, Times: map[string]*report.Time{"assay": times(40), "duckdb": times(90), "clickhouse": times(20)}},
		{Name: "Q03", State: report.StateDiffers, Times: map[string]*report.Time{"assay": times(1), "duckdb": times(1000)}},
		{Name: "Q04", State: report.StateNotYet, Times: map[string]*report.Time{"assay": {Refused: "no"}, "duckdb": times(1000)}},
		{Name: "Q05", State: report.StateOK, Times: map[string]*report.Time{"assay": times(1), "duckdb": {Refused: "no"}}},
	}}
	r.Judge()
	s := r.Score
	if s == nil || s.Queries != 2 || !near(s.Geomean, math.Sqrt(4*0.5)) || s.Worst != 0.5 || s.WorstIn != "Q02" {
		t.Fatalf("score %+v", s)
	}
	if q := r.Queries[0]; q.Ratio != 4 || q.Fastest != "duckdb" || q.CPURatio != 4 {
		t.Errorf("Q01: %+v", q)
	}
	for _, q := range r.Queries[2:] {
		if q.Ratio != 0 || q.Fastest != "" {
			t.Errorf("%s counts: %+v", q.Name, q)
		}
	}
	alone := &report.Result{Queries: []report.Query{{Name: "Q01", State: report.StateOK, Times: map[string]*report.Time{"assay": times(20)}}}}
	if alone.Judge(); alone.Score != nil {
		t.Errorf("without a rival there is a score: %+v", alone.Score)
	}
}
