package expr

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

func textSearchFunctions() []*function {
	v, n := schema.TypeVarchar, schema.TypeInt64
	custom := func(f *function) *function { f.NullRule = NullCustom; return f }
	return []*function{
		text("instr", "text, find", "The position of the first occurrence, 0 when there is none.", 2, 2, n, "t", func(r *row) error { return r.locate(r.text(0), r.text(1), 1) }),
		text("locate", "find, text, from", "The position of the first occurrence at or after a position, 0 when there is none.", 2, 3, n, "tti", locateRow, "position"),
		text("ascii", "text", "The first byte, 0 for the empty text.", 1, 1, n, "t", asciiRow),
		text("ord", "text", "The bytes of the first character as a number.", 1, 1, n, "t", ordRow),
		{Function: Function{"hex", "text", []string{"HEX(text)", "HEX(n)"}, "The bytes, or the integer, in hexadecimal.", NullStrict, Immutable}, min: 1, max: 1, bind: bindHex, row: plain(hexRow)},
		text("unhex", "text", "The bytes that hexadecimal digits stand for; NULL when they are none.", 1, 1, v, "t", unhexRow),
		custom(text("char", "n, ...", "The bytes with the given codes; NULL arguments are skipped.", 1, -1, v, "i", charRow)),
		custom(text("field", "text, a, b, ...", "The position of text among a, b, ..., 0 when there is none or it is NULL.", 2, -1, n, "t", fieldRow)),
		custom(text("elt", "n, a, b, ...", "The nth of a, b, ...; NULL when there is none.", 2, -1, v, "it", eltRow)),
		text("find_in_set", "text, list", "The position of text in a comma-separated list, 0 when there is none.", 2, 2, n, "t", findInSetRow),
		text("substring_index", "text, delimiter, count", "What stands before the nth delimiter, or after the nth from the end when negative.", 3, 3, v, "tti", substringIndexRow),
		{Function: Function{"format", "text", []string{"FORMAT(x, digits)"}, "The number with thousands separated by commas.", NullStrict, Immutable}, min: 2, max: 3, bind: bindFormat, row: plain(formatRow)},
		{Function: Function{"to_base64", "text", []string{"TO_BASE64(text)"}, "The bytes in base 64, in lines of 76.", NullStrict, Immutable}, min: 1, max: 1, bind: fixed(v, "t"), row: plain(toBase64Row)},
		{Function: Function{"from_base64", "text", []string{"FROM_BASE64(text)"}, "The bytes that base 64 stands for; NULL when it is none.", NullStrict, Immutable}, min: 1, max: 1, bind: fixed(v, "t"), row: plain(fromBase64Row)},
	}
}

// locate sets the position in characters of the first occurrence at or after a position.
func (r *row) locate(s, find []byte, from int64) error {
	r.setI(0)
	i, ok := charAt(s, from)
	if from < 1 || !ok && i < len(s) || !ok && len(find) > 0 {
		return nil
	}
	if !ok && from > int64(utf8.RuneCount(s))+1 {
		return nil
	}
	if k := bytes.Index(s[i:], find); k >= 0 {
		r.setI(from + int64(utf8.RuneCount(s[i:i+k])))
	}
	return nil
}

func locateRow(r *row) error {
	from := int64(1)
	if len(r.in) == 3 {
		from = r.i64(2)
	}
	return r.locate(r.text(1), r.text(0), from)
}

func asciiRow(r *row) error {
	r.setI(0)
	if s := r.text(0); len(s) > 0 {
		r.setI(int64(s[0]))
	}
	return nil
}

func ordRow(r *row) error {
	s := r.text(0)
	_, n := utf8.DecodeRune(s)
	code := int64(0)
	for _, c := range s[:min(n, len(s))] {
		code = code<<8 | int64(c)
	}
	r.setI(code)
	return nil
}

func bindHex(f *function, args []Expr) (Expr, error) {
	if t := args[0].Type(); t.IsNumeric() || t.Kind == schema.Boolean {
		return fixed(schema.TypeVarchar, "i")(f, args)
	}
	return fixed(schema.TypeVarchar, "t")(f, args)
}

func hexRow(r *row) error {
	r.extend(func(dst []byte) []byte {
		start := len(dst)
		if r.typ(0).Class() == schema.ClassBytes {
			dst = hex.AppendEncode(dst, r.text(0))
		} else {
			dst = strconv.AppendUint(dst, uint64(r.i64(0)), 16)
		}
		upperASCII(dst[start:])
		return dst
	})
	return nil
}

