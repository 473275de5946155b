package contest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/bench/engine"
	"github.com/assaydb/assay/bench/report"
	"github.com/assaydb/assay/bench/workload"
)

// own is the track in which each engine answers from its own format.
func (r *race) own(ctx context.Context, files map[string][]string) error {
	r.result.About = "Each engine loads the same CSV into its own format: Assay segments, a DuckDB table, a ClickHouse MergeTree."
	tables := r.cfg.suite().Tables
	for _, e := range r.engines {
		if err := r.load(ctx, e, tables[0], files[tables[0].Name]); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
		for _, t := range tables[1:] {
			if err := e.Load(ctx, t, files[t.Name]); err != nil {
				return fmt.Errorf("%s: %w", e.Name(), err)
			}
		}
	}
	if err := r.weighZstd(tables[0], files); err != nil {
		return err
	}
	return r.run(ctx)
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
	note.Load, note.Settled = &l, settled
	if note.Bytes, err = e.Bytes(ctx, t.Name); err != nil {
		return err
	}
	if note.FolderBytes, err = engine.FolderBytes(e.Folder()); err != nil {
		return err
	}
	r.cfg.Say("%s loaded in %.1f s, %s in %.1f s, CPU %.1f s, %d MB on disk", e.Name(), loaded.Seconds(), settled, l.SettleSeconds, l.CPUSeconds, note.Bytes>>20)
	return nil
}

// weighZstd notes how large DuckDB's zstd Parquet of the rows is, where DuckDB takes part.
func (r *race) weighZstd(t workload.Table, files map[string][]string) error {
	for _, e := range r.engines {
		d, ok := e.(*engine.DuckDB)
		if !ok {
			continue
		}
		path := filepath.Join(r.cfg.Work, "zstd", t.Name+".parquet")
		defer os.RemoveAll(filepath.Dir(path))
		if err := d.WriteParquet(t, files[t.Name], path, engine.How{}, ", COMPRESSION zstd"); err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		r.result.Data.ZstdParquetBytes = info.Size()
	}
	return nil
}
