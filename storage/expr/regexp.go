package expr

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/errs"
)

// maxPatternBytes bounds the source of a regular expression; RE2 itself bounds the work.
const maxPatternBytes = 16 << 10

// pattern compiles the regular expression of a call and keeps it while it stays the same. Constant ones are compiled when the
// program is, so that a bad one is told before any row is read.
type pattern struct {
	re         *regexp.Regexp
	text, mode string
	modeArg    int
}

func newPattern(c *Call, modeArg int) (*pattern, error) {
	p := &pattern{modeArg: modeArg}
	constant := func(i int) (string, bool) {
		if i >= len(c.Operands) {
			return "", true
		}
		l, ok := c.Operands[i].(*Literal)
		if !ok || l.Value.Null {
			return "", false
		}
		return l.Value.S, true
	}
	text, okText := constant(1)
	mode, okMode := constant(modeArg)
	if okText && okMode {
		return p, p.compile(text, mode)
	}
	return p, nil
}

func (p *pattern) compile(text, mode string) error {
	flags, insensitive := "", false
	for _, c := range mode {
		switch c {
		case 'c':
			insensitive = false
		case 'i':
			insensitive = true
		case 'm':
			flags += "m"
		case 'n':
			flags += "s"
		case 'u':
		default:
			return errs.New(errs.Meaning, "bad-regexp", "regular expression mode %q is unknown", mode).WithHint("use letters of c, i, m, n and u")
		}
	}
	if insensitive {
		flags += "i"
	}
	if len(text) > maxPatternBytes {
		return errs.New(errs.Limit, "bad-regexp", "the regular expression has %d bytes, more than %d", len(text), maxPatternBytes)
	}
	source := text
	if flags != "" {
		source = "(?" + flags + ")" + text
	}
	re, err := regexp.Compile(source)
	if err != nil {
		e := errs.New(errs.Meaning, "bad-regexp", "the regular expression is not valid RE2: %v", err)
		e.MySQL = 1139
		return e.WithHint("RE2 has no look-around and no back references; see https://github.com/google/re2/wiki/Syntax")
	}
	p.re, p.text, p.mode = re, text, mode
	return nil
}

// get returns the expression for the current row.
func (p *pattern) get(r *row) (*regexp.Regexp, error) {
	mode := p.mode
	if p.modeArg < len(r.in) {
		if string(r.text(p.modeArg)) != p.mode {
			mode = string(r.text(p.modeArg))
		}
	} else {
		mode = ""
	}
	if p.re != nil && string(r.text(1)) == p.text && mode == p.mode {
		return p.re, nil
	}
	err := p.compile(string(r.text(1)), mode)
	return p.re, err
}

func regexpLike(c *Call) (rowFunc, error) {
	p, err := newPattern(c, 2)
	if err != nil {
		return nil, err
	}
	return func(r *row) error {
		re, err := p.get(r)
		if err != nil {
			return err
		}
		r.setBool(re.Match(r.text(0)))
		return nil
	}, nil
}

// from returns the byte offset of the position argument; false when it lies outside the text.
func (r *row) from(arg int, s []byte) (int, bool) {
	if arg >= len(r.in) {
		return 0, true
	}
	n := r.i64(arg)
	if n == int64(utf8.RuneCount(s))+1 {
		return len(s), true
	}
	i, ok := charAt(s, n)
	return i, ok && n > 0
}

func (r *row) argOr(arg int, otherwise int64) int64 {
	if arg < len(r.in) {
		return r.i64(arg)
	}
	return otherwise
}

// occurrence finds the nth match at or after a byte offset.
func occurrence(re *regexp.Regexp, s []byte, from int, n int64) []int {
	for _, m := range re.FindAllSubmatchIndex(s[from:], int(min(max(n, 1), MaxTextBytes))) {
		if n--; n <= 0 {
			for i := range m {
				if m[i] >= 0 {
					m[i] += from
				}
			}
			return m
		}
	}
	return nil
}

func regexpSubstr(c *Call) (rowFunc, error) {
	p, err := newPattern(c, 4)
	if err != nil {
		return nil, err
	}
	return func(r *row) error {
		re, err := p.get(r)
		if err != nil {
			return err
		}
		s := r.text(0)
		from, ok := r.from(2, s)
		if !ok {
			return nil
		}
		if m := occurrence(re, s, from, r.argOr(3, 1)); m != nil {
			r.setBytes(s[m[0]:m[1]])
		}
		return nil
	}, nil
}

func regexpInstr(c *Call) (rowFunc, error) {
	p, err := newPattern(c, 5)
	if err != nil {
		return nil, err
	}
	return func(r *row) error {
		re, err := p.get(r)
		if err != nil {
			return err
		}
		s := r.text(0)
		r.setI(0)
		from, ok := r.from(2, s)
		if !ok {
			return nil
		}
		if m := occurrence(re, s, from, r.argOr(3, 1)); m != nil {
			end := m[0]
			if r.argOr(4, 0) == 1 {
				end = m[1]
			}
			r.setI(int64(utf8.RuneCount(s[:end])) + 1)
		}
		return nil
	}, nil
}

func regexpReplace(c *Call) (rowFunc, error) {
	p, err := newPattern(c, 5)
	if err != nil {
		return nil, err
	}
	return func(r *row) error {
		re, err := p.get(r)
		if err != nil {
			return err
		}
		s := r.text(0)
		from, ok := r.from(3, s)
		if !ok {
			r.setBytes(s)
			return nil
		}
		template := replacement(string(r.text(2)))
		n := r.argOr(4, 0)
		matches := re.FindAllSubmatchIndex(s[from:], -1)
		if n > 0 {
			matches = matches[min(int(n)-1, len(matches)):min(int(n), len(matches))]
		}
		r.setBytes(s[:from])
		return r.replaceAll(re, s[from:], matches, template)
	}, nil
}

func (r *row) replaceAll(re *regexp.Regexp, s []byte, matches [][]int, template []byte) error {
	at, limit := 0, len(r.out.Data)+MaxTextBytes
	for _, m := range matches {
		if len(r.out.Data) > limit {
			return errTooLong
		}
		r.setBytes(s[at:m[0]])
		r.out.Data = re.Expand(r.out.Data, template, s, m)
		at = m[1]
	}
	r.setBytes(s[at:])
	return nil
}

// replacement turns MySQL's (ICU's) $1 and \$ into the template form of Go's regexp, in which $1x would name a group.
func replacement(s string) []byte {
	if !strings.ContainsAny(s, "$\\") {
		return []byte(s)
	}
	var out []byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] == '$' {
				out = append(out, '$')
			}
			out = append(out, s[i])
		case c == '$' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			out = append(out, '$', '{', s[i+1], '}')
			i++
		case c == '$':
			out = append(out, '$', '$')
		default:
			out = append(out, c)
		}
	}
	return out
}
