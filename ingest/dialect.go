package ingest

import (
	"strconv"
	"strings"
)

// Dialect is how a file writes its table down.
type Dialect struct {
	Format          string   `json:"format,omitempty"` // jsonl or parquet; empty: CSV. They have no delimiter, quote, escape or header
	Charset         string   `json:"charset"`
	Delimiter       string   `json:"delimiter"`
	Quote           string   `json:"quote"` // empty: no quoting
	Escape          string   `json:"escape"`
	Header          *bool    `json:"header"` // nil: not decided yet
	Null            []string `json:"null,omitempty"`
	DateFormat      string   `json:"date_format,omitempty"`
	TimestampFormat string   `json:"timestamp_format,omitempty"`
	Decimal         string   `json:"decimal"`
	Thousands       string   `json:"thousands,omitempty"` // mark between groups of three digits
	LineEnd         string   `json:"line_end,omitempty"`  // lf, crlf, cr or mixed, as far as the head shows
	Skip            int      `json:"skip,omitempty"`      // lines before the header
	Trailer         *int     `json:"trailer,omitempty"`   // records behind the last one that counts; nil: not declared
}

// dialect lays the declared options over what was detected.
func (o *Options) dialect(d Dialect) (Dialect, error) {
	switch s := strings.ToLower(o.Delimiter); {
	case s == "":
	case s == "tab" || s == `\t`:
		d.Delimiter = "\t"
	case len(s) == 1 && s != "\n" && s != "\r" && s != `"` && s != "\x00" && s[0] < 0x80:
		d.Delimiter = s
	default:
		return d, badOption("delimiter", o.Delimiter, "one ASCII character such as , ; | or tab")
	}
	switch {
	case o.Quote == "":
	case strings.EqualFold(o.Quote, "none"):
		d.Quote = ""
	case len(o.Quote) == 1 && o.Quote != d.Delimiter && o.Quote[0] >= ' ' && o.Quote[0] < 0x7f:
		d.Quote = o.Quote
	default:
		return d, badOption("quote", o.Quote, `one ASCII character that is not the delimiter, or none`)
	}
	switch o.Escape {
	case "":
	case `""`, `"`, "double", d.Quote:
		d.Escape = d.Quote
	case `\`:
		if d.Delimiter == `\` { // an escaped delimiter could open a quote in every line and close none
			return d, badOption("escape", o.Escape, "one that is not the delimiter")
		}
		d.Escape = `\`
	default:
		return d, badOption("escape", o.Escape, `"" (doubled quotes) or \`)
	}
	return o.dialectRest(d)
}

func (o *Options) dialectRest(d Dialect) (Dialect, error) {
	switch o.Header {
	case "":
	case "0", "false", "1", "true":
		h := o.Header == "1" || o.Header == "true"
		d.Header = &h
	default:
		return d, badOption("header", o.Header, "1 or 0")
	}
	switch o.Decimal {
	case "":
	case ".", ",":
		d.Decimal = o.Decimal
	default:
		return d, badOption("decimal", o.Decimal, `. or ,`)
	}
	if err := o.thousands(&d); err != nil {
		return d, err
	}
	if err := o.aside(&d); err != nil {
		return d, err
	}
	if o.Null != nil {
		d.Null = o.Null
	}
	if o.DateFormat != "" {
		d.DateFormat = o.DateFormat
	}
	if o.TimestampFormat != "" {
		d.TimestampFormat = o.TimestampFormat
	}
	return d, nil
}

func (o *Options) thousands(d *Dialect) error {
	mark := o.Thousands
	switch strings.ToLower(mark) {
	case "":
		return nil
	case "space":
		mark = " "
	case "none":
		d.Thousands = ""
		return nil
	}
	if len(mark) != 1 || !strings.Contains(".,' _", mark) {
		return badOption("thousands", o.Thousands, `. , ' _ space or none`)
	}
	point := d.Decimal
	if point == "" {
		point = "."
	}
	if mark == point {
		if o.Decimal != "" {
			return badOption("thousands", o.Thousands, "a mark that is not the decimal point")
		}
		d.Decimal = "." // thousands=. says that the point is the comma
		if mark == "." {
			d.Decimal = ","
		}
	}
	d.Thousands = mark
	return nil
}

// aside reads how many lines are no records.
func (o *Options) aside(d *Dialect) error {
	if o.Skip != "" {
		n, err := strconv.Atoi(o.Skip)
		if err != nil || n < 0 || n > MaxPreamble {
			return badOption("skip", o.Skip, "a number of lines from 0 to "+strconv.Itoa(MaxPreamble))
		}
		d.Skip = n
	}
	if o.Trailer != "" {
		n, err := strconv.Atoi(o.Trailer)
		if err != nil || n < 0 || n > MaxTrailer {
			return badOption("trailer", o.Trailer, "a number of records from 0 to "+strconv.Itoa(MaxTrailer))
		}
		d.Trailer = &n
	}
	return nil
}
