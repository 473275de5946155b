package ingest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Resend returns the rejected lines of a delivery as the sender wrote them, in its dialect and UTF-8: the header, then each record
// byte for byte (of JSON Lines and Parquet, objects), with a column in front that says what is wrong. Corrected, it is loaded with Request.Amends, which passes over that
// column. In front, so that it can be read whatever is wrong with the rest of its line.
func (l *Loader) Resend(ctx context.Context, delivery schema.ID) (io.ReadCloser, error) {
	d, err := l.find(delivery)
	if err != nil {
		return nil, err
	}
	receipt, err := l.readReceipt(ctx, d)
	if err != nil {
		return nil, err
	}
	lines, err := l.rejectLines(ctx, d)
	if err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	go func() { in.CloseWithError(lines.copySent(in, receipt)) }()
	return out, nil
}

// copySent writes the header and the lines.
func (l *rejectLines) copySent(to io.Writer, r *Receipt) error {
	w := bufio.NewWriter(to)
	end := map[string]string{"crlf": "\r\n", "cr": "\r"}[r.Dialect.LineEnd]
	if end == "" {
		end = "\n"
	}
	objects := r.Dialect.Format != ""
	if r.HeaderLine != "" {
		fmt.Fprint(w, ErrorColumn, r.Dialect.Delimiter, r.HeaderLine, end)
	}
	if l != nil {
		defer l.close()
		for dec := json.NewDecoder(l.r); ; {
			var one Reject
			if err := dec.Decode(&one); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return errs.New(errs.Corrupt, "bad-rejects", "the rejects file cannot be read: %w", err)
			}
			raw := one.Raw
			if one.RawBase64 != nil {
				raw = string(one.RawBase64)
			}
			if objects {
				raw = one.object(raw)
			} else {
				raw = r.Dialect.quoted(one.told()) + r.Dialect.Delimiter + raw
			}
			if _, err := fmt.Fprint(w, raw, end); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// object is a rejected line of JSON with the error as its first member; what is no object stands in one as text, to be put in its place.
func (r *Reject) object(raw string) string {
	text := strings.TrimSpace(raw)
	if !strings.HasPrefix(text, "{") {
		return `{` + jsonText(ErrorColumn) + `: ` + jsonText(r.told()) + `, "line": ` + jsonText(raw) + `}`
	}
	rest := strings.TrimLeft(text[1:], " \t")
	if !strings.HasPrefix(rest, "}") {
		rest = ", " + rest
	}
	return `{` + jsonText(ErrorColumn) + `: ` + jsonText(r.told()) + rest
}

func jsonText(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("BUG: ingest: a text does not marshal: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// told is what the sender reads beside the line.
func (r *Reject) told() string {
	where := "line"
	if r.RowGroup > 0 {
		where = "row"
	}
	text := fmt.Sprintf("%s %d: %s", where, r.Line, r.Reason)
	if r.Column != "" {
		text = fmt.Sprintf("%s %d, column %s: %s", where, r.Line, r.Column, r.Reason)
	}
	if kept := int64(len(r.Raw) + len(r.RawBase64)); r.RawBytes > kept {
		text += fmt.Sprintf("; only the first %d of its %d bytes were kept", kept, r.RawBytes)
	}
	return text
}

// quoted writes a text as one field; without quotes, what would end the field becomes a space.
func (d *Dialect) quoted(text string) string {
	text = strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
	if d.Quote == "" {
		return strings.ReplaceAll(text, d.Delimiter, " ")
	}
	escape := d.Escape
	if escape != d.Quote {
		text = strings.ReplaceAll(text, escape, escape+escape)
	}
	return d.Quote + strings.ReplaceAll(text, d.Quote, escape+d.Quote) + d.Quote
}
