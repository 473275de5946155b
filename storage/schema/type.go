package schema

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assaydb/assay/storage/errs"
)

// Kind is the family of a type.
type Kind uint8

// The kinds, in their order on disk and wire: append only. Null is the type of a bare NULL literal and never of a stored column.
const (
	Null Kind = iota
	Boolean
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Decimal
	Double
	Date
	Timestamp
	Varchar
	JSON
	// Time is a signed duration in microseconds (results of TIMEDIFF, TIME literals); not a column type.
	Time
	// Binary is an opaque byte string: partial aggregate states on the wire; not a column type.
	Binary
)

// Class is the physical form of a type in memory.
type Class uint8

// The classes: which slice of a batch.Vector holds the values.
const (
	ClassInt64   Class = iota // BOOLEAN 0/1, all integers (BIGINT UNSIGNED as its bit pattern), DECIMAL(p<=18) scaled, DATE days, TIMESTAMP and TIME microseconds
	ClassInt128               // DECIMAL(p>18) scaled
	ClassFloat64              // DOUBLE
	ClassBytes                // VARCHAR, JSON, binary
)

// MaxInt64Digits is the widest DECIMAL precision that is held in 64 bits.
const MaxInt64Digits = 18

// Type is a SQL type. Precision and Scale are meaningful for DECIMAL alone. Types compare with ==.
type Type struct {
	Kind      Kind
	Precision uint8
	Scale     uint8
}

// The types without parameters.
var (
	TypeNull      = Type{Kind: Null}
	TypeBoolean   = Type{Kind: Boolean}
	TypeInt32     = Type{Kind: Int32}
	TypeInt64     = Type{Kind: Int64}
	TypeUint64    = Type{Kind: Uint64}
	TypeDouble    = Type{Kind: Double}
	TypeDate      = Type{Kind: Date}
	TypeTimestamp = Type{Kind: Timestamp}
	TypeTime      = Type{Kind: Time}
	TypeVarchar   = Type{Kind: Varchar}
	TypeJSON      = Type{Kind: JSON}
	TypeBinary    = Type{Kind: Binary}
)

// DecimalType returns DECIMAL(precision, scale).
func DecimalType(precision, scale int) Type {
	return Type{Kind: Decimal, Precision: uint8(precision), Scale: uint8(scale)}
}

// Class returns the physical class. Null is held as ClassInt64 with every row invalid.
func (t Type) Class() Class {
	switch t.Kind {
	case Double:
		return ClassFloat64
	case Varchar, JSON, Binary:
		return ClassBytes
	case Decimal:
		if t.Precision > MaxInt64Digits {
			return ClassInt128
		}
	}
	return ClassInt64
}

// IsInteger reports whether t is one of the integer types (BOOLEAN is not).
func (t Type) IsInteger() bool { return t.Kind >= Int8 && t.Kind <= Uint64 }

// IsUnsigned reports whether t is an unsigned integer type.
func (t Type) IsUnsigned() bool { return t.Kind >= Uint8 && t.Kind <= Uint64 }

// IsExact reports whether t is an integer or a decimal.
func (t Type) IsExact() bool { return t.IsInteger() || t.Kind == Decimal }

// IsNumeric reports whether t is an integer, decimal or double.
func (t Type) IsNumeric() bool { return t.IsExact() || t.Kind == Double }

// IsTemporal reports whether t is a date, timestamp or time.
func (t Type) IsTemporal() bool { return t.Kind == Date || t.Kind == Timestamp || t.Kind == Time }

// IsText reports whether t holds character data.
func (t Type) IsText() bool { return t.Kind == Varchar || t.Kind == JSON }

var kindNames = [...]string{
	Null: "NULL", Boolean: "BOOLEAN", Int8: "TINYINT", Int16: "SMALLINT", Int32: "INT", Int64: "BIGINT",
	Uint8: "TINYINT UNSIGNED", Uint16: "SMALLINT UNSIGNED", Uint32: "INT UNSIGNED", Uint64: "BIGINT UNSIGNED",
	Decimal: "DECIMAL", Double: "DOUBLE", Date: "DATE", Timestamp: "TIMESTAMP", Varchar: "VARCHAR", JSON: "JSON",
	Time: "TIME", Binary: "BINARY",
}

