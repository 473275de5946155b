package logical

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// Node is a relational operator. Its output columns are ordinals; expressions refer to the inputs' columns by ordinal, those of
// the second input following those of the first.
type Node interface {
	Inputs() []Node
	Fields() []batch.Field
}

// Scan reads a table. Columns are column ids, virtual ones and schema.RowPositionID too; its output are the first Output of
// them. RowFilter is the policy's and is evaluated before Filter, so that no expression of the user sees a row it hides. Both
// refer to Columns by ordinal.
type Scan struct {
	Table     *schema.Table
	Alias     string
	Columns   []uint32
	Output    int
	RowFilter expr.Expr
	Filter    expr.Expr
	MaxBytes  int64 // the policy's limit on the estimate, 0 for none
}

// Filter keeps the rows for which Cond is true.
type Filter struct {
	Input Node
	Cond  expr.Expr
}

// Project computes expressions.
type Project struct {
	Input Node
	Exprs []expr.Expr
	Names []string
}

// Call is one aggregate.
type Call struct {
	Spec aggregate.Spec
	Args []expr.Expr // over the input
	Name string
}

// Aggregate groups its input by Keys. Its output is the keys, then the calls. Without keys it gives one row, also over no input.
type Aggregate struct {
	Input Node
	Keys  []expr.Expr
	Names []string // of the keys
	Calls []Call
}

// SortKey is one ordering column of the input.
type SortKey struct {
	Column int
	Desc   bool
}

// Sort orders its input by all Keys; Count < 0 means all rows. With Ties above 0 the rows that are equal to the last one in so many
// leading keys come, too, in any order among all that are given.
type Sort struct {
	Input         Node
	Keys          []SortKey
	Count, Offset int64
	Ties          int
}

// Limit passes Count rows after Offset, of an input in no particular order: which ones is decided by rule, never by chance.
type Limit struct {
	Input         Node
	Count, Offset int64
}

// Distinct drops repeated rows.
type Distinct struct{ Input Node }

// Values gives constant rows.
type Values struct {
	Columns []batch.Field
	Rows    [][]schema.Value

	// Source names a system table whose rows are put in once the plan is optimised; Hint are conditions above it that its reader may
	// use to leave out rows, and need not.
	Source string
	Hint   expr.Expr

	// Feed gives further rows behind Rows as they are asked for, Fed of them; nil for none.
	Feed schema.Feed
	Fed  int64
}

// Inputs returns nothing.
func (*Scan) Inputs() []Node { return nil }

// Inputs returns the input.
func (n *Filter) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Project) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Sort) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Limit) Inputs() []Node { return []Node{n.Input} }

// Inputs returns the input.
func (n *Distinct) Inputs() []Node { return []Node{n.Input} }

// Inputs returns nothing.
func (*Values) Inputs() []Node { return nil }

// Fields returns the first Output columns.
func (n *Scan) Fields() []batch.Field {
	out := make([]batch.Field, n.Output)
	for i := range out {
		out[i] = ColumnField(n.Table, n.Columns[i])
	}
	return out
}

// ColumnField names and types a column of a table by id, virtual ones too.
func ColumnField(t *schema.Table, id uint32) batch.Field {
	if i := t.ColumnByID(id); i >= 0 {
		return batch.Field{Name: t.Columns[i].Name, Type: t.Columns[i].Type}
	}
	for _, v := range schema.VirtualColumns() {
		if v.ID == id {
			return batch.Field{Name: v.Name, Type: v.Type}
		}
	}
	return batch.Field{Name: "row position", Type: schema.TypeInt64}
}

// Fields returns the input's columns.
func (n *Filter) Fields() []batch.Field { return n.Input.Fields() }

// Fields returns a column per expression.
func (n *Project) Fields() []batch.Field {
	out := make([]batch.Field, len(n.Exprs))
	for i, e := range n.Exprs {
		out[i] = batch.Field{Name: n.Names[i], Type: e.Type()}
	}
	return out
}

// Fields returns the keys, then the calls.
func (n *Aggregate) Fields() []batch.Field {
	var out []batch.Field
	for i, k := range n.Keys {
		out = append(out, batch.Field{Name: n.Names[i], Type: k.Type()})
	}
	for _, c := range n.Calls {
		out = append(out, batch.Field{Name: c.Name, Type: c.Spec.Result})
	}
	return out
}

// Fields returns the input's columns.
func (n *Sort) Fields() []batch.Field { return n.Input.Fields() }

// Fields returns the input's columns.
func (n *Limit) Fields() []batch.Field { return n.Input.Fields() }

// Fields returns the input's columns.
func (n *Distinct) Fields() []batch.Field { return n.Input.Fields() }

// Fields returns the columns.
func (n *Values) Fields() []batch.Field { return n.Columns }
