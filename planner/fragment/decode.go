package fragment

import (
	"encoding/binary"
	"math"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// Bounds on what a fragment may hold: it comes from another process.
const (
	maxDepth   = 500
	maxStages  = 1024
	maxColumns = schema.MaxColumns * 2
)

func floatBits(f float64) uint64 { return math.Float64bits(f) }

// decoder reads the wire form. After the first error every read gives zeros, and lists end.
type decoder struct {
	b       []byte
	err     error
	depth   int
	version byte
}

// Decode reads a fragment that takes up all of b.
func Decode(b []byte) (*Fragment, error) {
	d := newDecoder(b)
	f := d.fragment()
	if err := d.end(); err != nil {
		return nil, err
	}
	return &f, nil
}

// DecodePlan reads a plan that takes up all of b.
func DecodePlan(b []byte) (*Plan, error) {
	d := newDecoder(b)
	p := &Plan{}
	for range d.count(maxStages, 1) {
		p.Stages = append(p.Stages, d.fragment())
	}
	p.Fields = d.fields()
	if err := d.end(); err != nil {
		return nil, err
	}
	return p, nil
}

func newDecoder(b []byte) *decoder {
	d := &decoder{b: b}
	m, v := d.byte(), d.byte()
	d.version = v
	switch {
	case d.err != nil:
	case m != magic:
		d.fail("it does not begin as a fragment does")
	case v < oldestVersion || v > version:
		d.fail("its version is %d, this node reads %d to %d", v, oldestVersion, version)
	}
	return d
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		e := errs.New(errs.Corrupt, "bad-fragment", format, args...)
		e.Detail = "malformed fragment: " + e.Detail
		d.err = e
	}
	d.b = nil
}

func (d *decoder) end() error {
	if d.err == nil && len(d.b) != 0 {
		d.fail("%d bytes follow its end", len(d.b))
	}
	return d.err
}

func (d *decoder) take(n int) []byte {
	if n > len(d.b) {
		d.fail("it is cut short")
		return make([]byte, min(n, 64))
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *decoder) u() uint64 {
	x, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail("a number is malformed")
		return 0
	}
	d.b = d.b[n:]
	return x
}

func (d *decoder) i() int64 {
	x, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail("a number is malformed")
		return 0
	}
	d.b = d.b[n:]
	return x
}

// count reads the length of a list whose elements take at least size bytes each.
func (d *decoder) count(most, size int) int {
	n := d.u()
	if n > uint64(most) || n*uint64(size) > uint64(len(d.b)) {
		d.fail("a list of %d elements is too long", n)
		return 0
	}
	return int(n)
}

func (d *decoder) byte() byte    { return d.take(1)[0] }
func (d *decoder) u32() uint32   { return uint32(d.u()) }
func (d *decoder) text() string  { return string(d.take(d.count(math.MaxInt32, 1))) }
func (d *decoder) id() schema.ID { return schema.ID(d.take(16)) }

func (d *decoder) flag() bool {
	switch d.byte() {
	case 0:
	case 1:
		return true
	default:
		d.fail("a flag is neither 0 nor 1")
	}
	return false
}

// ordinal reads a small number: a column, -1 for none.
func (d *decoder) ordinal() int {
	x := d.i()
	if x < -1 || x > maxColumns {
		d.fail("column %d is out of range", x)
		return 0
	}
	return int(x)
}

func (d *decoder) ints() []int {
	var out []int
	for range d.count(maxColumns, 1) {
		out = append(out, d.ordinal())
	}
	return out
}

func (d *decoder) fragment() (f Fragment) {
	f.Query = d.id()
	f.Stage = d.count(maxStages, 0)
	f.CatalogIndex = d.u()
	f.Zone = d.text()
	f.MemoryLimit = d.i()
	f.Output.Kind = DistributionKind(d.byte())
	if f.Output.Kind > Range {
		d.fail("distribution %d is unknown", f.Output.Kind)
	}
	f.Output.Keys = d.ints()
	f.Root = d.node()
	return f
}

func (d *decoder) typ() schema.Type {
	b := d.take(3)
	t := schema.Type{Kind: schema.Kind(b[0]), Precision: b[1], Scale: b[2]}
	if t.Kind > schema.Binary || t.Precision > decimal.MaxDigits || t.Scale > t.Precision || t.Kind != schema.Decimal && t.Precision != 0 {
		d.fail("type %d(%d,%d) is unknown", b[0], b[1], b[2])
	}
	return t
}

