package window

import "strings"

// Definition describes one window function that is no aggregate to the binder and to the documentation.
type Definition struct {
	Name      string
	Signature string
	Doc       string
	Values    int  // arguments that are expressions; LAG and LEAD may have a default beside
	Number    bool // takes a constant whole number after them
	Framed    bool // looks at its frame, not at the whole partition
}

// Functions returns the window functions, sorted by name. Every aggregate is one, too.
func Functions() []Definition {
	return []Definition{
		{Name: "cume_dist", Signature: "CUME_DIST() OVER w", Doc: "share of the partition's rows that are not after this one or its peers"},
		{Name: "dense_rank", Signature: "DENSE_RANK() OVER w", Doc: "number of the row's group of peers in its partition, from 1"},
		{Name: "first_value", Signature: "FIRST_VALUE(x) OVER w", Doc: "x of the first row of the frame", Values: 1, Framed: true},
		{Name: "lag", Signature: "LAG(x [, n [, default]]) OVER w", Doc: "x of the row n before this one, 1 when n is left out; the default, or NULL, where there is none", Values: 1, Number: true},
		{Name: "last_value", Signature: "LAST_VALUE(x) OVER w", Doc: "x of the last row of the frame", Values: 1, Framed: true},
		{Name: "lead", Signature: "LEAD(x [, n [, default]]) OVER w", Doc: "x of the row n after this one, 1 when n is left out; the default, or NULL, where there is none", Values: 1, Number: true},
		{Name: "nth_value", Signature: "NTH_VALUE(x, n) OVER w", Doc: "x of the n-th row of the frame, NULL where it has fewer", Values: 1, Number: true, Framed: true},
		{Name: "ntile", Signature: "NTILE(n) OVER w", Doc: "number from 1 to n of the row's bucket, the partition cut into n buckets as even as can be", Number: true},
		{Name: "percent_rank", Signature: "PERCENT_RANK() OVER w", Doc: "(RANK() - 1) / (rows of the partition - 1), 0 in a partition of one row"},
		{Name: "rank", Signature: "RANK() OVER w", Doc: "one more than the partition's rows before this one and its peers"},
		{Name: "row_number", Signature: "ROW_NUMBER() OVER w", Doc: "number of the row in its partition, from 1"},
	}
}

// Lookup finds a window function by name, in any case.
func Lookup(name string) (Definition, bool) {
	for _, d := range Functions() {
		if strings.EqualFold(d.Name, name) {
			return d, true
		}
	}
	return Definition{}, false
}
