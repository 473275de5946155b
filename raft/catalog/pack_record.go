package catalog

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
)

// A packed record is the delivery without what its entry says (table, when it came and left) and with everything short that is the
// same in most deliveries: at one segment per delivery the record is most of what the catalog weighs.

// Flags of a packed record.
const (
	recordNamed    byte = 1 << iota
	recordAppend        // mode=append
	recordPurged        // past retention
	recordClean         // no reject, no blank line: every record but the header was accepted
	recordColumns       // ColumnBytes are of columns 1, 2, 3 ...
	recordAccepted      // Rows is Accepted
	recordMore          // moreFlags stand at the end; from packVersion 3 on
	recordAll      = 1<<iota - 1
)

// appendRecord writes the record of d; options is the number that stands for d.Options, 0 for none.
func appendRecord(b []byte, d *Delivery, options uint32) []byte {
	clean := d.Rejected == 0 && d.Blank == 0 && d.RecordsIn == d.Accepted
	counted := countedColumns(d.ColumnBytes)
	b = append(b, d.ID[:]...)
	b = append(b, flagIf(d.Named, recordNamed)|flagIf(d.Append, recordAppend)|flagIf(d.Purged, recordPurged)|
		flagIf(clean, recordClean)|flagIf(counted, recordColumns)|flagIf(d.Rows == d.Accepted, recordAccepted)|
		flagIf(moreFlags(d) != 0, recordMore))
	b = appendString(appendString(b, d.Source), d.Period)
	b = binary.AppendUvarint(append(b, d.SHA256[:]...), uint64(options))
	if options == 0 {
		b = append(b, d.Options[:]...)
	}
	b = appendCounts(b, d.BytesIn, d.Accepted, d.Header)
	if !clean {
		b = appendCounts(b, d.RecordsIn, d.Rejected, d.Blank)
	}
	if d.Rows != d.Accepted {
		b = appendCounts(b, d.Rows)
	}
	b = appendCounts(b, int64(d.Segments), d.Bytes, d.LoadedAt)
	b = appendColumnBytes(b, d.ColumnBytes, counted)
	b = binary.AppendUvarint(b, uint64(len(d.Files)))
	for i := range d.Files {
		b = appendCounts(appendFileName(b, d.Files[i].Name), d.Files[i].Bytes)
		b = append(b, d.Files[i].SHA256[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Replaced)))
	for i := range d.Replaced {
		b = append(b, d.Replaced[i][:]...)
	}
	return appendMore(b, d)
}

// appendCounts writes numbers that are hardly ever negative: without a sign bit most are a byte shorter at the sizes of columns.
func appendCounts(b []byte, counts ...int64) []byte {
	for _, n := range counts {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

func (r *reader) number() int64 { return int64(r.uvarint()) }

// countedColumns reports whether the columns are 1, 2, 3 and so on, as in every table that was never altered.
func countedColumns(columns []ColumnBytes) bool {
	for i, c := range columns {
		if c.Column != uint32(i)+1 {
			return false
		}
	}
	return len(columns) > 0
}

func appendColumnBytes(b []byte, columns []ColumnBytes, counted bool) []byte {
	b = binary.AppendUvarint(b, uint64(len(columns)))
	for _, c := range columns {
		if !counted {
			b = binary.AppendUvarint(b, uint64(c.Column))
		}
		b = appendCounts(b, c.Bytes)
	}
	return b
}

// The forms of a file's name.
const (
	nameText  byte = iota
	nameKnown      // one of knownNames
	nameHash       // 16 hexadecimal digits and statsSuffix
)

const statsSuffix = ".stats"

// knownName returns the number of a name that most deliveries have, 0 for any other. Append only.
func knownName(name string) byte {
	switch name {
	case "receipt.json":
		return 1
	case "rejects.ndjson.zst":
		return 2
	}
	return 0
}

func nameOfNumber(n byte) string {
	switch n {
	case 1:
		return "receipt.json"
	case 2:
		return "rejects.ndjson.zst"
	}
	return ""
}

func appendFileName(b []byte, name string) []byte {
	if n := knownName(name); n != 0 {
		return append(b, nameKnown, n)
	}
	digits, ok := strings.CutSuffix(name, statsSuffix)
	if hash, err := hex.DecodeString(digits); ok && err == nil && len(hash) == 8 && strings.ToLower(digits) == digits {
		return append(append(b, nameHash), hash...)
	}
	return appendString(append(b, nameText), name)
}

func (r *reader) fileName() string {
	switch form := r.byte(); form {
	case nameText:
		return r.string()
	case nameKnown:
		if name := nameOfNumber(r.byte()); name != "" {
			return name
		}
		r.fail("an unknown number of a file name")
	case nameHash:
		return hex.EncodeToString([]byte(r.take(8))) + statsSuffix
	default:
		r.fail("a file name of form %d", form)
	}
	return ""
}

// record reads what appendRecord wrote into d, whose lists are used again, and returns the number that stands for its options.
func (r *reader) record(d *Delivery) (options uint32) {
	*d = Delivery{ID: r.id(), ColumnBytes: d.ColumnBytes[:0], Files: d.Files[:0], Replaced: d.Replaced[:0]}
	flags := r.byte()
	if flags&^recordAll != 0 {
		r.fail("unknown flags %#x in a packed delivery", flags)
	}
	d.Named, d.Append, d.Purged = flags&recordNamed != 0, flags&recordAppend != 0, flags&recordPurged != 0
	d.Source, d.Period = r.string(), r.string()
	d.SHA256 = r.digest()
	if options = r.uint32(); options == 0 {
		d.Options = r.digest()
	}
	d.BytesIn, d.Accepted, d.Header = r.number(), r.number(), r.number()
	d.RecordsIn, d.Rows = d.Accepted, d.Accepted
	if flags&recordClean == 0 {
		d.RecordsIn, d.Rejected, d.Blank = r.number(), r.number(), r.number()
	}
	if flags&recordAccepted == 0 {
		d.Rows = r.number()
	}
	segments := r.uint32()
	if d.Segments = int32(segments); d.Segments < 0 {
		r.fail("%d segments in one delivery", segments)
	}
	d.Bytes, d.LoadedAt = r.number(), r.number()
	r.recordLists(d, flags)
	r.more(d, flags&recordMore != 0)
	return options
}

func (r *reader) recordLists(d *Delivery, flags byte) {
	n := r.count(1)
	d.ColumnBytes = slices.Grow(d.ColumnBytes, n)
	for i := range n {
		c := uint32(i) + 1
		if flags&recordColumns == 0 {
			c = r.uint32()
		}
		d.ColumnBytes = append(d.ColumnBytes, ColumnBytes{Column: c, Bytes: r.number()})
	}
	n = r.count(35)
	d.Files = slices.Grow(d.Files, n)
	for range n {
		d.Files = append(d.Files, File{Name: r.fileName(), Bytes: r.number(), SHA256: r.digest()})
	}
	n = r.count(16)
	d.Replaced = slices.Grow(d.Replaced, n)
	for range n {
		d.Replaced = append(d.Replaced, r.id())
	}
}
