package storage

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
)

// finish waits until every file is durable and every segment has been read back.
func (d *Draft) finish(ctx context.Context) error {
	stop := context.AfterFunc(ctx, d.settle.cancel)
	defer stop()
	if err := d.settle.wait(); err != nil {
		return err
	}
	for _, p := range d.parts {
		if len(p.segments) > 0 {
			d.files = append(d.files, p.stats)
		}
	}
	d.result = d.summary()
	return nil
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
		Parts: seg.partsOr(schema.Part{Delivery: d.id, Source: d.opts.Source, Period: d.opts.Period, Rows: seg.info.Rows, Live: true}),
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
	failpoint.Hit("draft/folder-synced")
	if err := s.fs.MkdirAll(table); err != nil {
		return diskError("make folder", table, err)
	}
	failpoint.Hit("draft/target-made")
	if err := s.fs.SyncDir(s.path(segmentsDir)); err != nil {
		return diskError("sync folder", s.path(segmentsDir), err)
	}
	failpoint.Hit("draft/target-synced")
	final := s.deliveryDir(d.table.ID, d.id)
	if err := s.fs.Rename(d.dir, final); err != nil {
		return diskError("move draft to", final, err)
	}
	failpoint.Hit("draft/moved")
	d.state = sealed // from here on nothing is deleted: a failure below leaves the outcome unknown
	d.result.Files = d.files
	s.release(d.id)
	for _, dir := range []string{table, s.path(draftsDir)} {
		if err := s.fs.SyncDir(dir); err != nil {
			return diskError("sync folder", dir, err)
		}
		failpoint.Hit("draft/table-synced")
	}
	failpoint.Hit("draft/sealed")
	return nil
}
