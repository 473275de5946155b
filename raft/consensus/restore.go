package consensus

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/hashicorp/raft"
)

// seedName is the file that Restore leaves for the first Open.
const seedName = "restored.catalog"

// Restore puts a catalog into a folder that has none: a backup (nil for an empty catalog) and the commands applied after it, in
// order and without gaps, as Applied gave them: commands do not hold their index, so the caller must know that none is missing.
// The catalog begins a new epoch, since its indexes may have meant something else after the backup.
// The first Open on the folder makes it a cluster of one with that state.
func Restore(dir string, snapshot io.Reader, commands [][]byte) error {
	m := catalog.New()
	if snapshot != nil {
		if err := m.Load(snapshot); err != nil {
			return fmt.Errorf("restore %s: %w", dir, err)
		}
	}
	if err := replay(m, commands); err != nil {
		return fmt.Errorf("restore %s: %w", dir, err)
	}
	return Seed(dir, m)
}

// Seed is Restore for a caller who has the restored catalog at hand already; it must not be used afterwards.
func Seed(dir string, m *catalog.Machine) error {
	if _, err := os.Stat(logPath(dir)); !errors.Is(err, os.ErrNotExist) {
		return errs.New(errs.Conflict, "not-empty", "restore into %s: it holds a catalog already", dir).WithHint("restore into a new folder")
	}
	m.BumpEpoch()
	return writeSeed(dir, m)
}

// Rebuild puts a catalog in the place of a damaged one, whose files are kept in damaged/ below the folder. Like Seed it begins a new
// epoch. A crash in between leaves either the damage, to be found again, or the rebuilt catalog.
func Rebuild(dir string, m *catalog.Machine) error {
	m.BumpEpoch()
	if err := writeSeed(dir, m); err != nil {
		return err
	}
	// The log goes last: snapshots without it would pass for an old state, the log without them does not start.
	aside := filepath.Join(dir, "damaged", time.Now().UTC().Format("20060102T150405.000000000"))
	if err := os.MkdirAll(aside, 0o755); err != nil {
		return fmt.Errorf("set the damaged catalog aside: %w", err)
	}
	for _, name := range []string{"snapshots", filepath.Base(logPath(dir))} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(aside, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("set the damaged catalog aside: %w", err)
		}
		if err := errors.Join(syncDir(aside), syncDir(dir)); err != nil {
			return err
		}
	}
	return nil
}

func replay(m *catalog.Machine, commands [][]byte) error {
	for i, cmd := range commands {
		before := m.Snapshot().Index()
		res, err := m.Apply(cmd)
		if err == nil && res.Index != before+1 {
			err = errors.New("it changed nothing")
		}
		if err != nil {
			return errs.New(errs.Corrupt, "bad-replay", "command %d of %d does not continue catalog index %d: %w", i+1, len(commands), before, err).
				WithHint("the commands must be those applied right after the snapshot, in order")
		}
	}
	return nil
}

func writeSeed(dir string, m *catalog.Machine) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, seedName)
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	if err := errors.Join(m.Save(f), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(dir)
}

func hasSeed(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, seedName))
	return err == nil
}

func dropSeed(dir string) error {
	if err := os.Remove(filepath.Join(dir, seedName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// plantSeed makes a restored catalog the first snapshot of a cluster of one. A crash in between finds either no snapshot, and
// does it again, or the whole one, and drops the seed.
func (l *Log) plantSeed(snaps *raft.FileSnapshotStore, self raft.Configuration) error {
	f, err := os.Open(filepath.Join(l.conf.Dir, seedName))
	if err != nil {
		return err
	}
	defer f.Close()
	m := catalog.New()
	if err := m.Load(f); err != nil {
		return fmt.Errorf("load %s: %w", f.Name(), err)
	}
	const index, term = 1, 1
	sink, err := snaps.Create(raft.SnapshotVersionMax, index, term, self, index, l.conf.Transport)
	if err != nil {
		return fmt.Errorf("write the restored catalog in %s: %w", l.conf.Dir, err)
	}
	if err := (&view{m.Snapshot(), index, term}).Persist(sink); err != nil {
		return fmt.Errorf("write the restored catalog in %s: %w", l.conf.Dir, err)
	}
	l.conf.Logger.Info("a restored catalog begins", "index", m.Snapshot().Index(), "epoch", m.Snapshot().Epoch(), "at", time.Now().UTC())
	return dropSeed(l.conf.Dir)
}
