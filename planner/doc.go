// Package planner turns one SQL statement into a running query: Engine parses it (planner/sqlparse), binds it against one
// catalog snapshot and rewrites it (planner/logical), cuts it into fragments (planner/physical), has them run through a Scatter,
// and hands the batches to the caller.
//
// Engine is safe for use by any number of goroutines and starts none that outlive a query. Each Result belongs to one goroutine
// and must be closed. Callers are http/server, http/mysql and tests; nothing below this package may import it.
package planner
