package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/assaydb/assay/bench/rival"
	"github.com/assaydb/assay/bench/workload"
)

// ClickHouse is the engine in a worker, with MergeTree tables.
type ClickHouse struct{ guest }

// NewClickHouse returns an engine that is not started.
func NewClickHouse(modules, folder string, threads int) *ClickHouse {
	return &ClickHouse{guest{spec: rival.Spec{Engine: workload.ClickHouse, Modules: modules, Folder: folder, Threads: threads}}}
}

// Load fills a MergeTree in the table's order.
func (c *ClickHouse) Load(_ context.Context, t workload.Table, files []string) error {
	return c.load(t, files, How{Sort: true})
}

// Convert is Load as asked for.
func (c *ClickHouse) Convert(_ context.Context, t workload.Table, files []string, how How) (string, error) {
	t.Name += "_converted"
	return t.Name, c.load(t, files, how)
}

// Discard removes the table that Convert made, and its files at once.
func (c *ClickHouse) Discard(_ context.Context, t workload.Table) error {
	return c.run("DROP TABLE " + t.Name + "_converted SYNC")
}

func (c *ClickHouse) load(t workload.Table, files []string, how How) error {
	paths, err := absolute(files)
	if err != nil {
		return err
	}
	structure, columns := ", "+quoted(t.ClickHouseColumns()), "("+t.ClickHouseColumns()+")"
	if how.Infer {
		structure, columns = "", fmt.Sprintf("EMPTY AS SELECT * FROM file(%s, 'CSVWithNames')", quoted(paths[0]))
	}
	order := "tuple()"
	if how.Sort {
		order = "(" + strings.Join(t.OrderBy, ", ") + ")"
	}
	create := fmt.Sprintf("CREATE TABLE %s %s ENGINE = MergeTree ORDER BY %s", t.Name, columns, order)
	if how.Infer {
		create = fmt.Sprintf("CREATE TABLE %s ENGINE = MergeTree ORDER BY %s %s", t.Name, order, columns)
	}
	if err := c.run(create); err != nil {
		return err
	}
	for batch := range batches(paths) {
		const insert = "INSERT INTO %s SELECT * FROM file(%s, 'CSVWithNames'%s) SETTINGS input_format_csv_empty_as_default = 1"
		if err := c.run(fmt.Sprintf(insert, t.Name, quoted(batch), structure)); err != nil {
			return err
		}
	}
	return nil
}

// batches joins paths into patterns of alternatives, at most a hundred at a time: one INSERT of many files makes few parts.
func batches(paths []string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for len(paths) > 0 {
			n := min(len(paths), 100)
			pattern := paths[0]
			if n > 1 {
				pattern = "{" + strings.Join(paths[:n], ",") + "}"
			}
			if !yield(pattern) {
				return
			}
			paths = paths[n:]
		}
	}
}

// Settle merges all parts, which a server does in the background.
func (c *ClickHouse) Settle(_ context.Context, tables []workload.Table) (string, error) {
	for _, t := range tables {
		if err := c.run("OPTIMIZE TABLE " + t.Name + " FINAL"); err != nil {
			return "", err
		}
	}
	return "parts merged (OPTIMIZE FINAL)", nil
}

// Attach makes a table over Parquet files, with the types that they have.
func (c *ClickHouse) Attach(_ context.Context, t workload.Table, files []string) error {
	paths, err := absolute(files)
	if err != nil {
		return err
	}
	pattern := paths[0]
	if len(paths) > 1 {
		pattern = "{" + strings.Join(paths, ",") + "}"
	}
	return c.run(fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM file(%s, 'Parquet')", t.Name, quoted(pattern)))
}

// Bytes are those of the active parts.
func (c *ClickHouse) Bytes(_ context.Context, table string) (int64, error) {
	reply, err := c.worker.Ask("rows", "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = "+quoted(table))
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(*reply.Rows[0][0], 10, 64)
}

// Rows answers in full.
func (c *ClickHouse) Rows(_ context.Context, sql string) (*Answer, error) {
	return c.rows(sql, func(typ string) bool { return strings.Contains(typ, "Float") })
}
