package contest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/bench/engine"
	"github.com/assaydb/assay/bench/report"
	"github.com/assaydb/assay/bench/workload"
)

// race puts the questions to engines that hold the data.
type race struct {
	cfg     *Config
	engines []engine.Engine
	extra   []string // files outside the engines' folders that they read
	result  *report.Result
}

// run compares and measures every query, then makes the cold runs.
func (r *race) run(ctx context.Context) error {
	questions, err := r.cfg.chosen()
	if err != nil {
		return err
	}
	for _, e := range r.engines {
		r.note(e).IdleBytes, _ = engine.Memory(e.PID())
	}
	for _, q := range questions {
		out := report.Query{Name: q.Name, SQL: q.SQL, State: report.StateOK, Times: map[string]*report.Time{}}
		if err := r.query(ctx, q, &out); err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
		r.result.Queries = append(r.result.Queries, out)
		r.cfg.Say("%s", told(&out, r.engines))
	}
	return r.cold(ctx, questions)
}

// note is the engine's entry of the result.
func (r *race) note(e engine.Engine) *report.Engine {
	for i := range r.result.Engines {
		if r.result.Engines[i].Name == e.Name() {
			return &r.result.Engines[i]
		}
	}
	panic("BUG: engine " + e.Name() + " is not in the result")
}

// query compares the answers, which also warms every engine up, and measures those that gave one.
func (r *race) query(ctx context.Context, q workload.Query, out *report.Query) error {
	for _, e := range r.engines {
		engine.ResetPeak(e.PID())
	}
	able, err := r.compare(ctx, q, out)
	if err != nil || out.State != report.StateOK {
		return err
	}
	defer r.notePeaks(out)
	for range r.cfg.Runs {
		for _, e := range able {
			t, err := e.Time(ctx, q.For(e.Name()))
			if err != nil {
				return fmt.Errorf("%s: %w", e.Name(), err)
			}
			out.Times[e.Name()].Add(t.WallMS, t.CPUMS, t.ServerMS)
		}
	}
	return nil
}

// notePeaks notes the memory that each engine held at most during a query.
func (r *race) notePeaks(out *report.Query) {
	for _, e := range r.engines {
		_, peak := engine.Memory(e.PID())
		out.Times[e.Name()].PeakBytes = peak
		n := r.note(e)
		n.PeakBytes = max(n.PeakBytes, peak)
	}
}

// compare asks every engine once and returns those that answered. What Assay refuses is not measured; a rival's refusal only leaves
// the rival out.
func (r *race) compare(ctx context.Context, q workload.Query, out *report.Query) ([]engine.Engine, error) {
	var able []engine.Engine
	var first *engine.Answer
	for _, e := range r.engines {
		answer, err := e.Rows(ctx, q.For(e.Name()))
		if u := (*engine.Unsupported)(nil); errors.As(err, &u) {
			out.Times[e.Name()] = &report.Time{Refused: u.Reason}
			if e.Name() == workload.Assay {
				out.State, out.Detail = report.StateNotYet, u.Reason
				return nil, nil
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		out.Times[e.Name()] = &report.Time{}
		able = append(able, e)
		if first == nil {
			first, out.Rows = answer, len(answer.Rows)
			continue
		}
		if d := Difference(first, answer); d != "" {
			out.State, out.Detail = report.StateDiffers, fmt.Sprintf("%s against %s: %s", able[0].Name(), e.Name(), d)
			return nil, nil
		}
	}
	return able, nil
}

// cold starts every engine anew before each query, with its files out of the system's cache, and measures the first answer.
func (r *race) cold(ctx context.Context, questions []workload.Query) error {
	if !r.cfg.Cold {
		r.result.Cold = "not measured"
		return nil
	}
	r.result.Cold = "engine started anew, all its files dropped from the system's cache with posix_fadvise"
	for i, q := range questions {
		out := &r.result.Queries[i]
		if out.State != report.StateOK {
			continue
		}
		for _, e := range r.engines {
			t := out.Times[e.Name()]
			if t == nil || t.Refused != "" {
				continue
			}
			took, err := r.coldOnce(ctx, e, q)
			if err != nil {
				return fmt.Errorf("%s cold on %s: %w", q.Name, e.Name(), err)
			}
			t.ColdMS = took
		}
		r.cfg.Say("%s cold measured", q.Name)
	}
	return nil
}

func (r *race) coldOnce(ctx context.Context, e engine.Engine, q workload.Query) (float64, error) {
	if err := e.Stop(); err != nil {
		return 0, err
	}
	if err := r.evict(e); err != nil {
		return 0, err
	}
	start := time.Now()
	if err := e.Start(ctx); err != nil {
		return 0, err
	}
	if n := r.note(e); n.StartMS == 0 {
		n.StartMS = float64(time.Since(start)) / float64(time.Millisecond)
	}
	// Starting may have read the data.
	if err := r.evict(e); err != nil {
		return 0, err
	}
	t, err := e.Time(ctx, q.For(e.Name()))
	return t.WallMS, err
}

// evict drops all that an engine reads from the system's cache. Where the system cannot, the result says so.
func (r *race) evict(e engine.Engine) error {
	drop := func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if err := engine.Evict(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.result.Cold = "engine started anew, files still in the system's cache: " + err.Error()
		}
		return nil
	}
	for _, dir := range append([]string{e.Folder()}, r.extra...) {
		if err := filepath.WalkDir(dir, drop); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// told is a query's line of progress.
func told(q *report.Query, engines []engine.Engine) string {
	if q.State != report.StateOK {
		return fmt.Sprintf("%s %s: %.200s", q.Name, q.State, q.Detail)
	}
	line := q.Name
	for _, e := range engines {
		if t := q.Times[e.Name()]; t != nil && len(t.HotMS) > 0 {
			line += fmt.Sprintf("  %s %.1f ms (CPU %.1f)", e.Name(), t.MinMS, t.CPUMinMS)
		}
	}
	return line
}
