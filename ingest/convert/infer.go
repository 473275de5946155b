package convert

import (
	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// Inference finds the types that hold every cell it has seen.
type Inference struct {
	rules    Rules
	width    int
	rows     int64
	cols     []Observed
	check    checker
	known    []known    // per column
	patterns []*Pattern // of dates that a column may prove; none where a pattern is declared
	buf      []byte
}

// Observed is what the cells of one field were.
type Observed struct {
	Bools, Ints, Decimals, Doubles, Dates, Timestamps, Texts bool

	Whole  int  // most digits before the point
	Scale  int  // most digits behind it
	Wide   bool // an integer beyond 64 bits
	Long   bool // a number with more digits before the point than every DOUBLE holds, and not one that it holds by chance
	Values int64
	Nulls  int64
	Line   int64  // of the cell that made the type what it is
	Cell   string // its text, cut to 64 bytes
	Words  bool   // NaN or an infinity among the doubles
	Hint   Hint   // what the first text cell looks like
	Form   Form   // how the column writes its numbers or dates, where its cells prove that and the file's rules say otherwise

	numbers formed
	dates   shaped
}

// NewInference returns an inference over records of width fields.
func NewInference(rules Rules, width int) *Inference {
	n := &Inference{rules: rules, width: width, cols: make([]Observed, width), known: make([]known, width)}
	if rules.DateFormat == nil && rules.TimestampFormat == nil {
		n.patterns = shapePatterns()
	}
	return n
}

// Grow makes room for further fields, which earlier records did not have.
func (n *Inference) Grow(width int) {
	for ; n.width < width; n.width++ {
		n.cols, n.known = append(n.cols, Observed{Nulls: n.rows}), append(n.known, known{})
	}
}

// Columns returns what was seen of each field, with the forms that the cells prove.
func (n *Inference) Columns() []Observed {
	out := append([]Observed(nil), n.cols...)
	for i := range out {
		n.resolve(&out[i])
	}
	return out
}

// resolve turns what a column's odd cells agree on into its form, or the column into text where they leave a choice.
func (n *Inference) resolve(o *Observed) {
	switch {
	case o.Texts || !o.numbers.seen && !o.dates.seen:
		return
	case o.dates.seen:
		n.resolveDates(o)
	default:
		o.resolveNumbers()
	}
}

func (n *Inference) resolveDates(o *Observed) {
	p, time, ok := o.dates.decided(n.patterns)
	switch {
	case o.numbers.seen || o.Bools || o.Ints || o.Decimals || o.Doubles || o.Dates || o.Timestamps:
		o.Texts, o.Hint = true, LooksMixed
	case !ok:
		o.Texts, o.Hint = true, LooksDate
	case time:
		o.Timestamps, o.Form = true, Form{Stamp: p}
	default:
		o.Dates, o.Form = true, Form{Date: p}
	}
}

func (o *Observed) resolveNumbers() {
	form, whole, scale, ok := o.numbers.decided(o.Decimals || o.Doubles)
	switch {
	case o.Bools || o.Doubles || o.Dates || o.Timestamps:
		o.Texts, o.Hint = true, LooksMixed
	case !ok && o.numbers.ambiguous() && !o.Decimals:
		o.Texts, o.Hint = true, LooksEither
	case !ok:
		o.Texts, o.Hint = true, LooksMixed
	case max(o.Whole, whole)+max(o.Scale, scale) > decimal.MaxDigits:
		o.Texts, o.Hint = true, LooksGrouped
	default:
		o.Form, o.Whole, o.Scale = form, max(o.Whole, whole), max(o.Scale, scale)
		o.Ints = o.Ints || scale == 0
		o.Decimals = o.Decimals || scale > 0
		o.Wide = o.Wide || whole >= 19
	}
}

// Observe looks at every cell of a chunk and returns the records that no type could help.
func (n *Inference) Observe(ch *csvscan.Chunk) (rejects []Reject) {
	rows := n.check.rows(ch, n.width, &n.rules, &rejects)
	n.rows += int64(len(rows))
	for j := range n.cols {
		n.observe(ch, rows, j)
	}
	return rejects
}

func (n *Inference) observe(ch *csvscan.Chunk, rows []rowRef, j int) {
	o, words := &n.cols[j], len(n.rules.Null) > 0
	for i := range rows {
		f := ch.Fields[rows[i].first+uint32(j)]
		cell := ch.Bytes(f)
		if len(cell) == 0 || words && !f.Quoted() && n.rules.isNull(cell) {
			o.Nulls++
			continue
		}
		o.Values++
		if o.Texts {
			continue
		}
		if n.known[j].seen(ch.Data, f, n.width) {
			continue
		}
		before, scale, left := o.family(), o.Scale, o.numbers.left
		n.classify(o, cell)
		if o.family() != before || o.Scale != scale || o.numbers.left != left {
			o.Line, o.Cell = ch.Records[rows[i].record].Line, string(cell[:min(len(cell), 64)])
		}
	}
}

// family changes whenever the type may change in kind.
func (o *Observed) family() (bits uint64) {
	bits = (o.dates.left[0] + o.dates.left[1]*31) << 8
	for i, b := range [...]bool{o.Bools, o.Ints, o.Decimals, o.Doubles, o.Dates, o.Timestamps, o.Texts} {
		if b {
			bits |= 1 << i
		}
	}
	return bits
}

// classify widens o by one cell that is not NULL.
func (n *Inference) classify(o *Observed, cell []byte) {
	if cell[0] <= ' ' || cell[len(cell)-1] <= ' ' {
		cell = trim(cell)
	}
	if len(cell) == 0 {
		o.text(nil)
		return
	}
	if n.rules.Thousands != 0 {
		cell = ungroup(n.buf, cell, n.rules.point(), n.rules.Thousands)
	}
	c := cell[0]
	if n.rules.DateFormat != nil || n.rules.TimestampFormat != nil {
		if n.declared(o, cell) {
			return
		}
	} else if c-'0' <= 9 && len(cell) >= 10 && cell[4] == '-' && isoTemporal(o, cell) {
		return
	}
	if (c-'0' <= 9 || c == '-' || c == n.rules.point()) && n.numeric(o, cell) {
		return
	}
	switch {
	case isBoolWord(cell):
		o.Bools = true
	case isDoubleWord(cell):
		o.Doubles, o.Words = true, true
	case n.odd(o, cell):
	default:
		o.text(cell)
	}
}

// odd notes a cell that may be a number or a date in a form that the column proves later.
func (n *Inference) odd(o *Observed, cell []byte) bool {
	if n.rules.Point == 0 && n.rules.Thousands == 0 && !o.dates.seen && o.numbers.number(cell) {
		return true
	}
	return n.patterns != nil && !o.numbers.seen && o.dates.date(cell, n.patterns)
}

func (o *Observed) text(cell []byte) {
	o.Texts = true
	o.Hint = hintOf(cell)
}

func isoTemporal(o *Observed, cell []byte) bool {
	if _, why := ParseDate(cell); why == OK {
		o.Dates = true
		return true
	}
	if _, why := ParseTimestamp(cell); why == OK {
		o.Timestamps = true
		return true
	}
	return false
}

// declared tries the declared patterns; where one of the two is not declared, ISO stands in for it.
func (n *Inference) declared(o *Observed, cell []byte) bool {
	date, stamp := ParseDate, ParseTimestamp
	if n.rules.DateFormat != nil {
		date = n.rules.DateFormat.ParseDate
	}
	if n.rules.TimestampFormat != nil {
		stamp = n.rules.TimestampFormat.ParseTimestamp
	}
	if _, why := date(cell); why == OK {
		o.Dates = true
		return true
	}
	if _, why := stamp(cell); why == OK {
		o.Timestamps = true
		return true
	}
	return false
}

// numeric recognises [-]digits[.digits][e[+-]digits] without needless zeros in front; those are codes.
func (n *Inference) numeric(o *Observed, cell []byte) bool {
	b := cell
	if b[0] == '-' {
		b = b[1:]
	}
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	whole := i
	if whole > 1 && b[0] == '0' {
		return false
	}
	if i == len(b) {
		return whole > 0 && o.integer(cell, b)
	}
	scale := 0
	if b[i] == n.rules.point() {
		for i++; i < len(b) && b[i]-'0' <= 9; i++ {
			scale++
		}
	}
	if whole+scale == 0 {
		return false
	}
	if i == len(b) {
		if b[0] == '0' {
			whole = 0
		}
		o.Decimals = true
		o.Scale = max(o.Scale, scale)
		o.Whole = max(o.Whole, whole)
		o.Long = o.Long || whole > exactDigits
		return true
	}
	if _, ok := exponent(b[i:]); !ok {
		return false
	}
	if _, why := ParseDouble(cell, n.rules.point()); why != OK {
		return false
	}
	o.Doubles = true
	return true
}

// integer notes a whole number; digits are the cell's without its sign.
func (o *Observed) integer(cell, digits []byte) bool {
	if len(digits) > decimal.MaxDigits {
		return false
	}
	if digits[0] != '0' {
		o.Whole = max(o.Whole, len(digits))
	}
	if len(digits) >= 19 && !o.Wide {
		if _, why := ParseInt64(cell); why != OK {
			o.Wide = true
		}
	}
	o.Long = o.Long || len(digits) > exactDigits && !exactDouble(digits)
	o.Ints = true
	return true
}

// exactDigits is how many digits every DOUBLE holds.
const exactDigits = 15

// exactDouble reports whether a DOUBLE holds the number: 2^53 and some beyond.
func exactDouble(digits []byte) bool {
	v, why := ParseInt64(digits)
	return why == OK && v < 1<<62 && int64(float64(v)) == v
}

func isBoolWord(b []byte) bool {
	switch string(b) {
	case "true", "false", "TRUE", "FALSE", "True", "False":
		return true
	}
	return false
}

func isDoubleWord(b []byte) bool {
	switch string(b) {
	case "NaN", "nan", "inf", "Inf", "-inf", "-Inf", "Infinity", "-Infinity":
		return true
	}
	return false
}

// Type is the narrowest type that holds every cell seen exactly; VARCHAR when there was none.
func (o *Observed) Type() schema.Type {
	numbers, times := o.Ints || o.Decimals || o.Doubles, o.Dates || o.Timestamps
	switch {
	case o.Texts || o.Values == 0 || b2i(numbers)+b2i(times)+b2i(o.Bools) > 1:
		return schema.TypeVarchar
	case o.Bools:
		return schema.TypeBoolean
	case o.Timestamps:
		return schema.TypeTimestamp
	case o.Dates:
		return schema.TypeDate
	case o.Doubles:
		return o.inexact(schema.TypeDouble)
	case o.Decimals:
		return o.inexact(DecimalFor(o.Whole, o.Scale))
	case o.Wide:
		return schema.DecimalType(decimal.MaxDigits, 0)
	}
	return schema.TypeInt64
}

// inexact replaces DOUBLE by text where it would round whole numbers, such as identifiers beside a 1e5.
func (o *Observed) inexact(t schema.Type) schema.Type {
	if t.Kind == schema.Double && o.Long {
		return schema.TypeVarchar
	}
	return t
}

// DecimalFor returns the DECIMAL with room for whole digits before and scale digits behind the point, DOUBLE when none has.
func DecimalFor(whole, scale int) schema.Type {
	switch {
	case whole+scale <= schema.MaxInt64Digits:
		return schema.DecimalType(schema.MaxInt64Digits, scale)
	case whole+scale <= decimal.MaxDigits:
		return schema.DecimalType(decimal.MaxDigits, scale)
	}
	return schema.TypeDouble
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
