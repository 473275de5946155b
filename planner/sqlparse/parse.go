package sqlparse

import (
	"errors"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	vt "vitess.io/vitess/go/vt/sqlparser"
)

// Parse reads one statement; a trailing semicolon is allowed. Errors point into text.
func Parse(text string) (stmt Statement, err error) {
	if len(text) > MaxTextBytes {
		return nil, errs.New(errs.TooLarge, "statement-too-long", "the statement has %d bytes, at most %d are taken", len(text), MaxTextBytes)
	}
	parser, err := vt.New(vt.Options{MySQLServerVersion: "8.4.0"})
	if err != nil {
		return nil, err
	}
	s := &scanner{text: text, parser: parser}
	for _, step := range []func() error{s.scan, s.checkNesting, s.checkVerb, s.checkTraps} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	shifted, at := s.windowLists()
	tree, err := parser.ParseStrictDDL(shifted)
	if err != nil {
		return nil, s.parseError(err, at)
	}
	return newConverter(s).statement(tree)
}

// parseError finds the token that the parser stopped at, in a text into which words were put at some places.
func (s *scanner) parseError(err error, at []int) error {
	var p vt.PositionedErr
	if !errors.As(err, &p) {
		return s.errorf(Pos{}, "syntax-error", 1064, "syntax error: %s", err.Error())
	}
	p.Pos = unshifted(p.Pos, at)
	return s.stoppedAt(p)
}

func (s *scanner) stoppedAt(p vt.PositionedErr) error {
	at := len(s.tokens)
	for i, t := range s.tokens {
		if t.end >= p.Pos-1 {
			at = i
			break
		}
	}
	if at == len(s.tokens) || p.Near == "" && at == len(s.tokens)-1 && (s.tokens[at].val != "" || s.tokens[at].end < p.Pos-1) {
		last := s.tokens[len(s.tokens)-1]
		return s.suggestKeyword(s.errorf(Pos{last.end, 1}, "syntax-error", 1064, "syntax error: the statement ends too early after %q", s.raw(last)), len(s.tokens)-1)
	}
	if what := s.frameOption(at); what != "" {
		return s.errorf(s.tokens[at].pos(), "unsupported-syntax", 1235, "not supported yet: %s", what).WithHint("frames are ROWS or RANGE BETWEEN bound AND bound")
	}
	e := s.errorf(s.tokens[at].pos(), "syntax-error", 1064, "syntax error near %q", clip(s.raw(s.tokens[at])))
	if h := hintFor(s, at); h != "" {
		e.WithHint("%s", h)
	}
	return s.suggestKeyword(e, at)
}

func (s *scanner) syntaxError(t token) error {
	e := s.errorf(t.pos(), "syntax-error", 1064, "syntax error near %q", clip(s.raw(t)))
	return e.Suggest(Nearest(s.raw(t), keywords())...)
}

// suggestKeyword offers a keyword for the offending token or the one before it.
func (s *scanner) suggestKeyword(e *errs.Error, at int) error {
	for _, i := range []int{at, at - 1} {
		if i >= 0 && i < len(s.tokens) && s.tokens[i].typ == vt.ID {
			if near := Nearest(s.raw(s.tokens[i]), keywords()); len(near) > 0 {
				return e.Suggest(near...)
			}
		}
	}
	return e
}

// hintFor knows the commonest words from other dialects that this grammar refuses.
func hintFor(s *scanner, at int) string {
	word := strings.ToUpper(s.raw(s.tokens[at]))
	switch word {
	case "VARCHAR", "TEXT", "STRING":
		return "CAST takes CHAR, SIGNED, UNSIGNED, DECIMAL(p,s), DOUBLE, DATE, DATETIME or JSON"
	case "INT", "INTEGER", "BIGINT":
		return "CAST takes SIGNED or UNSIGNED for integers"
	case "TIMESTAMP", "BOOLEAN":
		return "CAST takes DATETIME for timestamps and SIGNED for booleans"
	case "ILIKE":
		return "write LOWER(x) LIKE ..."
	case "FILTER":
		return "write the condition inside: SUM(CASE WHEN ... THEN x END)"
	case "::", ":":
		return "write CAST(x AS type)"
	}
	if t := s.tokens[at]; t.typ != vt.ID && t.val != "" && isWord(word) {
		return "if " + s.raw(t) + " is a name, quote it with backticks"
	}
	return ""
}

func isWord(s string) bool {
	return s != "" && (s[0] >= 'A' && s[0] <= 'Z' || s[0] == '_')
}

func clip(s string) string {
	const most = 60
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

func keywords() []string {
	return []string{
		"SELECT", "FROM", "WHERE", "GROUP", "BY", "HAVING", "ORDER", "LIMIT", "OFFSET", "DISTINCT", "BETWEEN", "EXPLAIN", "ANALYZE",
		"SHOW", "DESCRIBE", "CREATE", "ALTER", "TABLE", "DROP", "INTERVAL", "CASE", "WHEN", "THEN", "ELSE", "END", "LIKE", "REGEXP", "JOIN", "UNION",
	}
}
