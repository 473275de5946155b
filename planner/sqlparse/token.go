package sqlparse

import (
	"strings"

	"github.com/assaydb/assay/storage/errs"
	vt "vitess.io/vitess/go/vt/sqlparser"
)

// token is one lexical token with its place.
type token struct {
	typ        int
	val        string
	start, end int
}

func (t token) pos() Pos { return Pos{t.start, max(1, t.end-t.start)} }

// scanner holds one statement's text and tokens.
type scanner struct {
	text   string
	parser *vt.Parser
	tokens []token
}

// scan splits the text; comments are dropped, a trailing semicolon too.
func (s *scanner) scan() error {
	tk := s.parser.NewStringTokenizer(s.text)
	for {
		start := skipBlank(s.text, tk.Pos)
		typ, val := tk.Scan()
		if typ == 0 {
			break
		}
		t := token{typ, val, start, min(tk.Pos, len(s.text))}
		switch {
		case typ == vt.LEX_ERROR:
			return s.lexError(t)
		case strings.HasPrefix(s.text[start:], "/*!"):
			return s.errorf(Pos{start, 3}, "version-comment", 1235, "not supported: MySQL version comments /*! ... */").WithHint("write the statement without them")
		case typ == vt.COMMENT:
			continue
		}
		s.tokens = append(s.tokens, t)
	}
	return s.oneStatement()
}

func skipBlank(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}

func (s *scanner) lexError(t token) error {
	what := "this character cannot begin anything"
	if t.start < len(s.text) {
		switch s.text[t.start] {
		case '\'', '"':
			what = "a string is not closed"
		case '`':
			what = "a quoted name is not closed or is empty"
		case '/':
			what = "a comment is not closed"
		}
	}
	return s.errorf(Pos{t.start, 1}, "syntax-error", 1064, "syntax error: %s", what)
}

// oneStatement drops trailing semicolons and refuses a second statement.
func (s *scanner) oneStatement() error {
	for n := len(s.tokens); n > 0 && s.tokens[n-1].typ == ';'; n-- {
		s.tokens = s.tokens[:n-1]
	}
	if len(s.tokens) == 0 {
		return Errorf(s.text, Pos{}, errs.Invalid, "empty-statement", 1065, "the statement is empty")
	}
	for _, t := range s.tokens {
		if t.typ == ';' {
			return s.errorf(t.pos(), "multiple-statements", 1064, "only one statement is taken at a time").WithHint("send what follows the semicolon by itself")
		}
	}
	return nil
}

func (s *scanner) errorf(p Pos, code string, errno int, format string, args ...any) *errs.Error {
	return Errorf(s.text, p, errs.Invalid, code, errno, format, args...)
}

// raw returns a token as written.
func (s *scanner) raw(t token) string { return s.text[t.start:t.end] }
