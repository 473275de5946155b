package sqlparse

// Expr is a scalar expression as written, neither resolved nor typed.
type Expr interface{ Position() Pos }

// Column is a reference to a column.
type Column struct {
	Pos
	Database, Table, Name string
}

// LiteralKind says what a literal is.
type LiteralKind uint8

// The literals.
const (
	NullLiteral LiteralKind = iota
	TrueLiteral
	FalseLiteral
	StringLiteral
	IntegerLiteral
	DecimalLiteral
	FloatLiteral
	HexLiteral       // X'': Text is hex digits
	HexNumberLiteral // 0x..: Text is hex digits
	BitLiteral       // Text is binary digits
	DateLiteral
	TimeLiteral
	TimestampLiteral
)

// Literal is a constant. Quoted says that a string was written in double quotes.
type Literal struct {
	Pos
	Kind   LiteralKind
	Text   string
	Quoted bool
}

// Param is :NAME.
type Param struct {
	Pos
	Name string
}

// Variable is @@name (System) or @name.
type Variable struct {
	Pos
	Name   string
	System bool
}

// Call is a function, an aggregate or an operator. Operators go by their symbol: "+", "-", "*", "/", "div", "%", "&", "|", "^",
// "<<", ">>", "=", "<", ">", "<=", ">=", "<>", "<=>", "like", "regexp", "~", "xor", "is null", "is true", "is false",
// "between" (value, low, high). Negated forms are wrapped in Not.
type Call struct {
	Pos
	Name      string // lower case
	Args      []Expr
	Distinct  bool
	Star      bool // COUNT(*)
	OrderBy   []OrderItem
	Separator *string // GROUP_CONCAT
	Unit      string  // interval functions: "month", "day_hour", ...
	Operator  bool
	Over      *Window
}

// Logic is a chain of AND or OR.
type Logic struct {
	Pos
	Or       bool
	Operands []Expr
}

// Not is NOT.
type Not struct {
	Pos
	Operand Expr
}

// In is [NOT] IN over a list or a query.
type In struct {
	Pos
	Operand Expr
	List    []Expr
	Query   Query
	Negate  bool
}

// Case is CASE; Operand is nil for the searched form.
type Case struct {
	Pos
	Operand      Expr
	Whens, Thens []Expr
	Else         Expr
}

// Cast is CAST and CONVERT; Type is the SQL name with its parameters.
type Cast struct {
	Pos
	Operand Expr
	Type    string
}

// Tuple is a row of values, (a, b).
type Tuple struct {
	Pos
	Items []Expr
}

// Subquery is a query used as a value; with Exists, as a test.
type Subquery struct {
	Pos
	Query  Query
	Exists bool
}

// Quantified is expr op ANY|ALL (query).
type Quantified struct {
	Pos
	Op      string
	All     bool
	Operand Expr
	Query   Query
}

// Window is an OVER clause, or a named window.
type Window struct {
	Pos
	Name        string // of the window it refers to
	Whole       bool   // OVER name: that window as it is
	PartitionBy []Expr
	OrderBy     []OrderItem
	Frame       *Frame // nil when none is written
}

// Frame is ROWS or RANGE of a window. A bound without BETWEEN is its start, and its end is CURRENT ROW.
type Frame struct {
	Rows       bool
	Start, End FrameBound
}

// FrameBoundKind says what bounds a frame.
type FrameBoundKind uint8

// The bounds.
const (
	UnboundedPreceding FrameBoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// FrameBound is one end of a frame; Distance and, for INTERVAL, Unit belong to Preceding and Following.
type FrameBound struct {
	Kind     FrameBoundKind
	Distance Expr
	Unit     string
}

// NamedWindow is one element of WINDOW.
type NamedWindow struct {
	Name   string
	Window Window
}
