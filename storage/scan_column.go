package storage

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// columnSource gives one requested column page by page. Stored columns are decoded when first asked for in a page.
type columnSource struct {
	scanColumn
	unit    *scanUnit
	chunk   segment.ChunkReader
	stored  bool          // chunk holds the column
	numbers bool          // texts may come as numbers
	fixed   *batch.Vector // one row: the column is constant over the row group
	parts   *partMapper   // the column follows from _delivery
	cast    schema.Type   // the stored type when it differs from typ
	casted  *batch.Dictionary
	casting *batch.Dictionary // what casted was made from

	page int // the page that vec holds, -1 none
	vec  *batch.Vector
	rows []int64 // row positions
}

// reset points the source at a row group.
func (c *columnSource) reset(u *scanUnit, opt ScanOptions) {
	c.unit, c.page, c.vec = u, -1, nil
	c.chunk.FlatCodes, c.chunk.NoHot, c.chunk.NoRuns = opt.NoDictionary, opt.NoHot, opt.NoRuns
	c.stored, c.fixed, c.parts = false, nil, nil
	f := u.file
	switch {
	case c.id == schema.RowPositionID:
		return
	case c.id == schema.RowWeightID:
		c.fixed = oneEach
		return
	case isVirtual(c.id):
		if c.id == schema.VirtualSegmentID || len(f.parts) == 1 {
			text, _ := partValue(f.seg, f.parts[0], c.id)
			c.fixed = batch.NewConst(schema.TextValue(text), 1)
			return
		}
		c.parts = newPartMapper(f.seg, f.parts, c.id)
		c.chunk.Reset(f.File, u.group, f.Column(schema.VirtualDeliveryID))
	default:
		column := f.Column(c.id)
		if column < 0 {
			c.fixed = batch.NewConst(schema.NullValue(c.typ), 1)
			return
		}
		c.cast = f.Columns()[column].Type
		c.chunk.Reset(f.File, u.group, column)
	}
	c.stored = true
}

// oneEach is the weight of rows that stand for themselves.
var oneEach = batch.NewConst(schema.IntValue(schema.TypeInt64, 1), 1)

func isVirtual(id uint32) bool {
	return id >= schema.VirtualSourceID && id <= schema.VirtualSegmentID
}

// load decodes a page.
func (c *columnSource) load(page int) error {
	if c.page == page || !c.stored {
		return nil
	}
	read := c.chunk.Page
	if c.numbers && c.parts == nil && c.cast == c.typ {
		read = c.chunk.Numbered
	}
	v, err := read(page)
	if err != nil {
		return err
	}
	switch {
	case c.parts != nil:
		v, err = c.parts.translate(v)
	case c.cast != c.typ:
		v, err = c.widen(v)
	}
	if err != nil {
		return columnError(c.unit.file, c.scanColumn, err)
	}
	c.vec, c.page = v, page
	return nil
}

// widen casts a page, its dictionary once per row group.
func (c *columnSource) widen(v *batch.Vector) (*batch.Vector, error) {
	if v.Enc != batch.Dict {
		return castVector(v, c.typ)
	}
	if c.casting != v.Dict {
		d, err := castDictionary(v.Dict, c.typ)
		if err != nil {
			return nil, err
		}
		c.casting, c.casted = v.Dict, d
	}
	if c.casted == nil {
		return castVector(v, c.typ)
	}
	out := *v
	out.Type, out.Dict = c.typ, c.casted
	return &out, nil
}

// window returns rows lo to hi (exclusive) of the loaded page, whose first row is first within the segment.
func (c *columnSource) window(lo, hi int, first int64) *batch.Vector {
	switch {
	case c.fixed != nil:
		v := *c.fixed
		v.Len = hi - lo
		return &v
	case c.id == schema.RowPositionID:
		return c.positions(first+int64(lo), hi-lo)
	case lo == 0 && hi == c.vec.Len:
		return c.vec
	}
	return c.vec.Slice(lo, hi)
}

// positions numbers rows: segment ordinal << 40 | row.
func (c *columnSource) positions(first int64, n int) *batch.Vector {
	c.rows = c.rows[:0]
	base := c.unit.file.ordinal<<40 | first
	for i := range n {
		c.rows = append(c.rows, base+int64(i))
	}
	return &batch.Vector{Type: c.typ, Len: n, I: c.rows}
}

// partMapper turns stored deliveries into a virtual column of them, for segments that hold several.
type partMapper struct {
	values map[string]string // delivery -> value
	from   *batch.Dictionary
	to     *batch.Dictionary
	codes  []int32 // code in from -> code in to
	out    []int32
}

func newPartMapper(seg *schema.Segment, parts []schema.Part, id uint32) *partMapper {
	m := &partMapper{values: make(map[string]string, len(parts))}
	for _, p := range parts {
		m.values[p.Delivery.String()], _ = partValue(seg, p, id)
	}
	return m
}

func (m *partMapper) value(delivery []byte) (string, error) {
	v, ok := m.values[string(delivery)]
	if !ok {
		return "", errs.New(errs.Corrupt, "unknown-delivery", "rows of delivery %s, which the catalog does not list for the segment", delivery)
	}
	return v, nil
}

func (m *partMapper) translate(v *batch.Vector) (*batch.Vector, error) {
	switch v.Enc {
	case batch.Const:
		text, err := m.value(v.Bytes(0))
		return batch.NewConst(schema.TextValue(text), v.Len), err
	case batch.Dict:
		if err := m.prepare(v.Dict); err != nil {
			return nil, err
		}
		m.out = m.out[:0]
		for _, c := range v.Codes {
			m.out = append(m.out, m.codes[c])
		}
		return &batch.Vector{Type: v.Type, Enc: batch.Dict, Len: v.Len, Dict: m.to, Codes: m.out, Ends: v.CodeRuns()}, nil
	}
	b := batch.NewBuilder(v.Type, v.Len)
	for i := range v.Len {
		text, err := m.value(v.Bytes(i))
		if err != nil {
			return nil, err
		}
		b.Text(text)
	}
	return b.Finish(), nil
}

// prepare builds the dictionary of the values; deliveries of one source share an entry, since entries must differ.
func (m *partMapper) prepare(d *batch.Dictionary) error {
	if m.from == d {
		return nil
	}
	b := batch.NewBuilder(schema.TypeVarchar, d.Values.Len)
	seen := map[string]int32{}
	m.codes = m.codes[:0]
	for k := range d.Values.Len {
		text, err := m.value(d.Values.Bytes(k))
		if err != nil {
			return err
		}
		code, ok := seen[text]
		if !ok {
			code = int32(b.Len())
			seen[text] = code
			b.Text(text)
		}
		m.codes = append(m.codes, code)
	}
	m.from, m.to = d, &batch.Dictionary{Values: b.Finish()}
	return nil
}
