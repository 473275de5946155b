// Package conformance runs SQL scripts with expected answers: against a node, and against the engine whose meaning Assay
// follows, so that neither the scripts nor the node can drift alone.
//
// A script is a text file of blocks separated by blank lines:
//
//	# a comment
//	oracle mariadb                         which engine vouches for the following answers: mariadb, duckdb, or none and why
//
//	table labs                             a table and its rows: "name TYPE" lines, ----, CSV lines
//	id INT
//	v DECIMAL(10,3)
//	----
//	1,2.850
//
//	query rowsort                          a statement and its rows, values separated by tabs; rowsort ignores their order
//	SELECT id, v FROM labs
//	----
//	1	2.850
//
//	error 1054                             a statement that is refused with this MySQL error number
//	SELECT nope FROM labs
//	----
//	there is no column "nope"              optional: what Assay says besides the number, line by line
//	code unknown-column
//
//	statement clause-ignored               a statement that only Assay runs, with the codes of its warnings
//	CREATE TABLE t (a INT NOT NULL)
//
// "param NAME TYPE VALUE" lines before a statement give the values of its :NAME; TYPE is text, int, uint, double, number, bool, time or null. "tz=ZONE"
// after query sets the request's time zone.
// A line "duckdb: SELECT ..." under the statement gives the oracle's own wording where the dialects differ. NULL is written NULL
// and the empty string (empty). An unanswered query (no ---- line) is filled in from its oracle by `go test -fill`.
package conformance
