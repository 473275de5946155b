package ingest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/klauspost/compress/zstd"
)

// rejectsFile is the side file of a delivery that keeps its rejects: Zstandard over one JSON object (Reject) a line, behind a
// line that says the format version.
const (
	rejectsFile    = "rejects.ndjson.zst"
	rejectsVersion = `{"assay_rejects":1}`
)

// newReject describes a rejected record; at most keep bytes of it are kept.
func newReject(ch *csvscan.Chunk, r convert.Reject, table *schema.Table, txt *text, keep int) Reject {
	rec := &ch.Records[r.Record]
	out := Reject{Line: rec.Line + txt.lines, ByteOffset: rec.Offset + txt.base, Reason: r.Fault.String(), span: rec.Span}
	if r.Fault == csvscan.NoFault {
		out.Reason = r.Reason.String()
	}
	if r.Fault == csvscan.FaultStrayQuote {
		out.class = out.Reason
		if out.lines = csvscan.Lines(ch.Raw(rec)); out.lines > 1 {
			out.Reason = fmt.Sprintf("%s; the quote was opened %d lines before", out.Reason, out.lines-1)
		}
	}
	if r.Fault == csvscan.FaultTold {
		told := ch.Told[r.Record]
		out.Column, out.Reason, out.class = told.Column, told.Reason, told.Class
	}
	if told := txt.limits.told(r.Fault); told != "" {
		out.Reason += told
	}
	switch r.Reason {
	case convert.CellTooLong:
		out.Reason += txt.limits.toldCell()
	case convert.FieldsFew, convert.FieldsMany:
		out.class = out.Reason
		out.Reason = fmt.Sprintf("%s: %d", out.Reason, rec.Fields)
	}
	if r.Column >= 0 && table != nil {
		c := table.Columns[r.Column]
		out.Column = c.Name
		out.Reason = fmt.Sprintf("the cell %s (%s)", out.Reason, c.Type)
	}
	raw := ch.Raw(rec)
	if txt.parquet != nil {
		out.ByteOffset, out.RowGroup = rec.Offset, txt.parquet.RowGroup(rec.Line)
		raw = txt.parquet.Raw(ch, rec)
	}
	if len(raw) > keep || rec.Fault == csvscan.FaultTooLong {
		out.RawBytes = max(rec.Span, int64(len(raw)))
		raw = raw[:min(keep, len(raw))]
	}
	if utf8.Valid(raw) {
		out.Raw = string(raw)
	} else {
		out.RawBase64 = raw
	}
	return out
}

// ledger collects the rejects of a load in a temporary file.
type ledger struct {
	file  *os.File
	buf   *bufio.Writer
	z     *zstd.Encoder
	first []Reject
	count int64
	bytes int64 // of their spans
	kinds problems
	lines int64 // that the rejected records span, where a broken quote joined lines to one
}

// add notes one reject. The file is made with the first.
func (g *ledger) add(dir string, r Reject) error {
	if g.file == nil {
		if err := g.open(dir); err != nil {
			return fmt.Errorf("keep rejects: %w", err)
		}
	}
	g.count++
	g.bytes += r.span
	g.lines += max(1, r.lines)
	g.kinds.add(&r)
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keep rejects: %w", err)
	}
	if len(g.first) < MaxFirstRejects {
		g.first = append(g.first, short(r))
	}
	if _, err := g.z.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("keep rejects: %w", err)
	}
	return nil
}

// short is a reject for receipts and messages: with at most 256 bytes of the record.
func short(r Reject) Reject {
	const keep = 256
	if n := len(r.Raw); n > keep {
		r.RawBytes = max(r.RawBytes, int64(n))
		r.Raw = string(wholeRunes([]byte(r.Raw[:keep])))
	}
	if n := len(r.RawBase64); n > keep {
		r.RawBytes, r.RawBase64 = max(r.RawBytes, int64(n)), r.RawBase64[:keep]
	}
	return r
}

func (g *ledger) open(dir string) (err error) {
	if g.file, err = os.CreateTemp(dir, "rejects-*.zst"); err != nil {
		return err
	}
	g.buf = bufio.NewWriter(g.file)
	g.z, err = zstd.NewWriter(g.buf, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(256<<10))
	if err != nil {
		return err
	}
	_, err = g.z.Write([]byte(rejectsVersion + "\n"))
	return err
}

// copyTo writes the finished file to w.
func (g *ledger) copyTo(w io.Writer) error {
	if err := g.z.Close(); err != nil {
		return err
	}
	if err := g.buf.Flush(); err != nil {
		return err
	}
	if _, err := g.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, g.file)
	return err
}

func (g *ledger) close() {
	if g.file != nil {
		g.file.Close()
		os.Remove(g.file.Name())
		g.file = nil
	}
}

// tooMany is the refusal of a load with more rejects than it may have.
func (g *ledger) tooMany(records int64, o *Options) error {
	rejected := fmt.Sprintf("%d of %d records", g.count, records)
	if g.lines > g.count {
		rejected += fmt.Sprintf(" (%d lines, joined by broken quotes)", g.lines)
	}
	code, text := "too-many-rejects", fmt.Sprintf("%s were rejected, more than max_rejects=%s; nothing was loaded", rejected, o.MaxRejects)
	if o.BadRow == RejectFile {
		code, text = "bad-row", "a record was rejected and on_bad_row=reject_file; nothing was loaded"
	}
	for i, r := range g.first {
		if i == 0 {
			text += ":"
		}
		text += "\n  " + r.place()
	}
	if g.count > int64(len(g.first)) {
		text += "\nall of them, by what is wrong:" + g.kinds.String()
	}
	return errs.New(errs.Limit, code, "%s", text).WithHint("mend the file, or raise max_rejects; rehearse=1 shows what a load would give")
}

// exceeded judges the rejects so far. A broken quote can join thousands of lines to one record: each line counts, for each may
// be a row of the sender's.
func (g *ledger) exceeded(m MaxRejects, records int64) bool {
	return m.Exceeded(g.lines, records+g.lines-g.count)
}

// place says where a reject is and why, without its data.
func (r Reject) place() string {
	where := fmt.Sprintf("line %d (byte %d)", r.Line, r.ByteOffset)
	if r.RowGroup > 0 {
		where = fmt.Sprintf("row %d (row group %d)", r.Line, r.RowGroup)
	}
	if r.Column != "" {
		where += fmt.Sprintf(", column %q", r.Column)
	}
	return where + ": " + r.Reason
}
