package schema

// Segment describes one immutable Parquet file of one partition. The catalog keeps it packed; readers get this form.
type Segment struct {
	ID        ID
	Table     uint32
	Delivery  ID      // the delivery (or compaction) that wrote it: names its local folder
	Partition []Value // one per Table.PartitionBy
	Rows      int64
	Bytes     int64
	SHA256    Digest // of the whole file
	Bounds    []Bound
	Parts     []Part // the deliveries whose rows it holds, at least one
	Location  string // set for attached files only: where the file lies; empty means the store's own place
	Added     uint64 // catalog index at which it came into force
	Removed   uint64 // catalog index at which it left; 0 while in force
}

// Bound is what is known of one column of a segment. Min and Max are bounds that need not be attained (long text is cut, up
// for Max) unless Exact. Both are NULL when every row is NULL. NaN and -0 never enter them.
type Bound struct {
	Column uint32 // column id
	Min    Value
	Max    Value
	Nulls  int64
	Exact  bool
}

// Part is one delivery's share of a segment.
type Part struct {
	Delivery ID
	Source   string
	Period   string
	Rows     int64
	Live     bool // false: superseded, its rows must not be seen
}

// Bound returns what is known of the column with the id.
func (s *Segment) Bound(column uint32) (Bound, bool) {
	for _, b := range s.Bounds {
		if b.Column == column {
			return b, true
		}
	}
	return Bound{}, false
}

// LiveAt reports whether the segment is in force at a catalog index.
func (s *Segment) LiveAt(index uint64) bool {
	return s.Added <= index && (s.Removed == 0 || s.Removed > index)
}
