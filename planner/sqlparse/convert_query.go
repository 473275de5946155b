package sqlparse

import (
	"strings"

	vt "vitess.io/vitess/go/vt/sqlparser"
)

func (c *converter) query(n vt.TableStatement) Query {
	switch n := n.(type) {
	case *vt.Select:
		return c.selectQuery(n)
	case *vt.Union:
		return c.union(n)
	case *vt.ValuesStatement:
		q := &Rows{Pos: c.name("values")}
		for _, row := range n.Rows {
			q.Items = append(q.Items, c.exprs(row))
		}
		q.OrderBy, q.Limit = c.orderBy(n.Order), c.limit(n.Limit)
		return q
	}
	c.unsupportedAt(Pos{}, nodeName(n), "")
	return &Rows{}
}

func (c *converter) union(n *vt.Union) Query {
	q := &SetOperation{With: c.with(n.With), Distinct: n.Distinct}
	q.Left = c.query(n.Left)
	q.Pos = c.name("union")
	q.Right = c.query(n.Right)
	q.OrderBy, q.Limit = c.orderBy(n.OrderBy), c.limit(n.Limit)
	return q
}

func (c *converter) with(n *vt.With) []CTE {
	if n == nil {
		return nil
	}
	var out []CTE
	for _, e := range n.CTEs {
		cte := CTE{Pos: c.name(e.ID.String()), Name: e.ID.String(), Recursive: n.Recursive}
		cte.Columns = c.names(e.Columns)
		cte.Query = c.query(e.Subquery)
		out = append(out, cte)
	}
	return out
}

func (c *converter) names(list vt.Columns) []string {
	var out []string
	for _, n := range list {
		c.name(n.String())
		out = append(out, n.String())
	}
	return out
}

func (c *converter) selectQuery(n *vt.Select) *Select {
	q := &Select{With: c.with(n.With), Distinct: n.Distinct}
	spans := c.itemSpans(q)
	if n.Into != nil {
		c.unsupportedAt(q.Pos, "SELECT ... INTO", "use download=NAME or the -o flag of assay sql")
	}
	if n.Lock != vt.NoLock {
		c.unsupportedAt(q.Pos, strings.ToUpper(strings.TrimSpace(n.Lock.ToString())), "a query reads one snapshot and needs no locks")
	}
	if n.SelectExprs != nil {
		q.Items = c.items(n.SelectExprs.Exprs, spans)
	}
	for _, t := range n.From {
		if t := c.table(t); t != nil {
			q.From = append(q.From, t)
		}
	}
	if n.Where != nil {
		q.Where = c.expr(n.Where.Expr)
	}
	if n.GroupBy != nil {
		q.GroupBy, q.Rollup = c.exprs(n.GroupBy.Exprs), n.GroupBy.WithRollup
	}
	if n.Having != nil {
		q.Having = c.expr(n.Having.Expr)
	}
	for _, list := range n.Windows {
		for _, d := range list.Windows {
			p := c.name(d.Name.String())
			w := c.windowSpec(d.WindowSpec)
			w.Pos = p
			q.Windows = append(q.Windows, NamedWindow{d.Name.String(), *w})
		}
	}
	q.OrderBy, q.Limit = c.orderBy(n.OrderBy), c.limit(n.Limit)
	return q
}

// itemSpans finds the text of each element of the next select list: MySQL names a column after its expression as written. It
// sets the query's place.
func (c *converter) itemSpans(q *Select) []Pos {
	if len(c.selects) == 0 {
		return nil
	}
	at := c.selects[0]
	c.selects = c.selects[1:]
	q.Pos = c.tokens[at].pos()
	i := at + 1
	for i < len(c.tokens) && isSelectOption(c.tokens[i].typ) {
		i++
	}
	var spans []Pos
	depth, start := 0, i
	flush := func(end int) {
		if end > start {
			from := c.tokens[start].start
			spans = append(spans, Pos{from, c.tokens[end-1].end - from})
		}
		start = end + 1
	}
	for ; i < len(c.tokens); i++ {
		switch t := c.tokens[i]; {
		case t.typ == '(':
			depth++
		case t.typ == ')':
			if depth--; depth < 0 {
				flush(i)
				return spans
			}
		case depth == 0 && t.typ == ',':
			flush(i)
		case depth == 0 && endsSelectList(t.typ):
			flush(i)
			return spans
		}
	}
	flush(i)
	return spans
}

func isSelectOption(typ int) bool {
	switch typ {
	case vt.DISTINCT, vt.DISTINCTROW, vt.ALL, vt.SQL_NO_CACHE, vt.SQL_CACHE, vt.SQL_CALC_FOUND_ROWS, vt.STRAIGHT_JOIN:
		return true
	}
	return false
}

