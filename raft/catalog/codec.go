package catalog

import (
	"encoding/binary"
	"fmt"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// commandVersion is the newest version of the command format. A command is: version, kind, fields, XXH3-64 of all before it. Each
// is written in the oldest version that can say it, so that a release that knows no more can read all but what is new to it:
//
//	2: a delivery's ledger and what it amends, a table's policy and attachment, documents
//	3: compactions
//	4: deliveries that are held until someone decides
const commandVersion = 4

// checksumBytes is the length of the XXH3-64 at the end of a command.
const checksumBytes = 8

// MaxCommandBytes bounds one command: a delivery of about half a million segments.
const MaxCommandBytes = 64 << 20

// Encode returns the bytes of a command. The same command always gives the same bytes.
func Encode(c Command) []byte {
	b := []byte{versionOf(c), byte(c.kind())}
	switch c := c.(type) {
	case *PutTable:
		b = appendTable(b, &c.Table)
		b = binary.AppendUvarint(b, uint64(c.Expect))
		b = binary.AppendVarint(b, c.At)
	case *DropTable:
		b = appendString(b, c.Name)
		b = binary.AppendUvarint(b, uint64(c.Expect))
		b = binary.AppendVarint(b, c.At)
	case *CommitDelivery:
		b = appendCommit(b, c)
	case *RevertDelivery:
		b = binary.AppendVarint(append(b, c.Delivery[:]...), c.At)
	case *PutMember:
		b = appendString(appendString(appendString(b, c.Member.ID), c.Member.Address), c.Member.Role)
	case *RemoveMember:
		b = appendString(b, c.ID)
	case *PurgeExpired:
		b = binary.AppendUvarint(binary.AppendVarint(b, c.Now), uint64(c.Limit))
	case *SetRetention:
		b = binary.AppendVarint(b, c.Micros)
	case *PutDocument:
		b = appendDocument(b, &c.Document)
		b = binary.AppendVarint(b, c.At)
	case *Compact:
		b = appendCompact(b, c)
	case *HoldDelivery:
		b = binary.AppendVarint(appendString(appendCommit(b, &c.Commit), c.Reason), c.At)
	case *DecideDelivery:
		b = appendBool(append(b, c.Delivery[:]...), c.Approve)
		b = binary.AppendVarint(appendString(appendString(b, c.Reason), c.By), c.At)
	}
	return binary.LittleEndian.AppendUint64(b, xxh3.Hash(b))
}

// versionOf is the oldest version that can say a command.
func versionOf(c Command) byte {
	newer := false
	switch c := c.(type) {
	case *PutTable:
		newer = moreOf(&c.Table)
	case *CommitDelivery:
		newer = moreFlags(&c.Delivery) != 0 || c.Table != nil && moreOf(c.Table)
	case *PutDocument:
		newer = true
	case *Compact:
		return 3
	case *HoldDelivery, *DecideDelivery:
		return 4
	}
	return 1 + boolByte(newer)
}

// moreOf reports whether version 1 cannot say a table.
func moreOf(t *schema.Table) bool { return t.Policy != schema.Policy{} || t.IsAttached() }

func appendCommit(b []byte, c *CommitDelivery) []byte {
	b = appendDelivery(b, &c.Delivery)
	b = appendBool(appendBool(b, c.Replace), c.Force)
	b = binary.AppendUvarint(b, uint64(c.Expect))
	b = binary.AppendVarint(b, c.StartedAt)
	b = appendBool(b, c.Table != nil)
	if c.Table != nil {
		b = appendTable(b, c.Table)
	}
	b = binary.AppendUvarint(b, uint64(len(c.Segments)))
	for i := range c.Segments {
		b = appendSegment(b, &c.Segments[i], &c.Delivery)
	}
	return b
}

// Decode reads what Encode wrote. Its memory is bounded by the length of the input, whatever that holds.
func Decode(b []byte) (Command, error) {
	if len(b) < 2+checksumBytes {
		return nil, corruptCommand(fmt.Errorf("only %d bytes", len(b)))
	}
	body, sum := b[:len(b)-checksumBytes], b[len(b)-checksumBytes:]
	if xxh3.Hash(body) != binary.LittleEndian.Uint64(sum) {
		return nil, corruptCommand(fmt.Errorf("the checksum of its %d bytes does not match", len(b)))
	}
	if body[0] == 0 || body[0] > commandVersion {
		return nil, errs.New(errs.Invalid, "command-version", "catalog command has format version %d, this release reads %d", body[0], commandVersion).
			WithHint("upgrade this node")
	}
	r := &reader{s: string(body), off: 1}
	c := r.command()
	if r.err == nil && versionOf(c) != body[0] {
		r.fail("a command of version %d marked as %d", versionOf(c), body[0])
	}
	if err := r.end(); err != nil {
		return nil, corruptCommand(err)
	}
	return c, nil
}

func corruptCommand(err error) error {
	return errs.New(errs.Corrupt, "corrupt-command", "catalog command cannot be read: %w", err)
}

func (r *reader) command() Command {
	switch k := commandKind(r.byte()); k {
	case kindPutTable:
		return &PutTable{Table: *r.table(), Expect: r.uint32(), At: r.varint()}
	case kindDropTable:
		return &DropTable{Name: r.string(), Expect: r.uint32(), At: r.varint()}
	case kindCommitDelivery:
		return r.commit()
	case kindRevertDelivery:
		return &RevertDelivery{Delivery: r.id(), At: r.varint()}
	case kindPutMember:
		return &PutMember{Member{ID: r.string(), Address: r.string(), Role: r.string()}}
	case kindRemoveMember:
		return &RemoveMember{ID: r.string()}
	case kindPurgeExpired:
		return &PurgeExpired{Now: r.varint(), Limit: r.uint32()}
	case kindSetRetention:
		return &SetRetention{Micros: r.varint()}
	case kindPutDocument:
		return &PutDocument{Document: r.document(), At: r.varint()}
	case kindCompact:
		return r.compact()
	case kindHoldDelivery:
		return &HoldDelivery{Commit: *r.commit(), Reason: r.string(), At: r.varint()}
	case kindDecideDelivery:
		return &DecideDelivery{Delivery: r.id(), Approve: r.bool(), Reason: r.string(), By: r.string(), At: r.varint()}
	default:
		r.fail("unknown command %d", k)
		return nil
	}
}

func (r *reader) commit() *CommitDelivery {
	c := &CommitDelivery{Delivery: *r.delivery(), Replace: r.bool(), Force: r.bool(), Expect: r.uint32(), StartedAt: r.varint()}
	if r.bool() {
		c.Table = r.table()
	}
	const smallest = 16 + 32 + 5 // id, checksum, and a byte for each other field
	if n := r.count(smallest); n > 0 {
		c.Segments = make([]schema.Segment, n)
	}
	for i := range c.Segments {
		r.segment(&c.Segments[i], &c.Delivery)
	}
	return c
}

func appendCompact(b []byte, c *Compact) []byte {
	b = binary.AppendUvarint(append(b, c.ID[:]...), uint64(c.Table))
	b = appendValues(b, c.Partition)
	b = appendDetails(b, &Delivery{ColumnBytes: c.ColumnBytes, Files: c.Files, Replaced: c.Inputs})
	b = binary.AppendVarint(binary.AppendVarint(b, c.StartedAt), c.At)
	b = binary.AppendUvarint(b, uint64(len(c.Segments)))
	for i := range c.Segments {
		b = appendSegment(b, &c.Segments[i], &Delivery{ID: c.ID, Table: c.Table})
	}
	return b
}

func (r *reader) compact() *Compact {
	c := &Compact{ID: r.id(), Table: r.uint32(), Partition: r.values(nil)}
	var d Delivery
	r.details(&d)
	c.ColumnBytes, c.Files, c.Inputs = d.ColumnBytes, d.Files, d.Replaced
	c.StartedAt, c.At = r.varint(), r.varint()
	const smallest = 16 + 32 + 5
	if n := r.count(smallest); n > 0 {
		c.Segments = make([]schema.Segment, n)
	}
	for i := range c.Segments {
		r.segment(&c.Segments[i], &Delivery{ID: c.ID, Table: c.Table})
	}
	return c
}
