package sqlparse

import (
	"cmp"
	"slices"
	"strings"
)

// maxSuggestions is how many names an error offers.
const maxSuggestions = 3

// Nearest returns the names that name may be a misspelling of, best first: within an edit distance (adjacent swaps count one) of
// a third of its length, or having it as a prefix. Case does not matter.
func Nearest(name string, names []string) []string {
	type scored struct {
		name string
		cost int
	}
	low := strings.ToLower(name)
	limit := max(1, len(low)/3)
	if len(low) > 64 {
		return nil
	}
	var found []scored
	for _, n := range names {
		l := strings.ToLower(n)
		d := distance(low, l)
		if d <= limit || len(low) >= 3 && strings.HasPrefix(l, low) {
			found = append(found, scored{n, d})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.name, b.name)) })
	var out []string
	for _, f := range found[:min(len(found), maxSuggestions)] {
		out = append(out, f.name)
	}
	return out
}

// distance is the optimal string alignment distance in bytes.
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
