package pollute

import (
	"math/rand/v2"
	"sort"
	"strings"
)

const rowsPerFile = 40

// Cases is how many files Corpus has.
const Cases = 400

// Corpus returns every case: a clean file, each kind alone, and combinations of two to five kinds.
func Corpus() []Case {
	all := kinds()
	sort.Slice(all, func(i, j int) bool { return all[i].group+all[i].name < all[j].group+all[j].name })
	out := []Case{write(nil, 0)}
	for i, k := range all {
		out = append(out, write([]kind{k}, uint64(i)))
	}
	r := rand.New(rand.NewPCG(4, 2025))
	seen := map[string]bool{}
	for len(out) < Cases {
		picked := pick(all, r, 2+r.IntN(4))
		name := nameOf(picked)
		if !possible(picked) || seen[name] {
			continue
		}
		seen[name] = true
		out = append(out, write(picked, uint64(len(out))))
	}
	return out
}

// pick takes kinds of different groups, in the order in which they apply.
func pick(all []kind, r *rand.Rand, n int) []kind {
	var out []kind
	taken := map[string]bool{}
	for len(out) < n {
		if k := all[r.IntN(len(all))]; !taken[k.group] {
			taken[k.group] = true
			out = append(out, k)
		}
	}
	return out
}

// order is how groups build on one another: what a quote must hold depends on the delimiter, a title's padding on the columns.
func order(group string) int {
	for i, g := range []string{"charset", "delimiter", "line end", "number", "date", "value", "header", "quote", "row", "top", "bottom"} {
		if g == group {
			return i
		}
	}
	return -1
}

func nameOf(list []kind) string {
	if len(list) == 0 {
		return "clean"
	}
	names := make([]string, len(list))
	for i, k := range list {
		names[i] = k.name
	}
	sort.Strings(names)
	return strings.Join(names, " + ")
}

// possible tells combinations of which nothing certain can be said, or that contradict themselves.
func possible(list []kind) bool {
	has := map[string]bool{}
	for _, k := range list {
		has[k.name], has["any "+k.group] = true, true
	}
	quoted := has["any quote"] || has["ambiguous commas"] || has["any number"] && !has["spaces around numbers"] || has["1,234.50"]
	switch {
	case has["a quote never closed"] && (quoted || has["carets"] || has["any bottom"]): // the next quote would close it
		return false
	case has["no header"] && (has["a delimiter at every end"] || has["skip declared"] || has["padded title"]):
		return false
	case has["no header"] && has["surprise at the end"]:
		return false
	case has["reordered"] && (has["any number"] || has["any date"] || has["any charset"] && !has["mark"] || has["any value"]): // nothing is proven for a declared table
		return false
	case has["a delimiter at every end"] && (has["padded total"] || has["padded title"] || has["trailer declared"] || has["empty name"]):
		return false
	case has["apostrophes"] && (has["1'234.50"] || has["stray quotes"]):
		return false
	case (has["bytes of no charset"] || has["NUL bytes"]) && has["any charset"] && !has["mark"]:
		return false
	case has["lines in quotes"] && has["any line end"]: // a line end within quotes is data: the lines are counted otherwise
		return false
	case has["decimal comma declared"] && has["not a number"]: // its points are no commas
		return false
	}
	return true
}

func write(list []kind, seed uint64) Case {
	r := rand.New(rand.NewPCG(seed, 77))
	f := &file{
		r: r, cols: base(r, rowsPerFile), delimiter: ",", quote: `"`, escape: `"`, lineEnd: func(int) string { return "\n" }, header: true, charset: "utf-8",
		bad: map[int]func(string) string{}, blanks: map[int]int{}, options: map[string]string{},
	}
	sorted := append([]kind(nil), list...)
	sort.SliceStable(sorted, func(i, j int) bool { return order(sorted[i].group) < order(sorted[j].group) })
	for _, k := range sorted {
		k.apply(f)
	}
	return f.build(nameOf(list))
}
