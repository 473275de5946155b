package sqlparse

import (
	"strings"

	"github.com/assaydb/assay/storage/errs"
	vt "vitess.io/vitess/go/vt/sqlparser"
)

// Limits of a statement, checked before the parser sees it.
const (
	MaxTextBytes = 256 << 10
	MaxNesting   = 500
)

// level is one open parenthesis or CASE. chain counts the operators since the last point where the tree cannot grow deeper;
// joins counts joins and set operations, whose trees lean left.
type level struct{ chain, joins, betweens int }

// checkNesting bounds the depth of every tree the tokens can make: parentheses, CASE, runs of NOT and signs, long chains of one
// operator, joins and set operations. AND and OR chains are free, since they become one node.
func (s *scanner) checkNesting() error {
	stack := []level{{}}
	depth := 0 // sum over the open levels
	for i, t := range s.tokens {
		top := &stack[len(stack)-1]
		switch t.typ {
		case '(', vt.CASE:
			stack = append(stack, level{})
			depth++
		case ')', vt.END:
			if len(stack) > 1 {
				depth -= 1 + top.chain + top.joins
				stack = stack[:len(stack)-1]
			}
		case vt.JOIN, vt.STRAIGHT_JOIN, vt.UNION, vt.EXCEPT:
			top.joins++
			depth++
		case ',', vt.OR, vt.WHEN, vt.THEN, vt.ELSE, vt.WHERE, vt.FROM, vt.GROUP, vt.HAVING, vt.ORDER, vt.LIMIT, vt.SELECT:
			depth -= top.chain
			top.chain, top.betweens = 0, 0
		case vt.AND:
			if top.betweens > 0 {
				top.betweens--
			} else {
				depth -= top.chain
				top.chain = 0
			}
		case vt.BETWEEN:
			top.betweens++
			top.chain++
			depth++
		default:
			if isOperator(t.typ) {
				top.chain++
				depth++
			}
		}
		if depth > MaxNesting {
			return Errorf(s.text, s.tokens[i].pos(), errs.TooLarge, "too-deep", 3064, "the statement nests deeper than %d levels", MaxNesting).
				WithHint("use IN (...) or AND/OR lists instead of nested expressions")
		}
	}
	return nil
}

func isOperator(typ int) bool {
	switch typ {
	case '+', '-', '*', '/', '%', '^', '&', '|', '~', '!', '=', '<', '>',
		vt.NE, vt.LE, vt.GE, vt.NULL_SAFE_EQUAL, vt.SHIFT_LEFT, vt.SHIFT_RIGHT, vt.DIV, vt.MOD, vt.NOT, vt.XOR,
		vt.IS, vt.IN, vt.LIKE, vt.REGEXP, vt.RLIKE, vt.COLLATE, vt.BINARY, vt.INTERVAL, vt.JSON_EXTRACT_OP, vt.JSON_UNQUOTE_EXTRACT_OP,
		vt.MEMBER, vt.ASSIGNMENT_OPT, vt.EXPLAIN, vt.DESCRIBE, vt.DESC, vt.WITH:
		return true
	}
	return false
}

// checkTraps refuses what the grammar reads as something else than what it says in the dialects people come from.
func (s *scanner) checkTraps() error {
	for i, t := range s.tokens {
		switch {
		case t.typ == vt.OR && s.raw(t) == "||":
			return s.errorf(t.pos(), "ambiguous-operator", 1235, "|| means OR in MySQL and concatenation elsewhere, so it is refused").WithHint("write CONCAT(a, b) or OR")
		case t.typ == vt.VALUE_ARG && s.raw(t) == "?":
			return s.errorf(t.pos(), "positional-parameter", 1235, "not supported: positional parameters").WithHint("name it, :NAME, and pass param_NAME")
		case t.typ == vt.LIST_ARG:
			return s.errorf(t.pos(), "list-parameter", 1235, "not supported yet: list parameters ::NAME").WithHint("write IN (:a, :b), or CAST(x AS type) to convert")
		}
		if err := s.checkAliasTrap(i); err != nil {
			return err
		}
	}
	return nil
}

// checkAliasTrap finds words that would be read as the alias of the table before them.
func (s *scanner) checkAliasTrap(i int) error {
	t := s.tokens[i]
	if i == 0 || i+1 >= len(s.tokens) || s.text[t.start] == '`' || !s.endsOperand(i-1) {
		return nil
	}
	word, next := strings.ToUpper(s.raw(t)), s.tokens[i+1]
	switch word {
	case "QUALIFY":
		return s.errorf(t.pos(), "unsupported-syntax", 1235, "not supported yet: QUALIFY").WithHint("supported is SELECT ... WHERE ... GROUP BY ... HAVING ...")
	case "FULL", "SEMI", "ANTI", "ASOF":
		if next.typ == vt.JOIN || next.typ == vt.OUTER || strings.EqualFold(next.val, "outer") {
			return s.errorf(t.pos(), "unsupported-syntax", 1235, "not supported yet: %s JOIN", word).
				WithHint("the grammar would read %s as the alias of the table before it; quote it with backticks if that is meant", word)
		}
	}
	return nil
}

// endsOperand reports whether token i can end a table or an expression, so that a word after it would be an alias.
func (s *scanner) endsOperand(i int) bool {
	t := s.tokens[i]
	return t.typ == ')' || (t.typ == vt.ID || t.val != "") && t.typ != vt.AS && t.typ != vt.FROM && t.typ != vt.JOIN && t.typ != vt.SELECT
}

// checkVerb admits the statements that this package converts, so that the parser never meets the others.
func (s *scanner) checkVerb() error {
	first := s.tokens[0]
	second := 0
	if len(s.tokens) > 1 {
		second = s.tokens[1].typ
	}
	switch first.typ {
	case vt.SELECT, vt.WITH, '(', vt.VALUES, vt.SHOW, vt.DESC, vt.DESCRIBE, vt.EXPLAIN, vt.DROP, vt.ALTER, vt.USE:
		return nil
	case vt.CREATE:
		if second == vt.TABLE {
			return nil
		}
		return s.unsupported(first, "CREATE "+strings.ToUpper(s.rawAt(1)), "CREATE TABLE is supported")
	case vt.INSERT, vt.REPLACE:
		return s.unsupported(first, strings.ToUpper(s.raw(first)), "load rows with PUT /v1/tables/TABLE/load or `assay load`")
	case vt.UPDATE, vt.DELETE, vt.TRUNCATE:
		return s.unsupported(first, strings.ToUpper(s.raw(first)), "replace a delivery by loading a corrected file into its slot (same source and period), or revert it")
	case vt.ID:
		return s.syntaxError(first)
	}
	return s.unsupported(first, strings.ToUpper(s.raw(first)), "supported are SELECT, EXPLAIN, SHOW, DESCRIBE, USE, CREATE TABLE, ALTER TABLE and DROP TABLE")
}

func (s *scanner) rawAt(i int) string {
	if i < len(s.tokens) {
		return s.raw(s.tokens[i])
	}
	return ""
}

func (s *scanner) unsupported(t token, what, hint string) error {
	return Errorf(s.text, t.pos(), errs.Meaning, "unsupported-statement", 1235, "not supported yet: %s", what).WithHint("%s", hint)
}
