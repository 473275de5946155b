package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// MappingKind is the kind of the catalog's documents that hold mappings; their name is the source's.
const MappingKind = "mapping"

// mappingVersion is the format version of a stored mapping.
const mappingVersion = 1

// Mapping is what is known of how one source writes a table down: what its columns are called, and parse options that hold unless
// the upload says otherwise. A mapping for the source "" holds for all that have none of their own.
type Mapping struct {
	Columns map[string]*string `json:"columns,omitempty"` // name in the file to name in the table; null leaves the column out
	Options map[string]string  `json:"options,omitempty"` // delimiter, encoding, date_format and so on
}

// storedMapping is a Mapping as the catalog keeps it.
type storedMapping struct {
	Version int `json:"version"`
	Mapping
}

// mappingOptions are the parameters that a mapping may declare.
func mappingOptions() []string {
	return append(DialectParameters(), "on_bad_row", "max_rejects")
}

// ParseMapping reads and checks a mapping as clients send it.
func ParseMapping(text []byte) (*Mapping, error) {
	m := &Mapping{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(m); err != nil {
		return nil, errs.New(errs.Invalid, "bad-mapping", "the mapping cannot be read: %w", err).
			WithHint(`send {"columns":{"name in the file":"name in the table","not wanted":null},"options":{"delimiter":";"}}`)
	}
	return m, m.validate()
}

func (m *Mapping) validate() error {
	to := map[string]string{}
	for _, from := range slices.Sorted(maps.Keys(m.Columns)) {
		name := m.Columns[from]
		if name == nil {
			continue
		}
		if err := schema.ValidateName("column", *name); err != nil {
			return err
		}
		low := strings.ToLower(*name)
		if other, taken := to[low]; taken {
			return errs.New(errs.Meaning, "bad-mapping", "the mapping makes both %q and %q the column %q", other, from, *name)
		}
		to[low] = from
	}
	for name := range m.Options {
		if !slices.Contains(mappingOptions(), name) {
			return errs.New(errs.Invalid, "bad-mapping", "a mapping cannot declare %q", name).WithHint("it may declare %s", strings.Join(mappingOptions(), ", "))
		}
	}
	_, err := ParseOptions(func(name string) string { return m.Options[name] })
	return err
}

// Encode returns the form that the catalog keeps.
func (m *Mapping) Encode() string {
	text, err := json.Marshal(storedMapping{mappingVersion, *m})
	if err != nil {
		panic("BUG: ingest: a mapping does not marshal: " + err.Error())
	}
	return string(text)
}

// DecodeMapping reads what Encode wrote.
func DecodeMapping(body string) (*Mapping, error) {
	var s storedMapping
	if err := json.Unmarshal([]byte(body), &s); err != nil || s.Version != mappingVersion {
		return nil, errs.New(errs.Corrupt, "bad-mapping", "a stored mapping of version %d cannot be read: %v", s.Version, err)
	}
	return &s.Mapping, nil
}

// mappingFor returns the mapping of a source, or the one for all sources, nil when there is none.
func mappingFor(snap *catalog.Snapshot, t *schema.Table, source string) (*Mapping, error) {
	if t == nil {
		return nil, nil
	}
	d, ok := snap.Document(MappingKind, t.ID, source)
	if !ok {
		d, ok = snap.Document(MappingKind, t.ID, "")
	}
	if !ok {
		return nil, nil
	}
	return DecodeMapping(d.Body)
}

// applyTo declares what the upload leaves open.
func (m *Mapping) applyTo(o *Options) error {
	more, err := ParseOptions(func(name string) string { return m.Options[name] })
	if err != nil {
		return fmt.Errorf("the mapping of the source: %w", err)
	}
	o.fillFrom(&more)
	if len(m.Columns) > 0 {
		text, err := json.Marshal(m.Columns)
		if err != nil {
			return err
		}
		o.mapping = string(text)
	}
	return nil
}

// fillFrom takes over what is declared in more and not in o.
func (o *Options) fillFrom(more *Options) {
	for _, f := range []struct{ to, from *string }{
		{&o.Format, &more.Format},
		{&o.Delimiter, &more.Delimiter},
		{&o.Quote, &more.Quote},
		{&o.Escape, &more.Escape},
		{&o.Header, &more.Header},
		{&o.Charset, &more.Charset},
		{&o.DateFormat, &more.DateFormat},
		{&o.TimestampFormat, &more.TimestampFormat},
		{&o.Decimal, &more.Decimal},
		{&o.Thousands, &more.Thousands},
		{&o.Skip, &more.Skip},
		{&o.Trailer, &more.Trailer},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	if o.Null == nil {
		o.Null = more.Null
	}
	o.TextTypes = o.TextTypes || more.TextTypes
	if o.BadRow == RejectRow {
		o.BadRow = more.BadRow
	}
	if !o.MaxRejects.Set && !o.MaxRejects.Counted {
		o.MaxRejects = more.MaxRejects
	}
}

// openText opens the text and gives its fields the names that the source's mapping has for them.
func (ld *load) openText(a *ahead, charset source.Charset, opts *Options, table *schema.Table) (*text, error) {
	t := &text{ahead: a, limits: ld.textLimits(), mapping: ld.mapping, amends: ld.amended != nil}
	open := t.open
	if ld.format == source.JSONLines {
		open = func(r io.Reader, c source.Charset, o *Options, table *schema.Table) error {
			return t.openObjects(r, c, o, table, ld.keys)
		}
	}
	if err := open(a, charset, opts, table); err != nil {
		a.close()
		return nil, err
	}
	return t, nil
}

// textLimits are the loader's; a look at a file without one has the defaults.
func (ld *load) textLimits() TextLimits {
	if ld.l == nil {
		return TextLimits{}.withDefaults()
	}
	return ld.l.cfg.Text.withDefaults()
}

// rename applies the mapping to the fields' names.
func (t *text) rename(names []string) []string {
	if t.mapping == nil || len(t.mapping.Columns) == 0 {
		return names
	}
	byName := make(map[string]*string, len(t.mapping.Columns))
	for from, to := range t.mapping.Columns {
		byName[strings.ToLower(strings.TrimSpace(from))] = to
	}
	out := slices.Clone(names)
	for i, name := range names {
		if name == "" {
			name = fmt.Sprintf("col_%d", i+1)
		}
		to, ok := byName[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))]
		switch {
		case !ok:
			continue
		case to == nil:
			t.leaveOut(i, len(names))
		default:
			out[i], t.mapped = *to, true
		}
	}
	return out
}

func (t *text) leaveOut(i, width int) {
	if t.ignored == nil {
		t.ignored = make([]bool, width)
	}
	t.ignored[i] = true
}

func (t *text) leavesOut(i int) bool { return t.ignored != nil && t.ignored[i] }
