package expr

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/schema"
)

// text makes an entry of the text family.
func text(name, args, doc string, lo, hi int, result schema.Type, letters string, f rowFunc, aliases ...string) *function {
	return &function{
		Function: Function{name, "text", []string{upperSignature(name, args)}, doc, NullStrict, Immutable}, aliases: aliases, min: lo, max: hi,
		bind: fixed(result, letters), row: plain(f),
	}
}

func upperSignature(name, args string) string { return strings.ToUpper(name) + "(" + args + ")" }

func textFunctions() []*function {
	v, n := schema.TypeVarchar, schema.TypeInt64
	custom := func(f *function) *function { f.NullRule = NullCustom; return f }
	return []*function{
		text("concat", "a, b, ...", "The texts one after the other.", 1, -1, v, "t", concatRow),
		custom(text("concat_ws", "separator, a, b, ...", "The texts that are not NULL, separated; NULL only when the separator is.", 2, -1, v, "t", concatWSRow)),
		text("length", "text", "The number of bytes.", 1, 1, n, "t", func(r *row) error { r.setI(int64(len(r.text(0)))); return nil }, "octet_length"),
		text("bit_length", "text", "The number of bits.", 1, 1, n, "t", func(r *row) error { r.setI(int64(8 * len(r.text(0)))); return nil }),
		text("char_length", "text", "The number of characters.", 1, 1, n, "t", func(r *row) error { r.setI(int64(utf8.RuneCount(r.text(0)))); return nil }, "character_length"),
		text("upper", "text", "In upper case.", 1, 1, v, "t", caseRow(unicode.ToUpper), "ucase"),
		text("lower", "text", "In lower case.", 1, 1, v, "t", caseRow(unicode.ToLower), "lcase"),
		text("substring", "text, position, length", "The characters from a position, counted from 1, or from the end when negative.", 2, 3, v, "tii", substringRow, "substr", "mid"),
		text("left", "text, n", "The first n characters.", 2, 2, v, "ti", func(r *row) error { s := r.text(0); r.setBytes(s[:charOffset(s, r.i64(1))]); return nil }),
		text("right", "text, n", "The last n characters.", 2, 2, v, "ti", rightRow),
		text("trim", "text, remove", "Without leading and trailing blanks, or without repetitions of a text.", 1, 2, v, "t", trimRow(true, true)),
		text("ltrim", "text, remove", "Without leading blanks, or without leading repetitions of a text.", 1, 2, v, "t", trimRow(true, false)),
		text("rtrim", "text, remove", "Without trailing blanks, or without trailing repetitions of a text.", 1, 2, v, "t", trimRow(false, true)),
		text("replace", "text, from, to", "With every occurrence of from replaced.", 3, 3, v, "t", replaceRow),
		text("reverse", "text", "The characters in reverse order.", 1, 1, v, "t", reverseRow),
		text("repeat", "text, n", "The text n times.", 2, 2, v, "ti", func(r *row) error { return r.repeat(r.text(0), r.i64(1)) }),
		text("space", "n", "n blanks.", 1, 1, v, "i", func(r *row) error { return r.repeat([]byte{' '}, r.i64(0)) }),
		text("lpad", "text, n, pad", "Filled on the left, or cut, to n characters.", 3, 3, v, "tit", padRow(true)),
		text("rpad", "text, n, pad", "Filled on the right, or cut, to n characters.", 3, 3, v, "tit", padRow(false)),
		text("insert", "text, position, length, new", "With length characters from a position replaced.", 4, 4, v, "tiit", insertRow),
		text("soundex", "text", "The letters' sounds as a letter and at least three digits.", 1, 1, v, "t", soundexRow),
		custom(text("quote", "text", "As a SQL literal; NULL gives the word NULL.", 1, 1, v, "t", quoteRow)),
	}
}

func concatRow(r *row) error {
	r.set = true
	limit := len(r.out.Data) + MaxTextBytes
	for i := range r.in {
		r.setBytes(r.text(i))
		if len(r.out.Data) > limit {
			return errTooLong
		}
	}
	return nil
}

func concatWSRow(r *row) error {
	if r.null(0) {
		return nil
	}
	r.set = true
	first := true
	for i := 1; i < len(r.in); i++ {
		if r.null(i) {
			continue
		}
		if !first {
			r.setBytes(r.text(0))
		}
		r.setBytes(r.text(i))
		first = false
	}
	return nil
}

// caseRow maps letters one to one; ASCII takes a short way.
func caseRow(f func(rune) rune) rowFunc {
	var ascii [utf8.RuneSelf]byte
	for i := range ascii {
		ascii[i] = byte(f(rune(i)))
	}
	return func(r *row) error {
		r.set = true
		s, dst := r.text(0), r.out.Data
		for i := 0; i < len(s); {
			if c := s[i]; c < utf8.RuneSelf {
				dst = append(dst, ascii[c])
				i++
				continue
			}
			c, n := utf8.DecodeRune(s[i:])
			if c == utf8.RuneError && n == 1 {
				dst = append(dst, s[i])
			} else {
				dst = utf8.AppendRune(dst, f(c))
			}
			i += n
		}
		r.out.Data = dst
		return nil
	}
}

