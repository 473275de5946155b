// Package engine puts Assay, DuckDB and ClickHouse behind one interface, so that a run treats them alike: each lives in a process of
// its own on a folder of its own, loads the same CSVs, reads the same Parquet files and answers the same questions.
//
// An Engine serves one goroutine. Assay is asked over HTTP, as users ask it, and timed here from the first byte sent to the last
// byte read; the others are timed inside their process around the statement and the fetching of its result.
package engine
