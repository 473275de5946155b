package ingest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/ingest/jsonscan"
	"github.com/assaydb/assay/ingest/parquetscan"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// pickFormat takes what is declared, else what the bytes show. What is declared and shown alike counts as not declared: the same bytes
// mean the same, however they were sent.
func pickFormat(body *source.Reader, opts *Options) (source.Format, error) {
	declared, err := source.ParseFormat(opts.Format)
	if err != nil {
		return "", err
	}
	shown, err := body.Format()
	if declared == "" {
		return shown, err
	}
	if opts.Format = string(declared); shown == declared {
		opts.Format = ""
	}
	if declared == source.CSV && shown == source.Parquet || declared == source.Parquet && shown != source.Parquet {
		return "", errs.New(errs.MediaType, "bad-format", "the upload is declared to be %s, but does not begin like that", declared).WithHint("leave out format= and the Content-Type")
	}
	return declared, nil
}

// openObjects reads JSON Lines. keys are known from an earlier look; nil when this is the first.
func (t *text) openObjects(r io.Reader, charset source.Charset, opts *Options, table *schema.Table, keys []string) error {
	t.dialect.Format = string(source.JSONLines)
	chars, begun, err := t.characters(r, charset, opts)
	if err != nil {
		return err
	}
	if err := t.takeOptions(begun, opts); err != nil {
		return err
	}
	t.dialect.Charset = string(chars.Charset)
	t.noteFormat(opts, "the first line begins with an object")
	t.noteCharset(chars, opts)
	t.table = table
	cfg := jsonscan.Config{LineBytes: t.limits.LineBytes, MaxKeys: t.limits.Columns, Keys: keys, Nested: t.nesting}
	if t.dialect.Decimal != "" {
		cfg.Point = t.dialect.Decimal[0]
	}
	t.objects = jsonscan.New(begun, cfg)
	t.scanner = t.objects
	if keys != nil {
		t.nameObjects()
	}
	return nil
}

// takeOptions takes the declared options that concern cells, and says which ones concern CSV alone.
func (t *text) takeOptions(r *peeker, opts *Options) (err error) {
	if len(r.head) == 0 {
		return errs.New(errs.Invalid, "empty-file", "the file is empty")
	}
	if t.dialect, err = opts.dialect(Dialect{Format: t.dialect.Format, Decimal: "."}); err != nil {
		return err
	}
	d := &t.dialect
	d.Delimiter, d.Quote, d.Escape, d.Header, d.Skip, d.Trailer = "", "", "", nil, 0, nil
	t.point = opts.Decimal != ""
	t.passOver(map[string]string{"delimiter": opts.Delimiter, "quote": opts.Quote, "escape": opts.Escape, "header": opts.Header, "skip": opts.Skip, "trailer": opts.Trailer})
	return nil
}

