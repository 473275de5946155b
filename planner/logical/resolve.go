package logical

import (
	"slices"
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// Tables is what the binder needs of a catalog snapshot.
type Tables interface {
	Table(name string) (*schema.Table, bool)
	Tables() []*schema.Table
}

// Principal is who asks.
type Principal struct {
	Name  string
	Roles []string
}

// Access is what a policy allows on one table. RowFilter and Masks refer to the table's columns by ordinal.
type Access struct {
	Visible   bool                 // false: the table does not exist for this principal
	RowFilter expr.Expr            // BOOLEAN, nil for all rows
	Masks     map[uint32]expr.Expr // by column id: what is seen instead of the column
	MaxBytes  int64                // limit on the estimate of a scan, 0 for none
}

// Policy says what a principal may see of a table. It must be safe for concurrent use.
type Policy interface {
	Access(p Principal, t *schema.Table) (Access, error)
}

// AllowAll is the policy of a node without policies.
type AllowAll struct{}

// Access allows everything.
func (AllowAll) Access(Principal, *schema.Table) (Access, error) { return Access{Visible: true}, nil }

// Database is the name of the one database.
const Database = "assay"

const systemDatabase = "information_schema"

// relation resolves a table name to a plan and its columns. It is the only way to data.
func (b *Binder) relation(t *sqlparse.TableName) (Node, *scope, error) {
	database := t.Database
	if database == "" {
		database = b.database()
	}
	alias := t.Alias
	if alias == "" {
		alias = t.Name
	}
	if strings.EqualFold(database, systemDatabase) {
		return b.system(t, alias)
	}
	if !strings.EqualFold(database, Database) {
		e := b.errorf(t.Pos, errs.Meaning, "unknown-database", 1049, "there is no database %q", database)
		return nil, nil, e.WithHint("the databases are %s and %s", Database, systemDatabase)
	}
	if _, own := b.Tables.Table(t.Name); !own && schema.ReservedTable(t.Name) {
		return b.systemTable(t, alias)
	}
	table, access, err := b.Find(t.Name, t.Pos)
	if err != nil {
		return nil, nil, err
	}
	return b.scan(table, access, alias)
}

// Find returns a table that the principal may see.
func (b *Binder) Find(name string, pos sqlparse.Pos) (*schema.Table, Access, error) {
	if table, ok := b.Tables.Table(name); ok {
		access, err := b.policy().Access(b.Principal, table)
		if err != nil {
			return nil, Access{}, err
		}
		if access.Visible {
			return table, access, nil
		}
	}
	e := b.errorf(pos, errs.NotFound, "unknown-table", 1146, "there is no table %q", name)
	return nil, Access{}, e.Suggest(sqlparse.Nearest(name, b.names())...)
}

func (b *Binder) policy() Policy {
	if b.Policy == nil {
		return AllowAll{}
	}
	return b.Policy
}

// Visible lists the tables that the principal may see, by name.
func (b *Binder) Visible() []*schema.Table {
	var out []*schema.Table
	for _, t := range b.Tables.Tables() {
		if a, err := b.policy().Access(b.Principal, t); err == nil && a.Visible {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(x, y *schema.Table) int { return strings.Compare(x.Name, y.Name) })
	return out
}

func (b *Binder) names() []string {
	var out []string
	for _, t := range b.Visible() {
		out = append(out, t.Name)
	}
	return out
}

// scan builds the barrier: scan with row filter, then the masks.
func (b *Binder) scan(t *schema.Table, a Access, alias string) (Node, *scope, error) {
	s := &Scan{Table: t, Alias: alias, RowFilter: a.RowFilter, MaxBytes: a.MaxBytes}
	sc := &scope{}
	for _, c := range t.Columns {
		sc.add(alias, c.Name, c.Type, false)
		s.Columns = append(s.Columns, c.ID)
	}
	for _, c := range schema.VirtualColumns() {
		sc.add(alias, c.Name, c.Type, true)
		s.Columns = append(s.Columns, c.ID)
	}
	s.Output = len(s.Columns)
	if len(a.Masks) == 0 {
		return s, sc, nil
	}
	p := identity(s)
	for i, id := range s.Columns {
		if m, ok := a.Masks[id]; ok {
			p.Exprs[i] = m
			sc.cols[i].typ = m.Type()
		}
	}
	return p, sc, nil
}

// identity is a projection of all columns as they are.
func identity(n Node) *Project {
	p := &Project{Input: n}
	for i, f := range n.Fields() {
		p.Exprs = append(p.Exprs, &expr.Column{Index: i, Name: f.Name, Typ: f.Type})
		p.Names = append(p.Names, f.Name)
	}
	return p
}
