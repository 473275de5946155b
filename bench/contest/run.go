package contest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/bench/datagen"
	"github.com/assaydb/assay/bench/engine"
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
	result = &report.Result{
		Format: report.Format, Track: cfg.Track, Started: began.UTC().Truncate(time.Second), Machine: machine(), Revision: revision(),
		Threads: cfg.Threads, Runs: cfg.Runs, Data: report.Data{Rows: cfg.Rows, Seed: cfg.Seed},
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
	if err := r.own(ctx); err != nil {
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

// own is the track in which each engine answers from its own format.
func (r *race) own(ctx context.Context) error {
	r.result.About = "Each engine loads the same CSV into its own format: Assay segments, a DuckDB table, a ClickHouse MergeTree."
	questions, err := r.cfg.chosen()
	if err != nil {
		return err
	}
	files, err := r.labs(ctx)
	if err != nil {
		return err
	}
	for _, e := range r.engines {
		if err := r.load(ctx, e, workload.Labs(), files); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
		for _, d := range workload.Dimensions() {
			if err := e.Load(ctx, d, []string{filepath.Join(r.data(), d.Name+".csv")}); err != nil {
				return fmt.Errorf("%s: %w", e.Name(), err)
			}
		}
	}
	return r.run(ctx, questions)
}

// load loads the large table and notes what it took.
func (r *race) load(ctx context.Context, e engine.Engine, t workload.Table, files []string) error {
	note := r.note(e)
	engine.ResetPeak(e.PID())
	cpu, start := engine.ProcessCPU(e.PID()), time.Now()
	if err := e.Load(ctx, t, files); err != nil {
		return err
	}
	loaded := time.Since(start)
	settled, err := e.Settle(ctx, []workload.Table{t})
	if err != nil {
		return err
	}
	total := time.Since(start)
	l := report.Load{
		Seconds: total.Seconds(), SettleSeconds: (total - loaded).Seconds(), CPUSeconds: (engine.ProcessCPU(e.PID()) - cpu).Seconds(),
	}
	_, l.PeakBytes = engine.Memory(e.PID())
	note.Loads, note.Settled = append(note.Loads, l), settled
	if note.Bytes, err = e.Bytes(ctx, t.Name); err != nil {
		return err
	}
	if note.FolderBytes, err = engine.FolderBytes(e.Folder()); err != nil {
		return err
	}
	r.cfg.Say("%s loaded in %.1f s, %s in %.1f s, CPU %.1f s, %d MB on disk", e.Name(), loaded.Seconds(), settled, l.SettleSeconds, l.CPUSeconds, note.Bytes>>20)
	return nil
}

// data is the folder of this run's CSVs, named after what decides their bytes.
func (r *race) data() string {
	kind := "single"
	if r.cfg.Split {
		kind = "split"
	}
	return filepath.Join(r.cfg.Work, fmt.Sprintf("labs-%d-%d-%s", r.cfg.Rows, r.cfg.Seed, kind))
}

// labs makes the CSVs of LabBench where they do not lie there yet.
func (r *race) labs(ctx context.Context) ([]string, error) {
	set, err := datagen.New(datagen.Spec{Rows: r.cfg.Rows, Seed: r.cfg.Seed})
	if err != nil {
		return nil, err
	}
	dir := r.data()
	files := []string{filepath.Join(dir, "labs.csv")}
	write := set.WriteSingleFile
	if r.cfg.Split {
		write, files = set.WriteFiles, nil
		for _, c := range set.Cells() {
			files = append(files, filepath.Join(dir, filepath.FromSlash(c.Path())))
		}
	}
	// Files get their names when they are whole, but only the last one says that all are there.
	done := filepath.Join(dir, "done")
	if _, err := os.Stat(done); err != nil {
		r.cfg.Say("making %d rows in %s", r.cfg.Rows, dir)
		if err := write(ctx, dir, 0, nil); err != nil {
			return nil, err
		}
		if err := os.WriteFile(done, nil, 0o644); err != nil {
			return nil, err
		}
	}
	return files, r.weigh(files)
}

// weigh notes how large the CSVs are.
func (r *race) weigh(files []string) error {
	d := &r.result.Data
	d.Files, d.CSVBytes = len(files), 0
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		d.CSVBytes += info.Size()
	}
	return nil
}
