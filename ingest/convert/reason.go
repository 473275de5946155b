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
	HasUnit
	HasMark
	HasGroups
	HasComma
	DateUnclear
	NotNullWord
	CellTooLong
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
	HasUnit:      "carries a unit or a currency sign, which is not taken off: the number alone must stand in the cell",
	HasMark:      "carries a comparison sign, which a number cannot hold",
	HasGroups:    "is a number with thousands marks: declare thousands= to have them taken off",
	HasComma:     "is a number with a comma: declare decimal=, if it is the decimal point, or thousands=,",
	DateUnclear:  "is a date in a form that was not declared: declare date_format, for example %d/%m/%Y or %m/%d/%Y",
	CellTooLong:  "the record holds a field that is longer than the limit",
	NotNullWord:  "is a word that often stands for NULL: declare null= if it does",
}

// String is a phrase that follows "the cell", or a sentence of its own when the record as a whole is at fault.
func (r Reason) String() string { return reasonText[r] }

// refine says more of a cell that its column cannot take, when its looks tell: the person who sent it must know what to mend.
func refine(why Reason, cell []byte) Reason {
	switch why {
	case NotInteger, NotDecimal, NotDouble, NotDate, NotTimestamp, NotBoolean:
	default:
		return why
	}
	switch hintOf(cell) {
	case LooksSpelled:
		return NotNullWord
	case LooksUnit:
		return ofNumber(why, HasUnit)
	case LooksMark:
		return ofNumber(why, HasMark)
	case LooksGrouped:
		return ofNumber(why, HasGroups)
	case LooksComma:
		return ofNumber(why, HasComma)
	case LooksDate:
		if why == NotDate || why == NotTimestamp {
			return DateUnclear
		}
	}
	return why
}

// ofNumber is more where a number was wanted.
func ofNumber(why, more Reason) Reason {
	if why == NotInteger || why == NotDecimal || why == NotDouble {
		return more
	}
	return why
}