func endsSelectList(typ int) bool {
	switch typ {
	case vt.FROM, vt.WHERE, vt.GROUP, vt.HAVING, vt.ORDER, vt.LIMIT, vt.UNION, vt.INTO, vt.WINDOW, vt.FOR, vt.EXCEPT:
		return true
	}
	return false
}

func (c *converter) items(list []vt.SelectExpr, spans []Pos) []SelectItem {
	out := make([]SelectItem, 0, len(list))
	for i, e := range list {
		item := SelectItem{}
		if i < len(spans) && len(spans) == len(list) {
			item.Pos = spans[i]
			item.Text = c.text[spans[i].Offset : spans[i].Offset+spans[i].Length]
		}
		switch e := e.(type) {
		case *vt.StarExpr:
			item.Star = true
			item.Database, item.Table = e.TableName.Qualifier.String(), e.TableName.Name.String()
			if item.Table != "" {
				item.Pos = c.qualified(item.Database, item.Table)
			}
		case *vt.AliasedExpr:
			item.Expr = c.expr(e.Expr)
			item.Alias = c.alias(e.As.String())
		default:
			c.unsupportedAt(item.Pos, nodeName(e), "")
		}
		out = append(out, item)
	}
	return out
}

// alias visits an alias, which may have been written as a string.
func (c *converter) alias(s string) string {
	if s == "" {
		return ""
	}
	if !c.name(s).Known() {
		c.take("'" + s)
	}
	return s
}

// qualified visits database.table and returns the place of the table.
func (c *converter) qualified(database, table string) Pos {
	if database != "" {
		c.name(database)
	}
	return c.name(table)
}

func (c *converter) table(n vt.TableExpr) TableExpr {
	switch n := n.(type) {
	case *vt.AliasedTableExpr:
		return c.aliasedTable(n)
	case *vt.JoinTableExpr:
		return c.join(n)
	case *vt.ParenTableExpr:
		if len(n.Exprs) == 1 {
			return c.table(n.Exprs[0])
		}
	}
	c.unsupportedAt(Pos{}, nodeName(n), "")
	return nil
}

func (c *converter) aliasedTable(n *vt.AliasedTableExpr) TableExpr {
	switch e := n.Expr.(type) {
	case vt.TableName:
		t := &TableName{Database: e.Qualifier.String(), Name: e.Name.String()}
		if strings.EqualFold(t.Name, "dual") && t.Database == "" {
			c.name("dual")
			return nil
		}
		t.Pos = c.qualified(t.Database, t.Name)
		if len(n.Partitions) > 0 {
			c.unsupportedAt(t.Pos, "PARTITION (...)", "filter on the partition's column instead: partitions are pruned by WHERE")
		}
		t.Alias = c.alias(n.As.String())
		return t
	case *vt.DerivedTable:
		d := &DerivedTable{Query: c.query(e.Select), Lateral: e.Lateral}
		d.Alias = n.As.String()
		d.Pos = c.name(d.Alias)
		d.Columns = c.names(n.Columns)
		return d
	}
	c.unsupportedAt(Pos{}, nodeName(n.Expr), "")
	return nil
}

func (c *converter) join(n *vt.JoinTableExpr) TableExpr {
	j := &Join{Left: c.table(n.LeftExpr), Pos: c.name("join")}
	if !j.Known() {
		j.Pos = c.name("straight_join")
	}
	j.Right = c.table(n.RightExpr)
	switch n.Join {
	case vt.LeftJoinType, vt.NaturalLeftJoinType:
		j.Kind = LeftJoin
	case vt.RightJoinType, vt.NaturalRightJoinType:
		j.Kind = RightJoin
	}
	j.Natural = n.Join >= vt.NaturalJoinType
	if n.Condition != nil {
		if n.Condition.On != nil {
			j.On = c.expr(n.Condition.On)
		}
		j.Using = c.names(n.Condition.Using)
	}
	return j
}

func (c *converter) orderBy(list vt.OrderBy) []OrderItem {
	var out []OrderItem
	for _, o := range list {
		out = append(out, OrderItem{c.expr(o.Expr), o.Direction == vt.DescOrder})
	}
	return out
}

func (c *converter) limit(n *vt.Limit) *Limit {
	if n == nil {
		return nil
	}
	l := &Limit{Count: c.expr(n.Rowcount)}
	if n.Offset != nil {
		l.Offset = c.expr(n.Offset)
	}
	return l
}