func (d *decoder) value() schema.Value {
	v := schema.Value{Type: d.typ(), Null: d.flag()}
	if v.Null {
		return v
	}
	switch v.Type.Class() {
	case schema.ClassInt128:
		b := d.take(16)
		v.W = decimal.Int128{Lo: binary.LittleEndian.Uint64(b), Hi: int64(binary.LittleEndian.Uint64(b[8:]))}
	case schema.ClassFloat64:
		v.F = math.Float64frombits(binary.LittleEndian.Uint64(d.take(8)))
	case schema.ClassBytes:
		v.S = d.text()
	default:
		v.I = d.i()
	}
	return v
}

func (d *decoder) values() []schema.Value {
	var out []schema.Value
	for range d.count(maxColumns, 4) {
		out = append(out, d.value())
	}
	return out
}

func (d *decoder) fields() []batch.Field {
	var out []batch.Field
	for range d.count(maxColumns, 4) {
		out = append(out, batch.Field{Name: d.text(), Type: d.typ()})
	}
	return out
}

func (d *decoder) expr() expr.Expr {
	if !d.flag() || d.err != nil {
		return nil
	}
	e, rest, err := expr.Decode(d.b)
	if err != nil {
		if d.err == nil {
			d.err = err
		}
		d.b = nil
		return nil
	}
	d.b = rest
	return e
}

// required reads an expression that must be there.
func (d *decoder) required() expr.Expr {
	e := d.expr()
	if e == nil {
		d.fail("an expression is missing")
	}
	return e
}

func (d *decoder) keys() []SortKey {
	var out []SortKey
	for range d.count(maxColumns, 2) {
		out = append(out, SortKey{Column: d.ordinal(), Desc: d.flag()})
	}
	return out
}

func (d *decoder) node() Node {
	if d.depth++; d.depth > maxDepth {
		d.fail("it is nested more than %d deep", maxDepth)
	}
	defer func() { d.depth-- }()
	tag := d.byte()
	if d.err != nil {
		return &Values{}
	}
	switch tag {
	case tagScan:
		return d.scan()
	case tagFilter:
		return &Filter{Input: d.node(), Cond: d.required()}
	case tagProject:
		return d.project()
	case tagAggregate:
		return d.aggregate()
	case tagSort:
		return &Sort{Input: d.node(), Keys: d.keys(), Limit: d.i(), Offset: d.i()}
	case tagLimit:
		return &Limit{Input: d.node(), Count: d.i(), Offset: d.i()}
	case tagValues:
		return d.constants()
	case tagReceive:
		return &Receive{Stage: d.count(maxStages, 0), Output: d.fields(), Keys: d.keys()}
	case tagHashJoin:
		return d.join()
	case tagUnion:
		return d.union()
	case tagWindow:
		return d.window()
	case tagSortTies:
		return d.sortTies()
	}
	d.fail("node %d is unknown", tag)
	return &Values{}
}

func (d *decoder) sortTies() Node {
	ties := d.count(maxColumns, 0)
	n := &Sort{Input: d.node(), Keys: d.keys(), Limit: d.i(), Offset: d.i(), Ties: ties}
	if ties == 0 || ties > len(n.Keys) {
		d.fail("%d of %d sort keys make ties", ties, len(n.Keys))
	}
	return n
}

func (d *decoder) join() Node {
	n := &HashJoin{Probe: d.node(), Build: d.node(), Kind: JoinKind(d.byte())}
	if n.Kind > NotInJoin {
		d.fail("join %d is unknown", n.Kind)
		n.Kind = InnerJoin
	}
	for range d.count(maxColumns, 2) {
		n.ProbeKeys = append(n.ProbeKeys, d.required())
		n.BuildKeys = append(n.BuildKeys, d.required())
	}
	n.Cond = d.expr()
	return n
}

func (d *decoder) union() Node {
	n := &Union{}
	for range d.count(maxColumns, 1) {
		n.Branches = append(n.Branches, d.node())
	}
	return n
}

func (d *decoder) project() Node {
	n := &Project{Input: d.node()}
	for range d.count(maxColumns, 2) {
		n.Exprs = append(n.Exprs, d.required())
		n.Names = append(n.Names, d.text())
	}
	return n
}

