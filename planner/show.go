package planner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

// show answers SHOW and DESCRIBE with constant rows.
func (s *session) show(n *sqlparse.Show) (*Result, error) {
	var v *logical.Values
	var err error
	switch n.Kind {
	case sqlparse.ShowTables:
		v = s.showTables(n)
	case sqlparse.ShowDatabases:
		v = textTable([]string{"Database"}, []string{logical.Database}, []string{"information_schema"})
	case sqlparse.ShowVariables:
		v = showVariables()
	case sqlparse.ShowWarnings:
		// Warnings travel with each result; there is no session that could keep them.
		v = textTable([]string{"Level", "Code", "Message"})
	case sqlparse.ShowFunctions:
		v = showFunctions()
	case sqlparse.ShowTableStatus:
		v = s.showStatus()
	default:
		if v, err = s.showTable(n); err != nil {
			return nil, err
		}
	}
	if n.Like != "" {
		if v.Rows, err = like(v.Rows, n.Like); err != nil {
			return nil, err
		}
	}
	return s.constant(v), nil
}

func textTable(names []string, rows ...[]string) *logical.Values {
	v := &logical.Values{}
	for _, n := range names {
		v.Columns = append(v.Columns, batch.Field{Name: n, Type: schema.TypeVarchar})
	}
	for _, r := range rows {
		var row []schema.Value
		for _, c := range r {
			row = append(row, schema.TextValue(c))
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// like keeps the rows whose first column matches a LIKE pattern, in any case, as SHOW does.
func like(rows [][]schema.Value, pattern string) ([][]schema.Value, error) {
	col := &expr.Column{Name: "name", Typ: schema.TypeVarchar}
	cond, err := expr.NewCall("like", col, &expr.Literal{Value: schema.TextValue(strings.ToLower(pattern))})
	if err != nil {
		return nil, err
	}
	prog, err := expr.Compile(cond, &expr.Env{})
	if err != nil {
		return nil, err
	}
	b := batch.NewBuilder(schema.TypeVarchar, len(rows))
	for _, r := range rows {
		b.Text(strings.ToLower(r[0].S))
	}
	keep, err := prog.Filter(&batch.Batch{Cols: []*batch.Vector{b.Finish()}, Len: len(rows)})
	if err != nil {
		return nil, err
	}
	var out [][]schema.Value
	for _, i := range keep {
		out = append(out, rows[i])
	}
	return out, nil
}

func (s *session) showTables(n *sqlparse.Show) *logical.Values {
	v := textTable([]string{"Tables_in_" + logical.Database})
	if n.Full {
		v = textTable([]string{"Tables_in_" + logical.Database, "Table_type"})
	}
	for _, t := range s.binder().Visible() {
		row := []schema.Value{schema.TextValue(t.Name), schema.TextValue("BASE TABLE")}
		v.Rows = append(v.Rows, row[:len(v.Columns)])
	}
	return v
}

func showVariables() *logical.Values {
	v := textTable([]string{"Variable_name", "Value"})
	vars := logical.Variables()
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		v.Rows = append(v.Rows, []schema.Value{schema.TextValue(name), schema.TextValue(vars[name].String())})
	}
	return v
}

func showFunctions() *logical.Values {
	v := textTable([]string{"Name", "Kind", "Signature", "Description"})
	for _, f := range expr.Functions() {
		v.Rows = append(v.Rows, textTable(nil, []string{f.Name, f.Family, strings.Join(f.Signatures, "; "), f.Doc}).Rows...)
	}
	for _, d := range aggregate.Functions() {
		v.Rows = append(v.Rows, textTable(nil, []string{d.Name, "aggregate", strings.ToUpper(d.Name) + "(...)", d.Doc}).Rows...)
	}
	for _, d := range window.Functions() {
		v.Rows = append(v.Rows, textTable(nil, []string{d.Name, "window", d.Signature, d.Doc}).Rows...)
	}
	return v
}

// showStatus tells how much the catalog counts in each table.
func (s *session) showStatus() *logical.Values {
	v := textTable([]string{"Name", "Engine"})
	for _, n := range []string{"Rows", "Data_length", "Segments", "Deliveries"} {
		v.Columns = append(v.Columns, batch.Field{Name: n, Type: schema.TypeInt64})
	}
	v.Columns = append(v.Columns, batch.Field{Name: "Comment", Type: schema.TypeVarchar})
	for _, t := range s.binder().Visible() {
		k := s.snap.Totals(t.ID)
		row := []schema.Value{schema.TextValue(t.Name), schema.TextValue("Assay")}
		for _, n := range []int64{k.Rows, k.Bytes, k.Segments, k.Deliveries} {
			row = append(row, schema.IntValue(schema.TypeInt64, n))
		}
		row = append(row, schema.TextValue(t.Describe()))
		v.Rows = append(v.Rows, row)
	}
	return v
}

// showTable answers what is asked about one table.
func (s *session) showTable(n *sqlparse.Show) (*logical.Values, error) {
	t, _, err := s.binder().Find(n.Table, n.Pos)
	if err != nil {
		return nil, err
	}
	switch n.Kind {
	case sqlparse.ShowCreateTable:
		return textTable([]string{"Table", "Create Table"}, []string{t.Name, createText(t)}), nil
	case sqlparse.ShowIndexes:
		return textTable([]string{"Table", "Key_name", "Column_name"}), nil
	case sqlparse.ShowColumns:
		return showColumns(t, n.Full), nil
	}
	return nil, errs.New(errs.Internal, "bug", "BUG: no SHOW of kind %d", n.Kind)
}

func showColumns(t *schema.Table, full bool) *logical.Values {
	v := textTable([]string{"Field", "Type", "Null", "Key", "Default", "Extra"})
	columns := t.Columns
	if full {
		columns = append(slices.Clone(columns), schema.VirtualColumns()...)
	}
	for _, c := range columns {
		key, extra := "", ""
		if slices.Contains(t.SortBy, c.ID) {
			key = "SORT"
		}
		if slices.ContainsFunc(t.PartitionBy, func(p schema.Transform) bool { return p.Column == c.ID }) {
			key = "PART"
		}
		if c.ID >= schema.VirtualSourceID {
			extra = "VIRTUAL"
		}
		row := textTable(nil, []string{c.Name, strings.ToLower(c.Type.String()), "YES", key, "", extra}).Rows[0]
		row[4] = schema.NullValue(schema.TypeVarchar)
		v.Rows = append(v.Rows, row)
	}
	return v
}

// createText writes a statement that makes the columns again; what SQL cannot say yet is a comment.
func createText(t *schema.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE `%s` (\n", t.Name)
	for i, c := range t.Columns {
		comma := ","
		if i == len(t.Columns)-1 {
			comma = ""
		}
		typ := c.Type.String()
		switch c.Type.Kind {
		case schema.Varchar:
			typ = "TEXT"
		case schema.Timestamp:
			typ = "DATETIME(6)"
		}
		fmt.Fprintf(&b, "  `%s` %s%s\n", c.Name, typ, comma)
	}
	if t.IsAttached() {
		fmt.Fprintf(&b, ") /* %s */", strings.ReplaceAll(t.Describe(), "*/", "* /"))
		return b.String()
	}
	fmt.Fprintf(&b, ") /* partition_by: [%s], sort_by: [%s], codec: %s */", logical.PartitionText(t), logical.SortText(t), t.Codec)
	return b.String()
}
