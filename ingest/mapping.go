package ingest

import (
	"context"
	"fmt"
	"strings"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// mapNew defines a table from the columns of a file.
func mapNew(snap *catalog.Snapshot, req *Request, txt *text, seen *inspection) (*target, error) {
	if seen.tally.records == 0 {
		return nil, noRows(req.Table)
	}
	def := &schema.Table{Name: req.Table, Codec: schema.CodecZstd, Inferred: true}
	t := &target{changed: true, warnings: txt.warnings}
	for i, name := range txt.names {
		typ := schema.TypeVarchar
		if !req.Options.TextTypes {
			typ = seen.observed[i].Type()
		}
		def.Columns = append(def.Columns, schema.Column{Name: name, Type: typ})
		t.fields = append(t.fields, i)
	}
	var err error
	t.table, err = snap.Define(def, 0)
	return t, err
}

// mapDeclared matches a file's columns to a table whose definition stands.
func mapDeclared(table *schema.Table, txt *text) (*target, error) {
	t := &target{table: table, expect: table.Version, warnings: txt.warnings}
	extra, err := t.match(txt)
	if err != nil {
		return nil, err
	}
	if len(extra) > 0 {
		names := make([]string, len(extra))
		for i, f := range extra {
			names[i] = fmt.Sprintf("%q", txt.names[f])
		}
		return nil, errs.New(errs.Meaning, "unknown-column", "the file has columns that table %q does not have: %s", table.Name, strings.Join(names, ", ")).
			WithHint("ALTER TABLE %s ADD COLUMN, or leave them out of the file", table.Name)
	}
	return t, nil
}

// match fills in t.fields and returns the fields that no column takes.
func (t *target) match(txt *text) (extra []int, err error) {
	t.fields = make([]int, len(t.table.Columns))
	for i := range t.fields {
		t.fields[i] = -1
	}
	if !txt.header {
		if txt.width != len(t.table.Columns) {
			return nil, errs.New(errs.Meaning, "column-count", "the file has no header and %d columns, table %q has %d", txt.width, t.table.Name, len(t.table.Columns)).
				WithHint("add a header line, or declare header=1 if the first line is one")
		}
		for i := range t.fields {
			t.fields[i] = i
		}
		return nil, nil
	}
	matched := 0
	for f, name := range txt.names {
		i := t.table.Column(name)
		if i < 0 {
			extra = append(extra, f)
			continue
		}
		t.fields[i] = f
		matched++
	}
	if matched == 0 {
		return nil, errs.New(errs.Meaning, "no-column", "not one column of the file is a column of table %q", t.table.Name).
			WithHint("name the columns in the first line, or declare header=0 if it has none")
	}
	for i, f := range t.fields {
		if f < 0 {
			t.warnings = append(t.warnings, fmt.Sprintf("the file has no column %q: it is NULL in every row", t.table.Columns[i].Name))
		}
	}
	return extra, nil
}

// mapInferred matches a file to a table that was itself inferred: columns it does not have are added, and types that are too
// narrow are widened where that is safe. What still does not fit is rejected row by row.
func (ld *load) mapInferred(ctx context.Context, snap *catalog.Snapshot, table *schema.Table, txt *text, seen *inspection) (*target, error) {
	t := &target{table: table, expect: table.Version, warnings: txt.warnings}
	extra, err := t.match(txt)
	if err != nil {
		return nil, err
	}
	def := *table
	def.Columns = append([]schema.Column(nil), table.Columns...)
	w := widening{ctx: ctx, loader: ld.l, snap: snap, table: table}
	for i, f := range t.fields {
		if f < 0 {
			continue
		}
		if typ := w.widen(i, &seen.observed[f]); typ != def.Columns[i].Type {
			t.warnings = append(t.warnings, fmt.Sprintf("column %q was widened from %s to %s", def.Columns[i].Name, def.Columns[i].Type, typ))
			def.Columns[i].Type = typ
			t.changed = true
		}
	}
	for _, f := range extra {
		t.warnings = append(t.warnings, fmt.Sprintf("column %q is new", txt.names[f]))
		def.Columns = append(def.Columns, schema.Column{Name: txt.names[f], Type: seen.observed[f].Type()})
		t.fields = append(t.fields, f)
		t.changed = true
	}
	if t.changed {
		t.table, err = snap.Define(&def, table.Version)
	}
	return t, err
}
