package schema

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/errs"
)

// Limits of a table definition.
const (
	MaxColumns    = 10_000
	MaxNameBytes  = 128
	MaxPartitions = 4 // partition columns
	MaxSortKeys   = 8
)

// Codec names the general compression of a table's segments. Column chunks that it does not shrink are stored plain.
type Codec string

// The codecs.
const (
	CodecZstd   Codec = "zstd"
	CodecSnappy Codec = "snappy"
	CodecGzip   Codec = "gzip"
	CodecLZ4    Codec = "lz4"
	CodecNone   Codec = "none"
)

// Column is one column of a table. ID is its identity for ever (Parquet's field id): names may be reused, ids never.
type Column struct {
	ID   uint32 `json:"id"`
	Name string `json:"name"`
	Type Type   `json:"type"`
}

// Table is the definition of a table at one version. It is immutable once published in the catalog.
type Table struct {
	ID          uint32      `json:"id"`
	Name        string      `json:"name"`
	Version     uint32      `json:"version"` // grows with every ALTER
	Columns     []Column    `json:"columns"`
	PartitionBy []Transform `json:"partition_by"`
	SortBy      []uint32    `json:"sort_by"` // column ids
	Codec       Codec       `json:"codec"`
	NextColumn  uint32      `json:"next_column"` // the next unused column id
	Inferred    bool        `json:"inferred"`    // made by a load, not declared: types may be widened by later loads
	Policy      Policy      `json:"policy"`      // how loads may change the definition
	Attached    Attachment  `json:"attached"`    // where the files of others lie that make up the table
}

// Column returns the ordinal of the named column (case-insensitive), -1 when there is none.
func (t *Table) Column(name string) int {
	for i := range t.Columns {
		if strings.EqualFold(t.Columns[i].Name, name) {
			return i
		}
	}
	return -1
}

// ColumnByID returns the ordinal of the column with the id, -1 when there is none.
func (t *Table) ColumnByID(id uint32) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.ID == id })
}

// Virtual columns: constant per delivery or segment, free to filter and group by, not in SELECT *.
const (
	VirtualSource   = "_source"
	VirtualPeriod   = "_period"
	VirtualDelivery = "_delivery"
	VirtualSegment  = "_segment"
)

// Virtual column ids, above every id a table can give out.
const (
	VirtualSourceID   uint32 = 0xFFFF_FF01
	VirtualPeriodID   uint32 = 0xFFFF_FF02
	VirtualDeliveryID uint32 = 0xFFFF_FF03
	VirtualSegmentID  uint32 = 0xFFFF_FF04
	// RowPositionID is the internal BIGINT column of scans that breaks ties: segment ordinal << 40 | row. It has no name in SQL.
	RowPositionID uint32 = 0xFFFF_FF05
	// RowWeightID is the internal BIGINT column of scans whose rows may stand for several: for how many. It has no name in SQL.
	RowWeightID uint32 = 0xFFFF_FF06
)

// VirtualColumns lists the virtual columns that every table has; all are VARCHAR.
func VirtualColumns() []Column {
	return []Column{
		{VirtualSourceID, VirtualSource, TypeVarchar},
		{VirtualPeriodID, VirtualPeriod, TypeVarchar},
		{VirtualDeliveryID, VirtualDelivery, TypeVarchar},
		{VirtualSegmentID, VirtualSegment, TypeVarchar},
	}
}

// ValidateName checks a table or column name: 1 to 128 bytes of UTF-8 without control characters, path separators or quotes;
// column names may not begin with an underscore that would hide a virtual column.
func ValidateName(what, name string) error {
	bad := func(why string) error {
		return errs.New(errs.Meaning, "bad-name", "%s name %q %s", what, name, why)
	}
	switch {
	case name == "":
		return bad("is empty")
	case len(name) > MaxNameBytes:
		return bad("is longer than 128 bytes")
	case !utf8.ValidString(name):
		return bad("is not valid UTF-8")
	case name == "." || name == "..":
		return bad("is reserved")
	}
	for _, r := range name {
		if r < ' ' || r == 0x7f || strings.ContainsRune("/\\`\"'", r) {
			return bad("holds a control character, a slash or a quote")
		}
	}
	for _, v := range VirtualColumns() {
		if strings.EqualFold(v.Name, name) {
			return bad("is the name of a virtual column")
		}
	}
	return nil
}

// Validate checks the definition as a whole.
func (t *Table) Validate() error {
	if err := ValidateName("table", t.Name); err != nil {
		return err
	}
	if len(t.Columns) == 0 || len(t.Columns) > MaxColumns {
		return errs.New(errs.Meaning, "bad-table", "table %q has %d columns", t.Name, len(t.Columns)).WithHint("1 to %d are allowed", MaxColumns)
	}
	seen := make(map[string]bool, len(t.Columns))
	for _, c := range t.Columns {
		if err := ValidateName("column", c.Name); err != nil {
			return err
		}
		low := strings.ToLower(c.Name)
		if seen[low] {
			return errs.New(errs.Meaning, "duplicate-column", "table %q has two columns named %q (names are case-insensitive)", t.Name, c.Name)
		}
		seen[low] = true
		if c.Type.Kind == Null || c.Type.Kind > JSON {
			return errs.New(errs.Meaning, "bad-type", "column %q cannot have type %s", c.Name, c.Type)
		}
	}
	return t.validateLayout()
}

func (t *Table) validateLayout() error {
	if len(t.PartitionBy) > MaxPartitions || len(t.SortBy) > MaxSortKeys {
		return errs.New(errs.Meaning, "bad-table", "table %q: at most %d partition columns and %d sort columns are allowed", t.Name, MaxPartitions, MaxSortKeys)
	}
	keys := map[string]bool{}
	for _, p := range t.PartitionBy {
		if err := p.Validate(t); err != nil {
			return err
		}
		if k := strings.ToLower(p.Key(t)); keys[k] {
			return errs.New(errs.Meaning, "bad-partition", "table %q partitions twice by %s", t.Name, k)
		} else {
			keys[k] = true
		}
	}
	for i, id := range t.SortBy {
		if t.ColumnByID(id) < 0 || slices.Index(t.SortBy, id) != i {
			return errs.New(errs.Meaning, "bad-sort-key", "table %q: sort column %d is unknown or named twice", t.Name, id)
		}
	}
	switch t.Codec {
	case CodecZstd, CodecSnappy, CodecGzip, CodecLZ4, CodecNone:
		return nil
	}
	return errs.New(errs.Meaning, "bad-codec", "table %q: no codec %q", t.Name, t.Codec).WithHint("use zstd, snappy, gzip, lz4 or none")
}

// ReservedTable reports whether a name is that of a system table: no new table may take it. One that is there already keeps it, and
// hides the system table.
func ReservedTable(name string) bool {
	return strings.EqualFold(name, "deliveries") || strings.EqualFold(name, "rejects")
}

// CheckReserved refuses a system table's name for a new table.
func CheckReserved(name string) error {
	if ReservedTable(name) {
		return errs.New(errs.Meaning, "reserved-name", "%q is a system table: SELECT * FROM assay.%s", name, strings.ToLower(name)).WithHint("give the table another name")
	}
	return nil
}
