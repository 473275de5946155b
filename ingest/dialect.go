package ingest

import "strings"

// Dialect is how a file writes its table down.
type Dialect struct {
	Charset         string   `json:"charset"`
	Delimiter       string   `json:"delimiter"`
	Quote           string   `json:"quote"` // empty: no quoting
	Escape          string   `json:"escape"`
	Header          *bool    `json:"header"` // nil: not decided yet
	Null            []string `json:"null,omitempty"`
	DateFormat      string   `json:"date_format,omitempty"`
	TimestampFormat string   `json:"timestamp_format,omitempty"`
	Decimal         string   `json:"decimal"`
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
