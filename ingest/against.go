package ingest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Standing is a table as it stands somewhere else: enough to say what a load into it would give.
type Standing struct {
	Table   schema.Table
	Rows    int64    // in force; with any, its types are widened only where the cast is exact
	Mapping *Mapping // of the source, nil for none
}

// Against rehearses a load into a table without a server: the same code runs over a catalog of this table alone. What cannot be
// known here is whether the same content is in force already, and how many digits the stored numbers have: they are taken to fill
// their types.
func Against(ctx context.Context, st *Standing, req *Request) (*Receipt, error) {
	m := catalog.New()
	book := &memoryCatalog{m}
	if err := book.build(ctx, st, req.Source); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "assay-rehearsal-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the rehearsal: %w", err)
	}
	defer os.RemoveAll(dir)
	l, err := New(Config{Catalog: book, Store: noStore{}, TempDir: dir})
	if err != nil {
		return nil, err
	}
	r := *req
	r.Table, r.Rehearse, r.Ack = st.Table.Name, true, AckLocal
	return l.Load(ctx, &r)
}

// memoryCatalog is a catalog that nothing keeps.
type memoryCatalog struct{ m *catalog.Machine }

// Snapshot returns the newest view.
func (c *memoryCatalog) Snapshot() *catalog.Snapshot { return c.m.Snapshot() }

// Propose applies a command at once.
func (c *memoryCatalog) Propose(_ context.Context, cmd catalog.Command) (catalog.Result, error) {
	return c.m.Apply(catalog.Encode(cmd))
}

// build makes the table, a delivery that stands for its rows, and the mapping.
func (c *memoryCatalog) build(ctx context.Context, st *Standing, source string) error {
	res, err := c.Propose(ctx, &catalog.PutTable{Table: st.Table, At: 1})
	if err != nil {
		return err
	}
	t := res.Table
	if st.Mapping != nil {
		d := catalog.Document{Kind: MappingKind, Table: t.ID, Name: source, Body: st.Mapping.Encode()}
		if _, err := c.Propose(ctx, &catalog.PutDocument{Document: d, At: 1}); err != nil {
			return err
		}
	}
	if st.Rows == 0 {
		return nil
	}
	seg := schema.Segment{ID: schema.NewID(), Table: t.ID, Rows: st.Rows}
	for _, p := range t.PartitionBy {
		seg.Partition = append(seg.Partition, schema.NullValue(p.ResultType(t.Columns[t.ColumnByID(p.Column)].Type)))
	}
	now := time.Now().UnixMicro()
	_, err = c.Propose(ctx, &catalog.CommitDelivery{
		Delivery: catalog.Delivery{ID: schema.NewID(), Table: t.ID, RecordsIn: st.Rows, Accepted: st.Rows, LoadedAt: now},
		Segments: []schema.Segment{seg}, Expect: t.Version, StartedAt: now,
	})
	return err
}

// noStore has no files: a rehearsal writes none.
type noStore struct{}

// Begin is never called.
func (noStore) Begin(context.Context, schema.ID, *schema.Table, storage.DraftOptions) (*storage.Draft, error) {
	return nil, noFile()
}

// OpenFile finds nothing.
func (noStore) OpenFile(context.Context, uint32, schema.ID, storage.FileRef) (io.ReadCloser, error) {
	return nil, noFile()
}

// Verify and VerifyFile have nothing to look at.
func (noStore) Verify(context.Context, iter.Seq[*schema.Segment], func(*schema.Segment, error)) error {
	return noFile()
}

func (noStore) VerifyFile(uint32, schema.ID, storage.FileRef) error { return noFile() }

func noFile() error {
	return errs.New(errs.NotFound, "no-file", "a rehearsal without a server has no files")
}
