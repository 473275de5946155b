// Package naming reads a delivery's slot out of the name of its file, by a pattern such as {source}/{period}.csv*.
//
// In a pattern, {source} and {period} stand for one or more characters other than a slash and may each be there once; * stands for any
// number of such characters, ? for one, and everything else for itself. A Pattern does not change and may be used from any goroutine.
package naming

import (
	"regexp"
	"strings"

	"github.com/assaydb/assay/storage/errs"
)

// MaxPatternBytes bounds a pattern.
const MaxPatternBytes = 1 << 10

// Pattern is a parsed pattern.
type Pattern struct {
	text    string
	match   *regexp.Regexp
	slashes int
	fields  map[string]bool
}

// Slot is what a name says. A part that the pattern does not have is empty.
type Slot struct{ Source, Period string }

// Parse reads a pattern.
func Parse(text string) (*Pattern, error) {
	bad := func(why string, args ...any) error {
		return errs.New(errs.Invalid, "bad-pattern", "pattern %q "+why, append([]any{text}, args...)...).
			WithHint("write it like {source}/{period}.csv*; * and ? stand for characters other than a slash")
	}
	if text == "" || len(text) > MaxPatternBytes {
		return nil, bad("has %d bytes, 1 to %d are allowed", len(text), MaxPatternBytes)
	}
	p := &Pattern{text: text, slashes: strings.Count(text, "/"), fields: map[string]bool{}}
	var expr strings.Builder
	expr.WriteString(`^(?s:`)
	for rest := text; rest != ""; {
		switch c := rest[0]; c {
		case '{':
			name, behind, closed := strings.Cut(rest[1:], "}")
			if !closed || name != "source" && name != "period" {
				return nil, bad("has %q, which is neither {source} nor {period}", rest)
			}
			if p.fields[name] {
				return nil, bad("has {%s} twice", name)
			}
			p.fields[name] = true
			expr.WriteString(`(?P<` + name + `>[^/]+)`)
			rest = behind
		case '*', '?':
			expr.WriteString(map[byte]string{'*': `[^/]*`, '?': `[^/]`}[c])
			rest = rest[1:]
		default:
			n := strings.IndexAny(rest, "{*?")
			if n < 0 {
				n = len(rest)
			}
			expr.WriteString(regexp.QuoteMeta(rest[:n]))
			rest = rest[n:]
		}
	}
	match, err := regexp.Compile(expr.String() + `)$`)
	if err != nil {
		return nil, bad("cannot be read: %w", err)
	}
	p.match = match
	return p, nil
}

// String returns the pattern's text.
func (p *Pattern) String() string { return p.text }

// Named reports whether the pattern names slots.
func (p *Pattern) Named() bool { return len(p.fields) > 0 }

// Match reads a name.
func (p *Pattern) Match(name string) (Slot, bool) {
	m := p.match.FindStringSubmatch(name)
	if m == nil {
		return Slot{}, false
	}
	var s Slot
	for i, field := range p.match.SubexpNames() {
		switch field {
		case "source":
			s.Source = m[i]
		case "period":
			s.Period = m[i]
		}
	}
	return s, true
}

// MatchEnd reads the last components of a path, as many as the pattern has.
func (p *Pattern) MatchEnd(path string) (Slot, bool) {
	parts := strings.Split(path, "/")
	return p.Match(strings.Join(parts[max(0, len(parts)-p.slashes-1):], "/"))
}
