package planner

import (
	"slices"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

func (s *session) alterTable(n *sqlparse.AlterTable) (*Result, error) {
	old, _, err := s.binder().Find(n.Name, n.Pos)
	if err != nil {
		return nil, err
	}
	t := *old
	t.Columns = slices.Clone(old.Columns)
	for _, a := range n.Actions {
		if err := s.alter(&t, a); err != nil {
			return nil, err
		}
	}
	res, err := s.propose(&catalog.PutTable{Table: t, Expect: old.Version, At: s.now().UnixMicro()})
	return res, s.placed(err, n.Pos, 0)
}

func (s *session) alter(t *schema.Table, a sqlparse.AlterAction) error {
	if a.Kind == sqlparse.AddColumn {
		typ, err := s.columnType(a.Column)
		if err != nil {
			return err
		}
		if t.Column(a.Column.Name) >= 0 {
			return s.errorf(a.Column.Pos, errs.Meaning, "duplicate-column", 1060, "table %q has a column %q already", t.Name, a.Column.Name)
		}
		t.Columns = append(t.Columns, schema.Column{Name: a.Column.Name, Type: typ})
		return nil
	}
	i := t.Column(a.Old)
	if i < 0 {
		return s.errorf(a.OldPos, errs.Meaning, "unknown-column", 1054, "table %q has no column %q", t.Name, a.Old).Suggest(sqlparse.Nearest(a.Old, columnNames(t))...)
	}
	switch a.Kind {
	case sqlparse.RenameColumn:
		if j := t.Column(a.Column.Name); j >= 0 && j != i {
			return s.errorf(a.Column.Pos, errs.Meaning, "duplicate-column", 1060, "table %q has a column %q already", t.Name, a.Column.Name)
		}
		t.Columns[i].Name = a.Column.Name
	case sqlparse.DropColumn:
		return s.dropColumn(t, i, a)
	case sqlparse.ModifyColumn:
		typ, err := s.columnType(a.Column)
		if err != nil {
			return err
		}
		if !widens(t.Columns[i].Type, typ) {
			return s.errorf(a.OldPos, errs.Meaning, "unsafe-type-change", 1235, "column %q is %s; values of it may not fit %s", a.Old, t.Columns[i].Type, typ).
				WithHint("integers may grow, DECIMAL may gain digits, DATE may become TIMESTAMP, anything may become VARCHAR")
		}
		t.Columns[i].Type = typ
	}
	return nil
}

func (s *session) dropColumn(t *schema.Table, i int, a sqlparse.AlterAction) error {
	id := t.Columns[i].ID
	used := slices.Contains(t.SortBy, id) || slices.ContainsFunc(t.PartitionBy, func(p schema.Transform) bool { return p.Column == id })
	if used {
		return s.errorf(a.OldPos, errs.Meaning, "column-in-use", 1235, "column %q is in the table's partition or sort key", a.Old)
	}
	t.Columns = slices.Delete(t.Columns, i, i+1)
	return nil
}

func columnNames(t *schema.Table) []string {
	var out []string
	for _, c := range t.Columns {
		out = append(out, c.Name)
	}
	return out
}

// widens reports whether every value of one type is a value of the other, so that files written before can be read as after.
func widens(from, to schema.Type) bool {
	switch {
	case from == to || to.Kind == schema.Varchar:
		return true
	case from.IsInteger() && to.IsInteger():
		return integerBits(to) > integerBits(from) && (from.IsUnsigned() || !to.IsUnsigned()) || from.IsUnsigned() == to.IsUnsigned() && integerBits(to) >= integerBits(from)
	case from.Kind == schema.Decimal && to.Kind == schema.Decimal:
		return to.Scale >= from.Scale && to.Precision-to.Scale >= from.Precision-from.Scale
	case from.IsInteger() && to.Kind == schema.Decimal:
		return int(to.Precision-to.Scale) >= []int{3, 5, 10, 19, 3, 5, 10, 20}[from.Kind-schema.Int8]
	case from.Kind == schema.Date:
		return to.Kind == schema.Timestamp
	}
	return false
}

func integerBits(t schema.Type) int {
	if t.IsUnsigned() {
		return 8 << (t.Kind - schema.Uint8)
	}
	return 8 << (t.Kind - schema.Int8)
}
