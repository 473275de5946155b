package expr

import (
	"errors"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// rangeError is what kernels and row functions return for a result outside its type; the node that knows the expression turns
// it into an error for the reader.
type rangeError struct{ typ schema.Type }

func (e rangeError) Error() string { return e.typ.String() + " value is out of range" }

// errTooLong is what a row function returns for a text beyond MaxTextBytes, before it makes it.
var errTooLong = errors.New("text too long")

// MySQL's error numbers.
const (
	mysqlOutOfRange = 1690
	mysqlBadValue   = 1292
)

func outOfRange(r rangeError, e Expr) error {
	err := errs.New(errs.Meaning, "out-of-range", "%s value is out of range in %s", r.typ, Format(e)).
		WithHint("CAST an operand to a wider type, or use DOUBLE")
	err.MySQL = mysqlOutOfRange
	return err
}

// badCast is a value that a strict cast cannot convert. The value itself is table data and stays out of the message.
func badCast(e Expr, to schema.Type) error {
	err := errs.New(errs.Meaning, "bad-cast", "a value of %s is not a valid %s", Format(e), to).
		WithHint("TRY_CAST gives NULL for such values")
	err.MySQL = mysqlBadValue
	return err
}
