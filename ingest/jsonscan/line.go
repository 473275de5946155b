package jsonscan

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/csvscan"
)

// Classes of what is wrong with a line.
const (
	classForm   = "the line is not one JSON object"
	classTwice  = "a key stands twice in the line"
	classNested = "the value is an object or a list, which only a JSON column takes"
	classNUL    = "the text holds a NUL byte"
	classHalf   = "the text holds half of a surrogate pair, which is no character"
)

// maxDepth bounds nesting within a value.
const maxDepth = 512

// line reads one object. Strings with escapes are written out behind the line, in the chunk's data.
type line struct {
	s      *Scanner
	c      *csvscan.Chunk
	start  int
	at     int // in c.Data
	end    int
	values []value
	key    []byte
}

// value is one member of the object.
type value struct {
	key   int
	field csvscan.Field
}

func (l *line) reset(s *Scanner, c *csvscan.Chunk, start, end int) {
	l.s, l.c, l.start, l.at, l.end, l.values = s, c, start, start, end, l.values[:0]
}

// bad is a line that is no JSON from where the reading stands.
func (l *line) bad(what string) (csvscan.Told, bool) {
	return told("", classForm, "the line is not one JSON object: %s at its byte %d", what, l.at-l.start+1), false
}

func (l *line) space() {
	for l.at < l.end {
		switch l.c.Data[l.at] {
		case ' ', '\t', '\r', '\n':
			l.at++
		default:
			return
		}
	}
}

// next returns the next byte that is no space, 0 at the end.
func (l *line) next() byte {
	if l.space(); l.at < l.end {
		return l.c.Data[l.at]
	}
	return 0
}

// object reads the whole line. What is wrong with its form counts before what is wrong with its values, wherever that stands.
func (l *line) object() (first csvscan.Told, ok bool) {
	ok = true
	note := func(t csvscan.Told) {
		if ok {
			first, ok = t, false
		}
	}
	if l.next() != '{' {
		return l.bad("no { is")
	}
	l.at++
	for l.next() != '}' || len(l.values) > 0 {
		place, t, good := l.name()
		if !good {
			return t, false
		}
		k := &l.s.keys[place]
		if k.row == l.s.row {
			note(told(k.name, classTwice, "the key %q stands twice in the line", short(k.name)))
		}
		k.row = l.s.row
		f, t, good := l.value(k)
		if !good {
			return t, false
		}
		if t.Class != "" {
			note(t)
		}
		l.values = append(l.values, value{place, f})
		if c := l.next(); c == '}' {
			break
		} else if c != ',' {
			return l.bad("neither , nor } is")
		}
		l.at++
	}
	l.at++
	if l.next() != 0 || l.at < l.end {
		return l.bad("something behind the object is")
	}
	return first, ok
}

// name reads a key and its colon.
func (l *line) name() (place int, t csvscan.Told, ok bool) {
	if l.next() != '"' {
		t, ok = l.bad("no key in quotes is")
		return 0, t, ok
	}
	from, to, escaped, ok := l.text()
	if !ok {
		t, ok = l.bad("text that is not closed or has a wrong escape is")
		return 0, t, ok
	}
	name := l.c.Data[from:to]
	if escaped {
		l.key, _ = unescape(l.key[:0], name)
		name = l.key
	}
	if l.next() != ':' {
		t, ok = l.bad("no : behind a key is")
		return 0, t, ok
	}
	l.at++
	return l.s.place(name), t, true
}

// value reads what stands under a key. ok is false when it is no JSON; a told class says that it cannot be taken.
func (l *line) value(k *key) (f csvscan.Field, t csvscan.Told, ok bool) {
	c := l.next()
	from := l.at
	if k.nesting != Refuse {
		if !l.skip(0) {
			t, ok = l.bad("a value that is no JSON is")
			return f, t, ok
		}
		if k.nesting == AsJSON && c != 'n' {
			f = csvscan.NewField(from, l.at, false)
		}
		return f, t, true
	}
	switch c {
	case '"':
		return l.textValue(k)
	case '{', '[':
		what := "an object"
		if c == '[' {
			what = "a list"
		}
		t = told(k.name, classNested, "the value is %s, which only a JSON column takes", what)
	}
	if !l.skip(0) {
		t, ok = l.bad("a value that is no JSON is")
		return f, t, ok
	}
	if c == 'n' || t.Class != "" {
		return f, t, true
	}
	if c == 't' || c == 'f' {
		return csvscan.NewField(from, l.at, false), t, true
	}
	return l.number(from), t, true
}

// number gives a number's text, exactly, with the decimal point that cells are read with.
func (l *line) number(from int) csvscan.Field {
	text := l.c.Data[from:l.at]
	if p := l.s.cfg.Point; p != 0 && p != '.' {
		for i, c := range text {
			if c == '.' {
				at := len(l.c.Data)
				l.c.Data = append(l.c.Data, text...)
				l.c.Data[at+i] = p
				return csvscan.NewField(at, len(l.c.Data), false)
			}
		}
	}
	return csvscan.NewField(from, l.at, false)
}

