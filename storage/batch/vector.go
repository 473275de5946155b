package batch

import (
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// MaxRows is the most rows a batch carries: small enough that a few columns stay in L2.
const MaxRows = 8192

// Encoding is how a vector holds its rows.
type Encoding uint8

// The encodings.
const (
	Flat     Encoding = iota // payload index = row
	Dict                     // payload is in Dict.Values, index = Codes[row]
	Const                    // payload index 0 for every row; Valid has one element or is nil
	Runs                     // payload index k for rows Ends[k-1] <= row < Ends[k]; Valid is per run
	Numbered                 // texts of one form by their numbers, N and Digits; given only to who asked for it
)

// Vector is one column of Len rows.
//
// Valid is nil when no row is NULL; else Valid[i] is 1 for a value and 0 for NULL. Under Flat, Dict and Numbered it has Len
// elements, under Const one, under Runs one per run. The payload of a NULL row is unspecified but readable, and its code is in range.
// The payload lies in the field of Type.Class(): I, W, F, or Off and Data (value k is Data[Off[k]:Off[k+1]]).
//
// Ends under Dict is a hint that may be missing: see CodeRuns. Whoever changes Codes or Valid of a copy must drop it.
type Vector struct {
	Type  schema.Type
	Enc   Encoding
	Len   int
	Valid []byte

	I    []int64
	W    []decimal.Int128
	F    []float64
	Off  []uint32
	Data []byte

	Codes []int32     // Dict
	Dict  *Dictionary // Dict
	Ends  []int32     // Runs; a hint under Dict

	N      []uint32 // Numbered
	Digits *Digits  // Numbered
}

// Dictionary is the distinct values behind codes. It is shared by all batches of a row group, so results computed once per
// entry are kept by the pointer's identity.
type Dictionary struct {
	Values *Vector // Flat, without NULLs, at least one entry; entries are distinct
	Family *Family // of dictionaries that grow; nil for one by itself
	// Ascending tells that Values are numbers in ascending order (NaN last), so that codes compare as they do.
	Ascending bool
}

// Index returns the payload index of a row, and the vector that holds the payload.
func (v *Vector) Index(row int) (*Vector, int) {
	switch v.Enc {
	case Dict:
		return v.Dict.Values, int(v.Codes[row])
	case Const:
		return v, 0
	case Runs:
		return v, v.run(row)
	case Numbered:
		text := v.Digits.Append(nil, v.N[row])
		return &Vector{Type: v.Type, Len: 1, Off: []uint32{0, uint32(len(text))}, Data: text}, 0
	}
	return v, row
}

// run finds the run of a row by binary search.
func (v *Vector) run(row int) int {
	lo, hi := 0, len(v.Ends)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if int(v.Ends[mid]) <= row {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// IsNull reports whether a row is NULL.
func (v *Vector) IsNull(row int) bool {
	if v.Valid == nil {
		return false
	}
	switch v.Enc {
	case Const:
		row = 0
	case Runs:
		row = v.run(row)
	}
	return v.Valid[row] == 0
}

// CodeRuns returns where stretches of equal codes end, the last one at Len, when a dictionary vector without NULL knows it, and nil
// otherwise. Stretches are long where it is given, so that work can be done once for each.
func (v *Vector) CodeRuns() []int32 {
	if v.Enc != Dict || v.Valid != nil || len(v.Ends) == 0 || int(v.Ends[len(v.Ends)-1]) != v.Len {
		return nil
	}
	return v.Ends
}

// HasNulls reports whether any row may be NULL.
func (v *Vector) HasNulls() bool { return v.Valid != nil }

// AllNull reports whether the vector is a constant NULL.
func (v *Vector) AllNull() bool { return v.Enc == Const && v.Valid != nil && v.Valid[0] == 0 }

// Int64 returns the payload of a row of ClassInt64.
func (v *Vector) Int64(row int) int64 { p, k := v.Index(row); return p.I[k] }

// Int128 returns the payload of a row of ClassInt128.
func (v *Vector) Int128(row int) decimal.Int128 { p, k := v.Index(row); return p.W[k] }

// Float64 returns the payload of a row of ClassFloat64.
func (v *Vector) Float64(row int) float64 { p, k := v.Index(row); return p.F[k] }

// Bytes returns the payload of a row of ClassBytes. It must not be changed.
func (v *Vector) Bytes(row int) []byte {
	p, k := v.Index(row)
	return p.Data[p.Off[k]:p.Off[k+1]:p.Off[k+1]]
}

// Value returns a row as a scalar: for edges and slow paths.
func (v *Vector) Value(row int) schema.Value {
	if v.IsNull(row) {
		return schema.NullValue(v.Type)
	}
	out := schema.Value{Type: v.Type}
	switch v.Type.Class() {
	case schema.ClassInt64:
		out.I = v.Int64(row)
	case schema.ClassInt128:
		out.W = v.Int128(row)
	case schema.ClassFloat64:
		out.F = v.Float64(row)
	case schema.ClassBytes:
		out.S = string(v.Bytes(row))
	}
	return out
}

// NewConst returns n rows of one value.
func NewConst(val schema.Value, n int) *Vector {
	v := &Vector{Type: val.Type, Enc: Const, Len: n}
	if val.Null {
		v.Valid = []byte{0}
	}
	switch val.Type.Class() {
	case schema.ClassInt64:
		v.I = []int64{val.I}
	case schema.ClassInt128:
		v.W = []decimal.Int128{val.W}
	case schema.ClassFloat64:
		v.F = []float64{val.F}
	case schema.ClassBytes:
		v.Data = []byte(val.S)
		v.Off = []uint32{0, uint32(len(v.Data))}
	}
	return v
}

// MemBytes counts the bytes that the vector itself holds; a shared dictionary is not counted.
func (v *Vector) MemBytes() int64 {
	return int64(len(v.Valid) + 8*len(v.I) + 16*len(v.W) + 8*len(v.F) + 4*len(v.Off) + len(v.Data) + 4*len(v.Codes) + 4*len(v.Ends) + 4*len(v.N))
}
