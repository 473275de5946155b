package pollute

import (
	"fmt"
	"strings"
)

// kind is one way in which files are polluted. Of each group a file has at most one.
type kind struct {
	group, name string
	apply       func(f *file)
}

func kinds() []kind {
	var all []kind
	for group, list := range map[string][]kind{
		"delimiter": delimiterKinds(), "quote": quoteKinds(), "line end": endKinds(), "charset": charsetKinds(), "header": headerKinds(),
		"top": topKinds(), "bottom": bottomKinds(), "number": numberKinds(), "date": dateKinds(), "row": rowKinds(), "value": valueKinds(),
	} {
		for _, k := range list {
			k.group = group
			all = append(all, k)
		}
	}
	return all
}

func delimiterKinds() []kind {
	var out []kind
	for name, d := range map[string]string{"semicolons": ";", "tabs": "\t", "pipes": "|", "tildes": "~", "carets": "^"} {
		out = append(out, kind{name: name, apply: func(f *file) { f.delimiter = d }})
	}
	return out
}

func (f *file) eachName(change func(i int, s string) string) {
	for i := range f.cols[2].cells {
		c := &f.cols[2].cells[i]
		c.text = change(i, c.text)
		c.want = c.text
	}
}

func quoteKinds() []kind {
	return []kind{
		{name: "all quoted", apply: func(f *file) { f.quoteAll = true }},
		{name: "lines in quotes", apply: func(f *file) {
			f.eachName(func(i int, s string) string { return s + strings.Repeat("\nsecond "+f.delimiter+" line", i%3) })
		}},
		{name: "doubled quotes", apply: func(f *file) {
			f.quoteAll = true
			f.eachName(func(i int, s string) string { return `the "` + s + `"` })
		}},
		{name: "backslashes", apply: func(f *file) {
			f.quoteAll, f.escape = true, `\`
			f.eachName(func(i int, s string) string { return `the "` + s + `", C:\temp` + f.delimiter })
		}},
		{name: "apostrophes", apply: func(f *file) {
			f.quoteAll, f.quote, f.escape = true, "'", "'"
			f.eachName(func(i int, s string) string { return s + f.delimiter + " d'Or" })
		}},
		{name: "quotes within", apply: func(f *file) {
			f.eachName(func(i int, s string) string { return s + ` 5" tall` })
		}},
		{name: "delimiters in quotes", apply: func(f *file) {
			f.eachName(func(i int, s string) string { return s + f.delimiter + " Jr" })
		}},
	}
}

func endKinds() []kind {
	return []kind{
		{name: "crlf", apply: func(f *file) { f.lineEnd = func(int) string { return "\r\n" } }},
		{name: "cr", apply: func(f *file) { f.lineEnd = func(int) string { return "\r" } }},
		{name: "mixed ends", apply: func(f *file) { f.lineEnd = func(i int) string { return []string{"\r\n", "\n", "\r"}[i%3] } }},
		{name: "no last end", apply: func(f *file) { f.noFinalEnd = true }},
	}
}

func charsetKinds() []kind {
	set := func(name string, mark bool) func(f *file) { return func(f *file) { f.charset, f.mark = name, mark } }
	return []kind{
		{name: "mark", apply: set("utf-8", true)},
		{name: "utf-16le", apply: set("utf-16le", true)},
		{name: "utf-16be", apply: set("utf-16be", true)},
		{name: "utf-16le unmarked", apply: set("utf-16le", false)},
		{name: "utf-16be unmarked", apply: set("utf-16be", false)},
		{name: "windows-1252", apply: set("windows-1252", false)},
		{name: "latin-1 declared", apply: func(f *file) { f.charset, f.options["encoding"] = "windows-1252", "latin-1" }},
	}
}

func headerKinds() []kind {
	constant := func(i int) (string, string) { return fmt.Sprint(i % 7), fmt.Sprint(i % 7) }
	return []kind{
		{name: "no header", apply: func(f *file) { f.header = false }},
		{name: "duplicate names", apply: func(f *file) {
			f.cols = extra(f.cols, "note_2", "BIGINT", constant)
			f.cols[len(f.cols)-1].header = "note"
		}},
		{name: "empty name", apply: func(f *file) {
			f.cols = extra(f.cols, fmt.Sprintf("col_%d", len(f.cols)+1), "BIGINT", constant)
			f.cols[len(f.cols)-1].header = ""
		}},
		{name: "spaced names", apply: func(f *file) {
			for i := range f.cols {
				f.cols[i].header = " " + f.cols[i].header + "  "
			}
		}},
		{name: "reordered", apply: func(f *file) { f.declared = true }},
		{name: "header declared", apply: func(f *file) { f.options["header"] = "1" }},
	}
}

