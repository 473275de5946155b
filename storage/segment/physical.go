package segment

import (
	"github.com/assaydb/assay/storage/schema"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// physical is how values of a type lie in pages.
type physical uint8

const (
	physBool physical = iota
	physInt32
	physInt64
	physDouble
	physBytes
	physFixed16
)

// maxInt32Digits is the widest DECIMAL that is stored as INT32.
const maxInt32Digits = 9

// physicalOf returns the physical form of a column type.
func physicalOf(t schema.Type) physical {
	switch t.Kind {
	case schema.Boolean:
		return physBool
	case schema.Int8, schema.Int16, schema.Int32, schema.Uint8, schema.Uint16, schema.Uint32, schema.Date:
		return physInt32
	case schema.Double:
		return physDouble
	case schema.Varchar, schema.JSON:
		return physBytes
	case schema.Decimal:
		switch {
		case t.Precision <= maxInt32Digits:
			return physInt32
		case t.Precision > schema.MaxInt64Digits:
			return physFixed16
		}
	}
	return physInt64
}

// parquetType maps the physical form to Parquet's own.
func (p physical) parquetType() format.Type {
	return [...]format.Type{format.Boolean, format.Int32, format.Int64, format.Double, format.ByteArray, format.FixedLenByteArray}[p]
}

// schemaElement describes one column in the footer. Both the logical and the older converted type are given, since readers
// differ in which they look at. JSON is announced as STRING: ClickHouse parses columns announced as JSON and fails on values
// that it does not like, and we promise the bytes.
func schemaElement(c schema.Column, optional bool) format.SchemaElement {
	repetition := format.Required
	if optional {
		repetition = format.Optional
	}
	e := format.SchemaElement{
		Name: c.Name, FieldID: int32(c.ID),
		Type:           thrift.New(physicalOf(c.Type).parquetType()),
		RepetitionType: thrift.New(repetition),
	}
	annotate(&e, c.Type)
	return e
}

func annotate(e *format.SchemaElement, t schema.Type) {
	set := func(v format.LogicalTypeValue, c deprecated.ConvertedType) {
		e.LogicalType = format.LogicalType{Value: v}
		e.ConvertedType = thrift.New(c)
	}
	switch t.Kind {
	case schema.Int8:
		set(&format.IntType{BitWidth: 8, IsSigned: true}, deprecated.Int8)
	case schema.Int16:
		set(&format.IntType{BitWidth: 16, IsSigned: true}, deprecated.Int16)
	case schema.Int32:
		set(&format.IntType{BitWidth: 32, IsSigned: true}, deprecated.Int32)
	case schema.Int64:
		set(&format.IntType{BitWidth: 64, IsSigned: true}, deprecated.Int64)
	case schema.Uint8:
		set(&format.IntType{BitWidth: 8}, deprecated.Uint8)
	case schema.Uint16:
		set(&format.IntType{BitWidth: 16}, deprecated.Uint16)
	case schema.Uint32:
		set(&format.IntType{BitWidth: 32}, deprecated.Uint32)
	case schema.Uint64:
		set(&format.IntType{BitWidth: 64}, deprecated.Uint64)
	case schema.Date:
		set(&format.DateType{}, deprecated.Date)
	case schema.Timestamp:
		unit := format.TimeUnit{Value: &format.MicroSeconds{}}
		set(&format.TimestampType{IsAdjustedToUTC: true, Unit: unit}, deprecated.TimestampMicros)
	case schema.Varchar, schema.JSON:
		set(&format.StringType{}, deprecated.UTF8)
	case schema.Decimal:
		set(&format.DecimalType{Scale: int32(t.Scale), Precision: int32(t.Precision)}, deprecated.Decimal)
		e.Scale, e.Precision = thrift.New(int32(t.Scale)), thrift.New(int32(t.Precision))
		if physicalOf(t) == physFixed16 {
			e.TypeLength = thrift.New(int32(16))
		}
	}
}
