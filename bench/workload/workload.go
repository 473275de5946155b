// Package workload holds what the engines are measured with: tables, and questions in MySQL's grammar as Assay takes them, with the
// wording of the engines it is compared with where theirs differs.
package workload

import (
	_ "embed"
	"strings"
)

//go:embed labbench.sql
var labbench string

//go:embed labbench.duckdb.sql
var labbenchDuckDB string

//go:embed labbench.clickhouse.sql
var labbenchClickHouse string

// The engines, as the command line and the results name them.
const (
	Assay      = "assay"
	DuckDB     = "duckdb"
	ClickHouse = "clickhouse"
)

// Query is one question of the benchmark.
type Query struct {
	Name       string // Q01
	SQL        string
	DuckDB     string // its wording there; the same text where the meanings agree
	ClickHouse string
}

// For is the query's text for an engine.
func (q Query) For(engine string) string {
	switch engine {
	case DuckDB:
		return q.DuckDB
	case ClickHouse:
		return q.ClickHouse
	}
	return q.SQL
}

// LabBench returns all queries in order.
func LabBench() []Query { return queries(labbench, labbenchDuckDB, labbenchClickHouse) }

func queries(own, duckdb, clickhouse string) []Query {
	texts, names := parse(own)
	inDuckDB, _ := parse(duckdb)
	inClickHouse, _ := parse(clickhouse)
	out := make([]Query, 0, len(names))
	for _, n := range names {
		q := Query{Name: n, SQL: texts[n], DuckDB: texts[n], ClickHouse: texts[n]}
		if t, ok := inDuckDB[n]; ok {
			q.DuckDB = t
		}
		if t, ok := inClickHouse[n]; ok {
			q.ClickHouse = t
		}
		out = append(out, q)
	}
	return out
}

// parse reads "-- Q01" lines (any letter and two digits), each followed by one statement of a line.
func parse(text string) (byName map[string]string, names []string) {
	byName = map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "-- "); ok && isName(rest) {
			name = rest
			names = append(names, name)
			continue
		}
		if line != "" && !strings.HasPrefix(line, "--") {
			byName[name] = strings.TrimSuffix(line, ";")
		}
	}
	return byName, names
}

func isName(s string) bool {
	return len(s) == 3 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= '0' && s[1] <= '9' && s[2] >= '0' && s[2] <= '9'
}
