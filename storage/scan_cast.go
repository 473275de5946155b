package storage

import (
	"fmt"
	"math"
	"strconv"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Columns only ever widen: a table's later version may read an older file's integers as wider integers, decimals or doubles,
// dates as timestamps, and anything as text. Every cast here is exact, except that to DOUBLE, which rounds to nearest.

// castVector returns v as type to, keeping dictionaries where the cast keeps entries distinct.
func castVector(v *batch.Vector, to schema.Type) (*batch.Vector, error) {
	if v.Type == to {
		return v, nil
	}
	out := *v
	out.Type = to
	if sameForm(v.Type, to) && v.Enc != batch.Dict {
		return &out, nil
	}
	if v.Enc == batch.Dict {
		v = v.Flatten()
	}
	b := batch.NewBuilder(to, v.Len)
	n := v.Len
	if v.Enc == batch.Const {
		n = 1
	}
	for i := range n {
		x, err := castValue(v.Value(i), to)
		if err != nil {
			return nil, err
		}
		b.Value(x)
	}
	w := b.Finish()
	if v.Enc == batch.Const {
		w.Enc, w.Len = batch.Const, v.Len
	}
	return w, nil
}

// castDictionary casts the entries of a dictionary once for a row group; nil when two could become equal.
func castDictionary(d *batch.Dictionary, to schema.Type) (*batch.Dictionary, error) {
	if to.Kind == schema.Double {
		return nil, nil
	}
	values, err := castVector(d.Values, to)
	if err != nil {
		return nil, err
	}
	return &batch.Dictionary{Values: values}, nil
}

// sameForm tells whether payloads of one type are those of the other.
func sameForm(from, to schema.Type) bool {
	switch {
	case from.IsInteger() && to.IsInteger():
		return true
	case from.Kind == schema.Decimal && to.Kind == schema.Decimal:
		return from.Scale == to.Scale && from.Class() == to.Class()
	case from.IsInteger() && from.Kind != schema.Uint64 && to.Kind == schema.Decimal:
		return to.Scale == 0 && to.Class() == schema.ClassInt64
	}
	return from.IsText() && to.IsText()
}

// castValue casts one value.
func castValue(v schema.Value, to schema.Type) (schema.Value, error) {
	switch {
	case v.Null:
		return schema.NullValue(to), nil
	case v.Type == to:
		return v, nil
	case sameForm(v.Type, to):
		v.Type = to
		return v, nil
	case to.IsText():
		return schema.Value{Type: to, S: v.String()}, nil
	case v.Type.IsExact() && to.Kind == schema.Decimal:
		return castDecimal(v, to)
	case v.Type.IsExact() && to.Kind == schema.Double:
		f, err := strconv.ParseFloat(v.String(), 64)
		return schema.FloatValue(f), err
	case v.Type.Kind == schema.Date && to.Kind == schema.Timestamp:
		return castDate(v, to)
	}
	return schema.Value{}, castError(v.Type, to, "the types do not widen so")
}

func castDecimal(v schema.Value, to schema.Type) (schema.Value, error) {
	w, ok := v.Wide().Rescale(int(v.Type.Scale), int(to.Scale))
	if !ok || to.Scale < v.Type.Scale || !w.Fits(min(int(to.Precision), decimal.MaxDigits)) {
		return schema.Value{}, castError(v.Type, to, "a value does not fit")
	}
	return schema.WideValue(to, w), nil
}

func castDate(v schema.Value, to schema.Type) (schema.Value, error) {
	const day = 86_400_000_000
	if v.I > math.MaxInt64/day || v.I < math.MinInt64/day {
		return schema.Value{}, castError(v.Type, to, "a value does not fit")
	}
	return schema.IntValue(to, v.I*day), nil
}

func castError(from, to schema.Type, why string) error {
	return errs.New(errs.Internal, "bad-widening", "a stored %s cannot be read as %s: %s", from, to, why)
}

// castBound casts bounds, where the cast keeps the order.
func castBound(b schema.Bound, to schema.Type) (schema.Bound, bool) {
	from := b.Min.Type
	if from == to {
		return b, true
	}
	if to.IsText() && !from.IsText() || from.Kind == schema.Uint64 && to.Kind == schema.Int64 {
		return b, false
	}
	var err1, err2 error
	b.Min, err1 = castValue(b.Min, to)
	b.Max, err2 = castValue(b.Max, to)
	return b, err1 == nil && err2 == nil
}

// columnError says which column an error is about.
func columnError(f *scanFile, c scanColumn, err error) error {
	return fmt.Errorf("segment %s, column %d: %w", f.seg.ID, c.id, err)
}
