package logical

import (
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// system binds a table of information_schema: constant rows about what the principal may see.
func (b *Binder) system(t *sqlparse.TableName, alias string) (Node, *scope, error) {
	var v *Values
	switch strings.ToLower(t.Name) {
	case "schemata":
		v = b.schemata()
	case "tables":
		v = b.tables()
	case "columns":
		v = b.columns()
	default:
		e := b.errorf(t.Pos, errs.NotFound, "unknown-table", 1146, "there is no table %q in %s", t.Name, systemDatabase)
		return nil, nil, e.Suggest(sqlparse.Nearest(t.Name, []string{"schemata", "tables", "columns"})...)
	}
	s := &scope{}
	for _, f := range v.Columns {
		s.add(alias, f.Name, f.Type, false)
	}
	return v, s, nil
}

// texts makes VARCHAR columns.
func texts(names ...string) []batch.Field {
	out := make([]batch.Field, len(names))
	for i, n := range names {
		out[i] = batch.Field{Name: n, Type: schema.TypeVarchar}
	}
	return out
}

func textRow(values ...string) []schema.Value {
	out := make([]schema.Value, len(values))
	for i, v := range values {
		out[i] = schema.TextValue(v)
	}
	return out
}

func (b *Binder) schemata() *Values {
	v := &Values{Columns: texts("CATALOG_NAME", "SCHEMA_NAME", "DEFAULT_CHARACTER_SET_NAME", "DEFAULT_COLLATION_NAME")}
	for _, d := range []string{Database, systemDatabase} {
		v.Rows = append(v.Rows, textRow("def", d, "utf8mb4", "utf8mb4_bin"))
	}
	return v
}

func (b *Binder) tables() *Values {
	v := &Values{Columns: texts("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE", "ENGINE", "PARTITION_BY", "SORT_BY", "CODEC", "TABLE_COMMENT")}
	for _, t := range b.Visible() {
		v.Rows = append(v.Rows, textRow("def", Database, t.Name, "BASE TABLE", "Assay", PartitionText(t), SortText(t), string(t.Codec), t.Describe()))
	}
	return v
}

// PartitionText lists the partition transforms of a table.
func PartitionText(t *schema.Table) string {
	var out []string
	for _, p := range t.PartitionBy {
		out = append(out, p.Text(t))
	}
	return strings.Join(out, ", ")
}

// SortText lists the sort columns of a table.
func SortText(t *schema.Table) string {
	var out []string
	for _, id := range t.SortBy {
		out = append(out, ColumnField(t, id).Name)
	}
	return strings.Join(out, ", ")
}

func (b *Binder) columns() *Values {
	v := &Values{Columns: texts("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "IS_NULLABLE", "DATA_TYPE", "COLUMN_TYPE", "EXTRA")}
	number := func(name string) { v.Columns = append(v.Columns, batch.Field{Name: name, Type: schema.TypeInt64}) }
	for _, n := range []string{"ORDINAL_POSITION", "NUMERIC_PRECISION", "NUMERIC_SCALE"} {
		number(n)
	}
	for _, t := range b.Visible() {
		for i, c := range t.Columns {
			v.Rows = append(v.Rows, columnRow(t, c, int64(i+1), ""))
		}
		for i, c := range schema.VirtualColumns() {
			v.Rows = append(v.Rows, columnRow(t, c, int64(len(t.Columns)+i+1), "VIRTUAL"))
		}
	}
	return v
}

func columnRow(t *schema.Table, c schema.Column, ordinal int64, extra string) []schema.Value {
	name, _, _ := strings.Cut(c.Type.String(), "(")
	row := textRow("def", Database, t.Name, c.Name, "YES", strings.ToLower(strings.TrimSuffix(name, " UNSIGNED")), strings.ToLower(c.Type.String()), extra)
	precision, scale := schema.NullValue(schema.TypeInt64), schema.NullValue(schema.TypeInt64)
	if c.Type.Kind == schema.Decimal {
		precision = schema.IntValue(schema.TypeInt64, int64(c.Type.Precision))
		scale = schema.IntValue(schema.TypeInt64, int64(c.Type.Scale))
	}
	return append(row, schema.IntValue(schema.TypeInt64, ordinal), precision, scale)
}
