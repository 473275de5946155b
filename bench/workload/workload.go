// Package workload holds the queries of LabBench: in MySQL's grammar as Assay takes them, and in the wording of the engines it is
// compared with where theirs differs.
package workload

import (
	_ "embed"
	"strings"
)

//go:embed labbench.sql
var labbench string

//go:embed labbench.duckdb.sql
var duckdb string

// Query is one question of the benchmark.
type Query struct {
	Name   string // Q01 to Q24
	SQL    string
	DuckDB string // its wording there; the same text where the meanings agree
}

// LabBench returns all queries in order.
func LabBench() []Query {
	own, names := parse(labbench)
	theirs, _ := parse(duckdb)
	out := make([]Query, 0, len(names))
	for _, n := range names {
		q := Query{Name: n, SQL: own[n], DuckDB: own[n]}
		if t, ok := theirs[n]; ok {
			q.DuckDB = t
		}
		out = append(out, q)
	}
	return out
}

// parse reads "-- Qnn" lines, each followed by one statement of a line.
func parse(text string) (byName map[string]string, names []string) {
	byName = map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "-- Q"); ok && len(rest) == 2 {
			name = "Q" + rest
			names = append(names, name)
			continue
		}
		if line != "" && !strings.HasPrefix(line, "--") {
			byName[name] = strings.TrimSuffix(line, ";")
		}
	}
	return byName, names
}
