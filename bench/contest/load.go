package contest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/assaydb/assay/bench/engine"
	"github.com/assaydb/assay/bench/report"
	"github.com/assaydb/assay/bench/workload"
)

// manner is one way to load, with a name as queries have one.
type manner struct {
	name, about string
	how         engine.How
}

// manners are the ways in which the load track loads.
func manners() []manner {
	return []manner{
		{"L01", "declared types, rows in the order of the file", engine.How{}},
		{"L02", "declared types, sorted by the table's key", engine.How{Sort: true}},
		{"L03", "types found by the engine, rows in the order of the file", engine.How{Infer: true}},
	}
}

// loads is the track that measures how long a CSV takes until it is durable, verified and can be queried in Assay, against DuckDB's
// COPY to Parquet (which is neither fsynced nor read back) and ClickHouse's INSERT.
func (r *race) loads(ctx context.Context, files map[string][]string) error {
	r.result.About = "One CSV: Assay until it is durable, verified and can be queried; DuckDB's COPY to Parquet with its defaults, not synced; ClickHouse's INSERT into a MergeTree."
	r.result.Cold = "not measured: the CSV is in the system's cache"
	t := r.cfg.suite().Tables[0]
	for _, e := range r.engines {
		r.note(e).IdleBytes, _ = engine.Memory(e.PID())
	}
	for _, m := range manners() {
		if len(r.cfg.Queries) > 0 && !contains(r.cfg.Queries, m.name) {
			continue
		}
		q := report.Query{Name: m.name, SQL: m.about, State: report.StateOK, Times: map[string]*report.Time{}, Rows: int(r.cfg.Rows)}
		if err := r.loadInTurn(ctx, t, files[t.Name], m, &q); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		r.result.Queries = append(r.result.Queries, q)
		r.cfg.Say("%s", told(&q, r.engines))
	}
	return nil
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// loadInTurn loads once unmeasured and then in turn.
func (r *race) loadInTurn(ctx context.Context, t workload.Table, files []string, m manner, q *report.Query) error {
	for run := range r.cfg.Runs + 1 {
		for _, e := range r.engines {
			timing, peak, err := r.loadOnce(ctx, e, t, files, m.how)
			if err != nil {
				return fmt.Errorf("%s: %w", e.Name(), err)
			}
			if q.Times[e.Name()] == nil {
				q.Times[e.Name()] = &report.Time{}
			}
			if n := r.note(e); peak > n.PeakBytes {
				n.PeakBytes = peak
			}
			if run == 0 {
				continue
			}
			into := q.Times[e.Name()]
			into.Add(timing.WallMS, timing.CPUMS, 0)
			into.PeakBytes = max(into.PeakBytes, peak)
		}
	}
	return nil
}

// loadOnce loads, counts what came in, and takes it away again.
func (r *race) loadOnce(ctx context.Context, e engine.Engine, t workload.Table, files []string, how engine.How) (engine.Timing, int64, error) {
	engine.ResetPeak(e.PID())
	cpu, start := engine.ProcessCPU(e.PID()), time.Now()
	from, err := e.Convert(ctx, t, files, how)
	wall, used := time.Since(start), engine.ProcessCPU(e.PID())-cpu
	if err != nil {
		return engine.Timing{}, 0, err
	}
	_, peak := engine.Memory(e.PID())
	answer, err := e.Rows(ctx, "SELECT COUNT(*) FROM "+from)
	if err != nil {
		return engine.Timing{}, 0, err
	}
	if got := *answer.Rows[0][0]; got != fmt.Sprint(r.cfg.Rows) {
		return engine.Timing{}, 0, fmt.Errorf("%s rows came in, not %d", got, r.cfg.Rows)
	}
	timing := engine.Timing{WallMS: float64(wall) / float64(time.Millisecond), CPUMS: float64(used) / float64(time.Millisecond)}
	return timing, peak, e.Discard(ctx, t)
}
