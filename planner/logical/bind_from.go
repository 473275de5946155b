package logical

import (
	"fmt"
	"maps"
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// from binds FROM. Without one there is a single row of no columns.
func (b *Binder) from(list []sqlparse.TableExpr) (Node, *scope, error) {
	if len(list) == 0 {
		return &Values{Rows: [][]schema.Value{{}}}, &scope{}, nil
	}
	n, s, err := b.table(list[0])
	for _, t := range list[1:] {
		if err != nil {
			return nil, nil, err
		}
		var right Node
		var rs *scope
		if right, rs, err = b.table(t); err == nil {
			n, s, err = b.cross(n, s, right, rs, t.Position())
		}
	}
	return n, s, err
}

func (b *Binder) table(t sqlparse.TableExpr) (Node, *scope, error) {
	switch t := t.(type) {
	case *sqlparse.TableName:
		if c, ok := b.ctes[strings.ToLower(t.Name)]; ok && t.Database == "" {
			return b.common(c, t)
		}
		return b.relation(t)
	case *sqlparse.DerivedTable:
		if t.Lateral {
			return nil, nil, b.unsupported(t.Pos, "LATERAL")
		}
		return b.derived(t.Query, t.Alias, t.Columns, t.Pos)
	case *sqlparse.Join:
		return b.join(t)
	}
	return nil, nil, fmt.Errorf("BUG: no binding for %T", t)
}

// maxDerived bounds the depth of queries in FROM, common table expressions included.
const maxDerived = 50

// derived binds a query in FROM: its output columns become a scope.
func (b *Binder) derived(q sqlparse.Query, alias string, columns []string, p sqlparse.Pos) (Node, *scope, error) {
	if b.depth++; b.depth > maxDerived {
		return nil, nil, b.errorf(p, errs.TooLarge, "too-deep", 3064, "more than %d queries in FROM lie within each other", maxDerived)
	}
	n, err := b.query(q)
	b.depth--
	if err != nil {
		return nil, nil, err
	}
	fields := n.Fields()
	if len(columns) > 0 && len(columns) != len(fields) {
		return nil, nil, b.errorf(p, errs.Meaning, "column-count", 1353, "%q names %d columns and its query gives %d", alias, len(columns), len(fields))
	}
	s := &scope{}
	for i, f := range fields {
		name := f.Name
		if len(columns) > 0 {
			name = columns[i]
		}
		s.add(alias, name, f.Type, false)
	}
	return n, s, nil
}

// common is a common table expression and those that its query may use.
type common struct {
	*sqlparse.CTE
	reach map[string]common
}

// common binds a use of a common table expression. Each use binds the query anew.
func (b *Binder) common(c common, t *sqlparse.TableName) (Node, *scope, error) {
	saved := b.ctes
	b.ctes = c.reach
	defer func() { b.ctes = saved }()
	alias := t.Alias
	if alias == "" {
		alias = t.Name
	}
	return b.derived(c.Query, alias, c.Columns, t.Pos)
}

// with puts common table expressions in reach and returns what takes them out again.
func (b *Binder) with(list []sqlparse.CTE) (func(), error) {
	saved := b.ctes
	for i := range list {
		if list[i].Recursive {
			return nil, b.unsupported(list[i].Pos, "WITH RECURSIVE")
		}
		next := make(map[string]common, len(b.ctes)+1)
		maps.Copy(next, b.ctes)
		next[strings.ToLower(list[i].Name)] = common{&list[i], b.ctes}
		b.ctes = next
	}
	return func() { b.ctes = saved }, nil
}
