package contest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/assaydb/assay/bench/engine"
)

// same is the track in which all engines read the same Parquet files where they lie, as DuckDB writes them by default.
func (r *race) same(ctx context.Context, files map[string][]string) error {
	r.result.About = "All engines read the same Parquet files in place, written by DuckDB with its defaults."
	parquet, err := r.writeParquet(ctx, files)
	if err != nil {
		return err
	}
	var able []engine.Engine
	for _, e := range r.engines {
		for _, t := range r.cfg.suite().Tables {
			if err = e.Attach(ctx, t, []string{parquet[t.Name]}); err != nil {
				break
			}
		}
		if errors.Is(err, engine.ErrNotAvailable) {
			r.note(e).Missing = err.Error()
			r.cfg.Say("%s: %v", e.Name(), err)
			if err := e.Stop(); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
		able = append(able, e)
	}
	r.engines, r.extra = able, []string{r.parquetDir()}
	return r.run(ctx)
}

func (r *race) parquetDir() string { return filepath.Join(r.cfg.Work, "parquet") }

// writeParquet has a DuckDB of its own, which is gone before the first measure, write one file a table.
func (r *race) writeParquet(ctx context.Context, files map[string][]string) (map[string]string, error) {
	if r.cfg.Modules == "" {
		return nil, fmt.Errorf("the files of this track are written by DuckDB: %s", r.cfg.NoRivals)
	}
	if err := os.RemoveAll(r.parquetDir()); err != nil {
		return nil, err
	}
	d := engine.NewDuckDB(r.cfg.Modules, filepath.Join(r.cfg.Work, "engines", "writer"), r.cfg.Threads)
	if err := d.Start(ctx); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for i, t := range r.cfg.suite().Tables {
		// Each lies in a folder of its own: that is what is attached.
		path := filepath.Join(r.parquetDir(), t.Name, t.Name+".parquet")
		if err := d.WriteParquet(t, files[t.Name], path, engine.How{}, ""); err != nil {
			return nil, errors.Join(err, d.Stop())
		}
		out[t.Name] = path
		if i > 0 {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, errors.Join(err, d.Stop())
		}
		r.result.Data.ParquetBytes = info.Size()
	}
	r.cfg.Say("DuckDB wrote %d MB of Parquet", r.result.Data.ParquetBytes>>20)
	return out, d.Stop()
}
