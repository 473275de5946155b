package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/assaydb/assay/bench/rival"
	"github.com/assaydb/assay/bench/workload"
)

// DuckDB is the engine in a worker, with a database file.
type DuckDB struct{ guest }

// NewDuckDB returns an engine that is not started.
func NewDuckDB(modules, folder string, threads int) *DuckDB {
	return &DuckDB{guest{spec: rival.Spec{Engine: workload.DuckDB, Modules: modules, Folder: folder, Threads: threads}}}
}

// Load fills a table; the files are read with the declared types.
func (d *DuckDB) Load(_ context.Context, t workload.Table, files []string) error {
	source, err := d.csv(t, files, How{})
	if err != nil {
		return err
	}
	if err := d.run(fmt.Sprintf("CREATE TABLE %s (%s)", t.Name, t.DuckDBColumns())); err != nil {
		return err
	}
	return d.run(fmt.Sprintf("INSERT INTO %s SELECT * FROM %s", t.Name, source))
}

// Convert copies to a Parquet file.
func (d *DuckDB) Convert(_ context.Context, t workload.Table, files []string, how How) (string, error) {
	path := d.converted(t)
	return "read_parquet(" + quoted(path) + ")", d.WriteParquet(t, files, path, how, "")
}

// Discard removes the Parquet file.
func (d *DuckDB) Discard(_ context.Context, t workload.Table) error { return os.Remove(d.converted(t)) }

func (d *DuckDB) converted(t workload.Table) string {
	return filepath.Join(d.spec.Folder, t.Name+"-converted.parquet")
}

// csv is the table function that reads files as a table's columns.
func (d *DuckDB) csv(t workload.Table, files []string, how How) (string, error) {
	paths, err := absolute(files)
	if err != nil {
		return "", err
	}
	for i := range paths {
		paths[i] = quoted(paths[i])
	}
	if how.Infer {
		return fmt.Sprintf("read_csv([%s])", strings.Join(paths, ", ")), nil
	}
	types := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		types[i] = fmt.Sprintf("%s: %s", quoted(c.Name), quoted(c.Type))
	}
	return fmt.Sprintf("read_csv([%s], header = true, columns = {%s})", strings.Join(paths, ", "), strings.Join(types, ", ")), nil
}

// WriteParquet has DuckDB copy CSV files to one Parquet file with its defaults and the given options, like ", COMPRESSION zstd".
func (d *DuckDB) WriteParquet(t workload.Table, files []string, to string, how How, options string) error {
	source, err := d.csv(t, files, how)
	if err != nil {
		return err
	}
	if how.Sort {
		source += " ORDER BY " + strings.Join(t.OrderBy, ", ")
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return d.run(fmt.Sprintf("COPY (SELECT * FROM %s) TO %s (FORMAT parquet%s)", source, quoted(to), options))
}

// Settle writes the log into the database file.
func (d *DuckDB) Settle(context.Context, []workload.Table) (string, error) {
	return "checkpoint", d.run("CHECKPOINT")
}

// Attach makes a view over Parquet files.
func (d *DuckDB) Attach(_ context.Context, t workload.Table, files []string) error {
	paths, err := absolute(files)
	if err != nil {
		return err
	}
	for i := range paths {
		paths[i] = quoted(paths[i])
	}
	return d.run(fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM read_parquet([%s])", t.Name, strings.Join(paths, ", ")))
}

// Bytes is the size of the database file: tables share it, but only small ones lie beside the large one.
func (d *DuckDB) Bytes(context.Context, string) (int64, error) {
	info, err := os.Stat(filepath.Join(d.spec.Folder, "bench.duckdb"))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Rows answers in full.
func (d *DuckDB) Rows(_ context.Context, sql string) (*Answer, error) {
	return d.rows(sql, func(typ string) bool { return typ == "DOUBLE" || typ == "FLOAT" })
}
