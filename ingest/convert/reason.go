package convert

// Reason says why a cell does not fit its column.
type Reason uint8

// The reasons.
const (
	OK Reason = iota
	NotBoolean
	NotInteger
	IntegerRange
	NotDecimal
	DecimalScale
	DecimalRange
	NotDouble
	DoubleRange
	NotDate
	NoSuchDate
	NotTimestamp
	TooFine
	YearRange
	NotJSON
	FieldsFew
	FieldsMany
	InvalidUTF8
	HoldsNUL
)

var reasonText = [...]string{
	OK:           "",
	NotBoolean:   "is not a boolean (true or false)",
	NotInteger:   "is not a whole number",
	IntegerRange: "is out of the range of the column's type",
	NotDecimal:   "is not a decimal number",
	DecimalScale: "has more fraction digits than the column's type",
	DecimalRange: "has more digits than the column's type",
	NotDouble:    "is not a number",
	DoubleRange:  "is too large or too small for a DOUBLE",
	NotDate:      "is not a date written YYYY-MM-DD",
	NoSuchDate:   "names a day or time that does not exist",
	NotTimestamp: "is not a time written YYYY-MM-DD HH:MM:SS",
	TooFine:      "is finer than microseconds",
	YearRange:    "lies outside the years 1 to 9999",
	NotJSON:      "is not JSON",
	FieldsFew:    "the record has fewer fields than the header",
	FieldsMany:   "the record has more fields than the header",
	InvalidUTF8:  "the record holds bytes that are no characters in the file's encoding",
	HoldsNUL:     "the record holds a NUL byte",
}

// String is a phrase that follows "the cell", or a sentence of its own when the record as a whole is at fault.
func (r Reason) String() string { return reasonText[r] }
