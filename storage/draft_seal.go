package storage

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"golang.org/x/sync/errgroup"
)

// finish writes the statistics and reads every segment back.
func (d *Draft) finish(ctx context.Context) error {
	if err := d.writeStats(); err != nil {
		return err
	}
	if err := d.readBack(ctx); err != nil {
		return err
	}
	d.result = d.summary()
	return nil
}

// readBack reads all segments from disk, a few at a time.
func (d *Draft) readBack(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range d.parts {
		for _, seg := range p.segments {
			g.Go(func() error {
				if err := seg.readBack(ctx); err != nil {
					return fmt.Errorf("read back segment %s: %w", seg.id, err)
				}
				return nil
			})
		}
	}
	return g.Wait()
}

func (d *Draft) summary() *Sealed {
	r := &Sealed{
		Delivery: d.id, Table: d.table.ID, ColumnBytes: map[uint32]int64{},
		Hashes: make([]schema.ColumnHash, len(d.table.Columns)), Nulls: make([]int64, len(d.table.Columns)),
	}
	for _, p := range d.parts {
		for _, seg := range p.segments {
			r.add(d, p, seg)
		}
	}
	return r
}

// add counts one segment in.
func (r *Sealed) add(d *Draft, p *draftPartition, seg *draftSegment) {
	r.Segments = append(r.Segments, schema.Segment{
		ID: seg.id, Table: d.table.ID, Delivery: d.id, Partition: p.values,
		Rows: seg.info.Rows, Bytes: seg.info.Bytes, SHA256: seg.info.SHA256, Bounds: seg.info.Bounds(),
		Parts: []schema.Part{{Delivery: d.id, Source: d.opts.Source, Period: d.opts.Period, Rows: seg.info.Rows, Live: true}},
	})
	seg.addTo(r)
}

// writeFile writes and syncs one side file in the draft's folder.
func (d *Draft) writeFile(name string, write func(io.Writer) error) (FileRef, error) {
	if err := checkFileName(name); err != nil {
		return FileRef{}, err
	}
	out, err := d.store.create(filepath.Join(d.dir, name))
	if err != nil {
		return FileRef{}, err
	}
	if err := write(out); err != nil {
		out.abandon()
		return FileRef{}, diskError("write", out.name, err)
	}
	if err := out.finish(); err != nil {
		return FileRef{}, err
	}
	return FileRef{Name: name, Bytes: out.n, SHA256: out.digest()}, nil
}

// checkFileName keeps side files inside their folder and apart from segments.
func checkFileName(name string) error {
	if name == "" || len(name) > 128 || strings.ContainsAny(name, "/\\\x00") || name[0] == '.' || strings.HasSuffix(name, ".parquet") {
		return errs.New(errs.Invalid, "bad-file-name", "%q cannot name a side file", name)
	}
	return nil
}

// publish moves the folder to its final place. The order is what a power cut respects: the contents of files, the names in the
// folder, the parent of the target, the move, both parents.
func (d *Draft) publish() error {
	s := d.store
	table := s.tableDir(d.table.ID)
	if err := s.fs.SyncDir(d.dir); err != nil {
		return diskError("sync folder", d.dir, err)
	}
	if err := s.fs.MkdirAll(table); err != nil {
		return diskError("make folder", table, err)
	}
	if err := s.fs.SyncDir(s.path(segmentsDir)); err != nil {
		return diskError("sync folder", s.path(segmentsDir), err)
	}
	final := s.deliveryDir(d.table.ID, d.id)
	if err := s.fs.Rename(d.dir, final); err != nil {
		return diskError("move draft to", final, err)
	}
	d.state = sealed // from here on nothing is deleted: a failure below leaves the outcome unknown
	d.result.Files = d.files
	s.release(d.id)
	for _, dir := range []string{table, s.path(draftsDir)} {
		if err := s.fs.SyncDir(dir); err != nil {
			return diskError("sync folder", dir, err)
		}
	}
	return nil
}
