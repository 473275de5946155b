package fragment

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// The wire form is a magic byte, a version byte and the fields in their order in the structs: integers as uvarints (zigzag where
// they may be negative), ids and digests as they are, strings and lists with their length before them, nodes and expressions with a
// tag byte. A reader takes versions from oldestVersion to version. Version 2 added the stand-ins of scans and the weights of aggregates.
const (
	magic         = 0xA5
	version       = 2
	oldestVersion = 1
)

// node tags, in their order on the wire: append only. A new one needs no new version: a node that does not know it says so, and
// takes every plan without it as before.
const (
	tagScan byte = 1 + iota
	tagFilter
	tagProject
	tagAggregate
	tagSort
	tagLimit
	tagValues
	tagReceive
	tagHashJoin
	tagUnion
	tagWindow
	tagSortTies
)

type encoder struct {
	b   []byte
	err error
}

// Append appends the wire form of a fragment.
func Append(dst []byte, f *Fragment) ([]byte, error) {
	e := &encoder{b: append(dst, magic, version)}
	e.fragment(f)
	return e.b, e.err
}

// AppendPlan appends the wire form of a plan.
func AppendPlan(dst []byte, p *Plan) ([]byte, error) {
	e := &encoder{b: append(dst, magic, version)}
	e.count(len(p.Stages))
	for i := range p.Stages {
		e.fragment(&p.Stages[i])
	}
	e.fields(p.Fields)
	return e.b, e.err
}

func (e *encoder) u(x uint64)     { e.b = binary.AppendUvarint(e.b, x) }
func (e *encoder) i(x int64)      { e.b = binary.AppendVarint(e.b, x) }
func (e *encoder) count(n int)    { e.u(uint64(n)) }
func (e *encoder) byte(x byte)    { e.b = append(e.b, x) }
func (e *encoder) text(s string)  { e.count(len(s)); e.b = append(e.b, s...) }
func (e *encoder) id(x schema.ID) { e.b = append(e.b, x[:]...) }

func (e *encoder) flag(x bool) {
	if x {
		e.byte(1)
		return
	}
	e.byte(0)
}

func (e *encoder) ints(list []int) {
	e.count(len(list))
	for _, x := range list {
		e.i(int64(x))
	}
}

func (e *encoder) fragment(f *Fragment) {
	e.id(f.Query)
	e.count(f.Stage)
	e.u(f.CatalogIndex)
	e.text(f.Zone)
	e.i(f.MemoryLimit)
	e.byte(byte(f.Output.Kind))
	e.ints(f.Output.Keys)
	e.node(f.Root)
}

func (e *encoder) typ(t schema.Type) { e.b = append(e.b, byte(t.Kind), t.Precision, t.Scale) }

func (e *encoder) value(v schema.Value) {
	e.typ(v.Type)
	e.flag(v.Null)
	if v.Null {
		return
	}
	switch v.Type.Class() {
	case schema.ClassInt128:
		e.b = binary.LittleEndian.AppendUint64(e.b, v.W.Lo)
		e.b = binary.LittleEndian.AppendUint64(e.b, uint64(v.W.Hi))
	case schema.ClassFloat64:
		e.b = binary.LittleEndian.AppendUint64(e.b, floatBits(v.F))
	case schema.ClassBytes:
		e.text(v.S)
	default:
		e.i(v.I)
	}
}

func (e *encoder) values(list []schema.Value) {
	e.count(len(list))
	for _, v := range list {
		e.value(v)
	}
}

func (e *encoder) fields(list []batch.Field) {
	e.count(len(list))
	for _, f := range list {
		e.text(f.Name)
		e.typ(f.Type)
	}
}

func (e *encoder) expr(x expr.Expr) {
	e.flag(x != nil)
	if x != nil {
		e.b = expr.Append(e.b, x)
	}
}

func (e *encoder) keys(list []SortKey) {
	e.count(len(list))
	for _, k := range list {
		e.i(int64(k.Column))
		e.flag(k.Desc)
	}
}

func (e *encoder) node(n Node) {
	switch n := n.(type) {
	case *Scan:
		e.byte(tagScan)
		e.scan(n)
	case *Filter:
		e.byte(tagFilter)
		e.node(n.Input)
		e.expr(n.Cond)
	case *Project:
		e.byte(tagProject)
		e.node(n.Input)
		e.project(n)
	case *Aggregate:
		e.byte(tagAggregate)
		e.node(n.Input)
		e.aggregate(n)
	case *Sort:
		e.sort(n)
	case *Window:
		e.byte(tagWindow)
		e.window(n)
	case *Limit:
		e.byte(tagLimit)
		e.node(n.Input)
		e.i(n.Count)
		e.i(n.Offset)
	case *Values:
		e.byte(tagValues)
		e.constants(n)
	case *Receive:
		e.byte(tagReceive)
		e.count(n.Stage)
		e.fields(n.Output)
		e.keys(n.Keys)
	case *HashJoin:
		e.byte(tagHashJoin)
		e.join(n)
	case *Union:
		e.byte(tagUnion)
		e.count(len(n.Branches))
		for _, b := range n.Branches {
			e.node(b)
		}
	default:
		e.err = errs.New(errs.Internal, "bug", "BUG: fragment node %T has no wire form", n)
	}
}

