package logical

import (
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// System tables of the database itself: what was delivered, and what of it was rejected.
const (
	SystemDeliveries = "deliveries"
	SystemRejects    = "rejects"
)

// SystemColumns returns the columns of a system table. The first DeliveryColumns of them say which delivery a row is of.
func SystemColumns(name string) []batch.Field {
	out := texts("delivery_id", "table_name", "source", "period", "state")
	out = append(out, batch.Field{Name: "loaded_at", Type: schema.TypeTimestamp})
	numbers := func(names ...string) {
		for _, n := range names {
			out = append(out, batch.Field{Name: n, Type: schema.TypeInt64})
		}
	}
	if strings.EqualFold(name, SystemRejects) {
		numbers("line", "byte_offset")
		out = append(out, texts("column_name", "reason", "raw")...)
		numbers("raw_bytes")
		return out
	}
	out = append(out, texts("mode", "sha256", "amends", "superseded_by")...)
	numbers("bytes_in", "records_in", "accepted", "rejected", "amended", "open", "blank", "header", "preamble", "trailer",
		"text_bytes", "accepted_bytes", "rejected_bytes", "aside_bytes", "segments", "stored_bytes", "added_index", "removed_index")
	return out
}

// DeliveryColumns is how many columns at the front of every system table describe the delivery.
const DeliveryColumns = 6

// systemTable binds a system table. Its rows come later, when it is known which are wanted.
func (b *Binder) systemTable(t *sqlparse.TableName, alias string) (Node, *scope, error) {
	v := &Values{Columns: SystemColumns(t.Name), Source: strings.ToLower(t.Name)}
	s := &scope{}
	for _, f := range v.Columns {
		s.add(alias, f.Name, f.Type, false)
	}
	return v, s, nil
}

// Open lists the tables of which the principal may see every row and column as it is: the rejects of no other are shown, since a
// rejected record can hold anything.
func (b *Binder) Open() []*schema.Table {
	var out []*schema.Table
	for _, t := range b.Visible() {
		if a, err := b.policy().Access(b.Principal, t); err == nil && a.RowFilter == nil && len(a.Masks) == 0 {
			out = append(out, t)
		}
	}
	return out
}
