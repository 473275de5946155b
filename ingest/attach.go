package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// AttachRequest asks to make a table of Parquet files that others wrote, where they lie.
type AttachRequest struct {
	Table    string
	Location string   // file or s3 URL of a file or folder
	Format   string   // parquet, which is also the default
	Exclude  []string // columns to leave out, those that cannot be read above all
}

// Attached tells what was attached.
type Attached struct {
	Table        *schema.Table
	Files        int
	Rows, Bytes  int64
	CatalogIndex uint64
	Created      bool // the table is new
	Unchanged    bool // the very same files were attached already
	Excluded     []string
}

// Surveyor looks at files of others: a *storage.Store.
type Surveyor interface {
	Survey(ctx context.Context, location string) ([]storage.SurveyedFile, error)
}

// Attach makes a table of files of others, or takes the files of an attached table as they are now. The files are neither copied nor
// changed; which ones they are, their sizes and the hashes of their footers go into the catalog by one command.
func (l *Loader) Attach(ctx context.Context, req *AttachRequest) (*Attached, error) {
	if err := schema.ValidateName("table", req.Table); err != nil {
		return nil, err
	}
	if req.Format != "" && !strings.EqualFold(req.Format, schema.FormatParquet) {
		return nil, errs.New(errs.Invalid, "bad-format", "files of format %q cannot be attached", req.Format).WithHint("parquet can; load other files")
	}
	if l.cfg.Files == nil {
		return nil, errs.New(errs.Denied, "attach-not-allowed", "files of others cannot be attached here")
	}
	started := time.Now()
	files, err := l.cfg.Files.Survey(ctx, req.Location)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		a := attaching{loader: l, req: req, files: files, started: started}
		out, err := a.run(ctx)
		if attempt == maxAttempts || !alteredMeanwhile(err) {
			return out, err
		}
	}
}

// attaching is one attempt.
type attaching struct {
	loader  *Loader
	req     *AttachRequest
	files   []storage.SurveyedFile
	started time.Time
	keys    []string // of Hive-style folders that become columns
	out     Attached
}

func (a *attaching) run(ctx context.Context) (*Attached, error) {
	snap := a.loader.cfg.Catalog.Snapshot()
	old, exists := snap.Table(a.req.Table)
	if exists && !old.IsAttached() {
		return nil, errs.New(errs.Conflict, "table-exists", "table %q exists already and holds what was loaded into it", old.Name).
			WithHint("attach the files under another name, or drop the table first")
	}
	def, err := a.define(snap, old, exists)
	if err != nil {
		return nil, err
	}
	cmd, err := a.command(def)
	if err != nil {
		return nil, err
	}
	if exists {
		cmd.Expect = old.Version
	}
	if exists && sameDefinition(old, def) {
		cmd.Table, def = nil, old
	}
	res, err := a.loader.cfg.Catalog.Propose(ctx, cmd)
	if err != nil {
		return nil, fmt.Errorf("attach %s: %w", a.req.Location, err)
	}
	a.out.Table, a.out.CatalogIndex, a.out.Created, a.out.Unchanged = def, res.Index, !exists, res.Same
	if res.Table != nil {
		a.out.Table = res.Table
	}
	return &a.out, nil
}

// sameDefinition reports whether nothing of a table would change but its version.
func sameDefinition(old, def *schema.Table) bool {
	return old.Attached == def.Attached && slices.Equal(old.Columns, def.Columns) && slices.Equal(old.PartitionBy, def.PartitionBy)
}

// define makes the table's definition from the columns of the files, which all must have the same. A column that the table had before
// under the same name and type keeps its id.
func (a *attaching) define(snap *catalog.Snapshot, old *schema.Table, exists bool) (*schema.Table, error) {
	t := &schema.Table{Name: a.req.Table, Codec: schema.CodecNone, Attached: schema.Attachment{Location: a.req.Location, Format: schema.FormatParquet}}
	if exists {
		t.NextColumn = old.NextColumn
	}
	columns, err := a.columns()
	if err != nil {
		return nil, err
	}
	pathColumns, err := a.pathColumns(columns)
	if err != nil {
		return nil, err
	}
	for _, c := range append(columns, pathColumns...) {
		if exists {
			if i := old.Column(c.Name); i >= 0 && old.Columns[i].Type == c.Type {
				c.ID = old.Columns[i].ID
			}
		}
		if c.ID == 0 {
			t.NextColumn = max(t.NextColumn, 1)
			c.ID = t.NextColumn
			t.NextColumn++
		}
		t.Columns = append(t.Columns, c)
	}
	for _, c := range t.Columns[len(columns):] {
		t.PartitionBy = append(t.PartitionBy, schema.Transform{Kind: schema.Identity, Column: c.ID})
	}
	expect := uint32(0)
	if exists {
		expect = old.Version
	}
	return snap.Define(t, expect)
}

