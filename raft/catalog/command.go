package catalog

import "github.com/assaydb/assay/storage/schema"

// Command is one change of the catalog. Commands are pure data: everything that could differ between nodes (clocks, ids) is
// decided by the proposer. Apply either does all of a command or nothing.
type Command interface{ kind() commandKind }

type commandKind uint8

// The commands, in their order on disk: append only.
const (
	kindPutTable commandKind = 1 + iota
	kindDropTable
	kindCommitDelivery
	kindRevertDelivery
	kindPutMember
	kindRemoveMember
	kindPurgeExpired
	kindSetRetention
	kindPutDocument
	kindCompact
	kindHoldDelivery
	kindDecideDelivery
)

// PutTable creates a table (Expect 0; Conflict when the name exists) or replaces its definition when its version is Expect.
// The catalog assigns id and version, and ids to the columns that have none; a new table may bring its own unused id.
// The partition columns cannot change while the table holds deliveries.
type PutTable struct {
	Table  schema.Table
	Expect uint32
	At     int64 // proposer's clock, microseconds since 1970
}

// DropTable removes a table and everything in it from the live state. Its name is free at once, for a table with a new id.
type DropTable struct {
	Name   string
	Expect uint32 // version, 0 for any
	At     int64  // proposer's clock, microseconds since 1970
}

// CommitDelivery brings a delivery and its segments into force in one step. With Replace, every delivery in force in its slot
// leaves; otherwise it is added. It is refused when
//   - the table's version is not Expect (someone altered it: convert again),
//   - the same content is in force in the slot already (the result names it),
//   - the same content was superseded there and Force is not set,
//   - StartedAt is more than 24 hours before the newest commit (its files may be gone as orphans),
//   - its segments do not hold the rows it accepted.
//
// A load that makes its table or widens it says so here, so that both happen or neither: Table is then the definition the rows
// were converted under, complete with column ids (as Snapshot.Define gives it). With Expect 0 the table must not exist.
type CommitDelivery struct {
	Delivery  Delivery
	Segments  []schema.Segment
	Replace   bool
	Force     bool
	Expect    uint32
	StartedAt int64         // microseconds since 1970
	Table     *schema.Table // nil when the table stays as it is
}

// RevertDelivery takes a delivery out of force and puts back the ones it replaced. Refused when it is not in force, or when
// what it replaced is past retention (Gone).
type RevertDelivery struct {
	Delivery schema.ID
	At       int64 // proposer's clock, microseconds since 1970
}

// Member is a node of the cluster.
type Member struct {
	ID      string
	Address string // peer address
	Role    string // "all" or "query"
}

// PutMember adds or changes a member.
type PutMember struct{ Member Member }

// RemoveMember removes a member.
type RemoveMember struct{ ID string }

// PurgeExpired forgets what left the live state longer ago than the retention, oldest first. At most Limit deliveries go in one
// command (0 for 10,000), so that none holds up the others; Result.More says that some are left. Files may be deleted once the
// command is applied, not before: until then a revert or an older view may need them.
type PurgeExpired struct {
	Now   int64 // proposer's clock, microseconds since 1970
	Limit uint32
}

// SetRetention sets how long what was replaced, reverted or dropped is kept.
type SetRetention struct {
	Micros int64
}

// PutDocument puts a document in place of the one of its kind, table and name, or takes that away when its body is empty. The
// table must be there.
type PutDocument struct {
	Document Document
	At       int64 // proposer's clock, microseconds since 1970
}

// Compact puts segments in place of others of one partition that hold the same rows. Inputs names the deliveries and earlier
// compactions whose segments of that partition leave, all of each. It is refused when
//   - an input is not in force there any more (someone was faster: look again),
//   - a delivery's rows are not all in the outputs, unless it is past retention and none of them are,
//   - StartedAt is more than 24 hours before the newest commit.
//
// Which deliveries are in force does not change. Views of before see the inputs, until retention lets them go.
type Compact struct {
	ID          schema.ID // of the compaction; names its folder as a delivery's id does
	Table       uint32
	Partition   []schema.Value
	Inputs      []schema.ID
	Segments    []schema.Segment // with Parts; none when all that is left of the inputs is past retention
	ColumnBytes []ColumnBytes
	Files       []File
	StartedAt   int64 // microseconds since 1970
	At          int64 // proposer's clock, microseconds since 1970
}

func (*PutTable) kind() commandKind       { return kindPutTable }
func (*DropTable) kind() commandKind      { return kindDropTable }
func (*CommitDelivery) kind() commandKind { return kindCommitDelivery }
func (*RevertDelivery) kind() commandKind { return kindRevertDelivery }
func (*PutMember) kind() commandKind      { return kindPutMember }
func (*RemoveMember) kind() commandKind   { return kindRemoveMember }
func (*PurgeExpired) kind() commandKind   { return kindPurgeExpired }
func (*SetRetention) kind() commandKind   { return kindSetRetention }
func (*PutDocument) kind() commandKind    { return kindPutDocument }
func (*Compact) kind() commandKind        { return kindCompact }
func (*HoldDelivery) kind() commandKind   { return kindHoldDelivery }
func (*DecideDelivery) kind() commandKind { return kindDecideDelivery }

// Result is what applying a command gave.
type Result struct {
	Index    uint64        // catalog index after the command; a refused or needless command leaves it as it was
	Table    *schema.Table // PutTable, CommitDelivery, Compact
	Delivery *Delivery     // CommitDelivery, RevertDelivery, Compact: as it now stands; for a duplicate, the one in force
	Same     bool          // CommitDelivery: the content was in force already, nothing changed
	Held     bool          // HoldDelivery, DecideDelivery: the delivery waits for a decision, or was rejected; it is not in force
	Purged   []Purged      // PurgeExpired: what was forgotten
	More     bool          // PurgeExpired: the limit was reached, propose it again
}

// Purged names a delivery or compaction whose folder may be deleted, or what of it.
type Purged struct {
	Table    uint32
	Delivery schema.ID
	Segments []schema.ID // these alone, the rest is in use; nil for the whole folder
	Files    []string    // with Segments: side files that go with them
}
