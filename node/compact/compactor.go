package compact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Catalog is the replicated catalog. It must be safe for concurrent use.
type Catalog interface {
	Snapshot() *catalog.Snapshot
	Propose(ctx context.Context, c catalog.Command) (catalog.Result, error)
}

// Mirror copies what was sealed to the object store, so that the catalog never names what only this node's disk has.
type Mirror interface {
	Stage(ctx context.Context, sealed *storage.Sealed) error
}

// Config of a Compactor. Store, Catalog and TempDir are required.
type Config struct {
	Store   *storage.Store
	Catalog Catalog
	Mirror  Mirror // nil: there is none
	TempDir string // for sorting
	Logger  *slog.Logger

	Policy      Policy
	MemoryBytes int64                 // of sorting; 0 for 128 MiB
	Every       time.Duration         // how often Run looks; 0 for a minute
	Busy        func(drafts int) bool // others want the machine, beside these drafts of our own: work in the background waits
}

// Defaults and limits.
const (
	DefaultMemoryBytes = 128 << 20
	DefaultEvery       = time.Minute
	wholeEvery         = time.Hour             // Run looks at everything, not only at what changed: retention ends without a change
	busyPause          = 20 * time.Millisecond // per batch, while others want the machine
	busyLook           = time.Second           // before a job begins
	maxRefusals        = 3                     // in a row, before a partition is left for the next pass
)

// Compactor merges small segments. It is safe for concurrent use.
type Compactor struct {
	cfg    Config
	log    *slog.Logger
	turn   sync.Mutex // one job at a time
	counts counts
}

type counts struct{ jobs, refused, failed, segmentsIn, segmentsOut, bytesIn, bytesOut, rows, nanos atomic.Int64 }

// Stats counts what a Compactor has done.
type Stats struct {
	Jobs, Refused, Failed   int64
	SegmentsIn, SegmentsOut int64
	BytesIn, BytesOut, Rows int64
	Busy                    time.Duration
}

// New returns a Compactor that does nothing until Run or Table.
func New(c Config) *Compactor {
	c.Policy = c.Policy.withDefaults()
	c.MemoryBytes = cmp.Or(c.MemoryBytes, DefaultMemoryBytes)
	c.Every = cmp.Or(c.Every, DefaultEvery)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Busy == nil {
		c.Busy = func(int) bool { return false }
	}
	return &Compactor{cfg: c, log: c.Logger}
}

// Stats returns what has been done so far.
func (c *Compactor) Stats() Stats {
	n := &c.counts
	return Stats{
		Jobs: n.jobs.Load(), Refused: n.refused.Load(), Failed: n.failed.Load(), SegmentsIn: n.segmentsIn.Load(), SegmentsOut: n.segmentsOut.Load(),
		BytesIn: n.bytesIn.Load(), BytesOut: n.bytesOut.Load(), Rows: n.rows.Load(), Busy: time.Duration(n.nanos.Load()),
	}
}

// Run compacts what changes until the context ends. may says whether this node is the one to do it now.
func (c *Compactor) Run(ctx context.Context, may func() bool) {
	tick := time.NewTicker(c.cfg.Every)
	defer tick.Stop()
	seen, whole := uint64(0), time.Now()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if time.Since(whole) > wholeEvery {
			seen, whole = 0, time.Now()
		}
		index := c.cfg.Catalog.Snapshot().Index()
		if !may() || index == seen {
			continue
		}
		if err := c.everyTable(ctx, seen); err != nil {
			if ctx.Err() == nil {
				c.log.Warn("compaction will be tried again", "error", err)
			}
			continue
		}
		seen = index
	}
}

// everyTable compacts what changed after an index, as background work.
func (c *Compactor) everyTable(ctx context.Context, after uint64) error {
	var all error
	for _, t := range c.cfg.Catalog.Snapshot().Tables() {
		if t.IsAttached() {
			continue
		}
		r := &round{Compactor: c, after: after, background: true}
		if err := r.table(ctx, t.ID); err != nil {
			all = errors.Join(all, fmt.Errorf("table %q: %w", t.Name, err))
		}
	}
	return all
}

// Done is what compacting a table came to.
type Done struct {
	Jobs           int           `json:"jobs"`
	SegmentsBefore int64         `json:"segments_before"`
	SegmentsAfter  int64         `json:"segments_after"`
	BytesBefore    int64         `json:"bytes_before"`
	BytesAfter     int64         `json:"bytes_after"`
	RowsRewritten  int64         `json:"rows_rewritten"`
	Elapsed        time.Duration `json:"-"`
	Seconds        float64       `json:"elapsed_seconds"`
}

// Table merges all small segments of a table now, whatever their sizes, and returns when none is left to merge. report is told how
// many partitions are done and how many there are.
func (c *Compactor) Table(ctx context.Context, table uint32, report func(done, total int64)) (*Done, error) {
	began, before := time.Now(), c.cfg.Catalog.Snapshot().Totals(table)
	r := &round{Compactor: c, report: report}
	err := r.table(ctx, table)
	after := c.cfg.Catalog.Snapshot().Totals(table)
	d := &Done{
		Jobs: r.jobs, RowsRewritten: r.rows, SegmentsBefore: before.Segments, SegmentsAfter: after.Segments,
		BytesBefore: before.Bytes, BytesAfter: after.Bytes, Elapsed: time.Since(began),
	}
	d.Seconds = d.Elapsed.Seconds()
	return d, err
}

// round is one look at a table.
type round struct {
	*Compactor
	after      uint64
	background bool
	report     func(done, total int64)
	jobs       int
	rows       int64
}

