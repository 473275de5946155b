package storage

import (
	"context"
	"io"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// DraftOptions are what a delivery's rows are marked with.
type DraftOptions struct {
	Source, Period string
}

// Draft is a delivery being written: Write per partition and File per side file, then Seal or Abort. After any error only
// Abort is left: what a failed write or fsync left on the disk is unknown. One goroutine at a time; files that are complete
// are synced and read back by a few goroutines of the draft's own, which end before Finish or Abort returns.
type Draft struct {
	store  *Store
	id     schema.ID
	table  *schema.Table
	opts   DraftOptions
	dir    string
	parts  []*draftPartition
	paths  map[string]bool // of the partitions written
	settle *settler
	writer *segment.Writer // of the segments before, for the next one
	files  []FileRef
	result *Sealed // set by Finish
	state  draftState
	err    error
}

type draftState uint8

const (
	drafting draftState = iota
	finished
	sealed
	aborted
)

// Begin starts the draft of a delivery into a table.
func (s *Store) Begin(ctx context.Context, id schema.ID, table *schema.Table, opts DraftOptions) (*Draft, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.reserve(id); err != nil {
		return nil, err
	}
	d := &Draft{store: s, id: id, table: table, opts: opts, dir: s.draftDir(id), paths: map[string]bool{}}
	if _, err := s.fs.Stat(s.deliveryDir(table.ID, id)); err == nil {
		s.release(id)
		return nil, errs.New(errs.Conflict, "delivery-exists", "delivery %s has files in this store already", id)
	}
	if err := s.fs.MkdirAll(d.dir); err != nil {
		s.release(id)
		return nil, diskError("make folder", d.dir, err)
	}
	failpoint.Hit("draft/made")
	d.settle = newSettler(ctx)
	return d, nil
}

// reserve keeps two drafts of one delivery, and drafts on a closed store, from beginning.
func (s *Store) reserve(id schema.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed()
	}
	if s.drafts[id] {
		return errs.New(errs.Conflict, "delivery-exists", "delivery %s is being written already", id)
	}
	s.drafts[id] = true
	return nil
}

// Drafts is how many drafts are being written.
func (s *Store) Drafts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.drafts)
}

func (s *Store) release(id schema.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.drafts, id)
}

func errClosed() error { return errs.New(errs.Unavailable, "store-closed", "the store is closed") }

// Write adds the rows of one partition: batches in the table's sort order, columns as in the table. next returns nil at the
// end. Each partition is written at most once.
func (d *Draft) Write(ctx context.Context, partition []schema.Value, next func(context.Context) (*batch.Batch, error)) error {
	if err := d.usable(drafting); err != nil {
		return err
	}
	return d.keep(d.writePartition(ctx, partition, []Stream{next}))
}

// Stream gives batches, nil at the end.
type Stream = func(context.Context) (*batch.Batch, error)

// WriteApart is Write for the rows of several deliveries: batches have each row's delivery, as text, in a column behind the
// table's. Streams share no segment.
func (d *Draft) WriteApart(ctx context.Context, partition []schema.Value, streams []Stream) error {
	if err := d.usable(drafting); err != nil {
		return err
	}
	return d.keep(d.writePartition(ctx, partition, streams))
}

// File adds a side file, such as the rejects or the receipt. It may be called until Seal, also after Finish.
func (d *Draft) File(name string, write func(io.Writer) error) error {
	if err := d.usable(finished); err != nil {
		return err
	}
	ref, err := d.writeFile(name, write)
	if err != nil {
		return d.keep(err)
	}
	d.files = append(d.files, ref)
	return nil
}

// Finish completes the segments and reads everything back from disk through the query reader, but leaves the draft in its
// temporary folder: the caller compares Hashes, Nulls and Rows with its own, and may still add files. Seal calls it otherwise.
func (d *Draft) Finish(ctx context.Context) (*Sealed, error) {
	if err := d.usable(finished); err != nil {
		return nil, err
	}
	if d.state == drafting {
		if err := d.keep(d.finish(ctx)); err != nil {
			return nil, err
		}
		d.state = finished
	}
	return d.result, nil
}

// Seal moves the finished draft to its final place, durably. When it fails after the move the outcome is unknown: the files
// stay, as an orphan unless the catalog names them.
func (d *Draft) Seal(ctx context.Context) (*Sealed, error) {
	if _, err := d.Finish(ctx); err != nil {
		return nil, err
	}
	if err := d.keep(d.publish()); err != nil {
		return nil, err
	}
	d.state = sealed
	d.store.release(d.id)
	return d.result, nil
}

// Abort drops the draft and its files. After Seal, successful or not known, it leaves everything where it is.
func (d *Draft) Abort() {
	if d.state == sealed || d.state == aborted {
		return
	}
	d.state = aborted
	d.settle.stop()
	d.abandon()
	if err := d.store.fs.RemoveAll(d.dir); err != nil {
		d.store.log.Warn("a draft could not be removed; the next start will", "draft", d.id, "error", err)
	}
	d.store.release(d.id)
}

// usable tells whether the draft may still do something that is allowed up to a state.
func (d *Draft) usable(upTo draftState) error {
	if d.err != nil {
		return d.err
	}
	if d.state > upTo {
		return errs.New(errs.Internal, "draft-over", "delivery %s: the draft is sealed or aborted", d.id)
	}
	return nil
}

// keep makes an error permanent: no later call can make good what the disk may have lost.
func (d *Draft) keep(err error) error {
	if err != nil && d.err == nil {
		d.err = err
	}
	return err
}