// columns are those of the first file that are not excluded, once all other files are known to have them too.
func (a *attaching) columns() ([]schema.Column, error) {
	var columns []schema.Column
	for i := range a.files {
		own, err := a.columnsOf(&a.files[i])
		if err != nil {
			return nil, err
		}
		if i == 0 {
			columns = own
		} else if err := a.sameColumns(columns, own, &a.files[i]); err != nil {
			return nil, err
		}
	}
	if len(columns) == 0 {
		return nil, errs.New(errs.Meaning, "no-columns", "%s has no column that is left", a.files[0].Location)
	}
	return columns, nil
}

func (a *attaching) excluded(name string) bool {
	return slices.ContainsFunc(a.req.Exclude, func(x string) bool { return strings.EqualFold(x, name) })
}

// columnsOf lists the columns of one file that are not excluded.
func (a *attaching) columnsOf(f *storage.SurveyedFile) (own []schema.Column, err error) {
	for _, r := range f.Refused {
		if !a.excluded(r.Name) {
			return nil, errs.New(errs.Meaning, "unsupported-column", "file %s: column %q cannot be attached: %s", f.Location, r.Name, r.Why).
				WithHint("leave it out by naming it in exclude")
		}
	}
	for _, c := range f.Columns {
		if a.excluded(c.Name) || isVirtual(c.Name) {
			continue
		}
		if k := slices.IndexFunc(own, func(o schema.Column) bool { return strings.EqualFold(o.Name, c.Name) }); k >= 0 {
			return nil, errs.New(errs.Meaning, "duplicate-column", "file %s has the columns %q and %q, which differ in case alone: names are case-insensitive here", f.Location, own[k].Name, c.Name)
		}
		own = append(own, c)
	}
	return own, nil
}

// isVirtual tells the columns that every table has anyway: files of a mirror bring _delivery.
func isVirtual(name string) bool {
	return slices.ContainsFunc(schema.VirtualColumns(), func(v schema.Column) bool { return strings.EqualFold(v.Name, name) })
}

// sameColumns compares a file with the first one.
func (a *attaching) sameColumns(want, own []schema.Column, f *storage.SurveyedFile) error {
	differ := func(format string, args ...any) error {
		return errs.New(errs.Meaning, "schema-mismatch", "file %s is unlike %s: %s", f.Location, a.files[0].Location, fmt.Sprintf(format, args...)).
			WithHint("all files of a table must have the same columns; attach the others as a table of their own, or exclude the column")
	}
	if slices.Equal(want, own) {
		return nil
	}
	for _, c := range want {
		i := slices.IndexFunc(own, func(o schema.Column) bool { return strings.EqualFold(o.Name, c.Name) })
		if i < 0 {
			return differ("it has no column %q", c.Name)
		}
		if own[i].Type != c.Type {
			return differ("column %q is %s, not %s", c.Name, own[i].Type, c.Type)
		}
	}
	for _, c := range own {
		if !slices.ContainsFunc(want, func(w schema.Column) bool { return strings.EqualFold(w.Name, c.Name) }) {
			return differ("it has a column %q more", c.Name)
		}
	}
	return nil
}

// command is the one change of the catalog.
func (a *attaching) command(def *schema.Table) (*catalog.CommitDelivery, error) {
	d := catalog.Delivery{ID: schema.NewID(), Table: def.ID, Named: true, LoadedAt: time.Now().UnixMicro()}
	cmd := &catalog.CommitDelivery{Replace: true, Force: true, StartedAt: a.started.UnixMicro(), Table: def}
	bytes := map[uint32]int64{}
	sum := sha256.New()
	for i := range a.files {
		f := &a.files[i]
		values, err := a.partition(f, def)
		if err != nil {
			return nil, err
		}
		seg := schema.Segment{
			ID: schema.NewID(), Table: def.ID, Delivery: d.ID, Partition: values, Rows: f.Rows, Bytes: f.Bytes, SHA256: f.Footer, Location: f.Location,
		}
		for k, c := range f.Columns {
			if j := def.Column(c.Name); j >= 0 {
				bytes[def.Columns[j].ID] += f.ColumnBytes[k]
			}
		}
		for _, b := range f.Bounds {
			if j := def.Column(f.Columns[b.Column].Name); j >= 0 {
				b.Column = def.Columns[j].ID
				seg.Bounds = append(seg.Bounds, b)
			}
		}
		cmd.Segments = append(cmd.Segments, seg)
		d.Accepted, d.BytesIn = d.Accepted+f.Rows, d.BytesIn+f.Bytes
		sum.Write(binary.LittleEndian.AppendUint64(append([]byte(f.Location), 0), uint64(f.Bytes)))
		sum.Write(f.Footer[:])
	}
	for _, c := range def.Columns {
		sum.Write([]byte(c.Name + "\x00" + c.Type.String() + "\x00"))
		if n, ok := bytes[c.ID]; ok {
			d.ColumnBytes = append(d.ColumnBytes, catalog.ColumnBytes{Column: c.ID, Bytes: n})
		}
	}
	sum.Sum(d.SHA256[:0])
	d.RecordsIn = d.Accepted
	cmd.Delivery = d
	a.out.Files, a.out.Rows, a.out.Bytes, a.out.Excluded = len(a.files), d.Accepted, d.BytesIn, a.req.Exclude
	return cmd, nil
}
