package ingest

import (
	"context"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
)

// inspection is what a look at every cell of a file found.
type inspection struct {
	txt       *text
	inference *convert.Inference
	tick      func(*inspection)

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

// inspect receives the body into the spool and looks at all of it, and converts it meanwhile on a forecast where one can be made. When not
// one character of the file is beyond ASCII in UTF-8 but some bytes are in Windows-1252, it is looked at again as that.
func (ld *load) inspect(ctx context.Context) (*inspection, *forecast, error) {
	var err error
	if ld.spool, err = os.CreateTemp(ld.l.cfg.TempDir, "spool-*"); err != nil {
		return nil, nil, fmt.Errorf("make a spool for the upload: %w", err)
	}
	failpoint.Hit("load/spool-made")
	if ld.format == source.Parquet {
		seen, err := ld.inspectParquet(ctx)
		return seen, nil, err
	}
	seen, p, err := ld.look(ctx, newAhead(ctx, ld.body, ld.spool), "")
	if err != nil {
		p.drop()
		return nil, nil, err
	}
	ld.bytes, ld.sha = ld.body.Bytes(), ld.body.Digest()
	ld.charset, ld.keys = source.Charset(seen.txt.dialect.Charset), seen.keys()
	if seen.isWindows1252(ld.req.Options.Charset) {
		p.drop()
		p, ld.charset = nil, source.Windows1252
		if _, err := ld.spool.Seek(0, io.SeekStart); err != nil {
			return nil, nil, fmt.Errorf("read the upload again: %w", err)
		}
		if seen, _, err = ld.look(ctx, newAhead(ctx, ld.spool, nil), ld.charset); err != nil {
			return nil, nil, err
		}
		ld.keys = seen.keys()
	}
	if ld.charset == source.Windows1252 && ld.req.Options.Charset == "" {
		seen.warnings = append(seen.warnings, warnGuessed)
	}
	if seen.txt.guessed16 {
		seen.warnings = append(seen.warnings, warnUTF16)
	}
	return seen, p, nil
}

// isWindows1252 reports whether a file that was read as UTF-8 is to be read as Windows-1252, where nothing is declared.
func (s *inspection) isWindows1252(declared string) bool {
	return s.badText > 0 && s.maybe1252 && declared == "" && s.txt.dialect.Charset == string(source.UTF8)
}

// inspectParquet receives the body and looks at it then: a Parquet file is read from its end.
func (ld *load) inspectParquet(ctx context.Context) (*inspection, error) {
	if err := ld.spoolAll(ctx); err != nil {
		return nil, err
	}
	ld.bytes, ld.sha = ld.body.Bytes(), ld.body.Digest()
	txt, err := ld.openParquet(ctx)
	if err != nil {
		return nil, err
	}
	return inspectText(ctx, txt, ld.tick)
}

// tick tells how far the look has come.
func (ld *load) tick(s *inspection) {
	ld.progress(Progress{Phase: PhaseInspect, Bytes: s.tally.bytes, Rows: s.tally.records, Rejects: s.rejected})
}

// look opens the text and looks at all of it. A forecast is made at the first look alone, when the charset is not known.
func (ld *load) look(ctx context.Context, a *ahead, charset source.Charset) (*inspection, *forecast, error) {
	table, _ := ld.l.cfg.Catalog.Snapshot().Table(ld.req.Table)
	txt, err := ld.openText(a, charset, &ld.req.Options, table)
	if err != nil {
		return nil, nil, err
	}
	defer txt.close()
	s, err := newInspection(txt, ld.tick)
	if err != nil {
		return nil, nil, err
	}
	var p *forecast
	if charset == "" && ld.format == source.CSV {
		p = ld.forecast(ctx, s)
	}
	if p == nil {
		f := newFeed(ctx, txt, nil, nil, Debug{})
		defer f.close()
		return s, nil, s.rest(f)
	}
	f := p.w.feed
	defer f.close()
	p = p.converted(ctx)
	return s, p, s.rest(f)
}

// newInspection is one that has seen nothing. tick is called after every chunk.
func newInspection(txt *text, tick func(*inspection)) (*inspection, error) {
	rules, err := txt.rules()
	if err != nil {
		return nil, err
	}
	return &inspection{txt: txt, inference: convert.NewInference(rules, txt.width), tick: tick, maybe1252: true}, nil
}

// inspectText scans a whole text and infers over all its cells.
func inspectText(ctx context.Context, txt *text, tick func(*inspection)) (*inspection, error) {
	s, err := newInspection(txt, tick)
	if err != nil {
		return nil, err
	}
	f := newFeed(ctx, txt, nil, nil, Debug{})
	defer f.close()
	return s, s.rest(f)
}

// rest looks at every cell of what the feed has left and closes the books.
func (s *inspection) rest(f *feed) error {
	for {
		j, err := f.next()
		if err != nil {
			return err
		}
		s.tally = f.tally
		if j == nil {
			break
		}
		if s.txt.objects != nil {
			s.inference.Grow(widthOf(&j.chunk))
		}
		s.take(j, s.inference.Observe(&j.chunk))
		f.done(j)
	}
	if s.txt.objects != nil {
		s.txt.nameObjects()
		s.inference.Grow(s.txt.width) // keys that stand only in lines that cannot be read
	}
	s.observed, s.aside = s.inference.Columns(), f.aside
	if s.txt.parquet != nil {
		return nil // its schema gives the types: nothing is to be hinted at, and no form proven
	}
	for i := range s.observed {
		if o := &s.observed[i]; o.Line > 0 {
			o.Line += s.txt.lines
		}
	}
	s.hints()
	return nil
}

// take counts a chunk that was looked at in.
func (s *inspection) take(j *job, malformed []convert.Reject) {
	for _, r := range malformed {
		s.reject(j, r)
	}
	s.watchCharset(j)
	s.tick(s)
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
