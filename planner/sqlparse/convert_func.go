package sqlparse

import (
	"strings"

	vt "vitess.io/vitess/go/vt/sqlparser"
)

// function converts what Vitess has a node of its own for back into calls by name.
func (c *converter) function(e vt.Expr) Expr {
	switch n := e.(type) {
	case *vt.FuncExpr:
		return c.funcExpr(n)
	case *vt.GroupConcatExpr:
		return c.groupConcat(n)
	case *vt.CountStar:
		return &Call{Pos: c.name("count"), Name: "count", Star: true, Over: c.over(n.OverClause)}
	case *vt.Count:
		out := &Call{Pos: c.name("count"), Name: "count", Distinct: n.Distinct}
		out.Args, out.Over = c.exprs(n.Args), c.over(n.OverClause)
		return out
	case *vt.AnyValue:
		return c.call("any_value", n.Arg)
	case vt.AggrFunc:
		return c.aggregate(n)
	case vt.WindowFunc:
		return c.windowFunc(n)
	}
	return c.special(e)
}

func (c *converter) funcExpr(n *vt.FuncExpr) Expr {
	out := &Call{Pos: c.name(n.Name.String()), Name: n.Name.Lowered()}
	out.Args = c.exprs(n.Exprs)
	return out
}

func (c *converter) call(name string, args ...vt.Expr) Expr {
	out := &Call{Pos: c.name(name), Name: name}
	out.Args = c.optional(args...)
	return out
}

func (c *converter) aggregate(n vt.AggrFunc) Expr {
	name := strings.ToLower(n.AggrName())
	out := &Call{Pos: c.name(name), Name: name}
	if d, ok := n.(vt.DistinctableAggr); ok {
		out.Distinct = d.IsDistinct()
	}
	out.Args = c.exprs(n.GetArgs())
	if w, ok := n.(vt.WindowFunc); ok {
		out.Over = c.over(w.GetOverClause())
	}
	return out
}

func (c *converter) groupConcat(n *vt.GroupConcatExpr) Expr {
	out := &Call{Pos: c.name("group_concat"), Name: "group_concat", Distinct: n.Distinct}
	out.Args = c.exprs(n.Exprs)
	out.OrderBy = c.orderBy(n.OrderBy)
	if n.Limit != nil {
		c.unsupportedAt(out.Pos, "LIMIT in GROUP_CONCAT", "")
	}
	sep := c.separator(n.Separator)
	out.Separator = &sep
	return out
}

// separator undoes the form in which Vitess keeps SEPARATOR: the clause as text, with its quotes escaped.
func (c *converter) separator(clause string) string {
	if clause == "" {
		return vt.GroupConcatDefaultSeparator
	}
	if t, ok := c.take("separator"); ok {
		for i := range c.tokens {
			if c.tokens[i].start > t.start && c.tokens[i].typ == vt.STRING {
				c.take("'" + c.tokens[i].val)
				return c.tokens[i].val
			}
		}
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(clause), "separator '"), "'")
}