// table compacts partition by partition. One that fails does not keep the others from it.
func (r *round) table(ctx context.Context, table uint32) error {
	var work [][]schema.Value
	for partition, shares := range r.cfg.Catalog.Snapshot().Shares(table, r.after) {
		if len(r.cfg.Policy.Choose(shares, !r.background)) > 0 {
			work = append(work, partition)
		}
	}
	var all error
	for i, partition := range work {
		if err := r.partition(ctx, table, partition); err != nil {
			all = errors.Join(all, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.report != nil {
			r.report(int64(i+1), int64(len(work)))
		}
	}
	return all
}

// partition runs jobs until nothing is left to do. A refused job was late: it looks again.
func (r *round) partition(ctx context.Context, table uint32, partition []schema.Value) error {
	for refused := 0; ; {
		if err := r.leave(ctx, 0, busyLook); err != nil {
			return err
		}
		more, err := r.job(ctx, table, partition)
		switch {
		case errs.Is(err, errs.Conflict) && refused < maxRefusals:
			refused++
			r.counts.refused.Add(1)
		case err != nil:
			r.counts.failed.Add(1)
			return err
		case !more:
			return nil
		}
	}
}

// leave waits while others want the machine: for good before a job, for a moment within one, since what it holds costs as well.
func (r *round) leave(ctx context.Context, drafts int, pause time.Duration) error {
	for r.background && r.cfg.Busy(drafts) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		if pause < busyLook {
			break
		}
	}
	return ctx.Err()
}

// job does the next job of a partition and reports whether there was one.
func (r *round) job(ctx context.Context, table uint32, partition []schema.Value) (bool, error) {
	r.turn.Lock()
	defer r.turn.Unlock()
	snap := r.cfg.Catalog.Snapshot()
	t, ok := snap.TableByID(table)
	if !ok {
		return false, nil
	}
	chosen := r.cfg.Policy.Choose(snap.SharesOf(table, partition), !r.background)
	if len(chosen) == 0 {
		return false, nil
	}
	w := newRewrite(r.Compactor, snap, t, partition, chosen)
	if w.foreign() {
		return false, nil
	}
	w.pause = func(ctx context.Context) error { return r.leave(ctx, 1, busyPause) }
	if err := r.run(ctx, snap, w); err != nil {
		return false, fmt.Errorf("compact partition %q: %w", t.PartitionPath(partition), err)
	}
	r.jobs++
	r.rows += w.rows
	return true, nil
}

// run writes, checks, seals and commits.
func (r *round) run(ctx context.Context, snap *catalog.Snapshot, w *rewrite) error {
	began := time.Now()
	cmd := &catalog.Compact{ID: schema.NewID(), Table: w.table.ID, Partition: w.partition, Inputs: w.inputs, StartedAt: began.UnixMicro()}
	sealed, err := r.seal(ctx, snap, w, cmd)
	if err != nil {
		return err
	}
	cmd.At = time.Now().UnixMicro()
	if _, err := r.cfg.Catalog.Propose(ctx, cmd); err != nil {
		if definite(err) { // else it may be in force: only an upkeep that has read the catalog back may delete it
			err = errors.Join(err, r.cfg.Store.RemoveDelivery(w.table.ID, cmd.ID))
		}
		return err
	}
	r.account(w, sealed, time.Since(began))
	return nil
}

// definite reports whether the catalog has looked at the command and refused it.
func definite(err error) bool {
	return errs.Is(err, errs.Conflict) || errs.Is(err, errs.Invalid) || errs.Is(err, errs.NotFound)
}

// seal makes the outputs durable, here and in the mirror, and completes the command. Nothing is written when no row is left.
func (r *round) seal(ctx context.Context, snap *catalog.Snapshot, w *rewrite, cmd *catalog.Compact) (*storage.Sealed, error) {
	draft, err := r.cfg.Store.Begin(ctx, cmd.ID, w.table, storage.DraftOptions{})
	if err != nil {
		return nil, err
	}
	defer draft.Abort() // does nothing once sealed
	if err := w.write(ctx, snap, draft); err != nil {
		return nil, err
	}
	sealed, err := draft.Finish(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.check(sealed); err != nil || len(sealed.Segments) == 0 {
		return sealed, err
	}
	if sealed, err = draft.Seal(ctx); err != nil {
		return nil, err
	}
	if r.cfg.Mirror != nil {
		if err := r.cfg.Mirror.Stage(ctx, sealed); err != nil {
			return nil, errors.Join(err, r.cfg.Store.RemoveDelivery(w.table.ID, cmd.ID))
		}
	}
	cmd.Segments = sealed.Segments
	for _, f := range sealed.Files {
		cmd.Files = append(cmd.Files, catalog.File(f))
	}
	for id, n := range sealed.ColumnBytes {
		cmd.ColumnBytes = append(cmd.ColumnBytes, catalog.ColumnBytes{Column: id, Bytes: n})
	}
	slices.SortFunc(cmd.ColumnBytes, func(a, b catalog.ColumnBytes) int { return cmp.Compare(a.Column, b.Column) })
	return sealed, nil
}

func (r *round) account(w *rewrite, sealed *storage.Sealed, took time.Duration) {
	n := &r.counts
	n.jobs.Add(1)
	n.segmentsIn.Add(int64(len(w.segments)))
	n.segmentsOut.Add(int64(len(sealed.Segments)))
	n.bytesIn.Add(w.read)
	n.bytesOut.Add(sealed.Bytes)
	n.rows.Add(w.rows)
	n.nanos.Add(int64(took))
	r.log.Info("compacted", "table", w.table.Name, "partition", w.table.PartitionPath(w.partition), "segments_in", len(w.segments),
		"segments_out", len(sealed.Segments), "rows", w.rows, "bytes_in", w.read, "bytes_out", sealed.Bytes, "elapsed", took)
}
