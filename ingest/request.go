package ingest

import (
	"io"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Mode says what a delivery does to the ones in force in its slot.
type Mode uint8

// The modes.
const (
	ModeDefault Mode = iota // replace when the slot is named, else append
	ModeReplace
	ModeAppend
)

// Ack is the durability an upload asks for before its receipt.
type Ack uint8

// The acks, in rising strength.
const (
	AckLocal  Ack = iota // this node's disk
	AckQuorum            // two nodes, or the object store
	AckMirror            // the object store
)

// BadRow says what to do with a row that cannot be loaded.
type BadRow uint8

// What to do with bad rows.
const (
	RejectRow  BadRow = iota // keep it beside the delivery and go on, up to MaxRejects
	RejectFile               // refuse the file
)

// Request is one upload.
type Request struct {
	Table  string
	Source string // with Period, names the slot; both empty: the slot is the content's own hash
	Period string

	Body     io.Reader
	Encoding string // Content-Encoding: "", "identity", "gzip", "zstd"; what the magic bytes say is honoured too
	FileName string // a hint for .gz and .zst, used in messages; may be empty

	Options  Options
	Mode     Mode
	Force    bool      // put a superseded delivery back in force
	Amends   schema.ID // the delivery whose rejected lines are sent back, corrected; zero for none
	Ack      Ack
	Rehearse bool // check everything, commit nothing

	// Intent is told the delivery's id before it is proposed to the catalog, and makes it durable: whoever is interrupted then can ask
	// for that id (Loader.Settled) instead of loading again. An error fails the load. May be nil.
	Intent func(delivery schema.ID) error

	Progress func(Progress) // called now and then from one goroutine at a time; may be nil; must not block
}

// Progress is how far a load has come.
type Progress struct {
	Phase   Phase `json:"phase"`
	Bytes   int64 `json:"bytes"` // decoded bytes of the current phase
	Rows    int64 `json:"rows"`
	Rejects int64 `json:"rejects"`
}

// Phase is a step of a load.
type Phase string

// The phases, in order. A declared table has no PhaseInspect: its file is converted as it arrives.
const (
	PhaseInspect Phase = "inspect" // receive and infer types over the whole file
	PhaseConvert Phase = "convert" // scan, convert, sort, write
	PhaseSeal    Phase = "seal"    // fsync and read back
	PhaseMirror  Phase = "mirror"
	PhaseCommit  Phase = "commit"
	PhaseDone    Phase = "done"
)

// MaxSlotNameBytes bounds source and period.
const MaxSlotNameBytes = 256

// validate checks everything that can be known before the first byte of the body.
func (r *Request) validate() error {
	if err := schema.ValidateName("table", r.Table); err != nil {
		return err
	}
	for _, f := range []struct{ what, v string }{{"source", r.Source}, {"period", r.Period}} {
		if err := validateSlotName(f.what, f.v); err != nil {
			return err
		}
	}
	if r.Body == nil {
		return errs.New(errs.Invalid, "empty-body", "the upload has no body")
	}
	if r.Mode == ModeReplace && !r.named() {
		return errs.New(errs.Invalid, "no-slot", "mode=replace needs a slot to replace").WithHint("name source= or period=, or use mode=append")
	}
	if !r.Amends.IsZero() && r.Mode == ModeReplace {
		return errs.New(errs.Invalid, "amend-appends", "a delivery that amends another is added to its slot and replaces nothing").WithHint("use mode=append")
	}
	return r.Options.Validate()
}

func validateSlotName(what, v string) error {
	if len(v) > MaxSlotNameBytes {
		return errs.New(errs.Invalid, "bad-"+what, "%s is %d bytes long, at most %d are allowed", what, len(v), MaxSlotNameBytes)
	}
	if !printable(v) {
		return errs.New(errs.Invalid, "bad-"+what, "%s %q is not printable UTF-8", what, v)
	}
	return nil
}

// named reports whether the slot has a name, so that a later delivery can replace this one.
func (r *Request) named() bool { return r.Source != "" || r.Period != "" }

func (r *Request) replaces() bool {
	return r.Mode == ModeReplace || r.Mode == ModeDefault && r.named() && r.Amends.IsZero()
}

// Receipt is what an upload returns, as API.md says.
type Receipt struct {
	DeliveryID   schema.ID        `json:"delivery_id"`
	Table        string           `json:"table"`
	Source       string           `json:"source"`
	Period       string           `json:"period"`
	SHA256       schema.Digest    `json:"sha256"` // of the decoded bytes
	BytesIn      int64            `json:"bytes_in"`
	RecordsIn    int64            `json:"records_in"`
	Accepted     int64            `json:"accepted"`
	Rejected     int64            `json:"rejected"`
	Blank        int64            `json:"blank"`
	Header       int64            `json:"header"`
	Preamble     int64            `json:"preamble"` // lines before the header, set aside
	Trailer      int64            `json:"trailer"`  // records behind the last one that counts, set aside
	Ledger       ByteLedger       `json:"ledger"`
	Columns      []ReceiptColumn  `json:"columns"`
	Segments     []ReceiptSegment `json:"segments"`
	Replaced     *schema.ID       `json:"replaced"`
	Amends       *schema.ID       `json:"amends,omitempty"`
	Amended      int64            `json:"amended"` // rejected records that deliveries in force have brought corrected
	AmendedBy    []schema.ID      `json:"amended_by,omitempty"`
	CatalogIndex uint64           `json:"catalog_index"`
	Duplicate    bool             `json:"duplicate"`
	State        string           `json:"state,omitempty"`      // held or rejected: the rows are not in force
	HeldFor      string           `json:"held_for,omitempty"`   // why it is held, or was rejected
	Comparison   *Comparison      `json:"comparison,omitempty"` // with the source's period before
	Rehearsal    bool             `json:"rehearsal,omitempty"`
	LoadedAt     time.Time        `json:"loaded_at"`
	Dialect      Dialect          `json:"dialect"`
	HeaderLine   string           `json:"header_line,omitempty"`   // as it stands in the file
	Aside        []AsideLine      `json:"aside,omitempty"`         // the first lines of preamble and trailer
	Problems     []Problem        `json:"problems,omitempty"`      // the rejects by what is wrong
	RejectLines  int64            `json:"reject_lines,omitempty"`  // physical lines that the rejects span
	FirstRejects []Reject         `json:"first_rejects,omitempty"` // at most MaxFirstRejects; all of them are in the rejects file
	Warnings     []string         `json:"warnings"`
}

// ByteLedger accounts for the bytes of the text (UTF-8, with its mark): Text = Accepted + Rejected + Aside.
type ByteLedger struct {
	Text     int64 `json:"text_bytes"`
	Accepted int64 `json:"accepted_bytes"`
	Rejected int64 `json:"rejected_bytes"`
	Aside    int64 `json:"aside_bytes"` // marks, preamble, header, blank lines, trailer
}

// ReceiptColumn says what was stored in a column. Hash is schema.ColumnHash over the accepted rows.
type ReceiptColumn struct {
	Name  string            `json:"name"`
	Type  schema.Type       `json:"type"`
	Nulls int64             `json:"nulls"`
	Hash  schema.ColumnHash `json:"hash"`
	Whole int               `json:"whole_digits,omitempty"` // most digits before the point, of exact numbers: how far the type may be widened
	Min   string            `json:"min,omitempty"`          // of numbers
	Max   string            `json:"max,omitempty"`
	Codes CodeSet           `json:"codes,omitempty"`
	Form  *ColumnForm       `json:"form,omitempty"` // how the column wrote its numbers or dates, where its cells proved that
}

// ColumnForm is how one column was read, in the words of the upload's parameters.
type ColumnForm struct {
	Decimal         string `json:"decimal,omitempty"`
	Thousands       string `json:"thousands,omitempty"`
	DateFormat      string `json:"date_format,omitempty"`
	TimestampFormat string `json:"timestamp_format,omitempty"`
}

// ReceiptSegment names one segment written.
type ReceiptSegment struct {
	ID     schema.ID     `json:"id"`
	Rows   int64         `json:"rows"`
	Bytes  int64         `json:"bytes"`
	SHA256 schema.Digest `json:"sha256"`
}

// MaxFirstRejects is how many rejects a receipt or an error quotes.
const MaxFirstRejects = 10

// Reject is one record that was not loaded. Line counts from 1, ByteOffset from 0, both in the decoded text. Raw is the
// record's own bytes without its line end; RawBase64 stands in for it when the bytes are not UTF-8.
type Reject struct {
	Line       int64  `json:"line"`
	ByteOffset int64  `json:"byte_offset"`
	Column     string `json:"column"` // empty when the record as a whole is at fault
	Reason     string `json:"reason"`
	Raw        string `json:"raw,omitempty"`
	RawBase64  []byte `json:"raw_base64,omitempty"`
	RawBytes   int64  `json:"raw_bytes,omitempty"` // the record's full length, when more than MaxRawBytes and so cut
	RowGroup   int64  `json:"row_group,omitempty"` // of a Parquet file, from 1: Line is the row of the file, ByteOffset where its row group begins

	span  int64  // bytes of the text, line end included
	class string // the reason without what differs from record to record, where that is not all of it
	lines int64  // physical lines that a broken quote joined to the record
}

// MaxRawBytes is how much of a rejected record is kept: every record within the record limit, and the beginning of longer ones.
const MaxRawBytes = 1 << 20
