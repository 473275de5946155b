package csvscan

// Limits.
const (
	// DefaultRecordLimit is the longest record, in bytes without its line end.
	DefaultRecordLimit = 1 << 20
	// MaxFields is the most fields kept of one record; further ones are counted only.
	MaxFields = 10_001
	// MaxRecords is the most records in one chunk.
	MaxRecords = 8192

	maxChunkBytes = 512 << 10
	minChunkBytes = 64 << 10
	maxFields     = 128 << 10 // of a chunk, about
)

// Field is one field of a record: Start and End are offsets into Chunk.Data, without the quotes. The two high bits of End are
// flags.
type Field struct {
	Start uint32
	end   uint32
}

const (
	flagQuoted  = 1 << 31
	flagEscaped = 1 << 30
	endMask     = flagEscaped - 1
)

// NewField returns the field at data[start:end], for scanners of other formats. quoted tells an empty text from none at all.
func NewField(start, end int, quoted bool) Field {
	f := Field{uint32(start), uint32(end)}
	if quoted {
		f.end |= flagQuoted
	}
	return f
}

// End is the offset behind the field's last byte.
func (f Field) End() uint32 { return f.end & endMask }

// Quoted reports whether the field stood in quotes.
func (f Field) Quoted() bool { return f.end&flagQuoted != 0 }

// Escaped reports whether the field holds escapes that Unescape must undo.
func (f Field) Escaped() bool { return f.end&flagEscaped != 0 }

// Record is one record of a chunk.
type Record struct {
	Offset int64  // of its first byte in the input
	Line   int64  // physical line of its first byte, from 1
	Span   int64  // bytes of input it stands for, line end included
	Start  uint32 // its bytes in Chunk.Data, without the line end
	End    uint32 // for FaultTooLong, of the part that was kept
	First  uint32 // its first field in Chunk.Fields
	Fields uint32 // how many it has; at most MaxFields of them are kept
	Fault  Fault
}

// Fault says why a record could not be cut into fields. A record with a fault has no fields.
type Fault uint8

// The faults.
const (
	NoFault Fault = iota
	FaultStrayQuote
	FaultUnclosedQuote
	FaultTooLong
	FaultTold // found by the scanner of another format, which says in Chunk.Told what is wrong
)

// Told says what is wrong with a record.
type Told struct {
	Column string // as the file names it; empty when the record as a whole is at fault
	Reason string
	Class  string // the reason without what differs from record to record, where that is not all of it
}

var faultText = [...]string{
	NoFault:            "",
	FaultStrayQuote:    "a closing quote is followed by something other than a delimiter or a line end",
	FaultUnclosedQuote: "a quote is opened and not closed within the record limit",
	FaultTooLong:       "the line is longer than the record limit",
	FaultTold:          "the record cannot be read",
}

// String says what is wrong, for the person who sent the file.
func (f Fault) String() string { return faultText[f] }

// Chunk is some whole records. It is valid until it is handed to Next again.
type Chunk struct {
	Data    []byte
	Fields  []Field
	Records []Record
	Blank   int64 // blank lines
	// BlankBytes is what the blank lines' line ends take.
	BlankBytes int64
	// High and NUL say whether Data may hold bytes from 0x80, and zero bytes; without either it is plain ASCII.
	High, NUL bool
	// Told is about the records whose Fault is FaultTold, by their place in Records.
	Told map[int32]Told
}

// Bytes returns a field's bytes as they stand, escapes and all.
func (c *Chunk) Bytes(f Field) []byte { return c.Data[f.Start:f.End()] }

// Raw returns a record's own bytes without its line end.
func (c *Chunk) Raw(r *Record) []byte { return c.Data[r.Start:r.End] }

// Row returns the fields kept of a record.
func (c *Chunk) Row(r *Record) []Field {
	n := min(r.Fields, MaxFields)
	return c.Fields[r.First : r.First+n : r.First+n]
}

func (c *Chunk) reset() {
	c.Fields, c.Records = c.Fields[:0], c.Records[:0]
	c.Blank, c.BlankBytes = 0, 0
	c.High, c.NUL = true, true
}

// Unescape appends a quoted field's value to dst: quote doubled, or behind the escape byte.
func Unescape(dst, field []byte, escape byte) []byte {
	for i := 0; i < len(field); i++ {
		if field[i] == escape && i+1 < len(field) {
			i++
		}
		dst = append(dst, field[i])
	}
	return dst
}