// passOver warns of options that mean nothing for the format.
func (t *text) passOver(declared map[string]string) {
	var names []string
	for name, v := range declared {
		if v != "" {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		t.warnings = append(t.warnings, fmt.Sprintf("%s: passed over, since the file is %s", strings.Join(names, ", "), t.dialect.Format))
	}
}

func (t *text) noteFormat(opts *Options, why string) {
	if opts.Format != "" {
		why = "declared"
	}
	t.evidence = append(t.evidence, Evidence{What: "format", Value: t.dialect.Format, Confidence: sure, Line: 1, Why: why})
}

// nesting says what becomes of objects and lists under a key: a JSON column takes them, and where no column takes the key they do not
// matter.
func (t *text) nesting(key string) jsonscan.Nesting {
	probe := &text{mapping: t.mapping}
	name := probe.rename([]string{key})[0]
	if probe.leavesOut(0) {
		return jsonscan.PassOver
	}
	if t.table == nil {
		return jsonscan.Refuse
	}
	i := t.table.Column(cleanName(name))
	switch {
	case i >= 0 && t.table.Columns[i].Type.Kind == schema.JSON:
		return jsonscan.AsJSON
	case i < 0 && (t.table.Evolve().Columns == schema.ColumnsIgnore || t.amends && strings.EqualFold(name, ErrorColumn)):
		return jsonscan.PassOver
	}
	return jsonscan.Refuse
}

// nameObjects gives the keys that are known their names.
func (t *text) nameObjects() {
	keys := t.objects.Keys()
	t.width = len(keys)
	if t.amends {
		if i := slices.IndexFunc(keys, func(k string) bool { return strings.EqualFold(k, ErrorColumn) }); i >= 0 && (t.table == nil || t.table.Column(ErrorColumn) < 0) {
			t.leaveOut(i, len(keys))
		}
	}
	t.names = t.uniqueNames(t.rename(keys))
}

// keys are what the file's lines have, nil where it has no keys.
func (s *inspection) keys() []string {
	if s.txt.objects == nil {
		return nil
	}
	return append([]string{}, s.txt.objects.Keys()...)
}

// typeOf is the type that a new column gets for a field: the one that the format gives it, else the one that its cells need.
func (s *inspection) typeOf(field int) schema.Type {
	if s.txt.parquet != nil {
		return s.txt.parquet.Columns()[field].Type
	}
	return s.observed[field].Type()
}

// widthOf is how many fields the records of a chunk have.
func widthOf(ch *csvscan.Chunk) int {
	for i := range ch.Records {
		if ch.Records[i].Fault == csvscan.NoFault {
			return int(ch.Records[i].Fields)
		}
	}
	return 0
}

// spoolAll receives the body into the spool.
func (ld *load) spoolAll(ctx context.Context) error {
	a := newAhead(ctx, ld.body, nil)
	defer a.close()
	told := &teller{ld: ld}
	if _, err := io.Copy(io.MultiWriter(ld.spool, told), a); err != nil {
		return err
	}
	return nil
}

// teller tells how much was received.
type teller struct {
	ld *load
	n  int64
}

func (t *teller) Write(p []byte) (int, error) {
	t.n += int64(len(p))
	t.ld.progress(Progress{Phase: PhaseInspect, Bytes: t.n})
	return len(p), nil
}

// openParquet reads the spool as Parquet.
func (ld *load) openParquet(ctx context.Context) (*text, error) {
	st, err := ld.spool.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at the spool: %w", err)
	}
	p, err := parquetscan.Open(ctx, ld.spool, st.Size())
	if err != nil {
		return nil, err
	}
	t := &text{limits: ld.textLimits(), mapping: ld.mapping, parquet: p, scanner: p, width: len(p.Columns()), base: p.Aside()}
	t.dialect = Dialect{Format: string(source.Parquet), Charset: string(source.UTF8)}
	o := &ld.req.Options
	t.noteFormat(o, "the file begins with its mark")
	t.passOver(map[string]string{
		"delimiter": o.Delimiter, "quote": o.Quote, "escape": o.Escape, "header": o.Header, "skip": o.Skip, "trailer": o.Trailer, "null": strings.Join(o.Null, ","),
		"encoding": o.Charset, "date_format": o.DateFormat, "timestamp_format": o.TimestampFormat, "decimal": o.Decimal, "thousands": o.Thousands,
	})
	return t, t.nameColumns()
}

// nameColumns takes the names of the file's schema. Columns that cannot be read are refused, unless the mapping leaves them out; those
// that every table has of itself, as the files of a mirror bring them, are left out.
func (t *text) nameColumns() error {
	for _, r := range t.parquet.Refused() {
		probe := &text{mapping: t.mapping}
		if probe.rename([]string{r.Name}); !probe.leavesOut(0) {
			return errs.New(errs.Meaning, "unsupported-column", "column %q of the Parquet file cannot be loaded: %s", r.Name, r.Why).
				WithHint("write the file without it or with plain columns in its place, or leave it out by the source's mapping")
		}
		t.warnings = append(t.warnings, fmt.Sprintf("column %q was left out, as the mapping says", r.Name))
	}
	if t.width > t.limits.Columns {
		return errs.New(errs.Limit, "too-many-columns", "the file has %d columns, at most %d are allowed (max-columns)", t.width, t.limits.Columns)
	}
	names := make([]string, t.width)
	for i, c := range t.parquet.Columns() {
		if names[i] = c.Name; isVirtual(c.Name) {
			t.leaveOut(i, t.width)
		}
	}
	t.names = t.uniqueNames(t.rename(names))
	return nil
}

// plain switches the optimisations of the scan off.
func (t *text) plain() {
	switch s := t.scanner.(type) {
	case *csvscan.Scanner:
		s.Plain()
	case *jsonscan.Scanner:
		s.Plain()
	}
}
