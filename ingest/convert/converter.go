package convert

import (
	"bytes"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// Converter turns chunks into batches by one plan.
type Converter struct {
	plan   *Plan
	coders []coder // per column
	check  checker
	why    []Reason      // per row, of the leftmost bad cell
	where  []int32       // its column
	buf    []byte        // an unescaped cell
	counts []uint32      // of codes
	old    *batch.Vector // what the column was in an old result; nil for none

	watch *Watch      // nil: nobody wants to know what is new in the cells
	heard *[]Observed // what it had published when ears was made
	ears  []ear       // per column
	news  []bool      // per field of the chunk
}

// Result is one chunk converted: the rows that fit, and the records that do not.
type Result struct {
	Batch   *batch.Batch
	Records int64 // of the chunk
	Rejects []Reject
	Hashes  []schema.ColumnHash // per column, of the batch
	Nulls   []int64

	raw  []*batch.Vector // the columns before rows were dropped
	news []bool          // per field: a Watch may learn from its cells; nil without one
}

// Reject is a record of the chunk that was not converted. Column is -1 when the record as a whole is at fault.
type Reject struct {
	Record int32
	Column int32
	Fault  csvscan.Fault // set instead of Reason when the scanner found it
	Reason Reason
}

// NewConverter returns a converter for a plan, which must not change. Converters of one load share its dictionaries; nil gives
// it some of its own. What is new in the cells is noted for a watch, which may be nil.
func NewConverter(p *Plan, shared *Dictionaries, watch *Watch) *Converter {
	if shared == nil {
		shared = NewDictionaries(p, false)
	}
	c := &Converter{plan: p, coders: make([]coder, len(p.Types)), watch: watch}
	for j := range c.coders {
		c.coders[j].dict = &shared.columns[j]
		c.coders[j].code = c.newCode(j)
	}
	return c
}

// Convert converts a chunk. The batch holds nothing of the chunk's memory. Memory of an old result, which may be nil, is used again.
func (c *Converter) Convert(ch *csvscan.Chunk, old *Result) *Result {
	r := &Result{Records: int64(len(ch.Records)), raw: make([]*batch.Vector, len(c.plan.Types))}
	if old == nil || len(old.raw) != len(r.raw) {
		old = r
	}
	c.listen(r, old)
	rows := c.check.rows(ch, c.plan.Width, &c.plan.Rules, &r.Rejects)
	n := len(rows)
	c.why = append(c.why[:0], make([]Reason, n)...)
	c.where = append(c.where[:0], make([]int32, n)...)
	b := &batch.Batch{Len: n, Cols: make([]*batch.Vector, len(c.plan.Types))}
	bad := false
	for j := range c.plan.Types {
		var faults bool
		c.old = old.raw[j]
		b.Cols[j], faults = c.column(ch, rows, j)
		r.raw[j], bad = b.Cols[j], bad || faults
	}
	if bad {
		b = c.drop(b, rows, r)
	}
	r.Batch = b
	r.Hashes, r.Nulls = make([]schema.ColumnHash, len(b.Cols)), make([]int64, len(b.Cols))
	for j, v := range b.Cols {
		r.Hashes[j], r.Nulls[j] = c.hash(v, j)
	}
	return r
}

// drop moves the rows with a bad cell to the rejects, in record order with those found before.
func (c *Converter) drop(b *batch.Batch, rows []rowRef, r *Result) *batch.Batch {
	var found []Reject
	b.Sel = make([]int32, 0, len(rows))
	for i, why := range c.why {
		if why == OK {
			b.Sel = append(b.Sel, int32(i))
			continue
		}
		found = append(found, Reject{Record: rows[i].record, Column: c.where[i], Reason: why})
	}
	r.Rejects = mergeRejects(r.Rejects, found)
	return b.Compact()
}

func mergeRejects(a, b []Reject) []Reject {
	out := make([]Reject, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].Record < b[0].Record {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// rowRef is a record that has the right form.
type rowRef struct {
	record int32
	first  uint32 // its first field in the chunk
}

// checker finds the records of a chunk that have the right form.
type checker struct{ refs []rowRef }

func (k *checker) rows(ch *csvscan.Chunk, width int, rules *Rules, rejects *[]Reject) []rowRef {
	k.refs = k.refs[:0]
	dirty := (ch.NUL && bytes.IndexByte(ch.Data, 0) >= 0) || (ch.High && !utf8.Valid(ch.Data))
	for i := range ch.Records {
		rec := &ch.Records[i]
		if rec.Fault != csvscan.NoFault {
			*rejects = append(*rejects, Reject{Record: int32(i), Column: -1, Fault: rec.Fault})
			continue
		}
		if why := form(ch, rec, width, dirty, rules); why != OK {
			*rejects = append(*rejects, Reject{Record: int32(i), Column: -1, Reason: why})
			continue
		}
		k.refs = append(k.refs, rowRef{int32(i), rec.First})
	}
	return k.refs
}

func form(ch *csvscan.Chunk, rec *csvscan.Record, width int, dirty bool, rules *Rules) Reason {
	switch {
	case dirty && bytes.IndexByte(ch.Raw(rec), 0) >= 0:
		return HoldsNUL
	case dirty && !utf8.Valid(ch.Raw(rec)):
		return InvalidUTF8
	case int(rec.Fields) < width:
		return FieldsFew
	case int(rec.Fields) > width && !(rules.Ends && emptyBehind(ch, rec, width)):
		return FieldsMany
	case tooLong(ch, rec, rules.MaxCell):
		return CellTooLong
	}
	return OK
}

// tooLong reports whether a field is longer than the limit; only records that are could have one.
func tooLong(ch *csvscan.Chunk, rec *csvscan.Record, limit int) bool {
	if limit <= 0 || int(rec.End-rec.Start) <= limit {
		return false
	}
	for _, f := range ch.Row(rec) {
		if int(f.End()-f.Start) > limit {
			return true
		}
	}
	return false
}

// emptyBehind reports whether one field stands behind the table's width, empty and unquoted.
func emptyBehind(ch *csvscan.Chunk, rec *csvscan.Record, width int) bool {
	if int(rec.Fields) != width+1 || rec.Fields > csvscan.MaxFields {
		return false
	}
	f := ch.Row(rec)[width]
	return f.End() == f.Start && !f.Quoted()
}

// column converts one column of the rows and reports whether any cell was bad.
func (c *Converter) column(ch *csvscan.Chunk, rows []rowRef, j int) (*batch.Vector, bool) {
	t := c.plan.Types[j]
	field := c.plan.Fields[j]
	if field < 0 {
		return batch.NewConst(schema.NullValue(t), len(rows)), false
	}
	if v, bad, ok := c.coded(ch, rows, j); ok {
		return v, bad
	}
	if t.Class() == schema.ClassBytes {
		return c.textColumn(ch, rows, j, t.Kind == schema.JSON)
	}
	v := &batch.Vector{Type: t, Len: len(rows)}
	rules := c.plan.rules(j)
	point := rules.point()
	switch t.Class() {
	case schema.ClassInt64:
		v.I = again(c, len(rows), func(o *batch.Vector) []int64 { return o.I })
		return v, fill(c, ch, rows, j, v, v.I, grouped(c, &rules, t, parser64(&rules, t)))
	case schema.ClassInt128:
		v.W = make([]decimal.Int128, len(rows))
		p, s := int(t.Precision), int(t.Scale)
		return v, fill(c, ch, rows, j, v, v.W, grouped(c, &rules, t, func(b []byte) (decimal.Int128, Reason) { return ParseDecimal128(b, point, p, s) }))
	}
	v.F = again(c, len(rows), func(o *batch.Vector) []float64 { return o.F })
	return v, fill(c, ch, rows, j, v, v.F, grouped(c, &rules, t, func(b []byte) (float64, Reason) { return ParseDouble(b, point) }))
}

// grouped puts the removal of thousands marks before a parser, where the rules have any and the type is a number.
func grouped[T any](c *Converter, r *Rules, t schema.Type, parse func([]byte) (T, Reason)) func([]byte) (T, Reason) {
	if r.Thousands == 0 || t.Kind == schema.Boolean || t.Kind == schema.Date || t.Kind == schema.Timestamp {
		return parse
	}
	point, mark := r.point(), r.Thousands
	return func(b []byte) (T, Reason) {
		plain := ungroup(c.buf, b, point, mark)
		if len(plain) != len(b) {
			c.buf = plain
		}
		return parse(plain)
	}
}

// fill parses the cells of a column that is not text.
func fill[T any](c *Converter, ch *csvscan.Chunk, rows []rowRef, j int, v *batch.Vector, out []T, parse func([]byte) (T, Reason)) bool {
	field, words, bad := uint32(c.plan.Fields[j]), len(c.plan.Rules.Null) > 0, false
	for i := range rows {
		f := ch.Fields[rows[i].first+field]
		cell := ch.Bytes(f)
		if len(cell) == 0 || words && !f.Quoted() && c.plan.Rules.isNull(cell) {
			c.setNull(v, i)
			continue
		}
		if cell[0] <= ' ' || cell[len(cell)-1] <= ' ' {
			cell = trim(cell)
		}
		x, why := parse(cell)
		if c.watch != nil {
			c.hear(j, cell, why)
		}
		if why != OK {
			c.fault(i, j, refine(why, cell))
			bad = true
		}
		out[i] = x
	}
	return bad
}

func (c *Converter) fault(row, column int, why Reason) {
	if c.why[row] == OK {
		c.why[row], c.where[row] = why, int32(column)
	}
}

func (c *Converter) setNull(v *batch.Vector, row int) {
	if v.Valid == nil {
		v.Valid = again(c, v.Len, func(o *batch.Vector) []byte { return o.Valid })
		for i := range v.Valid {
			v.Valid[i] = 1
		}
	}
	v.Valid[row] = 0
}

// again returns n elements, in memory of the old vector where that has room; what they hold is left over.
func again[T any](c *Converter, n int, of func(*batch.Vector) []T) []T {
	if c.old != nil {
		if b := of(c.old); cap(b) >= n {
			return b[:n]
		}
	}
	return make([]T, n)
}

// parser64 returns the parser of a ClassInt64 type.
func parser64(rules *Rules, t schema.Type) func([]byte) (int64, Reason) {
	switch t.Kind {
	case schema.Boolean:
		return ParseBool
	case schema.Decimal:
		point, p, s := rules.point(), int(t.Precision), int(t.Scale)
		return func(b []byte) (int64, Reason) { return ParseDecimal64(b, point, p, s) }
	case schema.Date:
		if rules.DateFormat != nil {
			return rules.DateFormat.ParseDate
		}
		return ParseDate
	case schema.Timestamp:
		return timestamps(rules)
	case schema.Int64:
		return ParseInt64
	case schema.Uint64:
		return func(b []byte) (int64, Reason) { u, why := ParseUint64(b); return int64(u), why }
	}
	lo, hi := intRange(t.Kind)
	return func(b []byte) (int64, Reason) {
		v, why := ParseInt64(b)
		if why == OK && (v < lo || v > hi) {
			why = IntegerRange
		}
		return v, why
	}
}

// timestamps reads times by the declared pattern, and dates as midnight by theirs, or ISO where nothing is declared.
func timestamps(rules *Rules) func([]byte) (int64, Reason) {
	date, stamp := rules.DateFormat, rules.TimestampFormat
	switch {
	case stamp == nil && date == nil:
		return new(stampReader).parse
	case stamp == nil:
		return func(b []byte) (int64, Reason) {
			if v, why := date.ParseTimestamp(b); why == OK {
				return v, OK
			}
			return ParseTimestamp(b)
		}
	case date == nil:
		return stamp.ParseTimestamp
	}
	return func(b []byte) (int64, Reason) {
		v, why := stamp.ParseTimestamp(b)
		if why == NotTimestamp {
			return date.ParseTimestamp(b)
		}
		return v, why
	}
}

func intRange(k schema.Kind) (lo, hi int64) {
	switch k {
	case schema.Int8:
		return -1 << 7, 1<<7 - 1
	case schema.Int16:
		return -1 << 15, 1<<15 - 1
	case schema.Int32:
		return -1 << 31, 1<<31 - 1
	case schema.Uint8:
		return 0, 1<<8 - 1
	case schema.Uint16:
		return 0, 1<<16 - 1
	case schema.Uint32:
		return 0, 1<<32 - 1
	}
	panic("BUG: convert: no range for integer kind")
}
