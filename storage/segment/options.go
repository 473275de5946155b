package segment

import "github.com/assaydb/assay/storage/schema"

// Limits of a segment's parts.
const (
	// DefaultRowGroupRows is the most rows of a row group: enough that a dictionary is worth its page, few enough that a file
	// of a million rows still feeds several readers (DESIGN.md has the figures).
	DefaultRowGroupRows = 256 << 10
	// DefaultRowGroupBytes closes a row group early when its values grow past it, which bounds the writer's memory.
	DefaultRowGroupBytes = 32 << 20
	// DefaultPageRows is the rows of a page: the same in every column, so that a page ordinal names the same rows everywhere.
	DefaultPageRows = 16 << 10
)

// manyColumns is where a table is so wide that what is kept of each column counts: its row groups are closed at half the
// bytes, and columns keep no memory from one to the next.
const (
	manyColumns = 1024
	maxChunks   = 16 << 10 // of a segment of such a table
)

// Options say what a Writer makes. Table is needed; the zero value of the others means the default.
type Options struct {
	Table    *schema.Table
	ID       schema.ID // of the segment
	Delivery schema.ID // stored in every row's _delivery, unless batches bring that column themselves

	RowGroupRows  int
	RowGroupBytes int64
	PageRows      int

	Parallel int // columns encoded at once; 0 means one

	Bare bool // leave _delivery out: a query's result as Parquet, not a segment of a table
}

func (o Options) withDefaults() Options {
	if o.RowGroupRows <= 0 {
		o.RowGroupRows = DefaultRowGroupRows
	}
	if o.RowGroupBytes <= 0 {
		o.RowGroupBytes = DefaultRowGroupBytes
	}
	if o.Table != nil && len(o.Table.Columns) > manyColumns {
		o.RowGroupBytes = min(o.RowGroupBytes, DefaultRowGroupBytes/2)
	}
	if o.PageRows <= 0 {
		o.PageRows = DefaultPageRows
	}
	o.Parallel = max(1, o.Parallel)
	return o
}

// deliveryColumn is the stored column that names each row's delivery. Its field id is the virtual one's.
func deliveryColumn() schema.Column {
	return schema.Column{ID: schema.VirtualDeliveryID, Name: schema.VirtualDelivery, Type: schema.TypeVarchar}
}
