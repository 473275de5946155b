package convert

import "strings"

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
	LooksEither       // 1,234: a decimal comma or a thousands mark
	LooksMixed        // 1,5 and 1.5, or 13/01/2025 and 2025-01-13
)

var hintText = [...]string{
	NoHint:       "",
	LooksDate:    "looks like dates, but which part is the day cannot be told: declare date_format, for example %d/%m/%Y or %m/%d/%Y",
	LooksComma:   "looks like numbers with a decimal comma: declare decimal=,",
	LooksMark:    "holds numbers with a comparison sign",
	LooksNoDay:   "holds dates or times, and one that does not exist or lies outside the years 1 to 9999",
	LooksFine:    "holds times, and one finer than microseconds, which is what TIMESTAMP keeps",
	LooksGrouped: "looks like numbers with thousands marks: declare thousands= to have them taken off",
	LooksUnit:    "holds numbers with a unit or a currency sign, which is not taken off",
	LooksEither:  "looks like numbers, but whether the comma is the decimal point or a thousands mark cannot be told: declare decimal=, or thousands=,",
	LooksMixed:   "looks like numbers or dates written in more than one way, which are not united",
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
	case "9/9/9", "9.9.9", "9-9-9", "9/9/9 9:9", "9/9/9 9:9:9", "9.9.9 9:9", "9.9.9 9:9:9", "9-9-9 9:9", "9-9-9 9:9:9":
		return LooksDate
	case "9,9", "-9,9":
		return LooksComma
	case "9,9.9", "-9,9.9", "9,9,9", "9,9,9.9", "9.9,9", "9.9.9,9", "9 9", "9 9,9", "9 9.9", "9'9", "9'9.9":
		return LooksGrouped
	case ">9", "<9", ">9.9", "<9.9", ">=9", "<=9", "> 9", "< 9", "<9,9", ">9,9", ">= 9", "<= 9", "~9", "±9":
		return LooksMark
	}
	if unit(shape[:n]) {
		return LooksUnit
	}
	return NoHint
}

// unit reports whether a shape is a number with a currency sign before it, or a sign or a unit of at most eight bytes behind it.
func unit(shape []byte) bool {
	s := string(shape)
	for _, sign := range [...]string{"$", "€", "£", "¥", "USD", "EUR", "GBP", "CHF", "US$"} {
		if rest, ok := strings.CutPrefix(s, sign); ok && numberShape(strings.TrimPrefix(rest, " ")) {
			return true
		}
	}
	end := strings.LastIndexByte(s, '9') + 1
	if end == 0 || end == len(s) || !numberShape(s[:end]) {
		return false
	}
	rest := strings.TrimPrefix(s[end:], " ")
	return len(rest) > 0 && len(rest) <= 8 && !strings.ContainsAny(rest, "-.:, ")
}

// numberShape reports whether a shape is [-]9 with points, commas or marks within.
func numberShape(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return strings.HasPrefix(s, "9") && strings.HasSuffix(s, "9") && strings.Trim(s, "9.,' ") == ""
}
