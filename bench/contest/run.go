package contest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assaydb/assay/bench/report"
	"github.com/assaydb/assay/bench/workload"
)

// Run runs one track. The engines' folders are emptied first; they are left for a look afterwards.
func Run(ctx context.Context, cfg Config) (result *report.Result, err error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(filepath.Join(cfg.Work, "engines")); err != nil {
		return nil, fmt.Errorf("empty the engines' folders: %w", err)
	}
	began := time.Now()
	cfg.fillIn()
	result = &report.Result{
		Format: report.Format, Track: cfg.Track, Started: began.UTC().Truncate(time.Second), Machine: machine(), Revision: revision(cfg.Binary),
		Threads: cfg.Threads, Runs: cfg.Runs, Data: report.Data{Rows: cfg.Rows, Seed: cfg.Seed},
	}
	if cfg.Track == "cardinality" {
		result.Data.Keys = cfg.Keys
	}
	engines, missing := cfg.field()
	for _, name := range cfg.Engines {
		result.Engines = append(result.Engines, report.Engine{Name: name, Missing: missing[name]})
	}
	r := &race{cfg: &cfg, engines: engines, result: result}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := r.start(ctx); err != nil {
		return nil, err
	}
	if err := r.track(ctx); err != nil {
		return nil, err
	}
	result.Judge()
	result.Seconds, result.Machine.LoadAfter = time.Since(began).Seconds(), loadAverage()
	return result, nil
}

// start starts all engines.
func (r *race) start(ctx context.Context) error {
	for i, e := range r.engines {
		if err := e.Start(ctx); err != nil {
			r.engines = r.engines[:i] // the others have nothing to stop
			return err
		}
		version, err := e.Version(ctx)
		if err != nil {
			return err
		}
		r.note(e).Version = version
		if e.Name() == workload.Assay && r.result.Revision == "unknown" {
			r.result.Revision, _, _ = strings.Cut(version, " ") // a build without version control: what make build has put in
		}
	}
	return nil
}

func (r *race) stop() error {
	var all error
	for _, e := range r.engines {
		if err := e.Stop(); err != nil {
			all = errors.Join(all, fmt.Errorf("stop %s: %w", e.Name(), err))
		}
	}
	return all
}

// track does what the track is about.
func (r *race) track(ctx context.Context) error {
	files, err := r.makeData(ctx)
	if err != nil {
		return err
	}
	switch r.cfg.Track {
	case "same":
		return r.same(ctx, files)
	case "load":
		return r.loads(ctx, files)
	}
	return r.own(ctx, files)
}
