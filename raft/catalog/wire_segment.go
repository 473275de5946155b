package catalog

import (
	"encoding/binary"

	"github.com/assaydb/assay/storage/schema"
)

// Flags of an encoded segment.
const (
	flagParts      byte = 1 << iota // lists its deliveries; otherwise it holds rows of the delivery that wrote it alone
	flagLocation                    // lies outside the store
	flagWriter                      // in commands: says which table and delivery wrote it, and when it came and left
	flagSegmentAll = 1<<iota - 1
)

// appendFile writes what a segment says of itself. In a packed delivery the partition stands before the group and the writer is
// the delivery; in a command flags may hold flagWriter.
func appendFile(b []byte, s *schema.Segment, flags byte) []byte {
	flags |= flagIf(len(s.Parts) > 0, flagParts) | flagIf(s.Location != "", flagLocation)
	b = append(b, s.ID[:]...)
	b = append(b, s.SHA256[:]...)
	b = append(b, flags)
	b = binary.AppendVarint(binary.AppendVarint(b, s.Rows), s.Bytes)
	b = appendBounds(b, s.Bounds)
	if flags&flagParts != 0 {
		b = appendParts(b, s.Parts)
	}
	if flags&flagLocation != 0 {
		b = appendString(b, s.Location)
	}
	if flags&flagWriter != 0 {
		b = binary.AppendUvarint(b, uint64(s.Table))
		b = append(b, s.Delivery[:]...)
		b = binary.AppendUvarint(binary.AppendUvarint(b, s.Added), s.Removed)
	}
	return b
}

func appendParts(b []byte, parts []schema.Part) []byte {
	b = binary.AppendUvarint(b, uint64(len(parts)))
	for i := range parts {
		p := &parts[i]
		b = append(b, p.Delivery[:]...)
		b = appendString(appendString(b, p.Source), p.Period)
		b = appendBool(binary.AppendVarint(b, p.Rows), p.Live)
	}
	return b
}

// file reads what appendFile wrote into s and returns the flags.
func (r *reader) file(s *schema.Segment) byte {
	s.ID, s.SHA256 = r.id(), r.digest()
	flags := r.byte()
	if flags&^flagSegmentAll != 0 {
		r.fail("unknown flags %#x in a segment", flags)
	}
	s.Rows, s.Bytes = r.varint(), r.varint()
	s.Bounds = r.bounds(nil)
	if flags&flagParts != 0 {
		s.Parts = r.parts()
	}
	if flags&flagLocation != 0 {
		if s.Location = r.string(); s.Location == "" {
			r.fail("an empty location")
		}
	}
	if flags&flagWriter != 0 {
		s.Table, s.Delivery = r.uint32(), r.id()
		s.Added, s.Removed = r.uvarint(), r.uvarint()
	}
	return flags
}

func (r *reader) parts() []schema.Part {
	n := r.count(20)
	if n == 0 {
		r.fail("an empty list of parts")
		return nil
	}
	parts := make([]schema.Part, n)
	for i := range parts {
		parts[i] = schema.Part{Delivery: r.id(), Source: r.string(), Period: r.string(), Rows: r.varint(), Live: r.bool()}
	}
	return parts
}

// appendSegment writes a segment as commands carry it, within the delivery d.
func appendSegment(b []byte, s *schema.Segment, d *Delivery) []byte {
	own := s.Table == d.Table && s.Delivery == d.ID && s.Added == 0 && s.Removed == 0
	b = appendValues(b, s.Partition)
	return appendFile(b, s, flagIf(!own, flagWriter))
}

func (r *reader) segment(s *schema.Segment, d *Delivery) {
	s.Partition = r.values(nil)
	if flags := r.file(s); flags&flagWriter == 0 {
		s.Table, s.Delivery = d.Table, d.ID
	} else if s.Table == d.Table && s.Delivery == d.ID && s.Added == 0 && s.Removed == 0 {
		r.fail("a segment names its writer needlessly")
	}
}