// String returns the SQL name, the form that ParseType reads.
func (t Type) String() string {
	if t.Kind == Decimal {
		return "DECIMAL(" + strconv.Itoa(int(t.Precision)) + "," + strconv.Itoa(int(t.Scale)) + ")"
	}
	if int(t.Kind) < len(kindNames) {
		return kindNames[t.Kind]
	}
	return "TYPE(" + strconv.Itoa(int(t.Kind)) + ")"
}

// typeNames maps every accepted spelling, upper case and without parameters, to a kind.
var typeNames = map[string]Kind{
	"BOOLEAN": Boolean, "BOOL": Boolean, "TINYINT": Int8, "SMALLINT": Int16, "INT": Int32, "INTEGER": Int32, "MEDIUMINT": Int32, "BIGINT": Int64,
	"TINYINT UNSIGNED": Uint8, "SMALLINT UNSIGNED": Uint16, "INT UNSIGNED": Uint32, "INTEGER UNSIGNED": Uint32, "MEDIUMINT UNSIGNED": Uint32, "BIGINT UNSIGNED": Uint64,
	"DECIMAL": Decimal, "NUMERIC": Decimal, "DEC": Decimal, "DOUBLE": Double, "DOUBLE PRECISION": Double, "FLOAT": Double, "REAL": Double,
	"DATE": Date, "TIMESTAMP": Timestamp, "DATETIME": Timestamp, "VARCHAR": Varchar, "TEXT": Varchar, "STRING": Varchar, "CHAR": Varchar,
	"TINYTEXT": Varchar, "MEDIUMTEXT": Varchar, "LONGTEXT": Varchar, "JSON": JSON,
}

// ParseType reads a SQL column type such as "DECIMAL(12,3)", "bigint unsigned" or "VARCHAR(20)". Lengths of text and
// fractional-second digits are accepted and not kept: text is unbounded and timestamps have microseconds.
func ParseType(s string) (Type, error) {
	bad := func(why string) (Type, error) {
		return Type{}, errs.New(errs.Invalid, "bad-type", "type %q: %s", s, why).
			WithHint("use BOOLEAN, TINYINT..BIGINT [UNSIGNED], DECIMAL(p,s), DOUBLE, DATE, TIMESTAMP, VARCHAR or JSON")
	}
	name, params := strings.ToUpper(strings.TrimSpace(s)), ""
	if i := strings.IndexByte(name, '('); i >= 0 {
		j := strings.IndexByte(name, ')')
		if j < i {
			return bad("unbalanced parenthesis")
		}
		params = name[i+1 : j]
		name = name[:i] + name[j+1:]
	}
	kind, ok := typeNames[strings.Join(strings.Fields(name), " ")]
	if !ok {
		return bad("no such type")
	}
	if kind != Decimal {
		if params != "" {
			if n, err := strconv.Atoi(strings.TrimSpace(params)); err != nil || n < 0 {
				return bad("the length must be a whole number")
			}
		}
		return Type{Kind: kind}, nil
	}
	p, sc, err := decimalParams(params)
	if err != nil {
		return bad(err.Error())
	}
	return DecimalType(p, sc), nil
}

// decimalParams applies MySQL's defaults: DECIMAL is DECIMAL(10,0).
func decimalParams(params string) (precision, scale int, err error) {
	if params == "" {
		return 10, 0, nil
	}
	ps, ss, two := strings.Cut(params, ",")
	if precision, err = strconv.Atoi(strings.TrimSpace(ps)); err != nil {
		return 0, 0, fmt.Errorf("the precision must be a whole number")
	}
	if two {
		if scale, err = strconv.Atoi(strings.TrimSpace(ss)); err != nil {
			return 0, 0, fmt.Errorf("the scale must be a whole number")
		}
	}
	if precision < 1 || precision > 38 {
		return 0, 0, fmt.Errorf("the precision must lie between 1 and 38")
	}
	if scale < 0 || scale > precision {
		return 0, 0, fmt.Errorf("the scale must lie between 0 and the precision")
	}
	return precision, scale, nil
}

// MarshalText writes the SQL name, so that types are readable in JSON.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (t *Type) UnmarshalText(b []byte) error {
	p, err := ParseType(string(b))
	if err == nil {
		*t = p
	}
	return err
}
