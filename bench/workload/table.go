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

// Labs is the table of LabBench.
func Labs() Table {
	return Table{Name: "labs", OrderBy: []string{"test_code", "hospital_id", "collected_at"}, Columns: []Column{
		few("hospital_id"), text("patient_id"), few("test_code"), few("test_name"), few("specimen"),
		{Name: "collected_at", Type: "TIMESTAMP"},
		{Name: "resulted_at", Type: "TIMESTAMP"},
		{Name: "value", Type: "DECIMAL(12,3)"},
		few("unit"),
		{Name: "ref_low", Type: "DECIMAL(12,3)"},
		{Name: "ref_high", Type: "DECIMAL(12,3)"},
		{Name: "abnormal_flag", Type: "VARCHAR", Nullable: true, Few: true},
		{Name: "age", Type: "INTEGER"},
		few("sex"), few("status"),
		{Name: "comment", Type: "VARCHAR", Nullable: true},
	}}
}

// Dimensions are the small tables that LabBench joins with.
func Dimensions() []Table {
	return []Table{
		{Name: "hospitals", OrderBy: []string{"id"}, Columns: []Column{few("id"), text("name"), few("region"), {Name: "beds", Type: "INTEGER"}}},
		{Name: "tests", OrderBy: []string{"code"}, Columns: []Column{few("code"), text("name"), few("class"), few("system")}},
	}
}

func few(name string) Column  { return Column{Name: name, Type: "VARCHAR", Few: true} }
func text(name string) Column { return Column{Name: name, Type: "VARCHAR"} }

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
