package sqlparse

import (
	"strconv"
	"strings"

	vt "vitess.io/vitess/go/vt/sqlparser"
)

func (c *converter) exprs(list []vt.Expr) []Expr {
	out := make([]Expr, len(list))
	for i, e := range list {
		out[i] = c.expr(e)
	}
	return out
}

// optional converts the expressions that are there.
func (c *converter) optional(list ...vt.Expr) []Expr {
	var out []Expr
	for _, e := range list {
		if e != nil {
			out = append(out, c.expr(e))
		}
	}
	return out
}

func (c *converter) expr(e vt.Expr) Expr {
	switch n := e.(type) {
	case *vt.ColName:
		return c.column(n)
	case *vt.Literal:
		return c.literal(n)
	case *vt.NullVal:
		return &Literal{Pos: c.name("null"), Kind: NullLiteral}
	case vt.BoolVal:
		if n {
			return &Literal{Pos: c.name("true"), Kind: TrueLiteral}
		}
		return &Literal{Pos: c.name("false"), Kind: FalseLiteral}
	case *vt.Argument:
		t, _ := c.take(":" + n.Name)
		return &Param{Pos{t.start, t.end - t.start}, n.Name}
	case *vt.Variable:
		return &Variable{c.name(n.Name.String()), n.Name.String(), n.Scope != vt.VariableScope}
	case *vt.IntroducerExpr:
		return c.expr(n.Expr)
	case *vt.CollateExpr:
		return c.collate(n)
	case vt.ValTuple:
		items := c.exprs(n)
		if len(items) == 1 {
			return items[0]
		}
		return &Tuple{spanOf(items), items}
	case *vt.Subquery:
		q := c.query(n.Select)
		return &Subquery{Pos: queryPos(q), Query: q}
	case *vt.ExistsExpr:
		p := c.name("exists")
		return &Subquery{Pos: p, Query: c.query(n.Subquery.Select), Exists: true}
	}
	return c.operator(e)
}

func (c *converter) operator(e vt.Expr) Expr {
	switch n := e.(type) {
	case *vt.AndExpr:
		return c.logic(n, false)
	case *vt.OrExpr:
		return c.logic(n, true)
	case *vt.XorExpr:
		return c.binary("xor", n.Left, n.Right)
	case *vt.NotExpr:
		x := c.expr(n.Expr)
		return &Not{x.Position(), x}
	case *vt.BinaryExpr:
		return c.binary(binaryOp(n.Operator), n.Left, n.Right)
	case *vt.UnaryExpr:
		return c.unary(n)
	case *vt.ComparisonExpr:
		return c.comparison(n)
	case *vt.BetweenExpr:
		args := []Expr{c.expr(n.Left), c.expr(n.From), c.expr(n.To)}
		return negate(&Call{Pos: spanOf(args), Name: "between", Args: args, Operator: true}, !n.IsBetween)
	case *vt.IsExpr:
		return c.isTest(n)
	case *vt.CaseExpr:
		return c.caseExpr(n)
	case *vt.CastExpr:
		return c.cast("cast", n.Expr, n.Type)
	case *vt.ConvertExpr:
		return c.cast("convert", n.Expr, n.Type)
	case *vt.ConvertUsingExpr:
		c.name("convert")
		return c.expr(n.Expr)
	case *vt.IntervalDateExpr:
		return c.interval(n)
	}
	return c.function(e)
}

func (c *converter) column(n *vt.ColName) Expr {
	out := &Column{Database: n.Qualifier.Qualifier.String(), Table: n.Qualifier.Name.String(), Name: n.Name.String()}
	if out.Table != "" {
		c.qualified(out.Database, out.Table)
	}
	out.Pos = c.name(out.Name)
	return out
}

func (c *converter) literal(n *vt.Literal) Expr {
	l := &Literal{Text: n.Val}
	key := strings.ToLower(n.Val)
	switch n.Type {
	case vt.StrVal:
		l.Kind, key = StringLiteral, "'"+n.Val
	case vt.IntVal:
		l.Kind = IntegerLiteral
	case vt.DecimalVal:
		l.Kind = DecimalLiteral
	case vt.FloatVal:
		l.Kind = FloatLiteral
	case vt.HexVal:
		l.Kind, key = HexLiteral, "'"+n.Val
	case vt.HexNum:
		l.Kind, l.Text = HexNumberLiteral, n.Val[2:]
	case vt.BitNum:
		l.Kind, l.Text, key = BitLiteral, strings.TrimPrefix(n.Val, "0b"), "'"+strings.TrimPrefix(n.Val, "0b")
	case vt.DateVal:
		l.Kind, key = DateLiteral, "'"+n.Val
	case vt.TimeVal:
		l.Kind, key = TimeLiteral, "'"+n.Val
	case vt.TimestampVal:
		l.Kind, key = TimestampLiteral, "'"+n.Val
	default:
		c.unsupportedAt(Pos{}, "this kind of literal", "")
	}
	t, ok := c.take(key)
	if !ok {
		t, ok = c.take(strings.TrimPrefix(key, "-"))
	}
	if ok {
		l.Pos = t.pos()
		l.Quoted = c.text[t.start] == '"'
	}
	return l
}

func (c *converter) collate(n *vt.CollateExpr) Expr {
	x := c.expr(n.Expr)
	p := c.name(n.Collation)
	if l := strings.ToLower(n.Collation); !strings.HasSuffix(l, "_bin") && l != "binary" {
		c.unsupportedAt(p, "COLLATE "+n.Collation, "strings compare by bytes; write LOWER(x) to ignore case")
	}
	return x
}

