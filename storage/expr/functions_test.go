package expr_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// TestFunctions runs testdata/functions.txt: a call and its result per line, taken from MariaDB save where the file says why
// the meaning differs. ERROR stands for an error at bind or at run time.
func TestFunctions(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "functions.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		src, want, ok := strings.Cut(line, " => ")
		if !ok {
			t.Fatalf("line %d: no result", n)
		}
		if got := result(t, src); got != want {
			t.Errorf("line %d: %s = %s, want %s", n, src, got, want)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// result evaluates a call written as name(argument, ...), both folded and row by row, and prints it as MySQL would.
func result(t *testing.T, src string) string {
	t.Helper()
	p := &source{s: src}
	e, err := p.expr()
	if err != nil {
		return "ERROR"
	}
	env := &expr.Env{Now: 1_740_823_200_123_456}
	prog, err := expr.Compile(e, env)
	if err != nil {
		return "ERROR"
	}
	v, err := prog.Eval(&batch.Batch{Len: 1})
	if err != nil {
		return "ERROR"
	}
	return show(v.Value(0))
}

func show(v schema.Value) string {
	switch {
	case v.Null:
		return "NULL"
	case v.Type.Kind == schema.Boolean:
		return strconv.FormatInt(v.I, 10)
	case v.Type.Kind == schema.Timestamp:
		return strings.TrimSuffix(strings.Replace(v.String(), "T", " ", 1), "Z")
	}
	return strings.ReplaceAll(v.String(), "\n", `\n`)
}

// source parses the calls of the test files.
type source struct {
	s string
	i int
}

func (p *source) expr() (expr.Expr, error) {
	rest := p.s[p.i:]
	switch {
	case strings.HasPrefix(rest, "'"):
		return p.text(), nil
	case strings.HasPrefix(rest, "NULL"):
		p.i += 4
		return lit(schema.NullValue(schema.TypeNull)), nil
	case strings.HasPrefix(rest, "TRUE"):
		p.i += 4
		return lit(schema.BoolValue(true)), nil
	case strings.HasPrefix(rest, "PI"):
		p.i += 2
		return expr.NewCall("pi")
	case rest[0] >= '0' && rest[0] <= '9' || rest[0] == '-' && rest[1] >= '0' && rest[1] <= '9':
		return p.number(), nil
	}
	open := strings.IndexByte(rest, '(')
	name := rest[:open]
	p.i += open + 1
	var args []expr.Expr
	for p.s[p.i] != ')' {
		a, err := p.expr()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		for p.s[p.i] == ',' || p.s[p.i] == ' ' {
			p.i++
		}
	}
	p.i++
	if name == "cast" {
		return castCall(args)
	}
	return expr.NewCall(name, args...)
}

func castCall(args []expr.Expr) (expr.Expr, error) {
	name := args[1].(*expr.Literal).Value.S
	switch name {
	case "signed":
		return expr.NewCast(args[0], schema.TypeInt64, false)
	case "unsigned":
		return expr.NewCast(args[0], schema.TypeUint64, false)
	case "time":
		return expr.NewCast(args[0], schema.TypeTime, false)
	}
	typ, err := schema.ParseType(name)
	if err != nil {
		return nil, err
	}
	return expr.NewCast(args[0], typ, false)
}

func (p *source) text() expr.Expr {
	var b bytes.Buffer
	for p.i++; p.s[p.i] != '\''; p.i++ {
		if p.s[p.i] == '\\' {
			p.i++
			if p.s[p.i] == 'n' {
				b.WriteByte('\n')
				continue
			}
		}
		b.WriteByte(p.s[p.i])
	}
	p.i++
	return str(b.String())
}

func (p *source) number() expr.Expr {
	end := p.i
	for end < len(p.s) && strings.IndexByte("0123456789.e-", p.s[end]) >= 0 {
		end++
	}
	word := p.s[p.i:end]
	p.i = end
	if strings.Contains(word, "e") {
		f, err := strconv.ParseFloat(word, 64)
		if err != nil {
			panic(fmt.Sprintf("number %q", word))
		}
		return lit(schema.FloatValue(f))
	}
	if i := strings.IndexByte(word, '.'); i >= 0 {
		scale := len(word) - i - 1
		n, err := strconv.ParseInt(strings.Replace(word, ".", "", 1), 10, 64)
		if err != nil {
			panic(fmt.Sprintf("number %q", word))
		}
		return lit(schema.IntValue(schema.DecimalType(max(len(strings.Trim(word, "-."))-1, scale), scale), n))
	}
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("number %q", word))
	}
	return num(n)
}
