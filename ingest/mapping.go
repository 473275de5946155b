package ingest

import (
	"context"
	"fmt"
	"strings"

	"github.com/assaydb/assay/ingest/convert"
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
		if txt.leavesOut(i) {
			continue
		}
		typ := schema.TypeVarchar
		if !req.Options.TextTypes {
			typ = seen.typeOf(i)
		}
		def.Columns = append(def.Columns, schema.Column{Name: name, Type: typ})
		t.take(i, seen)
	}
	if len(def.Columns) == 0 {
		return nil, errs.New(errs.Meaning, "no-columns", "the file has no columns, or the mapping leaves out every one of them")
	}
	var err error
	t.table, err = snap.Define(def, 0)
	return t, err
}

// take maps a field to the next column.
func (t *target) take(field int, seen *inspection) {
	t.fields = append(t.fields, field)
	t.forms = append(t.forms, seen.observed[field].Form)
}

// mapDeclared matches a file's columns to a table whose definition stands.
func mapDeclared(table *schema.Table, txt *text) (*target, error) {
	t := &target{table: table, expect: table.Version, warnings: txt.warnings}
	extra, err := t.match(txt)
	if err != nil {
		return nil, err
	}
	return t, t.strangers(txt, extra)
}

// strangers deals with columns that the table does not have, where they are not added.
func (t *target) strangers(txt *text, extra []int) error {
	if len(extra) == 0 {
		return nil
	}
	names := make([]string, len(extra))
	for i, f := range extra {
		names[i] = fmt.Sprintf("%q", txt.names[f])
	}
	list := strings.Join(names[:min(len(names), 20)], ", ")
	if more := len(names) - 20; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	if t.table.Evolve().Columns == schema.ColumnsIgnore {
		t.warnings = append(t.warnings, fmt.Sprintf("columns that table %q does not have were left out, as its policy says: %s", t.table.Name, list))
		return nil
	}
	return errs.New(errs.Meaning, "unknown-column", "the file has columns that table %q does not have: %s", t.table.Name, list).
		WithHint("ALTER TABLE %s ADD COLUMN, leave them out of the file or by a mapping, or set the table's policy to columns=add or columns=ignore", t.table.Name)
}

// match fills in t.fields and returns the fields that no column takes.
func (t *target) match(txt *text) (extra []int, err error) {
	t.fields = make([]int, len(t.table.Columns))
	for i := range t.fields {
		t.fields[i] = -1
	}
	if !txt.named() {
		if txt.width == len(t.table.Columns)+1 && txt.amends {
			for i := range t.fields {
				t.fields[i] = i + 1 // the first field is the error
			}
			return nil, nil
		}
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
		if txt.leavesOut(f) {
			continue
		}
		i := t.table.Column(name)
		if i < 0 {
			extra = append(extra, f)
			continue
		}
		t.fields[i] = f
		matched++
	}
	if matched == 0 {
		e := errs.New(errs.Meaning, "no-column", "not one column of the file is a column of table %q", t.table.Name)
		if txt.dialect.Format != "" {
			return nil, e.WithHint("give the columns the table's names, or name them in a mapping")
		}
		return nil, e.WithHint("name the columns in the first line, or declare header=0 if it has none")
	}
	for i, f := range t.fields {
		if f < 0 {
			t.warnings = append(t.warnings, fmt.Sprintf("the file has no column %q: it is NULL in every row", t.table.Columns[i].Name))
		}
	}
	return extra, nil
}

// mapEvolving matches a file to a table that follows what is loaded into it, as far as its policy lets it: columns it does not have
// are added, and types that are too narrow are widened where that is safe. What still does not fit is rejected row by row.
func (ld *load) mapEvolving(ctx context.Context, snap *catalog.Snapshot, table *schema.Table, txt *text, seen *inspection) (*target, error) {
	t := &target{table: table, expect: table.Version, warnings: txt.warnings}
	extra, err := t.match(txt)
	if err != nil {
		return nil, err
	}
	policy := table.Evolve()
	def := *table
	def.Columns = append([]schema.Column(nil), table.Columns...)
	t.forms = t.matchForms(seen)
	if policy.Widen == schema.WidenYes {
		t.widen(&def, &widening{ctx: ctx, loader: ld.l, snap: snap, table: table}, seen)
	}
	if policy.Columns != schema.ColumnsAdd {
		if err := t.strangers(txt, extra); err != nil {
			return nil, err
		}
		extra = nil
	}
	for _, f := range extra {
		t.warnings = append(t.warnings, fmt.Sprintf("column %q is new", txt.names[f]))
		typ := seen.typeOf(f)
		if ld.req.Options.TextTypes {
			typ = schema.TypeVarchar
		}
		def.Columns = append(def.Columns, schema.Column{Name: txt.names[f], Type: typ})
		t.take(f, seen)
		t.changed = true
	}
	if t.changed {
		t.table, err = snap.Define(&def, table.Version)
	}
	return t, err
}

// matchForms gives the columns that are there the forms of their fields.
func (t *target) matchForms(seen *inspection) []convert.Form {
	forms := make([]convert.Form, len(t.fields))
	for i, f := range t.fields {
		if f >= 0 {
			forms[i] = seen.observed[f].Form
		}
	}
	return forms
}

func (t *target) widen(def *schema.Table, w *widening, seen *inspection) {
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
}
