package expr

import (
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

func patternFunctions() []*function {
	entry := func(name, args, doc string, lo, hi int, result schema.Type, letters string, f func(c *Call) (rowFunc, error), aliases ...string) *function {
		return &function{
			Function: Function{name, "pattern", []string{upperSignature(name, args)}, doc, NullStrict, Immutable}, aliases: aliases, min: lo, max: hi,
			bind: fixed(result, letters), row: func(c *Call, _ *Env) (rowFunc, error) { return f(c) },
		}
	}
	b, v, n := schema.TypeBoolean, schema.TypeVarchar, schema.TypeInt64
	like := entry("like", "text, pattern, escape", "Whether the whole text matches: % stands for any text, _ for one character; by bytes, case matters.", 2, 3, b, "t", likeFunc)
	like.Signatures = []string{"text LIKE pattern [ESCAPE character]"}
	return []*function{
		like,
		entry("regexp", "text, pattern, mode", "Whether the pattern (RE2) occurs in the text; mode letters i, c, m, n.", 2, 3, b, "t", regexpLike, "rlike", "regexp_like"),
		entry("regexp_replace", "text, pattern, new, position, occurrence, mode", "With every (occurrence 0) or one occurrence of the pattern (RE2) replaced; $1 is the first group.", 3, 6, v, "tttiit", regexpReplace),
		entry("regexp_substr", "text, pattern, position, occurrence, mode", "The occurrence of the pattern (RE2); NULL when there is none.", 2, 5, v, "ttiit", regexpSubstr),
		entry("regexp_instr", "text, pattern, position, occurrence, after, mode", "The position of the occurrence of the pattern (RE2), or the one after it; 0 when there is none.", 2, 6, n, "ttiiit", regexpInstr),
	}
}

// likeFunc compiles a constant pattern once; other patterns when they change.
func likeFunc(c *Call) (rowFunc, error) {
	var m *likeMatcher
	var pattern, escape string
	return func(r *row) error {
		esc := "\\"
		if len(r.in) == 3 {
			esc = string(r.text(2))
		}
		if m == nil || string(r.text(1)) != pattern || esc != escape {
			pattern, escape = string(r.text(1)), esc
			next, err := compileLike(pattern, escape)
			if err != nil {
				return err
			}
			m = next
		}
		r.setBool(m.match(r.text(0)))
		return nil
	}, nil
}

func badEscape() error {
	return errs.New(errs.Meaning, "bad-arguments", "the ESCAPE of a LIKE must be one character, or empty")
}
