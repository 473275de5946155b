package expr

import (
	"slices"
	"strings"
	"sync"

	"github.com/assaydb/assay/storage/errs"
)

// Volatility says for how long equal arguments give equal results.
type Volatility string

// The volatilities.
const (
	Immutable Volatility = "immutable" // for ever
	Stable    Volatility = "stable"    // within one query: depends on its time or its time zone
)

// NullRule says what a function makes of NULL arguments.
type NullRule string

// The rules.
const (
	NullStrict NullRule = "NULL if any argument is NULL"
	NullCustom NullRule = "see description"
)

// Function describes one entry of the function table, for documentation and for information_schema.
type Function struct {
	Name       string
	Family     string
	Signatures []string
	Doc        string
	NullRule   NullRule
	Volatility Volatility
}

// function is an entry of the table: its description, how a call of it is bound, and how its rows are computed.
type function struct {
	Function
	aliases []string
	min     int
	max     int // -1: any number
	// bind returns the node for a call whose arity was checked: a Call with cast operands, or a rewriting into other nodes.
	bind func(f *function, args []Expr) (Expr, error)
	// row builds the computation of one row; nil for functions that are rewritten or have their own node.
	row func(c *Call, env *Env) (rowFunc, error)
}

// table is built once, on first use: an initializer would depend on itself, since functions are rewritten into others.
var table struct {
	once   sync.Once
	byName map[string]*function
	sorted []*function
}

func build() {
	families := [][]*function{
		compareFunctions(), arithmeticFunctions(), bitFunctions(), controlFunctions(), mathFunctions(), textFunctions(), textSearchFunctions(),
		patternFunctions(), timePartFunctions(), timeFunctions(), timeTextFunctions(), hashFunctions(), jsonFunctions(),
	}
	table.byName = map[string]*function{}
	for _, family := range families {
		for _, f := range family {
			table.sorted = append(table.sorted, f)
			for _, name := range append([]string{f.Name}, f.aliases...) {
				if table.byName[name] != nil {
					panic("BUG: expr: two functions named " + name)
				}
				table.byName[name] = f
			}
		}
	}
	slices.SortFunc(table.sorted, func(a, b *function) int { return strings.Compare(a.Name, b.Name) })
}

func lookup(name string) *function {
	table.once.Do(build)
	return table.byName[name]
}

// Functions returns the descriptions of all functions, by name.
func Functions() []Function {
	table.once.Do(build)
	out := make([]Function, len(table.sorted))
	for i, f := range table.sorted {
		out[i] = f.Function
		out[i].Signatures = slices.Clone(f.Signatures)
	}
	return out
}

// IsFunction reports whether the name, in any case, is in the function table.
func IsFunction(name string) bool { return lookup(strings.ToLower(name)) != nil }

// NewCall binds a call of a function or operator of the table: it chooses the overload for the argument types, inserts the
// implicit casts and computes the result type. Errors are errs.Meaning.
func NewCall(name string, args ...Expr) (Expr, error) {
	f := lookup(strings.ToLower(name))
	if f == nil {
		return nil, errs.New(errs.Meaning, "unknown-function", "there is no function %s", strings.ToUpper(name)).Suggest(similar(name)...)
	}
	if len(args) < f.min || f.max >= 0 && len(args) > f.max {
		return nil, errs.New(errs.Meaning, "bad-arguments", "%s takes %s, not %d", strings.ToUpper(f.Name), arity(f), len(args)).
			WithHint("write %s", strings.Join(f.Signatures, " or "))
	}
	return f.bind(f, args)
}

func arity(f *function) string {
	switch {
	case f.max < 0:
		return "at least " + count(f.min)
	case f.min == f.max:
		return count(f.min)
	}
	return decimalText(f.min) + " to " + count(f.max)
}

func count(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return decimalText(n) + " arguments"
}

// similar returns the function names that begin alike or differ by few letters.
func similar(name string) []string {
	name = strings.ToLower(name)
	var out []string
	for _, f := range Functions() {
		if distance(name, f.Name) <= 2 && len(f.Name) > 2 {
			out = append(out, f.Name)
		}
	}
	return out
}

// distance is the Levenshtein distance of two short names.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