func (l *line) textValue(k *key) (f csvscan.Field, t csvscan.Told, ok bool) {
	from, to, escaped, ok := l.text()
	if !ok {
		t, ok = l.bad("text that is not closed or has a wrong escape is")
		return f, t, ok
	}
	if escaped {
		at := len(l.c.Data)
		var class string
		l.c.Data, class = unescape(l.c.Data, l.c.Data[from:to])
		if class != "" {
			t = told(k.name, class, "%s", class)
		}
		from, to = at, len(l.c.Data)
	}
	return csvscan.NewField(from, to, from == to), t, true
}

// text passes over a string and returns where its characters stand.
func (l *line) text() (from, to int, escaped, ok bool) {
	l.at++
	from = l.at
	for ; l.at < l.end; l.at++ {
		switch c := l.c.Data[l.at]; {
		case c == '"':
			l.at++
			return from, l.at - 1, escaped, true
		case c < ' ':
			return 0, 0, false, false
		case c == '\\':
			escaped = true
			if l.at++; l.at >= l.end || !l.escape() {
				return 0, 0, false, false
			}
		}
	}
	return 0, 0, false, false
}

// escape checks the escape whose letter l.at stands at, and stays on its last byte.
func (l *line) escape() bool {
	switch l.c.Data[l.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		if l.at+4 >= l.end {
			return false
		}
		for range 4 {
			l.at++
			if _, ok := hex(l.c.Data[l.at]); !ok {
				return false
			}
		}
		return true
	}
	return false
}

func hex(c byte) (rune, bool) {
	switch {
	case c-'0' <= 9:
		return rune(c - '0'), true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10, true
	}
	return 0, false
}

// unescape appends the characters of a string that text has passed over. class says what is no character that a cell can hold.
func unescape(dst, src []byte) (out []byte, class string) {
	for i := 0; i < len(src); i++ {
		if src[i] != '\\' {
			dst = append(dst, src[i])
			continue
		}
		i++
		switch c := src[i]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := unit(src[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if i+6 < len(src) && src[i+1] == '\\' && src[i+2] == 'u' {
					low = unit(src[i+3:])
				}
				if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
					class = classHalf
				} else {
					i += 6
				}
			}
			if r == 0 && class == "" {
				class = classNUL
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
	}
	return dst, class
}

// unit reads four digits that escape has checked.
func unit(b []byte) (r rune) {
	for _, c := range b[:4] {
		d, _ := hex(c)
		r = r<<4 | d
	}
	return r
}

// skip passes over a value of any kind and tells whether it is JSON.
func (l *line) skip(depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch c := l.next(); {
	case c == '"':
		_, _, _, ok := l.text()
		return ok
	case c == '{' || c == '[':
		return l.skipNested(c, depth)
	case c == 't':
		return l.word("true")
	case c == 'f':
		return l.word("false")
	case c == 'n':
		return l.word("null")
	case c == '-' || c-'0' <= 9:
		return l.skipNumber()
	}
	return false
}

func (l *line) skipNested(open byte, depth int) bool {
	shut := open + 2 // ] and } in ASCII
	l.at++
	for first := true; ; first = false {
		c := l.next()
		if c == shut && first {
			break
		}
		if open == '{' {
			if c != '"' {
				return false
			}
			if _, _, _, ok := l.text(); !ok || l.next() != ':' {
				return false
			}
			l.at++
		}
		if !l.skip(depth + 1) {
			return false
		}
		if c = l.next(); c == shut {
			break
		} else if c != ',' {
			return false
		}
		l.at++
	}
	l.at++
	return true
}

func (l *line) word(w string) bool {
	if l.at+len(w) > l.end || string(l.c.Data[l.at:l.at+len(w)]) != w {
		return false
	}
	l.at += len(w)
	return true
}

// skipNumber passes over -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
func (l *line) skipNumber() bool {
	if l.c.Data[l.at] == '-' {
		l.at++
	}
	zero := l.at < l.end && l.c.Data[l.at] == '0'
	if n := l.digits(); n == 0 || zero && n > 1 {
		return false
	}
	if l.at < l.end && l.c.Data[l.at] == '.' {
		if l.at++; l.digits() == 0 {
			return false
		}
	}
	if l.at < l.end && l.c.Data[l.at]|0x20 == 'e' {
		if l.at++; l.at < l.end && (l.c.Data[l.at] == '+' || l.c.Data[l.at] == '-') {
			l.at++
		}
		return l.digits() > 0
	}
	return true
}

func (l *line) digits() (n int) {
	for l.at < l.end && l.c.Data[l.at]-'0' <= 9 {
		l.at++
		n++
	}
	return n
}
