// Package rival runs the engines that Assay is compared with, DuckDB and ClickHouse, as npm publishes them: pinned in package.json,
// installed by Find where they are missing, each in one process of its own that lives for a whole run.
//
// A Worker serves one goroutine at a time; the only goroutine of the package waits for the end of the worker's process.
package rival