func topKinds() []kind {
	return []kind{
		{name: "preamble", apply: func(f *file) { f.top = []string{"Laboratory report", "Hospital H0042", ""} }},
		{name: "one title", apply: func(f *file) { f.top = []string{"Export of 2025"} }},
		{name: "padded title", apply: func(f *file) {
			f.top = []string{"Laboratory report" + strings.Repeat(f.delimiter, len(f.cols)-1), strings.Repeat(f.delimiter, len(f.cols)-1)}
		}},
		{name: "skip declared", apply: func(f *file) {
			f.top = []string{f.record(f.headers()), "not the header yet"}
			f.options["skip"] = "2"
		}},
		{name: "sep line", apply: func(f *file) { f.top = []string{"sep=" + f.delimiter} }},
		{name: "comment", apply: func(f *file) { f.top = []string{"# made by LabSys 3.1"} }},
	}
}

func bottomKinds() []kind {
	return []kind{
		{name: "total", apply: func(f *file) { f.bottom = []string{"Total" + f.delimiter + "40"} }},
		{name: "row count", apply: func(f *file) { f.bottom = []string{"(40 rows)"} }},
		{name: "two lines of trailer", apply: func(f *file) { f.bottom = []string{"TOTAL: 40", "End of report"} }},
		{name: "padded total", apply: func(f *file) {
			f.bottom = []string{"Total" + strings.Repeat(f.delimiter, len(f.cols)-2) + "40" + f.delimiter}
		}},
		{name: "trailer declared", apply: func(f *file) {
			fields, _ := f.row(0)
			f.bottom = []string{f.record(fields)}
			f.options["trailer"] = "1"
		}},
	}
}

func (f *file) eachValue(write func(whole, fraction string) string) {
	for i := range f.cols[3].cells {
		c := &f.cols[3].cells[i]
		whole, fraction, _ := strings.Cut(c.want, ".")
		c.text = write(whole, fraction)
	}
}

// thousandfold makes the values long enough for thousands marks.
func (f *file) thousandfold() {
	for i := range f.cols[3].cells {
		c := &f.cols[3].cells[i]
		c.want = fmt.Sprintf("%d%03d", i+1, i*37%1000) + c.want[strings.IndexByte(c.want, '.'):]
	}
}

func grouped(digits, mark string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + mark + digits[i:]
	}
	return digits
}

func numberKinds() []kind {
	marked := func(mark, point string) func(f *file) {
		return func(f *file) {
			f.thousandfold()
			f.eachValue(func(w, x string) string { return grouped(w, mark) + point + x })
		}
	}
	return []kind{
		{name: "decimal comma", apply: func(f *file) { f.eachValue(func(w, x string) string { return w + "," + x }) }},
		{name: "decimal comma declared", apply: func(f *file) {
			f.eachValue(func(w, x string) string { return w + "," + x })
			f.options["decimal"] = ","
		}},
		{name: "1.234,50", apply: marked(".", ",")},
		{name: "1,234.50", apply: marked(",", ".")},
		{name: "1 234,50", apply: marked(" ", ",")},
		{name: "1'234.50", apply: marked("'", ".")},
		{name: "spaces around numbers", apply: func(f *file) { f.eachValue(func(w, x string) string { return "  " + w + "." + x + " " }) }},
	}
}

func dateKinds() []kind {
	set := func(date, stamp string) func(f *file) { return func(f *file) { setDates(f.cols, date, stamp) } }
	return []kind{
		{name: "13.01.2025", apply: set("%02[3]d.%02[2]d.%[1]d", "%02[3]d.%02[2]d.%[1]d %02[4]d:%02[5]d:%02[6]d")},
		{name: "13/01/2025", apply: set("%02[3]d/%02[2]d/%[1]d", "%02[3]d/%02[2]d/%[1]d %02[4]d:%02[5]d:%02[6]d")},
		{name: "01/13/2025", apply: set("%02[2]d/%02[3]d/%[1]d", "%02[2]d/%02[3]d/%[1]d %02[4]d:%02[5]d:%02[6]d")},
		{name: "1-13-2025", apply: set("%[2]d-%[3]d-%[1]d", "%[2]d-%[3]d-%[1]d %02[4]d:%02[5]d:%02[6]d")},
		{name: "2025/01/13", apply: set("%[1]d/%02[2]d/%02[3]d", "%[1]d/%02[2]d/%02[3]d %02[4]d:%02[5]d:%02[6]d")},
		{name: "T and Z", apply: set("%[1]d-%02[2]d-%02[3]d", "%[1]d-%02[2]d-%02[3]dT%02[4]d:%02[5]d:%02[6]dZ")},
		{name: "13.01.2025 declared", apply: func(f *file) {
			setDates(f.cols, "%02[3]d.%02[2]d.%[1]d", "%02[3]d.%02[2]d.%[1]d %02[4]d:%02[5]d:%02[6]d")
			f.options["date_format"], f.options["timestamp_format"] = "%d.%m.%Y", "%d.%m.%Y %H:%i:%s"
		}},
	}
}

