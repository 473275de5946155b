package catalog

import (
	"encoding/binary"

	"github.com/assaydb/assay/storage/schema"
)

// Flags of an encoded delivery.
const (
	flagNamed byte = 1 << iota
	flagAppend
	flagPurged
	flagSuperseded
	flagMore        // a byte of moreFlags follows, and what they announce; from version 2 on
	flagDeliveryAll = 1<<iota - 1
)

// Flags of the second byte, in deliveries and in packed records alike.
const (
	moreLedger byte = 1 << iota
	moreAmends
	moreCompaction // in packed records alone, from packVersionCompaction on
	moreAll        = 1<<iota - 1
)

func moreFlags(d *Delivery) byte {
	return flagIf(!d.Ledger.IsZero(), moreLedger) | flagIf(!d.Amends.IsZero(), moreAmends) | flagIf(d.Compaction, moreCompaction)
}

// appendMore writes what version 2 added to a delivery; the accepted bytes are what is left of the text.
func appendMore(b []byte, d *Delivery) []byte {
	more := moreFlags(d)
	if more == 0 {
		return b
	}
	b = append(b, more)
	if more&moreLedger != 0 {
		l := &d.Ledger
		b = binary.AppendVarint(b, l.Text-d.BytesIn)
		b = binary.AppendVarint(b, l.Text-l.Accepted-l.Rejected-l.Aside)
		for _, n := range [...]int64{l.Rejected, l.Aside, l.Preamble, l.Trailer} {
			b = binary.AppendVarint(b, n)
		}
	}
	if more&moreAmends != 0 {
		b = append(b, d.Amends[:]...)
	}
	return b
}

// more reads what appendMore wrote, when there is any. BytesIn must have been read.
func (r *reader) more(d *Delivery, present bool) {
	if !present {
		return
	}
	more := r.byte()
	if more == 0 || more&^moreAll != 0 {
		r.fail("unknown flags %#x in the second byte of a delivery", more)
	}
	d.Compaction = more&moreCompaction != 0
	if more&moreLedger != 0 {
		l := &d.Ledger
		l.Text = r.varint() + d.BytesIn
		lost := r.varint()
		l.Rejected, l.Aside, l.Preamble, l.Trailer = r.varint(), r.varint(), r.varint(), r.varint()
		if l.Accepted = l.Text - lost - l.Rejected - l.Aside; l.IsZero() {
			r.fail("an empty ledger")
		}
	}
	if more&moreAmends != 0 {
		if d.Amends = r.id(); d.Amends.IsZero() {
			r.fail("the id of the amended delivery is zero")
		}
	}
}

func appendDelivery(b []byte, d *Delivery) []byte {
	b = append(b, d.ID[:]...)
	b = binary.AppendUvarint(b, uint64(d.Table))
	b = appendString(appendString(b, d.Source), d.Period)
	flags := flagIf(d.Named, flagNamed) | flagIf(d.Append, flagAppend) | flagIf(d.Purged, flagPurged) |
		flagIf(!d.Superseded.IsZero(), flagSuperseded) | flagIf(moreFlags(d) != 0, flagMore)
	b = append(b, flags)
	b = append(append(b, d.SHA256[:]...), d.Options[:]...)
	for _, n := range [...]int64{d.BytesIn, d.RecordsIn, d.Accepted, d.Rejected, d.Blank, d.Header} {
		b = binary.AppendVarint(b, n)
	}
	b = appendDetails(b, d)
	b = binary.AppendVarint(b, int64(d.Segments))
	b = binary.AppendVarint(binary.AppendVarint(b, d.Rows), d.Bytes)
	b = binary.AppendVarint(b, d.LoadedAt)
	b = binary.AppendUvarint(binary.AppendUvarint(b, d.Added), d.Removed)
	if flags&flagSuperseded != 0 {
		b = append(b, d.Superseded[:]...)
	}
	return appendMore(b, d)
}

func appendDetails(b []byte, d *Delivery) []byte {
	b = binary.AppendUvarint(b, uint64(len(d.ColumnBytes)))
	for _, c := range d.ColumnBytes {
		b = binary.AppendVarint(binary.AppendUvarint(b, uint64(c.Column)), c.Bytes)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Files)))
	for i := range d.Files {
		f := &d.Files[i]
		b = binary.AppendVarint(appendString(b, f.Name), f.Bytes)
		b = append(b, f.SHA256[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Replaced)))
	for i := range d.Replaced {
		b = append(b, d.Replaced[i][:]...)
	}
	return b
}

func flagIf(on bool, flag byte) byte {
	if on {
		return flag
	}
	return 0
}

func (r *reader) delivery() *Delivery {
	d := &Delivery{ID: r.id(), Table: r.uint32(), Source: r.string(), Period: r.string()}
	flags := r.byte()
	if flags&^flagDeliveryAll != 0 {
		r.fail("unknown flags %#x in a delivery", flags)
	}
	d.Named, d.Append, d.Purged = flags&flagNamed != 0, flags&flagAppend != 0, flags&flagPurged != 0
	d.SHA256, d.Options = r.digest(), r.digest()
	for _, n := range [...]*int64{&d.BytesIn, &d.RecordsIn, &d.Accepted, &d.Rejected, &d.Blank, &d.Header} {
		*n = r.varint()
	}
	r.details(d)
	segments := r.varint()
	if int64(int32(segments)) != segments {
		r.fail("%d segments in one delivery", segments)
	}
	d.Segments = int32(segments)
	d.Rows, d.Bytes, d.LoadedAt = r.varint(), r.varint(), r.varint()
	d.Added, d.Removed = r.uvarint(), r.uvarint()
	if flags&flagSuperseded != 0 {
		if d.Superseded = r.id(); d.Superseded.IsZero() {
			r.fail("the successor's id is zero")
		}
	}
	if r.more(d, flags&flagMore != 0); d.Compaction {
		r.fail("a delivery that says it is a compaction")
	}
	return d
}

func (r *reader) details(d *Delivery) {
	if n := r.count(2); n > 0 {
		d.ColumnBytes = make([]ColumnBytes, n)
	}
	for i := range d.ColumnBytes {
		d.ColumnBytes[i] = ColumnBytes{Column: r.uint32(), Bytes: r.varint()}
	}
	if n := r.count(34); n > 0 {
		d.Files = make([]File, n)
	}
	for i := range d.Files {
		d.Files[i] = File{Name: r.string(), Bytes: r.varint(), SHA256: r.digest()}
	}
	if n := r.count(16); n > 0 {
		d.Replaced = make([]schema.ID, n)
	}
	for i := range d.Replaced {
		d.Replaced[i] = r.id()
	}
}
