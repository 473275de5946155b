package ingest

import (
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Options overrides detection. Every zero value means "detect" or the default.
type Options struct {
	Format    string // csv, jsonl or parquet; "" is what the bytes show
	Delimiter string // one byte: "," ";" "\t" "|"; also "tab"
	Quote     string // one byte, or "none"
	Escape    string // `""` (doubled quotes), `\`
	Header    string // "1" or "0"
	Null      []string
	Charset   string // utf-8, utf-16, utf-16le, utf-16be, latin-1, windows-1252

	DateFormat      string // strftime-like: %d.%m.%Y
	TimestampFormat string
	Decimal         string // "." or ","; declared, it holds for every column
	Thousands       string // "," "." "'" "_" "space" or "none"
	Skip            string // lines before the header
	Trailer         string // records behind the last one that counts
	TextTypes       bool   // types=text: every column of a new table is text

	BadRow     BadRow
	MaxRejects MaxRejects

	mapping string // the columns of the mapping template that was applied, as part of what the file means
}

// MaxRejects bounds the rejected records of a load: Percent of the records in, or Count when Counted. The zero value is 1 %.
type MaxRejects struct {
	Percent float64
	Count   int64
	Counted bool
	Set     bool
}

// DefaultMaxRejectsPercent is the share of records that may be rejected when nothing else is said.
const DefaultMaxRejectsPercent = 1.0

// ParseMaxRejects reads "0.1%" or "250".
func ParseMaxRejects(s string) (MaxRejects, error) {
	bad := errs.New(errs.Invalid, "bad-max-rejects", "max_rejects %q is neither a percentage nor a count", s).WithHint("write 0.1%% or 250")
	if p, ok := strings.CutSuffix(strings.TrimSpace(s), "%"); ok {
		v, err := strconv.ParseFloat(p, 64)
		if err != nil || !(v >= 0 && v <= 100) {
			return MaxRejects{}, bad
		}
		return MaxRejects{Percent: v, Set: true}, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 {
		return MaxRejects{}, bad
	}
	return MaxRejects{Count: n, Counted: true, Set: true}, nil
}

// Exceeded reports whether rejected of records is past the limit.
func (m MaxRejects) Exceeded(rejected, records int64) bool {
	if m.Counted {
		return rejected > m.Count
	}
	return float64(rejected) > m.percent()/100*float64(records)
}

func (m MaxRejects) percent() float64 {
	if m.Set {
		return m.Percent
	}
	return DefaultMaxRejectsPercent
}

// String returns the form that ParseMaxRejects reads.
func (m MaxRejects) String() string {
	if m.Counted {
		return strconv.FormatInt(m.Count, 10)
	}
	return strconv.FormatFloat(m.percent(), 'g', -1, 64) + "%"
}

// ParseOptions reads the upload parameters of API.md. Parameters that concern the request and not the parsing are left alone;
// get returns "" for a parameter that was not given.
func ParseOptions(get func(name string) string) (Options, error) {
	o := Options{
		Format:    get("format"),
		Delimiter: get("delimiter"), Quote: get("quote"), Escape: get("escape"), Header: get("header"),
		Charset: get("encoding"), DateFormat: get("date_format"), TimestampFormat: get("timestamp_format"), Decimal: get("decimal"),
		Thousands: get("thousands"), Skip: get("skip"), Trailer: get("trailer"),
	}
	if s := get("null"); s != "" {
		o.Null = strings.Split(s, ",")
	}
	switch s := get("types"); s {
	case "", "auto":
	case "text":
		o.TextTypes = true
	default:
		return o, badOption("types", s, "auto or text")
	}
	switch s := get("on_bad_row"); s {
	case "", "reject_row":
	case "reject_file":
		o.BadRow = RejectFile
	default:
		return o, badOption("on_bad_row", s, "reject_row or reject_file")
	}
	if s := get("max_rejects"); s != "" {
		m, err := ParseMaxRejects(s)
		if err != nil {
			return o, err
		}
		o.MaxRejects = m
	}
	return o, o.Validate()
}

// ParseMode reads mode=replace|append.
func ParseMode(s string) (Mode, error) {
	switch s {
	case "":
		return ModeDefault, nil
	case "replace":
		return ModeReplace, nil
	case "append":
		return ModeAppend, nil
	}
	return 0, badOption("mode", s, "replace or append")
}

// ParseAck reads ack=local|quorum|mirror.
func ParseAck(s string) (Ack, error) {
	switch s {
	case "", "local":
		return AckLocal, nil
	case "quorum":
		return AckQuorum, nil
	case "mirror":
		return AckMirror, nil
	}
	return 0, badOption("ack", s, "local, quorum or mirror")
}

func badOption(name, value, want string) error {
	return errs.New(errs.Invalid, "bad-parameter", "%s=%q is not known", name, value).WithHint("use %s", want)
}

// Validate checks the options.
func (o *Options) Validate() error {
	if _, err := source.ParseFormat(o.Format); err != nil {
		return err
	}
	_, err := o.dialect(Dialect{})
	return err
}

// Digest identifies the parse options that change what a file means. Limits on rejects are left out: they decide whether a
// file is loaded, not what is in it.
func (o *Options) Digest() schema.Digest {
	d, _ := o.dialect(Dialect{})
	text, err := json.Marshal(struct {
		Version int
		Dialect Dialect
		Charset string
		Text    bool
		Decimal string `json:",omitempty"` // declared, though it is the default: no column may prove another
		Skip    string `json:",omitempty"`
		Trailer string `json:",omitempty"`
		Mapping string `json:",omitempty"`
		Format  string `json:",omitempty"` // where it is another than the bytes show
	}{1, d, strings.ToLower(o.Charset), o.TextTypes, o.Decimal, o.Skip, o.Trailer, o.mapping, o.Format})
	if err != nil {
		panic("BUG: ingest: options do not marshal: " + err.Error())
	}
	return schema.Digest(sha256.Sum256(text))
}

// printable reports whether s is UTF-8 without control characters.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
