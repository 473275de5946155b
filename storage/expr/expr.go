package expr

import "github.com/assaydb/assay/storage/schema"

// Expr is a typed, resolved scalar expression over the columns of one input. The node types are the six of this file; each is
// immutable once built and safe to share.
type Expr interface {
	// Type is the type of the result; every node knows it when it is built.
	Type() schema.Type
	// Args returns the operands in order; the caller must not change the slice.
	Args() []Expr
}

// Column is an input column.
type Column struct {
	Index int    // ordinal in the input batch
	Name  string // for EXPLAIN and errors only
	Typ   schema.Type
}

// Literal is a constant.
type Literal struct{ Value schema.Value }

// Call applies a function or an operator of the function table. Operators are functions under their symbol ("+", "=", "like").
type Call struct {
	Name     string // lower case, as in the function table
	Operands []Expr // already cast to what the overload takes
	Typ      schema.Type
}

// Logic is AND or OR over two or more operands, or NOT over one, in three-valued logic. Operands are evaluated left to right
// and only for the rows that are still undecided.
type Logic struct {
	Op       LogicOp
	Operands []Expr // all BOOLEAN
}

// LogicOp is the connective of a Logic node.
type LogicOp uint8

// The connectives, in their order on the wire: append only.
const (
	And LogicOp = iota
	Or
	Not
)

// Case is a searched CASE: the first Then whose When is true, else Else (nil means NULL). A branch is evaluated only for the
// rows that reach it. IF, IFNULL, COALESCE and simple CASE are built as this node.
type Case struct {
	Whens, Thens []Expr
	Else         Expr
	Typ          schema.Type
}

// In tests membership of Operand in a list of constants of its own type; NULL in the list is kept in HasNull.
type In struct {
	Operand Expr
	List    []schema.Value // sorted, distinct, not NULL
	HasNull bool
	Negate  bool
}

// Cast converts its operand. Strict casts fail on values that do not fit; lenient ones (the coercions that MySQL itself does
// silently in comparisons) are not used. Try gives NULL instead of an error.
type Cast struct {
	Operand Expr
	To      schema.Type
	Try     bool
}

// Type returns the column's type.
func (c *Column) Type() schema.Type { return c.Typ }

// Type returns the constant's type.
func (l *Literal) Type() schema.Type { return l.Value.Type }

// Type returns the overload's result type.
func (c *Call) Type() schema.Type { return c.Typ }

// Type is BOOLEAN.
func (*Logic) Type() schema.Type { return schema.TypeBoolean }

// Type returns the common type of the branches.
func (c *Case) Type() schema.Type { return c.Typ }

// Type is BOOLEAN.
func (*In) Type() schema.Type { return schema.TypeBoolean }

// Type returns the target type.
func (c *Cast) Type() schema.Type { return c.To }

// Args returns nil.
func (*Column) Args() []Expr { return nil }

// Args returns nil.
func (*Literal) Args() []Expr { return nil }

// Args returns the operands.
func (c *Call) Args() []Expr { return c.Operands }

// Args returns the operands.
func (l *Logic) Args() []Expr { return l.Operands }

// Args returns when, then, when, then, ..., else.
func (c *Case) Args() []Expr {
	out := make([]Expr, 0, 2*len(c.Whens)+1)
	for i := range c.Whens {
		out = append(out, c.Whens[i], c.Thens[i])
	}
	if c.Else != nil {
		out = append(out, c.Else)
	}
	return out
}

// Args returns the operand.
func (in *In) Args() []Expr { return []Expr{in.Operand} }

// Args returns the operand.
func (c *Cast) Args() []Expr { return []Expr{c.Operand} }
