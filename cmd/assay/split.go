package main

import "strings"

// splitStatements cuts a script at its semicolons, leaving those in strings, quoted names and comments alone, as MySQL's client
// does. Pieces that hold nothing but space and comments are left out; the semicolon is not part of a piece.
func splitStatements(script string) []string {
	var out []string
	start, content := 0, false
	for i := 0; i < len(script); {
		n := tokenEnd(script, i)
		switch {
		case script[i] == ';':
			if content {
				out = append(out, strings.TrimSpace(script[start:i]))
			}
			start, content = i+1, false
		case !isSpace(script[i]) && !commentAt(script, i):
			content = true
		}
		i = n
	}
	if content {
		out = append(out, strings.TrimSpace(script[start:]))
	}
	return out
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'
}

// commentAt reports whether a comment begins here: #, /*, or -- before space.
func commentAt(s string, i int) bool {
	rest := s[i:]
	return rest[0] == '#' || strings.HasPrefix(rest, "/*") || strings.HasPrefix(rest, "--") && (len(rest) == 2 || isSpace(rest[2]))
}

// tokenEnd is where the string, name, comment or single byte at i ends.
func tokenEnd(s string, i int) int {
	switch c := s[i]; {
	case strings.HasPrefix(s[i:], "/*"):
		if end := strings.Index(s[i+2:], "*/"); end >= 0 {
			return i + 2 + end + 2
		}
		return len(s)
	case commentAt(s, i):
		if end := strings.IndexByte(s[i:], '\n'); end >= 0 {
			return i + end
		}
		return len(s)
	case c == '\'' || c == '"' || c == '`':
		return quoteEnd(s, i)
	}
	return i + 1
}

func quoteEnd(s string, i int) int {
	quote := s[i]
	for i++; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quote != '`':
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// complete reports whether a text at the prompt ends its last statement.
func complete(text string) bool {
	last := byte(0)
	for i := 0; i < len(text); {
		n := tokenEnd(text, i)
		if !isSpace(text[i]) && !commentAt(text, i) {
			last = text[i]
			if n > i+1 {
				last = 'x'
			}
		}
		i = n
	}
	return last == ';'
}
