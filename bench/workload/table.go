package workload

import (
	"fmt"
	"strings"
)

// Column is a column of a benchmark's table.
type Column struct {
	Name     string
	Type     string // as MySQL, and so Assay, calls it
	Nullable bool
	Few      bool // text with few distinct values: LowCardinality in ClickHouse
}

// Table is one table of a benchmark, as each engine is told of it.
type Table struct {
	Name    string
	Columns []Column
	OrderBy []string // sort key in Assay and ClickHouse; a DuckDB table has none
}

// DuckDBColumns lists the columns for CREATE TABLE there.
func (t Table) DuckDBColumns() string {
	return t.list(func(c Column) string { return c.Type })
}

// ClickHouseColumns lists the columns for CREATE TABLE there.
func (t Table) ClickHouseColumns() string { return t.list(Column.clickHouse) }

func (t Table) list(typ func(Column) string) string {
	parts := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		parts[i] = `"` + c.Name + `" ` + typ(c)
	}
	return strings.Join(parts, ", ")
}

// clickHouse is the column's type there: times to the second, since the data has no finer ones.
func (c Column) clickHouse() string {
	plain := map[string]string{
		"VARCHAR": "String", "TIMESTAMP": "DateTime('UTC')", "INTEGER": "Int32", "SMALLINT": "Int16", "BIGINT": "Int64", "DOUBLE": "Float64",
		"DATE": "Date", "BOOLEAN": "Bool",
	}
	typ, ok := plain[c.Type]
	if !ok {
		typ = strings.Replace(c.Type, "DECIMAL", "Decimal", 1)
	}
	if c.Nullable {
		typ = fmt.Sprintf("Nullable(%s)", typ)
	}
	if c.Few {
		typ = fmt.Sprintf("LowCardinality(%s)", typ)
	}
	return typ
}