func unhexRow(r *row) error {
	s := r.text(0)
	if len(s)%2 == 1 {
		s = append([]byte{'0'}, s...)
	}
	out := make([]byte, len(s)/2)
	if _, err := hex.Decode(out, s); err == nil {
		r.setBytes(out)
	}
	return nil
}

func charRow(r *row) error {
	r.set = true
	for i := range r.in {
		if r.null(i) {
			continue
		}
		v := uint32(r.i64(i))
		started := false
		for shift := 24; shift >= 0; shift -= 8 {
			if c := byte(v >> shift); c != 0 || started || shift == 0 {
				r.add(c)
				started = true
			}
		}
	}
	return nil
}

func fieldRow(r *row) error {
	r.setI(0)
	if r.null(0) {
		return nil
	}
	for i := 1; i < len(r.in); i++ {
		if !r.null(i) && bytes.Equal(r.text(0), r.text(i)) {
			r.setI(int64(i))
			return nil
		}
	}
	return nil
}

func eltRow(r *row) error {
	if r.null(0) {
		return nil
	}
	if n := r.i64(0); n >= 1 && n < int64(len(r.in)) && !r.null(int(n)) {
		r.setBytes(r.text(int(n)))
	}
	return nil
}

func findInSetRow(r *row) error {
	find, list := r.text(0), r.text(1)
	r.setI(0)
	if bytes.IndexByte(find, ',') >= 0 || len(list) == 0 {
		return nil
	}
	for i := int64(1); ; i++ {
		item, rest, more := bytes.Cut(list, []byte{','})
		if bytes.Equal(item, find) {
			r.setI(i)
			return nil
		}
		if !more {
			return nil
		}
		list = rest
	}
}

func substringIndexRow(r *row) error {
	s, sep, n := r.text(0), r.text(1), r.i64(2)
	if len(sep) == 0 || n == 0 {
		r.set = true
		return nil
	}
	r.setBytes(cutAt(s, sep, n))
	return nil
}

func cutAt(s, sep []byte, n int64) []byte {
	if n > 0 {
		end := 0
		for ; n > 0; n-- {
			i := bytes.Index(s[end:], sep)
			if i < 0 {
				return s
			}
			if n == 1 {
				return s[:end+i]
			}
			end += i + len(sep)
		}
	}
	start := len(s)
	for ; n < 0; n++ {
		i := bytes.LastIndex(s[:start], sep)
		if i < 0 {
			return s
		}
		if n == -1 {
			return s[i+len(sep):]
		}
		start = i
	}
	return s
}

func bindFormat(f *function, args []Expr) (Expr, error) {
	x, err := toNumber(args[0])
	if err != nil {
		return nil, err
	}
	d, err := toInteger(args[1])
	if err != nil {
		return nil, err
	}
	return &Call{Name: f.Name, Operands: []Expr{x, d}, Typ: schema.TypeVarchar}, nil
}

func formatRow(r *row) error {
	d := int(max(0, min(r.i64(1), maxScale)))
	var digits []byte
	if r.typ(0).Kind == schema.Double {
		digits = strconv.AppendFloat(nil, roundDouble(r.f64(0), int64(d), false), 'f', d, 64)
	} else {
		digits = fixedDigits(r.wide(0), int(r.typ(0).Scale), d)
	}
	r.extend(func(dst []byte) []byte { return appendThousands(dst, digits) })
	return nil
}

// fixedDigits writes a scaled integer with exactly d digits after the point.
func fixedDigits(w decimal.Int128, scale, d int) []byte {
	if d < scale {
		w, _ = w.Rescale(scale, d)
		return w.Append(nil, d)
	}
	out := w.Append(nil, scale)
	if scale == 0 && d > 0 {
		out = append(out, '.')
	}
	for range d - scale {
		out = append(out, '0')
	}
	return out
}

func appendThousands(dst, digits []byte) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	whole := bytes.IndexByte(digits, '.')
	if whole < 0 {
		whole = len(digits)
	}
	for i, c := range digits[:whole] {
		if i > 0 && (whole-i)%3 == 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, c)
	}
	return append(dst, digits[whole:]...)
}