// sort writes a Sort with ties as a node of its own: those who know none refuse it.
func (e *encoder) sort(n *Sort) {
	if n.Ties == 0 {
		e.byte(tagSort)
	} else {
		e.byte(tagSortTies)
		e.count(n.Ties)
	}
	e.node(n.Input)
	e.keys(n.Keys)
	e.i(n.Limit)
	e.i(n.Offset)
}

func (e *encoder) join(n *HashJoin) {
	e.node(n.Probe)
	e.node(n.Build)
	e.byte(byte(n.Kind))
	e.count(len(n.ProbeKeys))
	for i := range n.ProbeKeys {
		e.expr(n.ProbeKeys[i])
		e.expr(n.BuildKeys[i])
	}
	e.expr(n.Cond)
}

func (e *encoder) project(n *Project) {
	e.count(len(n.Exprs))
	for i, x := range n.Exprs {
		e.expr(x)
		name := ""
		if i < len(n.Names) {
			name = n.Names[i]
		}
		e.text(name)
	}
}

func (e *encoder) aggregate(n *Aggregate) {
	e.byte(byte(n.Mode))
	e.ints(n.Keys)
	e.count(len(n.Calls))
	for _, c := range n.Calls {
		e.spec(c.Spec)
		e.ints(c.Args)
		e.i(int64(c.Filter))
		e.text(c.Name)
	}
	e.count(n.Weight)
}

func (e *encoder) spec(s aggregate.Spec) {
	e.text(s.Name)
	e.count(len(s.Args))
	for _, t := range s.Args {
		e.typ(t)
	}
	e.flag(s.Distinct)
	e.values(s.Params)
	e.count(len(s.Order))
	for _, desc := range s.Order {
		e.flag(desc)
	}
	e.typ(s.Result)
}

func (e *encoder) constants(n *Values) {
	e.count(len(n.Types))
	for i, t := range n.Types {
		e.typ(t)
		name := ""
		if i < len(n.Names) {
			name = n.Names[i]
		}
		e.text(name)
	}
	rows := n.Rows
	if n.Feed != nil {
		if rows, e.err = n.fed(); e.err != nil {
			return
		}
	}
	e.count(len(rows))
	for _, row := range rows {
		if len(row) != len(n.Types) {
			e.err = fmt.Errorf("encode fragment: a constant row has %d columns, not %d", len(row), len(n.Types))
		}
		e.values(row)
	}
}

func (e *encoder) scan(n *Scan) {
	n = n.Listed()
	e.table(n.Table)
	e.count(len(n.Columns))
	for _, c := range n.Columns {
		e.u(uint64(c))
	}
	e.count(n.Output)
	e.expr(n.Filter)
	e.count(len(n.Segments))
	for i := range n.Segments {
		e.segment(&n.Segments[i])
	}
	e.count(len(n.Ordinal))
	for _, o := range n.Ordinal {
		e.i(int64(o))
	}
	e.flag(n.StandIns.ByValue)
	e.flag(n.StandIns.Uncounted)
	e.count(len(n.StandIns.Totals))
	for _, need := range n.StandIns.Totals {
		e.byte(byte(need))
	}
}

func (e *encoder) table(t *schema.Table) {
	e.u(uint64(t.ID))
	e.text(t.Name)
	e.u(uint64(t.Version))
	e.count(len(t.Columns))
	for _, c := range t.Columns {
		e.u(uint64(c.ID))
		e.text(c.Name)
		e.typ(c.Type)
	}
	e.count(len(t.PartitionBy))
	for _, p := range t.PartitionBy {
		e.byte(byte(p.Kind))
		e.u(uint64(p.Column))
		e.u(uint64(p.Buckets))
	}
	e.count(len(t.SortBy))
	for _, c := range t.SortBy {
		e.u(uint64(c))
	}
	e.text(string(t.Codec))
	e.u(uint64(t.NextColumn))
	e.flag(t.Inferred)
}

func (e *encoder) segment(s *schema.Segment) {
	e.id(s.ID)
	e.u(uint64(s.Table))
	e.id(s.Delivery)
	e.values(s.Partition)
	e.i(s.Rows)
	e.i(s.Bytes)
	e.b = append(e.b, s.SHA256[:]...)
	e.count(len(s.Bounds))
	for _, b := range s.Bounds {
		e.u(uint64(b.Column))
		e.value(b.Min)
		e.value(b.Max)
		e.i(b.Nulls)
		e.flag(b.Exact)
	}
	e.count(len(s.Parts))
	for _, p := range s.Parts {
		e.id(p.Delivery)
		e.text(p.Source)
		e.text(p.Period)
		e.i(p.Rows)
		e.flag(p.Live)
	}
	e.text(s.Location)
	e.u(s.Added)
	e.u(s.Removed)
}

// fed reads a feed out.
func (n *Values) fed() ([][]schema.Value, error) {
	rows, bytes := slices.Clone(n.Rows), 0
	err := n.Feed(context.Background(), func(row []schema.Value) error {
		for _, v := range row {
			bytes += len(v.S) + 16
		}
		if len(rows) == MaxFed || bytes > MaxFedBytes {
			return errs.New(errs.Limit, "too-many-rows-sent", "the statement would send more than %d rows or %d bytes of a system table to another node", MaxFed, MaxFedBytes).
				WithHint("name a delivery: WHERE delivery_id = '...', or a table, source or period")
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}
