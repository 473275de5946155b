package expr

import (
	"time"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// MaxDepth bounds the nesting of an expression, in the codec and in Compile.
const MaxDepth = 500

// Env is what expressions may depend on besides their columns. The zero Env means UTC and no clock.
type Env struct {
	Zone *time.Location // of TIMESTAMP columns when they are taken apart or printed; nil is UTC
	Now  int64          // the query's time, microseconds since 1970 UTC
	// NoDictionary switches off evaluation once per dictionary entry, so that tests can compare.
	NoDictionary bool
	// Stop, when set, is asked every few rows of functions that are computed row by row; its error ends the evaluation. Without it
	// one batch of costly text functions would outlive the query's cancellation.
	Stop func() error
}

// Program evaluates one expression over batches. It belongs to one goroutine: results and selections it returns are valid until
// its next use.
type Program struct {
	root node
	typ  schema.Type
	sel  []int32
}

// node computes one sub-expression. rows lists the rows to compute, nil means all; the result is as long as the batch, and
// other rows hold anything. An error may come only from a listed row.
type node interface {
	eval(b *batch.Batch, rows []int32) (*batch.Vector, error)
}

// filterer is a node that builds selections better than through a vector of truth values.
type filterer interface {
	filter(b *batch.Batch, rows, dst []int32) ([]int32, error)
}

// Compile prepares e for evaluation in env (nil for UTC without a clock). Constant parts are folded first.
func Compile(e Expr, env *Env) (*Program, error) {
	if env == nil {
		env = &Env{}
	}
	if d := Depth(e); d > MaxDepth {
		return nil, errs.New(errs.Limit, "too-deep", "the expression is nested %d deep, more than %d", d, MaxDepth)
	}
	root, err := compile(Fold(e, env), env)
	if err != nil {
		return nil, err
	}
	return &Program{root: root, typ: e.Type()}, nil
}

// Type is the type of the results.
func (p *Program) Type() schema.Type { return p.typ }

// Eval computes the living rows of b. The vector is as long as the batch; rows that are not alive hold anything. It is valid
// until the next use of p and may share memory with b.
func (p *Program) Eval(b *batch.Batch) (*batch.Vector, error) {
	if b.Alive() == 0 {
		return batch.NewConst(schema.NullValue(p.typ), b.Len), nil
	}
	v, err := p.root.eval(b, b.Sel)
	if err != nil {
		return nil, err
	}
	if v.Type != p.typ {
		w := *v
		w.Type = p.typ
		return &w, nil
	}
	return v, nil
}

// Filter returns the living rows of b for which p, a condition, is true: ascending, valid until the next use of p.
func (p *Program) Filter(b *batch.Batch) ([]int32, error) {
	if b.Alive() == 0 {
		return p.sel[:0], nil
	}
	sel, err := filterNode(p.root, b, b.Sel, p.sel[:0])
	if err != nil {
		return nil, err
	}
	p.sel = sel
	if sel == nil {
		sel = []int32{} // nil would mean all rows
	}
	return sel, nil
}

func filterNode(n node, b *batch.Batch, rows, dst []int32) ([]int32, error) {
	if f, ok := n.(filterer); ok {
		return f.filter(b, rows, dst)
	}
	v, err := n.eval(b, rows)
	if err != nil {
		return nil, err
	}
	return selectTrue(v, rows, dst), nil
}

func compile(e Expr, env *Env) (node, error) {
	n, err := compileNode(e, env)
	if err != nil || env.NoDictionary {
		return n, err
	}
	return dictionaryNode(e, n), nil
}

func compileNode(e Expr, env *Env) (node, error) {
	switch x := e.(type) {
	case *Column:
		return columnNode(x.Index), nil
	case *Literal:
		return &literalNode{v: batch.NewConst(x.Value, 1)}, nil
	case *Case:
		return compileCase(x, env)
	case *Call, *Logic, *In, *Cast:
		args, err := compileAll(e.Args(), env)
		if err != nil {
			return nil, err
		}
		return compileOperator(e, args, env)
	}
	panic("BUG: expr: unknown node")
}

func compileAll(list []Expr, env *Env) ([]node, error) {
	out := make([]node, len(list))
	for i, e := range list {
		n, err := compileNode(e, env)
		if err != nil {
			return nil, err
		}
		if !env.NoDictionary {
			n = dictionaryNode(e, n)
		}
		out[i] = n
	}
	return out, nil
}

func compileOperator(e Expr, args []node, env *Env) (node, error) {
	switch x := e.(type) {
	case *Logic:
		return newLogicNode(x, args, env), nil
	case *In:
		return newInNode(x, args[0]), nil
	case *Cast:
		return newCastNode(x, args[0], env)
	case *Call:
		return compileCall(x, args, env)
	}
	panic("BUG: expr: unknown operator")
}

func compileCall(c *Call, args []node, env *Env) (node, error) {
	if op, ok := comparison(c.Name); ok {
		return newCompareNode(op, c, args), nil
	}
	switch c.Name {
	case "<=>":
		return newRowNode(c, args, false, nullSafeRow), nil
	case "is null", "is not null", "is true", "is not true", "is false", "is not false":
		return &testNode{name: c.Name, arg: args[0]}, nil
	case "+", "-", "*", "/", "%", "div":
		return newSumNode(c, args), nil
	}
	if f, t := dayPartOf(c.Name), timePartOf(c.Name); (f != nil || t != nil) && len(c.Operands) == 1 {
		return newPartNode(c.Name, c.Typ, f, t, args[0], env), nil
	}
	if write := dailyText(c); write != nil {
		return newDailyNode(write, args[0], env), nil
	}
	if c.Name == "timestampdiff" {
		if n := newBetweenNode(c, args, env); n != nil {
			return n, nil
		}
	}
	f := lookup(c.Name)
	if f == nil || f.row == nil {
		return nil, errs.New(errs.Invalid, "bad-expression", "no function %q can be evaluated", c.Name)
	}
	row, err := f.row(c, env)
	if err != nil {
		return nil, err
	}
	n := newRowNode(c, args, f.NullRule == NullStrict, row)
	n.stop = env.Stop
	return n, nil
}

// columnNode is an input column.
type columnNode int

func (n columnNode) eval(b *batch.Batch, _ []int32) (*batch.Vector, error) { return b.Cols[n], nil }

// literalNode is a constant.
type literalNode struct {
	v   *batch.Vector
	out batch.Vector
}

func (n *literalNode) eval(b *batch.Batch, _ []int32) (*batch.Vector, error) {
	n.out = *n.v
	n.out.Len = b.Len
	return &n.out, nil
}
