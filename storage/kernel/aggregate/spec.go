package aggregate

import "github.com/assaydb/assay/storage/schema"

// Spec is one resolved aggregate: what fragments carry and what New builds states from.
type Spec struct {
	Name     string        // lower case, as in the aggregate table: "count", "sum", "median", ...
	Args     []schema.Type // argument types after coercion; empty for COUNT(*)
	Distinct bool
	Params   []schema.Value // constants: the fraction of PERCENTILE_CONT, the separator of GROUP_CONCAT
	Order    []bool         // GROUP_CONCAT ORDER BY: trailing len(Order) arguments are sort keys, true = descending
	Result   schema.Type
}
