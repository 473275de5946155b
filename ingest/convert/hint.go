package convert

// Hint is what a text cell looks like to a person, for warnings: it never changes a type.
type Hint uint8

// The hints.
const (
	NoHint       Hint = iota
	LooksDate         // 01/02/2025: day or month first?
	LooksComma        // 1,5
	LooksMark         // >100, <0.5
	LooksSpelled      // NULL, NA, N/A
	LooksNoDay        // 2025-02-30, 24:00, year 0
	LooksFine         // nanoseconds
	LooksGrouped      // 1,234.5
	LooksUnit         // 5 %, $5
)

var hintText = [...]string{
	NoHint:       "",
	LooksDate:    "looks like dates, but which part is the day cannot be told: declare date_format, for example %d/%m/%Y",
	LooksComma:   "looks like numbers with a decimal comma: declare decimal=,",
	LooksMark:    "holds numbers with a comparison sign",
	LooksNoDay:   "holds dates or times, and one that does not exist or lies outside the years 1 to 9999",
	LooksFine:    "holds times, and one finer than microseconds, which is what TIMESTAMP keeps",
	LooksGrouped: "looks like numbers with thousands marks, which are not taken off",
	LooksUnit:    "holds numbers with a unit or a currency sign, which is not taken off",
	LooksSpelled: "holds a word that often stands for NULL: declare null= if it does",
}

// String says it in words that follow a column's name.
func (h Hint) String() string { return hintText[h] }

func hintOf(b []byte) Hint {
	switch string(b) {
	case "NULL", "null", "NA", "N/A", "n/a", "na", "None", "none", "-", "\\N", ".":
		return LooksSpelled
	}
	if len(b) > 40 {
		return NoHint
	}
	if len(b) >= 10 && b[4] == '-' {
		switch _, why := ParseTimestamp(b); why {
		case NoSuchDate, YearRange:
			return LooksNoDay
		case TooFine:
			return LooksFine
		}
	}
	return hintOfShape(b)
}

// hintOfShape looks at a cell with every run of digits written as one 9.
func hintOfShape(b []byte) Hint {
	var shape [40]byte
	n := 0
	for _, c := range b {
		if c-'0' <= 9 {
			c = '9'
		}
		if n == 0 || c != '9' || shape[n-1] != '9' {
			shape[n] = c
			n++
		}
	}
	switch s := string(shape[:n]); s {
	case "9/9/9", "9.9.9", "9-9-9":
		return LooksDate
	case "9,9", "-9,9":
		return LooksComma
	case "9,9.9", "-9,9.9", "9,9,9", "9,9,9.9", "9.9,9", "9.9.9,9":
		return LooksGrouped
	case "9%", "9 %", "9.9%", "9.9 %", "9,9%", "9,9 %", "$9", "$9.9", "$9,9.9", "€9", "€9.9", "€9,9", "9€", "9 €", "9,9 €", "£9", "£9.9":
		return LooksUnit
	case ">9", "<9", ">9.9", "<9.9", ">=9", "<=9", "> 9", "< 9":
		return LooksMark
	}
	return NoHint
}
