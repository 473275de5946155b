package ingest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// inspection is what a look at every cell of a file found.
type inspection struct {
	txt      *text
	observed []convert.Observed
	tally    tally
	rejected int64
	first    []Reject
	kinds    problems
	aside    []AsideLine // the trailer
	warnings []string

	badText   int64 // records that are no UTF-8
	maybe1252 bool  // and what is no ASCII in them could all be Windows-1252
}

const warnUTF16 = "the file has no byte order mark and was read as UTF-16, since every second byte of it is zero; declare encoding= to be sure"

// warnGuessed is told wherever Windows-1252 was detected and not declared.
const warnGuessed = "the file is not UTF-8 and was read as Windows-1252; declare encoding= to be sure"

// inspect receives the body into the spool and looks at all of it. When not one character of the file is beyond ASCII in UTF-8
// but some bytes are in Windows-1252, it is looked at again as that.
func (ld *load) inspect(ctx context.Context) (*inspection, error) {
	var err error
	if ld.spool, err = os.CreateTemp(ld.l.cfg.TempDir, "spool-*.csv"); err != nil {
		return nil, fmt.Errorf("make a spool for the upload: %w", err)
	}
	out := bufio.NewWriterSize(ld.spool, aheadBlockBytes)
	seen, err := ld.look(ctx, io.TeeReader(ld.body, out), "")
	if err != nil {
		return nil, err
	}
	if err := out.Flush(); err != nil {
		return nil, fmt.Errorf("spool the upload: %w", err)
	}
	ld.bytes, ld.sha = ld.body.Bytes(), ld.body.Digest()
	ld.charset = source.Charset(seen.txt.dialect.Charset)
	if seen.badText > 0 && seen.maybe1252 && ld.req.Options.Charset == "" && ld.charset == source.UTF8 {
		ld.charset = source.Windows1252
		if _, err := ld.spool.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("read the upload again: %w", err)
		}
		if seen, err = ld.look(ctx, ld.spool, ld.charset); err != nil {
			return nil, err
		}
	}
	if ld.charset == source.Windows1252 && ld.req.Options.Charset == "" {
		seen.warnings = append(seen.warnings, warnGuessed)
	}
	if seen.txt.guessed16 {
		seen.warnings = append(seen.warnings, warnUTF16)
	}
	return seen, nil
}

func (ld *load) look(ctx context.Context, r io.Reader, charset source.Charset) (*inspection, error) {
	table, _ := ld.l.cfg.Catalog.Snapshot().Table(ld.req.Table)
	txt, err := ld.openText(newAhead(ctx, r), charset, &ld.req.Options, table)
	if err != nil {
		return nil, err
	}
	defer txt.close()
	return inspectText(ctx, txt, func(s *inspection) {
		ld.progress(Progress{Phase: PhaseInspect, Bytes: s.tally.bytes, Rows: s.tally.records, Rejects: s.rejected})
	})
}

// inspectText scans a whole text and infers over all its cells.
func inspectText(ctx context.Context, txt *text, tick func(*inspection)) (*inspection, error) {
	rules, err := txt.rules()
	if err != nil {
		return nil, err
	}
	inf := convert.NewInference(rules, txt.width)
	f := newFeed(ctx, txt, nil, Debug{})
	defer f.close()
	s := &inspection{txt: txt, maybe1252: true}
	for {
		j, err := f.next()
		if err != nil {
			return nil, err
		}
		s.tally = f.tally
		if j == nil {
			break
		}
		for _, r := range inf.Observe(&j.chunk) {
			s.reject(j, r)
		}
		s.watchCharset(j)
		tick(s)
		f.done(j)
	}
	s.observed, s.aside = inf.Columns(), f.aside
	for i := range s.observed {
		if o := &s.observed[i]; o.Line > 0 {
			o.Line += txt.lines
		}
	}
	s.hints()
	return s, nil
}

func (s *inspection) reject(j *job, r convert.Reject) {
	s.rejected++
	if r.Reason == convert.InvalidUTF8 {
		s.badText++
	}
	one := newReject(&j.chunk, r, nil, s.txt, 0)
	s.kinds.add(&one)
	if len(s.first) < MaxFirstRejects {
		s.first = append(s.first, newReject(&j.chunk, r, nil, s.txt, 256))
	}
}

// watchCharset gives up on Windows-1252 at the first chunk that speaks against it.
func (s *inspection) watchCharset(j *job) {
	if !s.maybe1252 {
		return
	}
	if !j.chunk.High {
		return
	}
	s.maybe1252 = !utf8.Valid(j.chunk.Data) && source.LooksWindows1252(j.chunk.Data)
}

// hints warns of columns that a person would have read otherwise.
func (s *inspection) hints() {
	for i := range s.observed {
		o := &s.observed[i]
		if form := formText(o.Form); form != "" {
			s.warnings = append(s.warnings, fmt.Sprintf("column %q was read with %s, which its cells prove (line %d)", s.txt.names[i], form, o.Line))
		}
		if o.Hint != convert.NoHint && o.Type() == schema.TypeVarchar {
			s.warnings = append(s.warnings, fmt.Sprintf("column %q (text, from line %d) %s", s.txt.names[i], o.Line, o.Hint))
		}
		if !o.Texts && o.Long && (o.Doubles || o.Decimals) && o.Type() == schema.TypeVarchar {
			s.warnings = append(s.warnings, fmt.Sprintf("column %q is text because DOUBLE, which it would be otherwise, would round its whole numbers", s.txt.names[i]))
		}
		if o.Decimals && !o.Doubles && o.Type() == schema.TypeDouble {
			s.warnings = append(s.warnings, fmt.Sprintf("column %q is DOUBLE because its numbers need more than 38 digits: they are rounded to about 16", s.txt.names[i]))
		}
		if o.Words && o.Type() == schema.TypeDouble {
			s.warnings = append(s.warnings, fmt.Sprintf("column %q is DOUBLE because it holds NaN or infinity", s.txt.names[i]))
		}
	}
}

// noRows refuses to make a table of a header alone.
func noRows(table string) error {
	return errs.New(errs.Meaning, "no-rows", "the file holds a header and no records: table %q cannot be made from it", table).
		WithHint("create the table first, or send a file with records")
}
