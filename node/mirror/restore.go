package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"slices"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
)

// RestoreConfig says what is restored to where. Objects and Store are required.
type RestoreConfig struct {
	Objects object.Store
	Store   *storage.Store // an empty data folder's
	// Catalog writes the restored catalog into the data folder, and owns it from then on: consensus.Seed.
	Catalog  func(*catalog.Machine) error
	Lazy     bool // leave segments in the mirror; the store fetches each when it is first opened
	AllowGap bool // when the log has a hole, take what comes before it instead of failing
	Parallel int
	Logger   *slog.Logger
	Progress func(Progress) // nil: not told; called by several goroutines, one at a time
}

// Progress counts what a restore has done.
type Progress struct {
	Files, FilesTotal int
	Bytes, BytesTotal int64
}

// Restored says what came back.
type Restored struct {
	Index    uint64 // of the catalog
	Snapshot uint64 // index of the snapshot it began with
	Commands int    // log entries after it
	Owner    string // of the mirror: the restored node goes on under it
	Progress
}

// Restore rebuilds a node from a mirror: the newest catalog snapshot that can be read and the log after it, then every segment
// and side file, each verified by its SHA-256. It may be repeated after a failure: what is there and sound is not fetched again.
func Restore(ctx context.Context, cfg RestoreConfig) (*Restored, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	r := &restorer{cfg: cfg}
	if err := r.catalog(ctx); err != nil {
		return nil, fmt.Errorf("restore the catalog from %s: %w", cfg.Objects, err)
	}
	owner, err := Owner(ctx, cfg.Objects)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	r.out.Owner = owner
	if !cfg.Lazy {
		if err := r.data(ctx); err != nil {
			return nil, fmt.Errorf("restore data from %s: %w", cfg.Objects, err)
		}
	}
	if cfg.Catalog != nil { // last: a catalog without its files must not look like a finished restore
		if err := cfg.Catalog(r.machine); err != nil {
			return nil, fmt.Errorf("write the restored catalog: %w", err)
		}
	}
	if err := r.abandon(ctx); err != nil {
		return nil, fmt.Errorf("set aside what lies behind the hole: %w", err)
	}
	return &r.out, nil
}

// abandonedPrefix keeps log entries and snapshots that a restore gave up. They must not stay: the restored catalog will reuse
// their indexes for other commands.
const abandonedPrefix = "catalog/abandoned/"