func rowKinds() []kind {
	spoil := func(rows []int, how func(f *file) func(string) string) func(f *file) {
		return func(f *file) {
			for _, i := range rows {
				f.bad[i] = how(f)
			}
		}
	}
	return []kind{
		{name: "short rows", apply: spoil([]int{3, 17, 18}, func(f *file) func(string) string {
			return func(s string) string { return "77" + f.delimiter + "x" + f.delimiter + "y" }
		})},
		{name: "long rows", apply: spoil([]int{5, 20}, func(f *file) func(string) string {
			return func(s string) string { return s + f.delimiter + "x" + f.delimiter + "y" }
		})},
		{name: "growing width", apply: spoil([]int{30, 31, 32}, func(f *file) func(string) string {
			return func(s string) string { return s + f.delimiter + "x" }
		})},
		{name: "stray quotes", apply: spoil([]int{6, 21}, func(f *file) func(string) string {
			return func(s string) string { return f.quote + "a" + f.quote + "b" + f.delimiter + "c" }
		})},
		{name: "NUL bytes", apply: spoil([]int{9}, func(f *file) func(string) string { return func(s string) string { return s + "\x00" } })},
		{name: "bytes of no charset", apply: spoil([]int{9, 10}, func(f *file) func(string) string { return func(s string) string { return s + "\xff" } })},
		{name: "a quote never closed", apply: spoil([]int{12}, func(f *file) func(string) string {
			return func(s string) string { return f.quote + "open" + f.delimiter + s }
		})},
		{name: "blank lines", apply: func(f *file) { f.blanks[4], f.blanks[19] = 1, 3 }},
		{name: "a delimiter at every end", apply: func(f *file) { f.ends = true }},
	}
}

func valueKinds() []kind {
	add := func(name, typ string, write func(i int) (string, string)) func(f *file) {
		return func(f *file) { f.cols = extra(f.cols, name, typ, write) }
	}
	same := func(s string) (string, string) { return s, s }
	return []kind{
		{name: "NULL words declared", apply: func(f *file) {
			f.options["null"] = "NULL,NA"
			for i := range f.cols[7].cells {
				if i%4 == 1 {
					f.cols[7].cells[i] = cell{text: []string{"NULL", "NA"}[i%2], want: "NULL", bare: true}
				}
			}
		}},
		{name: "units", apply: add("dose", "VARCHAR", func(i int) (string, string) { return same(fmt.Sprintf("%d mg", i+1)) })},
		{name: "currency", apply: add("price", "VARCHAR", func(i int) (string, string) { return same(fmt.Sprintf("$%d.50", i+1)) })},
		{name: "not a number", apply: add("ratio", "DOUBLE", func(i int) (string, string) { return same([]string{"1.5", "NaN", "2.25"}[i%3]) })},
		{name: "beyond 64 bits", apply: add("big", "DECIMAL(38,0)", func(i int) (string, string) { return same(fmt.Sprintf("92233720368547758%02d", i+8)) })},
		{name: "many digits", apply: add("fine", "DECIMAL(38,20)", func(i int) (string, string) { return same(fmt.Sprintf("%d.%020d", i+1, i*99991+7)) })},
		{name: "ambiguous dates", apply: add("seen", "VARCHAR", func(i int) (string, string) { return same(fmt.Sprintf("%02d/%02d/2025", i%12+1, (i+5)%12+1)) })},
		{name: "ambiguous commas", apply: add("amount", "VARCHAR", func(i int) (string, string) { return same(fmt.Sprintf("%d,%03d", i+1, i*17%1000)) })},
		{name: "surprise at the end", apply: add("late", "VARCHAR", func(i int) (string, string) {
			if i == rowsPerFile-1 {
				return same("n/a")
			}
			return same(fmt.Sprint(i))
		})},
		{name: "two dates in one column", apply: add("mixed", "VARCHAR", func(i int) (string, string) {
			return same([]string{"13/01/2025", "2025-01-13"}[i%2])
		})},
		{name: "empty column", apply: add("none", "VARCHAR", func(int) (string, string) { return "", "NULL" })},
		{name: "words for booleans", apply: add("sure", "VARCHAR", func(i int) (string, string) { return same([]string{"yes", "no"}[i%2]) })},
		{name: "codes with zeros", apply: add("icd", "VARCHAR", func(i int) (string, string) { return same(fmt.Sprintf("%03d.%d", i%40, i%10)) })},
	}
}
