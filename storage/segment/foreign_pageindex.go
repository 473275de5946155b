package segment

import "github.com/assaydb/assay/storage/schema"

// foreignIndex is a chunk's page index: where pages begin and what is known of each. It is of use when both parts are sound.
type foreignIndex struct {
	places []foreignPlace
	bounds foreignBounds
}

// pageIndex reads the page index of a chunk once; nil when it has none that could be used.
func (x *foreignReader) pageIndex() *foreignIndex {
	if x.indexed {
		return x.index
	}
	x.indexed, x.index = true, nil
	p := &x.pages
	if p.fc.offsetLength <= 0 || p.fc.columnBytes <= 0 || p.fc.columnBytes > maxForeignFooter {
		return nil
	}
	raw := make([]byte, p.fc.columnBytes)
	if readAt(p.r.f.r, raw, p.fc.columnIndex) != nil {
		return nil
	}
	p.r.read += int64(len(raw))
	b, err := decodeColumnIndex(raw)
	if p.places == nil {
		p.places = p.offsets()
	}
	n := len(p.places)
	if err != nil || n == 0 || p.places[0].first != 0 || len(b.null) != n || len(b.min) != n || len(b.max) != n || b.nulls != nil && len(b.nulls) != n {
		return nil
	}
	x.index = &foreignIndex{places: p.places, bounds: b}
	return x.index
}

// narrow tightens the bounds of one of our pages, rows first to end, by the file's pages that hold them.
func (i *foreignIndex) narrow(s *PageStats, l *leaf, first, end int64) {
	lo, hi := schema.NullValue(l.typ), schema.NullValue(l.typ)
	nulls, counted := false, i.bounds.nulls != nil
	for k, p := range i.places {
		if p.first >= end || k+1 < len(i.places) && i.places[k+1].first <= first {
			continue
		}
		if i.bounds.null[k] {
			nulls = true
			continue
		}
		a, b, ok := l.boundPair(i.bounds.min[k], i.bounds.max[k])
		if !ok {
			return
		}
		if lo.Null || a.Compare(lo) < 0 {
			lo = a
		}
		if hi.Null || b.Compare(hi) > 0 {
			hi = b
		}
		nulls = nulls || !counted || i.bounds.nulls[k] != 0
	}
	switch {
	case lo.Null: // nothing but NULL
		s.Min, s.Max, s.Nulls, s.NaN = lo, hi, int64(s.Rows), false
	case !nulls || !l.optional:
		s.Min, s.Max, s.Nulls, s.NaN = lo, hi, 0, false
	case s.Rows > 1:
		s.Min, s.Max, s.Nulls, s.NaN = lo, hi, 1, false // some may be NULL
	}
}
