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
)

// PutTable creates a table (Expect 0; Conflict when the name exists) or replaces its definition when its version is Expect.
// The catalog assigns id, version and the ids of columns that have none.
type PutTable struct {
	Table  schema.Table
	Expect uint32
}

// DropTable removes a table and everything in it from the live state.
type DropTable struct {
	Name   string
	Expect uint32 // version, 0 for any
}

// CommitDelivery brings a delivery and its segments into force in one step. With Replace, every delivery in force in its slot
// leaves; otherwise it is added. It is refused when
//   - the table's version is not Expect (someone altered it: convert again),
//   - the same content is in force in the slot already (the result names it),
//   - the same content was superseded there and Force is not set,
//   - StartedAt is more than 24 hours before the newest commit (its files may be gone as orphans).
type CommitDelivery struct {
	Delivery  Delivery
	Segments  []schema.Segment
	Replace   bool
	Force     bool
	Expect    uint32
	StartedAt int64 // microseconds since 1970
}

// RevertDelivery takes a delivery out of force and puts back the ones it replaced. Refused when it is not in force, or when
// what it replaced is past retention.
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

func (*PutTable) kind() commandKind       { return kindPutTable }
func (*DropTable) kind() commandKind      { return kindDropTable }
func (*CommitDelivery) kind() commandKind { return kindCommitDelivery }
func (*RevertDelivery) kind() commandKind { return kindRevertDelivery }
func (*PutMember) kind() commandKind      { return kindPutMember }
func (*RemoveMember) kind() commandKind   { return kindRemoveMember }

// Result is what applying a command gave.
type Result struct {
	Index    uint64        // catalog index after the command
	Table    *schema.Table // PutTable
	Delivery *Delivery     // CommitDelivery, RevertDelivery: as it now stands; for a duplicate, the one in force
	Same     bool          // CommitDelivery: the content was in force already, nothing changed
}
