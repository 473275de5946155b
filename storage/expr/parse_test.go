package expr_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// call evaluates a function of constants.
func call(t testing.TB, name string, args ...expr.Expr) schema.Value {
	t.Helper()
	p, err := expr.Compile(must(t, name, args...), nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.Eval(&batch.Batch{Len: 1})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v.Value(0)
}

// FuzzLike compares LIKE with the same pattern as a regular expression.
func FuzzLike(f *testing.F) {
	for _, s := range [][2]string{{"abc", "a%c"}, {"aab", "%_b"}, {"日本", "日_"}, {`a%c`, `a\%c`}, {"ababab", "%ab%ab"}, {"x", `\`}, {"", "%%"}, {"é", "__"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, pattern string) {
		if !utf8.ValidString(text) || !utf8.ValidString(pattern) || len(text)+len(pattern) > 200 {
			return
		}
		want := likeExpression(pattern).MatchString(text)
		if got := call(t, "like", str(text), str(pattern)); (got.I != 0) != want {
			t.Fatalf("%q LIKE %q is %v, want %v", text, pattern, got, want)
		}
	})
}

func likeExpression(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	runes := []rune(pattern)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case r == '\\' && i+1 < len(runes):
			i++
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

// FuzzDateText reads what it writes: any date that a text is read as survives being written and read again, by the canonical
// form and by a format.
func FuzzDateText(f *testing.F) {
	for _, s := range []string{"2025-03-01", "2025-3-1 4:5:6.7", "20250301", "20250301101112", "99-12-31T23:59:59Z", "2025-03-01 10:00:00+02:00", "0000-00-00", "2024-02-30", "12:30", "-838:59:59", "1 2:3:4"} {
		f.Add(s, "%Y-%m-%d %H:%i:%s.%f")
	}
	f.Add("1 Feb 2025", "%e %b %Y")
	f.Fuzz(func(t *testing.T, text, format string) {
		_ = call(t, "str_to_date", str(text), str(format))
		_ = call(t, "hour", str(text))
		at := call(t, "timestamp", str(text))
		if at.Null {
			return
		}
		_ = call(t, "date_format", lit(at), str(format))
		const full = "%Y-%m-%d %H:%i:%s.%f"
		written := call(t, "date_format", lit(at), str(full))
		if back := call(t, "str_to_date", lit(written), str(full)); back != at {
			t.Fatalf("%q is %v, written %v, read again %v", text, at, written, back)
		}
		if back := call(t, "timestamp", lit(written)); back != at {
			t.Fatalf("%q is %v, written %v, read again %v", text, at, written, back)
		}
	})
}

// FuzzPattern demands that no pattern, JSON path or unit text brings the evaluator down.
func FuzzPattern(f *testing.F) {
	f.Add("abc", "(a)(b", "i", "$.a[0]", "day_hour")
	f.Add(`{"a":[1]}`, "a+", "c", `$."a"[0]`, "month")
	f.Fuzz(func(t *testing.T, text, pattern, mode, path, unit string) {
		for _, e := range []struct {
			name string
			args []expr.Expr
		}{
			{"regexp_like", []expr.Expr{str(text), str(pattern), str(mode)}},
			{"regexp_replace", []expr.Expr{str(text), str(pattern), str(path)}},
			{"json_extract", []expr.Expr{str(text), str(path)}},
			{"convert_tz", []expr.Expr{str("2025-03-01"), str(text), str("+01:00")}},
			{"date_add", []expr.Expr{str("2025-03-01"), str(text), str(unit)}},
			{"conv", []expr.Expr{str(text), num(int64(len(path))), num(-10)}},
		} {
			c, err := expr.NewCall(e.name, e.args...)
			if err != nil {
				continue
			}
			p, err := expr.Compile(c, nil)
			if err != nil {
				continue
			}
			_, _ = p.Eval(&batch.Batch{Len: 1})
		}
	})
}