func (r *restorer) abandon(ctx context.Context) error {
	for _, key := range r.behind {
		err := r.cfg.Objects.Copy(ctx, key, abandonedPrefix+path.Base(key))
		if err == nil {
			err = r.cfg.Objects.Delete(ctx, key)
		}
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}

type restorer struct {
	cfg      RestoreConfig
	machine  *catalog.Machine
	commands int      // applied after the snapshot
	behind   []string // log entries behind a hole
	out      Restored
}

// catalog finds the newest snapshot that loads and follows the log from there.
func (r *restorer) catalog(ctx context.Context) error {
	sh, err := listShipped(ctx, r.cfg.Objects)
	if err != nil {
		return err
	}
	if len(sh.snapshots) == 0 {
		return errs.New(errs.NotFound, "no-backup", "there is no catalog snapshot in %s", r.cfg.Objects).
			WithHint("check the bucket and the prefix: a mirror has a folder catalog/ at its top")
	}
	var failed error
	newest := sh.snapshots[len(sh.snapshots)-1]
	for _, index := range slices.Backward(sh.snapshots) {
		err := r.from(ctx, index, sh.log)
		if err == nil {
			return r.reaches(newest, sh.snapshots, failed)
		}
		if !errs.Is(err, errs.Corrupt) {
			return err
		}
		r.cfg.Logger.Warn("a catalog snapshot cannot be used, trying the one before", "index", index, "error", err)
		if failed == nil {
			failed = err
		}
	}
	return failed
}

// reaches checks that an older snapshot and the log led as far as the newest snapshot, which could not be used. Where they did
// not, what that one held is lost: to be decided by a person, and out of the way of the restored catalog.
func (r *restorer) reaches(newest uint64, snapshots []uint64, failed error) error {
	if r.out.Index >= newest {
		return nil
	}
	if !r.cfg.AllowGap {
		return fmt.Errorf("the older snapshots and the log lead only to index %d: %w", r.out.Index, failed)
	}
	for _, index := range snapshots {
		if index > r.out.Index {
			r.behind = append(r.behind, snapshotKey(index))
		}
	}
	return nil
}

// from rebuilds the catalog from one snapshot and the entries after it.
func (r *restorer) from(ctx context.Context, index uint64, log []uint64) error {
	m := catalog.New()
	if err := r.load(ctx, m, snapshotKey(index)); err != nil {
		return err
	}
	if got := m.Snapshot().Index(); got != index {
		return errs.New(errs.Corrupt, "bad-snapshot", "object %s holds index %d", snapshotKey(index), got)
	}
	r.machine, r.commands, r.behind = m, 0, nil
	if err := r.follow(ctx, log); err != nil {
		return err
	}
	r.out.Index, r.out.Snapshot, r.out.Commands = m.Snapshot().Index(), index, r.commands
	return nil
}

// follow applies the log behind the snapshot. The log may simply end; a hole with more behind it is told.
func (r *restorer) follow(ctx context.Context, log []uint64) error {
	for i, index := range log {
		at := r.machine.Snapshot().Index()
		if index <= at {
			continue
		}
		command, err := r.command(ctx, at+1, index)
		if err == nil {
			err = r.apply(index, command)
		}
		if err != nil && errs.Is(err, errs.Corrupt) && r.cfg.AllowGap {
			for _, lost := range log[i:] {
				r.behind = append(r.behind, logKey(lost))
			}
			r.cfg.Logger.Warn("the log has a hole; what lies behind it is given up", "restored", at, "given_up", len(log)-i, "error", err)
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// command reads the entry that must come next.
func (r *restorer) command(ctx context.Context, want, index uint64) ([]byte, error) {
	if index != want {
		return nil, errs.New(errs.Corrupt, "log-gap", "the mirrored log has no entry %d, but %d", want, index).
			WithHint("restore what comes before the hole with --allow-gap")
	}
	data, err := r.read(ctx, logKey(index))
	if err != nil {
		return nil, err
	}
	got, command, err := DecodeEntry(data)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", logKey(index), err)
	}
	if got != index {
		return nil, errs.New(errs.Corrupt, "bad-log-entry", "object %s holds entry %d", logKey(index), got)
	}
	return command, nil
}

func (r *restorer) apply(index uint64, command []byte) error {
	if _, err := r.machine.Apply(command); err != nil {
		return errs.New(errs.Corrupt, "bad-log-entry", "entry %d is refused: %w", index, err)
	}
	if got := r.machine.Snapshot().Index(); got != index {
		return errs.New(errs.Corrupt, "bad-log-entry", "entry %d led to index %d", index, got)
	}
	r.commands++
	return nil
}

// load reads a snapshot as it arrives: at two million segments it is as large as the catalog it makes, and must not be held beside it.
func (r *restorer) load(ctx context.Context, m *catalog.Machine, key string) error {
	reader := &Reader{Objects: r.cfg.Objects}
	info, err := reader.head(ctx, key)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	in, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := reader.download(ctx, key, info.Bytes, out)
		out.CloseWithError(err)
		ended <- err
	}()
	err = m.Load(in)
	stop()         // before the pipe is closed, so that a download in the way of a damaged snapshot is not tried again
	_ = in.Close() // ends the download; a pipe's Close always gives nil
	if cut := <-ended; err == nil || cut != nil && errors.Is(err, cut) {
		return err
	}
	return errs.New(errs.Corrupt, "bad-snapshot", "object %s: %w", key, err)
}

// read gets a whole object of the catalog.
func (r *restorer) read(ctx context.Context, key string) ([]byte, error) {
	reader := &Reader{Objects: r.cfg.Objects}
	info, err := reader.head(ctx, key)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	buf.Grow(int(info.Bytes))
	err = reader.download(ctx, key, info.Bytes, &buf)
	return buf.Bytes(), err
}