// charOffset returns the byte offset after n characters, at most len(s).
func charOffset(s []byte, n int64) int {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, w := utf8.DecodeRune(s[i:])
		i += w
	}
	return i
}

// charAt turns a position counted from 1, or from the end when negative, into a byte offset.
func charAt(s []byte, position int64) (int, bool) {
	switch {
	case position > 0:
		i := charOffset(s, position-1)
		return i, i < len(s)
	case position < 0:
		n := int64(utf8.RuneCount(s))
		if -position > n {
			return 0, false
		}
		return charOffset(s, n+position), true
	}
	return 0, false
}

func substringRow(r *row) error {
	r.set = true
	s := r.text(0)
	i, ok := charAt(s, r.i64(1))
	if !ok {
		return nil
	}
	s = s[i:]
	if len(r.in) == 3 {
		s = s[:charOffset(s, r.i64(2))]
	}
	r.setBytes(s)
	return nil
}

func rightRow(r *row) error {
	s, n := r.text(0), r.i64(1)
	if n <= 0 {
		r.set = true
		return nil
	}
	r.setBytes(s[charOffset(s, int64(utf8.RuneCount(s))-n):])
	return nil
}

func trimRow(left, right bool) rowFunc {
	return func(r *row) error {
		s, cut := r.text(0), []byte{' '}
		if len(r.in) == 2 {
			cut = r.text(1)
		}
		for left && len(cut) > 0 && bytes.HasPrefix(s, cut) {
			s = s[len(cut):]
		}
		for right && len(cut) > 0 && bytes.HasSuffix(s, cut) {
			s = s[:len(s)-len(cut)]
		}
		r.setBytes(s)
		return nil
	}
}

func replaceRow(r *row) error {
	r.set = true
	s, from, to := r.text(0), r.text(1), r.text(2)
	if len(from) == 0 {
		r.setBytes(s)
		return nil
	}
	for limit := len(r.out.Data) + MaxTextBytes; ; {
		i := bytes.Index(s, from)
		if i < 0 {
			break
		}
		if len(r.out.Data) > limit {
			return errTooLong
		}
		r.setBytes(s[:i])
		r.setBytes(to)
		s = s[i+len(from):]
	}
	r.setBytes(s)
	return nil
}

func reverseRow(r *row) error {
	r.set = true
	s := r.text(0)
	for len(s) > 0 {
		_, n := utf8.DecodeLastRune(s)
		r.setBytes(s[len(s)-n:])
		s = s[:len(s)-n]
	}
	return nil
}

// repeat refuses what would be too long before it takes the memory.
func (r *row) repeat(s []byte, n int64) error {
	r.set = true
	if n <= 0 || len(s) == 0 {
		return nil
	}
	if n > MaxTextBytes || int64(len(s))*n > MaxTextBytes {
		return errTooLong
	}
	for range n {
		r.setBytes(s)
	}
	return nil
}

func padRow(left bool) rowFunc {
	return func(r *row) error {
		s, n, pad := r.text(0), r.i64(1), r.text(2)
		have := int64(utf8.RuneCount(s))
		switch {
		case n < 0:
			return nil
		case n <= have:
			r.setBytes(s[:charOffset(s, n)])
			return nil
		case len(pad) == 0:
			return nil // MySQL: nothing to fill with
		case n > MaxTextBytes:
			return errTooLong
		}
		if !left {
			r.setBytes(s)
		}
		r.fillChars(pad, n-have)
		if left {
			r.setBytes(s)
		}
		return nil
	}
}

// fillChars adds n characters of a repeated text.
func (r *row) fillChars(pad []byte, n int64) {
	per := int64(utf8.RuneCount(pad))
	for ; n >= per; n -= per {
		r.setBytes(pad)
	}
	r.setBytes(pad[:charOffset(pad, n)])
}

func insertRow(r *row) error {
	s, position, n := r.text(0), r.i64(1), r.i64(2)
	i, ok := charAt(s, position)
	if !ok || position < 0 {
		r.setBytes(s)
		return nil
	}
	r.setBytes(s[:i])
	r.setBytes(r.text(3))
	if n >= 0 {
		r.setBytes(s[i+charOffset(s[i:], n):])
	}
	return nil
}

func quoteRow(r *row) error {
	if r.null(0) {
		r.setText("NULL")
		return nil
	}
	r.add('\'')
	for _, c := range r.text(0) {
		switch c {
		case '\'', '\\':
			r.add('\\', c)
		case 0:
			r.add('\\', '0')
		case 26:
			r.add('\\', 'Z')
		default:
			r.add(c)
		}
	}
	r.add('\'')
	return nil
}
