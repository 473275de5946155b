package sqlparse

// Statement is one of *Explain, *Show, *Use, *CreateTable, *AlterTable, *DropTable, or a Query.
type Statement interface{ statement() }

// Query is a statement that gives rows: *Select, *SetOperation or *Rows.
type Query interface {
	Statement
	query()
}

// Select is SELECT ... FROM ... .
type Select struct {
	Pos
	With     []CTE
	Distinct bool
	Items    []SelectItem
	From     []TableExpr // joined by comma
	Where    Expr
	GroupBy  []Expr
	Rollup   bool
	Having   Expr
	Windows  []NamedWindow
	OrderBy  []OrderItem
	Limit    *Limit
}

// SetOperation is UNION [ALL].
type SetOperation struct {
	Pos
	With        []CTE
	Left, Right Query
	Distinct    bool
	OrderBy     []OrderItem
	Limit       *Limit
}

// Rows is VALUES ROW(...), ... .
type Rows struct {
	Pos
	Items   [][]Expr
	OrderBy []OrderItem
	Limit   *Limit
}

// CTE is one WITH element.
type CTE struct {
	Pos
	Name      string
	Columns   []string
	Query     Query
	Recursive bool
}

// SelectItem is one element of the select list. Star items have no Expr; Table and Database qualify them.
type SelectItem struct {
	Pos
	Star            bool
	Database, Table string
	Expr            Expr
	Alias           string
	Text            string // as written, the column's name when there is no alias
}

// OrderItem is one element of ORDER BY.
type OrderItem struct {
	Expr Expr
	Desc bool
}

// Limit is LIMIT and OFFSET.
type Limit struct{ Count, Offset Expr }

// TableExpr is *TableName, *DerivedTable or *Join.
type TableExpr interface {
	Position() Pos
	tableExpr()
}

// TableName is a table, a view or a CTE by name.
type TableName struct {
	Pos
	Database, Name, Alias string
}

// DerivedTable is a subquery in FROM.
type DerivedTable struct {
	Pos
	Query   Query
	Alias   string
	Columns []string
	Lateral bool
}

// JoinKind is how a join treats rows without a partner.
type JoinKind uint8

// The joins.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
)

// Join is a join of two tables.
type Join struct {
	Pos
	Kind        JoinKind
	Natural     bool
	Left, Right TableExpr
	On          Expr
	Using       []string
}

// Explain asks for the plan of a statement, and with Analyze for a run of it.
type Explain struct {
	Analyze bool
	Query   Query
}

// ShowKind says what SHOW asks for.
type ShowKind uint8

// What SHOW can ask for.
const (
	ShowTables ShowKind = iota
	ShowColumns
	ShowCreateTable
	ShowDatabases
	ShowVariables
	ShowWarnings
	ShowFunctions
	ShowIndexes
	ShowTableStatus
)

// Show is SHOW and DESCRIBE.
type Show struct {
	Pos   // of the table, if any
	Kind  ShowKind
	Full  bool
	Table string
	Like  string // pattern, "" for none
}

// Use is USE name.
type Use struct {
	Pos
	Database string
}

// ColumnDef is a column of CREATE or ALTER TABLE.
type ColumnDef struct {
	Pos
	Name, Type string
}

// CreateTable is CREATE TABLE. Ignored lists the clauses that have no meaning here.
type CreateTable struct {
	Pos
	Name        string
	IfNotExists bool
	Columns     []ColumnDef
	Ignored     []string
}

// AlterKind is one change that ALTER TABLE makes.
type AlterKind uint8

// The changes.
const (
	AddColumn AlterKind = iota
	ModifyColumn
	RenameColumn
	DropColumn
)

// AlterAction is one change. For RenameColumn, Column.Name is the new name.
type AlterAction struct {
	Kind   AlterKind
	Old    string // ModifyColumn, RenameColumn, DropColumn
	OldPos Pos
	Column ColumnDef
}

// AlterTable is ALTER TABLE.
type AlterTable struct {
	Pos
	Name    string
	Actions []AlterAction
}

// DropTable is DROP TABLE.
type DropTable struct {
	Tables   []TableName
	IfExists bool
}

func (*Select) statement()       {}
func (*SetOperation) statement() {}
func (*Rows) statement()         {}
func (*Explain) statement()      {}
func (*Show) statement()         {}
func (*Use) statement()          {}
func (*CreateTable) statement()  {}
func (*AlterTable) statement()   {}
func (*DropTable) statement()    {}

func (*Select) query()       {}
func (*SetOperation) query() {}
func (*Rows) query()         {}

func (*TableName) tableExpr()    {}
func (*DerivedTable) tableExpr() {}
func (*Join) tableExpr()         {}