// logic flattens a chain, which leans left, without recursion along it.
func (c *converter) logic(e vt.Expr, or bool) Expr {
	var rights []vt.Expr
	for {
		var l, r vt.Expr
		if n, ok := e.(*vt.AndExpr); ok && !or {
			l, r = n.Left, n.Right
		} else if n, ok := e.(*vt.OrExpr); ok && or {
			l, r = n.Left, n.Right
		} else {
			break
		}
		rights = append(rights, r)
		e = l
	}
	out := &Logic{Or: or, Operands: []Expr{c.expr(e)}}
	for i := len(rights) - 1; i >= 0; i-- {
		out.Operands = append(out.Operands, c.expr(rights[i]))
	}
	out.Pos = spanOf(out.Operands)
	return out
}

func (c *converter) binary(op string, l, r vt.Expr) Expr {
	args := []Expr{c.expr(l), c.expr(r)}
	return &Call{Pos: spanOf(args), Name: op, Args: args, Operator: true}
}

func binaryOp(op vt.BinaryExprOperator) string {
	switch op {
	case vt.IntDivOp:
		return "div"
	case vt.ModOp:
		return "%"
	}
	return op.ToString()
}

func (c *converter) unary(n *vt.UnaryExpr) Expr {
	x := c.expr(n.Expr)
	switch n.Operator {
	case vt.UPlusOp, vt.NStringOp:
		return x
	case vt.UMinusOp:
		if l, ok := x.(*Literal); ok && l.Kind >= IntegerLiteral && l.Kind <= FloatLiteral && !strings.HasPrefix(l.Text, "-") {
			l.Text = "-" + l.Text
			return l
		}
		return &Call{Pos: x.Position(), Name: "-", Args: []Expr{x}, Operator: true}
	case vt.TildaOp:
		return &Call{Pos: x.Position(), Name: "~", Args: []Expr{x}, Operator: true}
	}
	return &Not{x.Position(), x}
}

func (c *converter) comparison(n *vt.ComparisonExpr) Expr {
	left := c.expr(n.Left)
	if n.Modifier != vt.Missing {
		sub, _ := n.Right.(*vt.Subquery)
		q := &Quantified{Pos: left.Position(), Op: n.Operator.ToString(), All: n.Modifier == vt.All, Operand: left}
		if sub != nil {
			q.Query = c.query(sub.Select)
		}
		return q
	}
	if n.Operator == vt.InOp || n.Operator == vt.NotInOp {
		return c.in(n, left)
	}
	args := []Expr{left, c.expr(n.Right)}
	if n.Escape != nil {
		args = append(args, c.expr(n.Escape))
	}
	name, not := comparisonOp(n.Operator)
	return negate(&Call{Pos: spanOf(args), Name: name, Args: args, Operator: true}, not)
}

func comparisonOp(op vt.ComparisonExprOperator) (name string, not bool) {
	switch op {
	case vt.NotEqualOp:
		return "<>", false
	case vt.LikeOp:
		return "like", false
	case vt.NotLikeOp:
		return "like", true
	case vt.RegexpOp:
		return "regexp", false
	case vt.NotRegexpOp:
		return "regexp", true
	}
	return op.ToString(), false
}

func negate(e Expr, not bool) Expr {
	if not {
		return &Not{e.Position(), e}
	}
	return e
}

func (c *converter) in(n *vt.ComparisonExpr, left Expr) Expr {
	out := &In{Pos: left.Position(), Operand: left, Negate: n.Operator == vt.NotInOp}
	switch r := n.Right.(type) {
	case vt.ValTuple:
		out.List = c.exprs(r)
	case *vt.Subquery:
		out.Query = c.query(r.Select)
	default:
		c.unsupportedAt(out.Pos, "this form of IN", "write IN (a, b)")
	}
	return out
}

func (c *converter) isTest(n *vt.IsExpr) Expr {
	x := c.expr(n.Left)
	word := "null"
	switch n.Right {
	case vt.IsTrueOp, vt.IsNotTrueOp:
		word = "true"
	case vt.IsFalseOp, vt.IsNotFalseOp:
		word = "false"
	}
	c.name(word)
	not := n.Right == vt.IsNotNullOp || n.Right == vt.IsNotTrueOp || n.Right == vt.IsNotFalseOp
	return negate(&Call{Pos: x.Position(), Name: "is " + word, Args: []Expr{x}, Operator: true}, not)
}

func (c *converter) caseExpr(n *vt.CaseExpr) Expr {
	out := &Case{Pos: c.name("case")}
	if n.Expr != nil {
		out.Operand = c.expr(n.Expr)
	}
	for _, w := range n.Whens {
		out.Whens = append(out.Whens, c.expr(w.Cond))
		out.Thens = append(out.Thens, c.expr(w.Val))
	}
	if n.Else != nil {
		out.Else = c.expr(n.Else)
	}
	return out
}

func (c *converter) cast(name string, e vt.Expr, t *vt.ConvertType) Expr {
	out := &Cast{Pos: c.name(name), Operand: c.expr(e), Type: strings.ToUpper(t.Type)}
	if t.Length != nil {
		out.Type += "(" + strconv.Itoa(*t.Length)
		if t.Scale != nil {
			out.Type += "," + strconv.Itoa(*t.Scale)
		}
		out.Type += ")"
	}
	return out
}

// spanOf covers the known places of expressions that are listed in order.
func spanOf(list []Expr) Pos {
	var out Pos
	for _, e := range list {
		p := e.Position()
		switch {
		case !p.Known():
		case !out.Known():
			out = p
		case p.Offset+p.Length > out.Offset+out.Length:
			out.Length = p.Offset + p.Length - out.Offset
		}
	}
	return out
}

func queryPos(q Query) Pos {
	switch q := q.(type) {
	case *Select:
		return q.Pos
	case *SetOperation:
		return q.Pos
	case *Rows:
		return q.Pos
	}
	return Pos{}
}