func (d *decoder) aggregate() Node {
	n := &Aggregate{Input: d.node(), Mode: AggregateMode(d.byte())}
	if n.Mode > Complete {
		d.fail("aggregate mode %d is unknown", n.Mode)
	}
	n.Keys = d.ints()
	for range d.count(maxColumns, 8) {
		n.Calls = append(n.Calls, AggregateCall{Spec: d.spec(), Args: d.ints(), Filter: d.ordinal(), Name: d.text()})
	}
	if d.version >= 2 {
		n.Weight = d.count(maxColumns, 0)
	}
	return n
}

func (d *decoder) spec() (s aggregate.Spec) {
	s.Name = d.text()
	for range d.count(maxColumns, 3) {
		s.Args = append(s.Args, d.typ())
	}
	s.Distinct = d.flag()
	s.Params = d.values()
	for range d.count(maxColumns, 1) {
		s.Order = append(s.Order, d.flag())
	}
	s.Result = d.typ()
	if d.err == nil {
		if _, err := aggregate.StateTypes(s); err != nil {
			d.fail("an aggregate is malformed: %w", err)
		}
	}
	return s
}

func (d *decoder) constants() Node {
	n := &Values{}
	for range d.count(maxColumns, 4) {
		n.Types = append(n.Types, d.typ())
		n.Names = append(n.Names, d.text())
	}
	for range d.count(math.MaxInt32, 1) {
		row := d.values()
		if len(row) != len(n.Types) {
			d.fail("a constant row has %d columns, not %d", len(row), len(n.Types))
			return n
		}
		for i := range row {
			if row[i].Type != n.Types[i] {
				d.fail("a constant is %s, not %s", row[i].Type, n.Types[i])
				return n
			}
		}
		n.Rows = append(n.Rows, row)
	}
	return n
}

func (d *decoder) scan() Node {
	n := &Scan{Table: d.table()}
	for range d.count(maxColumns, 1) {
		n.Columns = append(n.Columns, d.u32())
	}
	n.Output = d.count(maxColumns, 0)
	if n.Output > len(n.Columns) {
		d.fail("a scan passes on %d of %d columns", n.Output, len(n.Columns))
		n.Output = 0
	}
	n.Filter = d.expr()
	for range d.count(math.MaxInt32, 64) {
		n.Segments = append(n.Segments, d.segment())
	}
	for range d.count(math.MaxInt32, 1) {
		n.Ordinal = append(n.Ordinal, int32(d.i()))
	}
	if n.Ordinal != nil && len(n.Ordinal) != len(n.Segments) {
		d.fail("a scan has %d ordinals for %d segments", len(n.Ordinal), len(n.Segments))
	}
	if d.version >= 2 {
		n.StandIns = d.standIns()
	}
	return n
}

func (d *decoder) standIns() (s storage.StandIns) {
	s.ByValue, s.Uncounted = d.flag(), d.flag()
	for range d.count(maxColumns, 1) {
		s.Totals = append(s.Totals, storage.Need(d.byte()))
	}
	return s
}

func (d *decoder) table() *schema.Table {
	t := &schema.Table{ID: d.u32(), Name: d.text(), Version: d.u32()}
	for range d.count(schema.MaxColumns, 5) {
		t.Columns = append(t.Columns, schema.Column{ID: d.u32(), Name: d.text(), Type: d.typ()})
	}
	for range d.count(schema.MaxPartitions, 3) {
		t.PartitionBy = append(t.PartitionBy, schema.Transform{Kind: schema.TransformKind(d.byte()), Column: d.u32(), Buckets: d.u32()})
	}
	for range d.count(schema.MaxSortKeys, 1) {
		t.SortBy = append(t.SortBy, d.u32())
	}
	t.Codec = schema.Codec(d.text())
	t.NextColumn = d.u32()
	t.Inferred = d.flag()
	return t
}

func (d *decoder) segment() (s schema.Segment) {
	s.ID = d.id()
	s.Table = d.u32()
	s.Delivery = d.id()
	s.Partition = d.values()
	s.Rows = d.i()
	s.Bytes = d.i()
	s.SHA256 = schema.Digest(d.take(32))
	for range d.count(maxColumns, 11) {
		s.Bounds = append(s.Bounds, schema.Bound{Column: d.u32(), Min: d.value(), Max: d.value(), Nulls: d.i(), Exact: d.flag()})
	}
	for range d.count(math.MaxInt32, 20) {
		s.Parts = append(s.Parts, schema.Part{Delivery: d.id(), Source: d.text(), Period: d.text(), Rows: d.i(), Live: d.flag()})
	}
	s.Location = d.text()
	s.Added = d.u()
	s.Removed = d.u()
	return s
}
