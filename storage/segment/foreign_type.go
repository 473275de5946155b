package segment

import (
	"fmt"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// Parquet's physical types, as numbered in parquet.thrift.
const (
	parquetBoolean = iota
	parquetInt32
	parquetInt64
	parquetInt96
	parquetFloat
	parquetDouble
	parquetBytes
	parquetFixed
)

// Members of the LogicalType union.
const (
	logicalString    = 1
	logicalEnum      = 4
	logicalDecimal   = 5
	logicalDate      = 6
	logicalTime      = 7
	logicalTimestamp = 8
	logicalInteger   = 10
	logicalUnknown   = 11
	logicalJSON      = 12
	logicalBSON      = 13
	logicalUUID      = 14
	logicalFloat16   = 15
	logicalVariant   = 16
	logicalGeometry  = 17
	logicalGeography = 18
)

// leafForm says how stored values become ours.
type leafForm uint8

const (
	formBool leafForm = iota
	formInt32
	formUint32
	formInt64
	formMillis // TIMESTAMP in milliseconds
	formNanos  // TIMESTAMP in nanoseconds: whole microseconds only
	formInt96  // nanoseconds of the day and Julian day: whole microseconds only
	formFloat
	formDouble
	formText
	formUUID
	formDecimal // big-endian two's complement
)

// leaf is a column of a file by another writer and how it is read.
type leaf struct {
	name     string
	chunk    int   // its place among a row group's chunks
	physical int32 // as stored
	width    int   // bytes of a stored value, 0 where they differ or are bits
	optional bool
	form     leafForm
	typ      schema.Type
	ranged   bool // integers must lie from lo to hi
	lo, hi   int64
	typed    bool // its statistics' order is the one its type defines
}

// The days and microseconds that DATE and TIMESTAMP hold: years 1 to 9999.
const (
	firstDay, lastDay     = -719_162, 2_932_896
	microsPerDay          = 86_400_000_000
	firstMicro, lastMicro = firstDay * microsPerDay, (lastDay+1)*microsPerDay - 1
)

// newLeaf maps a column. The error says why it cannot be one of ours.
func newLeaf(e *foreignElement, chunk int) (*leaf, error) {
	l := &leaf{name: e.name, chunk: chunk, physical: e.physical, optional: e.repetition == 1, width: [8]int{0, 4, 8, 12, 4, 8, 0, 0}[e.physical&7]}
	if e.physical < parquetBoolean || e.physical > parquetFixed {
		return nil, fmt.Errorf("it has the unknown physical type %d", e.physical)
	}
	if e.physical == parquetFixed {
		if e.length <= 0 || e.length > maxFixedBytes {
			return nil, fmt.Errorf("its values have a fixed length of %d bytes", e.length)
		}
		l.width = int(e.length)
	}
	if err := l.annotate(e); err != nil {
		return nil, err
	}
	return l, l.consistent(e)
}

// maxFixedBytes bounds FIXED_LEN_BYTE_ARRAY.
const maxFixedBytes = 1 << 16

// annotate sets form and type by the annotations: the logical type, else the older converted type, else none.
func (l *leaf) annotate(e *foreignElement) error {
	a := e.logical
	if a.kind == 0 {
		a = convertedType(e)
	}
	switch a.kind {
	case 0, logicalUnknown:
		return l.plain()
	case logicalString, logicalEnum:
		l.form, l.typ = formText, schema.TypeVarchar
	case logicalJSON:
		l.form, l.typ = formText, schema.TypeJSON
	case logicalUUID:
		l.form, l.typ = formUUID, schema.TypeVarchar
	case logicalDecimal:
		return l.decimal(a.precision, a.scale)
	case logicalDate:
		l.form, l.typ = formInt32, schema.TypeDate
		l.within(firstDay, lastDay)
	case logicalTimestamp:
		l.form, l.typ = [...]leafForm{formInt64, formMillis, formInt64, formNanos}[a.unit&3], schema.TypeTimestamp
		l.within(firstMicro, lastMicro)
		if a.unit < 1 || a.unit > 3 {
			return fmt.Errorf("its time unit is unknown")
		}
	case logicalInteger:
		return l.integer(a.bits, a.signed)
	default:
		return fmt.Errorf("%s cannot be read", logicalName(a.kind))
	}
	return nil
}

func logicalName(kind int) string {
	names := map[int]string{
		2: "a map", 3: "a list", logicalTime: "TIME, a time without a day,", logicalBSON: "BSON", logicalFloat16: "FLOAT16", logicalVariant: "VARIANT",
		logicalGeometry: "GEOMETRY", logicalGeography: "GEOGRAPHY", kindInterval: "INTERVAL",
	}
	if n, ok := names[kind]; ok {
		return n
	}
	return fmt.Sprintf("the logical type %d", kind)
}

// kindInterval stands for the converted type INTERVAL, which has no logical type.
const kindInterval = -1

// convertedType turns the older annotation into the newer.
func convertedType(e *foreignElement) foreignLogical {
	l := foreignLogical{precision: e.precision, scale: e.scale, utc: true}
	switch c := e.converted; {
	case c == 0:
		l.kind = logicalString
	case c == 1 || c == 2:
		l.kind = 2
	case c == 3:
		l.kind = 3
	case c == 4:
		l.kind = logicalEnum
	case c == 5:
		l.kind = logicalDecimal
	case c == 6:
		l.kind = logicalDate
	case c == 7 || c == 8:
		l.kind, l.unit = logicalTime, int(c)-6
	case c == 9 || c == 10:
		l.kind, l.unit = logicalTimestamp, int(c)-8
	case c >= 11 && c <= 14:
		l.kind, l.bits = logicalInteger, 8<<(c-11)
	case c >= 15 && c <= 18:
		l.kind, l.bits, l.signed = logicalInteger, 8<<(c-15), true
	case c == 19:
		l.kind = logicalJSON
	case c == 20:
		l.kind = logicalBSON
	case c == 21:
		l.kind = kindInterval
	}
	return l
}

// plain reads a column without annotation by its physical type. Bytes are taken as text, as they mostly are.
func (l *leaf) plain() error {
	switch l.physical {
	case parquetBoolean:
		l.form, l.typ = formBool, schema.TypeBoolean
	case parquetInt32:
		l.form, l.typ = formInt32, schema.TypeInt32
	case parquetInt64:
		l.form, l.typ = formInt64, schema.TypeInt64
	case parquetInt96:
		l.form, l.typ = formInt96, schema.TypeTimestamp
		l.within(firstMicro, lastMicro)
	case parquetFloat:
		l.form, l.typ = formFloat, schema.TypeDouble
	case parquetDouble:
		l.form, l.typ = formDouble, schema.TypeDouble
	default:
		l.form, l.typ = formText, schema.TypeVarchar
	}
	return nil
}

func (l *leaf) within(lo, hi int64) { l.ranged, l.lo, l.hi = true, lo, hi }

func (l *leaf) integer(bits int32, signed bool) error {
	at := map[int32]int{8: 0, 16: 1, 32: 2, 64: 3}
	k, ok := at[bits]
	if !ok {
		return fmt.Errorf("integers of %d bits cannot be read", bits)
	}
	l.form = formInt64
	if bits < 64 {
		l.form = formInt32
	}
	if signed {
		l.typ = schema.Type{Kind: schema.Int8 + schema.Kind(k)}
		if bits < 32 {
			l.within(-1<<(bits-1), 1<<(bits-1)-1)
		}
		return nil
	}
	l.typ = schema.Type{Kind: schema.Uint8 + schema.Kind(k)}
	if bits < 32 {
		l.within(0, 1<<bits-1)
	} else if bits == 32 {
		l.form = formUint32
	}
	return nil
}

func (l *leaf) decimal(precision, scale int32) error {
	if precision < 1 || precision > decimal.MaxDigits || scale < 0 || scale > precision {
		return fmt.Errorf("DECIMAL(%d,%d) cannot be read: 1 to %d digits can", precision, scale, decimal.MaxDigits)
	}
	l.typ = schema.DecimalType(int(precision), int(scale))
	switch l.physical {
	case parquetInt32:
		l.form = formInt32
	case parquetInt64:
		l.form = formInt64
	default:
		l.form = formDecimal
	}
	if precision <= schema.MaxInt64Digits {
		top := int64(1)
		for range precision {
			top *= 10
		}
		l.within(1-top, top-1)
	}
	return nil
}

// consistent checks that the annotation fits the physical type.
func (l *leaf) consistent(e *foreignElement) error {
	ok := false
	switch l.form {
	case formBool:
		ok = l.physical == parquetBoolean
	case formInt32, formUint32:
		ok = l.physical == parquetInt32 && l.typ.Class() == schema.ClassInt64
	case formInt64, formMillis, formNanos:
		ok = l.physical == parquetInt64 && l.typ.Class() == schema.ClassInt64
	case formInt96:
		ok = l.physical == parquetInt96
	case formFloat:
		ok = l.physical == parquetFloat
	case formDouble:
		ok = l.physical == parquetDouble
	case formText:
		ok = l.physical == parquetBytes || l.physical == parquetFixed
	case formUUID:
		ok = l.physical == parquetFixed && l.width == 16
	case formDecimal:
		ok = l.physical == parquetBytes || l.physical == parquetFixed
	}
	if !ok {
		return fmt.Errorf("its annotation (logical type %d, converted type %d) does not fit its physical type %d", e.logical.kind, e.converted, l.physical)
	}
	return nil
}

// julianEpoch is the Julian day of 1970-01-01.
const julianEpoch = 2_440_588
