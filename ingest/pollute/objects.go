package pollute

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf16"
)

// ObjectCases is how many files Objects has.
const ObjectCases = 100

// objectKinds are the ways in which files of JSON Lines are polluted; a file has any number of them.
func objectKinds() []string {
	return []string{
		"keys in any order", "missing keys", "null in place of nothing", "numbers as text", "escapes", "spaces", "a late key", "case of keys",
		"crlf", "no last end", "blank lines", "mark", "utf-16le", "broken lines", "duplicate keys", "nested values", "half surrogates",
	}
}

// Objects returns files of JSON Lines, as Corpus does of CSV: each kind of pollution alone, and kinds combined by seed.
func Objects() []Case {
	kinds := objectKinds()
	out := []Case{objects(nil, 0)}
	for i, k := range kinds {
		out = append(out, objects([]string{k}, uint64(i)))
	}
	r := rand.New(rand.NewPCG(4, 2026))
	for len(out) < ObjectCases {
		var picked []string
		for _, k := range kinds {
			if r.IntN(4) == 0 {
				picked = append(picked, k)
			}
		}
		out = append(out, objects(picked, uint64(len(out))))
	}
	return out
}

// objectFile is a file of objects under way.
type objectFile struct {
	r    *rand.Rand
	has  map[string]bool
	cols []column
	out  strings.Builder
	line int64
	c    Case
}

func objects(kinds []string, seed uint64) Case {
	r := rand.New(rand.NewPCG(seed, 78))
	f := &objectFile{r: r, has: map[string]bool{}, cols: base(r, rowsPerFile), line: 1}
	for _, k := range kinds {
		f.has[k] = true
	}
	f.c.Name = "objects: " + strings.Join(kinds, " + ")
	if len(kinds) == 0 {
		f.c.Name = "objects"
	}
	if f.has["a late key"] {
		f.cols = append(f.cols, column{name: "late", typ: "BIGINT"})
	}
	for i := range rowsPerFile {
		f.row(i)
	}
	var table []string
	for _, c := range f.cols {
		table = append(table, c.name+" "+c.typ)
	}
	f.c.Table, f.c.Data = strings.Join(table, ", "), f.encode()
	if f.has["utf-16le"] || f.has["blank lines"] { // the format may not be seen
		f.c.Options = map[string]string{"format": "jsonl"}
	}
	return f.c
}

func (f *objectFile) encode() []byte {
	text := f.out.String()
	if f.has["mark"] || f.has["utf-16le"] {
		text = "\ufeff" + text
	}
	if !f.has["utf-16le"] {
		return []byte(text)
	}
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// row writes one line, which may be one that is rejected.
func (f *objectFile) row(i int) {
	if f.has["blank lines"] && i%9 == 3 {
		f.c.Blank++
		f.end(false)
	}
	var members, wants []string
	for k := range f.cols {
		member, want := f.member(k, i)
		if member != "" {
			members = append(members, member)
		}
		wants = append(wants, want)
	}
	if f.has["keys in any order"] && i > 0 {
		f.r.Shuffle(len(members), func(a, b int) { members[a], members[b] = members[b], members[a] })
	}
	sep := ","
	if f.has["spaces"] {
		sep = " ,\t"
	}
	text := "{" + strings.Join(members, sep) + "}"
	if spoilt := f.spoil(i, text); spoilt != text {
		f.c.Bad = append(f.c.Bad, f.line)
		text = spoilt
	} else {
		f.c.Rows = append(f.c.Rows, strings.Join(wants, "|"))
	}
	f.out.WriteString(text)
	f.end(i == rowsPerFile-1)
}

func (f *objectFile) end(last bool) {
	switch {
	case last && f.has["no last end"]:
	case f.has["crlf"]:
		f.out.WriteString("\r\n")
	default:
		f.out.WriteString("\n")
	}
	f.line++
}

// member writes a key and its value, or nothing for a NULL.
func (f *objectFile) member(k, i int) (text, want string) {
	c := f.cols[k]
	if c.name == "late" {
		if i < rowsPerFile/2 {
			return "", "NULL"
		}
		return fmt.Sprintf(`"late":%d`, i), fmt.Sprint(i)
	}
	x := c.cells[i]
	if f.has["missing keys"] && k > 0 && i > 0 && f.r.IntN(6) == 0 {
		return "", "NULL"
	}
	key := c.name
	if f.has["case of keys"] && i > 0 && f.r.IntN(3) == 0 {
		key = strings.ToUpper(key)
	}
	if x.want == "NULL" {
		if f.has["null in place of nothing"] || i == 0 {
			return f.quoted(key) + ":null", "NULL"
		}
		return "", "NULL"
	}
	bare := c.typ == "BIGINT" || strings.HasPrefix(c.typ, "DECIMAL") || c.typ == "BOOLEAN"
	value := x.text
	if !bare || f.has["numbers as text"] {
		value = f.quoted(x.text)
	}
	if f.has["spaces"] {
		return f.quoted(key) + " : " + value + " ", x.want
	}
	return f.quoted(key) + ":" + value, x.want
}

// quoted writes a text, with more escapes than it needs where the file has them.
func (f *objectFile) quoted(s string) string {
	if f.has["escapes"] {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune(s)) {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
		return `"` + b.String() + `"`
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic("BUG: pollute: a text does not marshal: " + err.Error())
	}
	return string(text)
}

// spoil makes a line one that must be rejected, now and then.
func (f *objectFile) spoil(i int, text string) string {
	switch {
	case i == 0 || f.r.IntN(12) > 0:
	case f.has["broken lines"]:
		return []string{text[:len(text)-1], text + text, "nonsense", `["a"]`, text[1:], strings.Replace(text, ":", " ", 1)}[i%6]
	case f.has["duplicate keys"]:
		return `{"id":1,` + text[1:]
	case f.has["nested values"]:
		return []string{`{"note":{"x":1}}`, `{"id":[1,2]}`}[i%2]
	case f.has["half surrogates"]:
		return `{"name":"\ud83d"}`
	}
	return text
}
