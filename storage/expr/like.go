package expr

import (
	"bytes"
	"unicode/utf8"
)

// likeMatcher matches a LIKE pattern in time linear in the text for a given pattern: the pieces between % are found one after
// the other, leftmost first, which is never worse than any other choice.
type likeMatcher struct {
	first, last likePiece   // anchored at the beginning and at the end
	middle      []likePiece // floating, in order
	open        bool        // there is a %
}

// likePiece is literal bytes with places where any one character may stand.
type likePiece struct {
	lit  []byte
	any  []bool // per byte of lit: it stands for one character; nil when there is none
	anys int
}

// compileLike takes a pattern apart. The empty escape means none.
func compileLike(pattern, escape string) (*likeMatcher, error) {
	if utf8.RuneCountInString(escape) > 1 {
		return nil, badEscape()
	}
	pieces := []likePiece{{}}
	for i := 0; i < len(pattern); {
		p := &pieces[len(pieces)-1]
		switch {
		case escape != "" && len(pattern)-i > len(escape) && pattern[i:i+len(escape)] == escape:
			i += len(escape)
			_, n := utf8.DecodeRuneInString(pattern[i:])
			p.literal(pattern[i : i+n])
			i += n
		case pattern[i] == '%':
			pieces = append(pieces, likePiece{})
			i++
		case pattern[i] == '_':
			p.wildcard()
			i++
		default:
			p.literal(pattern[i : i+1])
			i++
		}
	}
	m := &likeMatcher{first: pieces[0], open: len(pieces) > 1}
	if !m.open {
		return m, nil
	}
	m.last = pieces[len(pieces)-1]
	for _, p := range pieces[1 : len(pieces)-1] {
		if len(p.lit) > 0 {
			m.middle = append(m.middle, p)
		}
	}
	return m, nil
}

func (p *likePiece) literal(s string) {
	p.lit = append(p.lit, s...)
	if p.any != nil {
		p.any = append(p.any, make([]bool, len(s))...)
	}
}

func (p *likePiece) wildcard() {
	if p.any == nil {
		p.any = make([]bool, len(p.lit))
	}
	p.lit, p.any = append(p.lit, '_'), append(p.any, true)
	p.anys++
}

func (m *likeMatcher) match(s []byte) bool {
	n, ok := m.first.prefix(s)
	if !ok {
		return false
	}
	if !m.open {
		return n == len(s)
	}
	s = s[n:]
	for i := range m.middle {
		_, end := m.middle[i].find(s)
		if end < 0 {
			return false
		}
		s = s[end:]
	}
	return m.last.suffix(s)
}

// prefix returns how many bytes of s the piece takes at its beginning.
func (p *likePiece) prefix(s []byte) (int, bool) {
	if p.any == nil {
		return len(p.lit), bytes.HasPrefix(s, p.lit)
	}
	i := 0
	for k, c := range p.lit {
		switch {
		case i >= len(s):
			return 0, false
		case p.any[k]:
			_, n := utf8.DecodeRune(s[i:])
			i += n
		case s[i] != c:
			return 0, false
		default:
			i++
		}
	}
	return i, true
}

// find returns where the piece first occurs, -1 when it does not.
func (p *likePiece) find(s []byte) (start, end int) {
	if p.any == nil {
		i := bytes.Index(s, p.lit)
		if i < 0 {
			return -1, -1
		}
		return i, i + len(p.lit)
	}
	for i := 0; i <= len(s); {
		if n, ok := p.prefix(s[i:]); ok {
			return i, i + n
		}
		if i == len(s) {
			break
		}
		_, n := utf8.DecodeRune(s[i:])
		i += n
	}
	return -1, -1
}

// suffix reports whether s ends with the piece.
func (p *likePiece) suffix(s []byte) bool {
	if p.any == nil {
		return bytes.HasSuffix(s, p.lit)
	}
	i := len(s)
	for k := len(p.lit) - 1; k >= 0; k-- {
		switch {
		case i == 0:
			return false
		case p.any[k]:
			_, n := utf8.DecodeLastRune(s[:i])
			i -= n
		case s[i-1] != p.lit[k]:
			return false
		default:
			i--
		}
	}
	return true
}

// likePrefix returns the literal beginning of a pattern with the usual escape, and whether that is all of it.
func likePrefix(pattern string) (prefix string, exact bool) {
	m, err := compileLike(pattern, "\\")
	if err != nil {
		return "", false
	}
	lit := m.first.lit
	for k, wild := range m.first.any {
		if wild {
			return string(lit[:k]), false
		}
	}
	return string(lit), !m.open
}