// special handles the functions with a syntax of their own.
func (c *converter) special(e vt.Expr) Expr {
	switch n := e.(type) {
	case *vt.SubstrExpr:
		p := c.name("substring")
		if !p.Known() {
			p = c.name("substr")
		}
		return &Call{Pos: p, Name: "substring", Args: c.optional(n.Name, n.From, n.To)}
	case *vt.TrimFuncExpr:
		return c.trim(n)
	case *vt.LocateExpr:
		return c.call("locate", n.SubStr, n.Str, n.Pos)
	case *vt.InsertExpr:
		return c.call("insert", n.Str, n.Pos, n.Len, n.NewStr)
	case *vt.CharExpr:
		return &Call{Pos: c.name("char"), Name: "char", Args: c.exprs(n.Exprs)}
	case *vt.CurTimeFuncExpr:
		return &Call{Pos: c.name(n.Name.String()), Name: n.Name.Lowered()}
	case *vt.TimestampDiffExpr:
		out := &Call{Pos: c.name("timestampdiff"), Name: "timestampdiff", Unit: strings.ToLower(n.Unit.ToString())}
		out.Args = c.optional(n.Expr1, n.Expr2)
		return out
	case *vt.ExtractFuncExpr:
		out := &Call{Pos: c.name("extract"), Name: "extract", Unit: strings.ToLower(n.IntervalType.ToString())}
		out.Args = c.optional(n.Expr)
		return out
	case *vt.IntervalFuncExpr:
		return &Call{Pos: c.name("interval"), Name: "interval", Args: append(c.optional(n.Expr), c.exprs(n.Exprs)...)}
	case *vt.RegexpLikeExpr:
		return c.call("regexp_like", n.Expr, n.Pattern, n.MatchType)
	case *vt.RegexpReplaceExpr:
		return c.call("regexp_replace", n.Expr, n.Pattern, n.Repl, n.Position, n.Occurrence, n.MatchType)
	case *vt.RegexpSubstrExpr:
		return c.call("regexp_substr", n.Expr, n.Pattern, n.Position, n.Occurrence, n.MatchType)
	case *vt.RegexpInstrExpr:
		return c.call("regexp_instr", n.Expr, n.Pattern, n.Position, n.Occurrence, n.ReturnOption, n.MatchType)
	}
	return c.json(e)
}

func (c *converter) json(e vt.Expr) Expr {
	switch n := e.(type) {
	case *vt.JSONExtractExpr:
		out := c.call("json_extract", n.JSONDoc).(*Call)
		out.Args = append(out.Args, c.exprs(n.PathList)...)
		return out
	case *vt.JSONUnquoteExpr:
		return c.call("json_unquote", n.JSONValue)
	case *vt.JSONAttributesExpr:
		return c.call(strings.ToLower(n.Type.ToString()), n.JSONDoc, n.Path)
	}
	c.unsupportedAt(c.name(strings.ToLower(nodeName(e))), nodeName(e), "SHOW FUNCTIONS lists what there is")
	return &Literal{}
}

func (c *converter) trim(n *vt.TrimFuncExpr) Expr {
	name := "trim"
	switch {
	case n.TrimFuncType == vt.LTrimType:
		name = "ltrim"
	case n.TrimFuncType == vt.RTrimType:
		name = "rtrim"
	}
	p := c.name(name)
	switch n.Type {
	case vt.LeadingTrimType:
		name = "ltrim"
	case vt.TrailingTrimType:
		name = "rtrim"
	}
	args := c.optional(n.TrimArg)
	return &Call{Pos: p, Name: name, Args: append(c.optional(n.StringArg), args...)}
}

// interval brings every spelling of date arithmetic to date_add or date_sub (date, amount) with a unit.
func (c *converter) interval(n *vt.IntervalDateExpr) Expr {
	out := &Call{Name: "date_add", Unit: "day"}
	switch n.Syntax {
	case vt.IntervalDateExprDateAdd:
		out.Pos = c.name("date_add")
	case vt.IntervalDateExprDateSub:
		out.Pos, out.Name = c.name("date_sub"), "date_sub"
	case vt.IntervalDateExprAdddate:
		out.Pos = c.name("adddate")
	case vt.IntervalDateExprSubdate:
		out.Pos, out.Name = c.name("subdate"), "date_sub"
	case vt.IntervalDateExprBinarySub:
		out.Name = "date_sub"
	case vt.IntervalDateExprTimestampadd:
		out.Pos = c.name("timestampadd")
	}
	if n.Unit != vt.IntervalNone {
		out.Unit = strings.ToLower(n.Unit.ToString())
	}
	out.Args = c.optional(n.Date, n.Interval)
	if !out.Known() {
		out.Pos = spanOf(out.Args)
	}
	return out
}
