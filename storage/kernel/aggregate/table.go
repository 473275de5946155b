package aggregate

import (
	"slices"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Definition describes one aggregate function to the binder and to the documentation.
type Definition struct {
	Name             string
	Aliases          []string
	MinArgs, MaxArgs int  // value arguments, constants not counted; MaxArgs < 0 means any number
	Params           int  // constant arguments that follow the value arguments in SQL (PERCENTILE_CONT(x, 0.9))
	Distinct         bool // DISTINCT is allowed
	Doc              string
	resolve          func(Spec) (Spec, error)
	state            func(Spec) (State, []schema.Type)
}

// definitions returns the aggregate table, sorted by name.
func definitions() []Definition {
	return []Definition{
		{Name: "any_value", MinArgs: 1, MaxArgs: 1, Doc: "some value of the group that is not NULL: always the smallest", resolve: resolveSame, state: newExtreme},
		{Name: "approx_count_distinct", MinArgs: 1, MaxArgs: 1, Doc: "estimated number of distinct values (HyperLogLog, 4096 registers, about 1.6 % error)", resolve: resolveCount, state: newApprox},
		{Name: "avg", Aliases: []string{"mean"}, MinArgs: 1, MaxArgs: 1, Distinct: true, Doc: "mean; of integers and decimals a DECIMAL with four more digits", resolve: resolveAvg, state: newAvg},
		{Name: "bit_and", MinArgs: 1, MaxArgs: 1, Doc: "bitwise AND of all values, all ones for none", resolve: resolveBits, state: newBits},
		{Name: "bit_or", MinArgs: 1, MaxArgs: 1, Doc: "bitwise OR of all values, 0 for none", resolve: resolveBits, state: newBits},
		{Name: "bit_xor", MinArgs: 1, MaxArgs: 1, Doc: "bitwise XOR of all values, 0 for none", resolve: resolveBits, state: newBits},
		{Name: "count", MinArgs: 0, MaxArgs: -1, Distinct: true, Doc: "number of rows, of values that are not NULL, or of distinct combinations without NULL", resolve: resolveCount, state: newCount},
		{Name: "group_concat", Aliases: []string{"string_agg", "listagg"}, MinArgs: 1, MaxArgs: -1, Params: 0, Distinct: true, Doc: "values joined by a separator; an error past 1 MiB, never a cut", resolve: resolveConcat, state: newConcat},
		{Name: "max", MinArgs: 1, MaxArgs: 1, Distinct: true, Doc: "largest value", resolve: resolveSame, state: newExtreme},
		{Name: "median", MinArgs: 1, MaxArgs: 1, Doc: "exact median, interpolated between the two middle values", resolve: resolveMedian, state: newQuantile},
		{Name: "min", MinArgs: 1, MaxArgs: 1, Distinct: true, Doc: "smallest value", resolve: resolveSame, state: newExtreme},
		{Name: "percentile_cont", Aliases: []string{"quantile_cont"}, MinArgs: 1, MaxArgs: 1, Params: 1, Doc: "exact percentile, interpolated", resolve: resolvePercentile, state: newQuantile},
		{Name: "percentile_disc", Aliases: []string{"quantile_disc"}, MinArgs: 1, MaxArgs: 1, Params: 1, Doc: "exact percentile: the first value whose cumulative share reaches the fraction", resolve: resolvePercentile, state: newQuantile},
		{Name: "stddev_pop", Aliases: []string{"std", "stddev"}, MinArgs: 1, MaxArgs: 1, Doc: "population standard deviation", resolve: resolveSpread, state: newSpread},
		{Name: "stddev_samp", MinArgs: 1, MaxArgs: 1, Doc: "sample standard deviation, NULL for fewer than two values", resolve: resolveSpread, state: newSpread},
		{Name: "sum", MinArgs: 1, MaxArgs: 1, Distinct: true, Doc: "exact sum; overflow is an error", resolve: resolveSum, state: newSum},
		{Name: "var_pop", Aliases: []string{"variance"}, MinArgs: 1, MaxArgs: 1, Doc: "population variance", resolve: resolveSpread, state: newSpread},
		{Name: "var_samp", MinArgs: 1, MaxArgs: 1, Doc: "sample variance, NULL for fewer than two values", resolve: resolveSpread, state: newSpread},
	}
}

// Functions returns the aggregate table, sorted by name.
func Functions() []Definition { return definitions() }

// Lookup finds an aggregate by name or alias, in any case.
func Lookup(name string) (Definition, bool) {
	low := strings.ToLower(name)
	for _, d := range definitions() {
		if d.Name == low || slices.Contains(d.Aliases, low) {
			return d, true
		}
	}
	return Definition{}, false
}

// Resolve chooses the argument types that the caller must cast to and the result type. args are the types of the value arguments,
// for GROUP_CONCAT followed by those of its sort keys; params are the constants (fraction or separator); order has one element per
// sort key. MIN, MAX and ANY_VALUE drop DISTINCT, which cannot change them.
func Resolve(name string, args []schema.Type, distinct bool, params []schema.Value, order []bool) (Spec, error) {
	d, ok := Lookup(name)
	if !ok {
		return Spec{}, errs.New(errs.Meaning, "unknown-function", "there is no aggregate function %q", name)
	}
	values := len(args) - len(order)
	if values < d.MinArgs || d.MaxArgs >= 0 && values > d.MaxArgs {
		return Spec{}, refuse(d.Name, "takes %s, not %d", arity(d), values)
	}
	if distinct && (!d.Distinct || values == 0) {
		return Spec{}, refuse(d.Name, "does not take DISTINCT here")
	}
	if len(order) > 0 && d.Name != "group_concat" {
		return Spec{}, refuse(d.Name, "does not take ORDER BY")
	}
	if len(params) < d.Params {
		return Spec{}, refuse(d.Name, "needs a constant as its last argument")
	}
	s := Spec{Name: d.Name, Args: slices.Clone(args), Distinct: distinct, Params: slices.Clone(params), Order: slices.Clone(order)}
	return d.resolve(s)
}

// New returns an empty state.
func New(s Spec) (State, error) {
	st, _, err := build(s)
	return st, err
}

// StateTypes returns the types of the columns that carry a partial state.
func StateTypes(s Spec) ([]schema.Type, error) {
	_, types, err := build(s)
	return types, err
}

func build(s Spec) (State, []schema.Type, error) {
	d, ok := Lookup(s.Name)
	if !ok || d.Name != s.Name {
		return nil, nil, errs.New(errs.Invalid, "unknown-function", "aggregate %q is unknown to this node", s.Name)
	}
	checked, err := Resolve(s.Name, s.Args, s.Distinct, s.Params, s.Order)
	if err != nil {
		return nil, nil, err
	}
	if checked.Result != s.Result {
		return nil, nil, errs.New(errs.Invalid, "bad-aggregate", "aggregate %s: result type %s, expected %s", s.Name, s.Result, checked.Result)
	}
	if s.Distinct && s.Name != "group_concat" {
		st, types := newDistinct(s)
		return st, types, nil
	}
	st, types := d.state(s)
	return st, types, nil
}

func refuse(name, format string, args ...any) error {
	e := errs.New(errs.Meaning, "bad-aggregate", format, args...)
	e.Detail = strings.ToUpper(name) + " " + e.Detail
	return e
}

func arity(d Definition) string {
	switch {
	case d.MaxArgs < 0:
		return "at least one argument"
	case d.MinArgs == 1 && d.MaxArgs == 1:
		return "one argument"
	}
	return "another number of arguments"
}
