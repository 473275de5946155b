package consensus

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/assaydb/assay/storage/errs"
	"github.com/hashicorp/raft"
)

// Exists tells whether a folder holds a catalog, sound or not, or one that Restore left.
func Exists(dir string) bool {
	_, err := os.Stat(logPath(dir))
	return err == nil || hasSeed(dir)
}

// logCacheEntries is how many new entries stay in memory for followers and log shipping.
const logCacheEntries = 512

// snapshotsKept: one to use and one in case it cannot be read.
const snapshotsKept = 2

// Open starts this node's part. A new folder becomes a cluster of one voter unless conf.Join. It returns once the state is
// loaded; Ready tells when there is a leader.
func Open(conf Config) (*Log, error) {
	conf, err := conf.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(conf.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the catalog's folder: %w", err)
	}
	disk, err := openStore(logPath(conf.Dir))
	if err != nil {
		return nil, err
	}
	l := &Log{conf: conf, disk: disk, machine: newMachine(), done: make(chan struct{})}
	if err := l.start(); err != nil {
		return nil, errors.Join(err, disk.close())
	}
	return l, nil
}

func (l *Log) start() error {
	rc := l.conf.raftConfig()
	inner := raft.LogStore(&announcedStore{l.disk, l})
	if l.conf.WrapStore != nil {
		inner = l.conf.WrapStore(inner)
	}
	l.logs = newBoundedStore(inner, l.conf.StoreTimeout, l.machine.trim)
	cache, err := raft.NewLogCache(logCacheEntries, l.logs)
	if err != nil {
		return err
	}
	if err := removeTemporary(l.conf.Dir); err != nil {
		return err
	}
	snaps, err := raft.NewFileSnapshotStoreWithLogger(l.conf.Dir, snapshotsKept, rc.Logger)
	if err != nil {
		return fmt.Errorf("open the snapshots in %s: %w", l.conf.Dir, err)
	}
	if err := l.begin(rc, cache, snaps); err != nil {
		return err
	}
	if err := l.loadNewest(snaps); err != nil {
		return err
	}
	if l.raft, err = raft.NewRaft(rc, l.machine, cache, l.disk, snaps, l.conf.Transport); err != nil {
		return fmt.Errorf("start raft in %s: %w", l.conf.Dir, err)
	}
	if err := l.hasten(rc); err != nil {
		return errors.Join(err, l.raft.Shutdown().Error())
	}
	return nil
}

// begin makes a new folder a cluster of one: empty, or with the state that Restore left.
func (l *Log) begin(rc *raft.Config, logs raft.LogStore, snaps *raft.FileSnapshotStore) error {
	exists, err := raft.HasExistingState(logs, l.disk, snaps)
	if err != nil {
		return fmt.Errorf("look for an existing log in %s: %w", l.conf.Dir, err)
	}
	self := raft.Configuration{Servers: []raft.Server{{ID: rc.LocalID, Address: l.conf.Transport.LocalAddr()}}}
	switch {
	case exists:
		return dropSeed(l.conf.Dir)
	case hasSeed(l.conf.Dir):
		return l.plantSeed(snaps, self)
	case l.conf.Join:
		return nil
	}
	if found, err := snapshotFolders(l.conf.Dir); err != nil || len(found) > 0 {
		return errors.Join(err, errs.New(errs.Corrupt, "catalog-incomplete", "%s has a snapshot that cannot be read and no log", l.conf.Dir))
	}
	if err := raft.BootstrapCluster(rc, logs, l.disk, snaps, l.conf.Transport, self); err != nil {
		return fmt.Errorf("begin a cluster in %s: %w", l.conf.Dir, err)
	}
	return nil
}

// loadNewest loads the newest snapshot that can be read, provided that the log goes on from there: an older one with a hole
// behind it would be a wrong state. The folders are listed here, for Raft's own list leaves out what it cannot read.
func (l *Log) loadNewest(snaps *raft.FileSnapshotStore) error {
	found, err := snapshotFolders(l.conf.Dir)
	if err != nil {
		return err
	}
	var need uint64 // the log must reach this far
	var damaged []error
	for _, s := range found {
		err := l.load(snaps, s)
		if err == nil {
			return l.covers(s.index, need, damaged)
		}
		need = max(need, s.index)
		damaged = append(damaged, fmt.Errorf("%s: %w", filepath.Join(l.conf.Dir, "snapshots", s.name), err))
		l.conf.Logger.Error("a catalog snapshot is damaged and set aside", "snapshot", filepath.Join(l.conf.Dir, "snapshots", s.name), "error", err)
		if err := setAside(l.conf.Dir, s.name); err != nil {
			return err
		}
	}
	return l.covers(0, need, damaged)
}

// snapshotFolder is one snapshot as its name tells it: term, index and time.
type snapshotFolder struct {
	name               string
	term, index, milli uint64
}

// snapshotFolders lists the snapshots, the newest first.
func snapshotFolders(dir string) ([]snapshotFolder, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "snapshots"))
	if err != nil {
		return nil, fmt.Errorf("list the snapshots in %s: %w", dir, err)
	}
	var found []snapshotFolder
	for _, e := range entries {
		s := snapshotFolder{name: e.Name()}
		if n, err := fmt.Sscanf(s.name, "%d-%d-%d", &s.term, &s.index, &s.milli); n == 3 && err == nil {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b snapshotFolder) int {
		return -cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.index, b.index), cmp.Compare(a.milli, b.milli))
	})
	return found, nil
}

func (l *Log) load(snaps *raft.FileSnapshotStore, s snapshotFolder) error {
	meta, rc, err := snaps.Open(s.name)
	if err != nil {
		return err
	}
	defer rc.Close()
	if meta.ID != s.name || meta.Term != s.term || meta.Index != s.index {
		return errs.New(errs.Corrupt, "corrupt-snapshot", "its meta.json does not agree with its name")
	}
	if err := l.machine.Restore(rc); err != nil {
		return err
	}
	if l.machine.raftLast > meta.Index {
		return errs.New(errs.Corrupt, "corrupt-snapshot", "its meta.json says index %d, it holds entry %d", meta.Index, l.machine.raftLast)
	}
	return nil
}

// covers checks that the log holds everything after a snapshot, up to need at least.
func (l *Log) covers(snapshot, need uint64, damaged []error) error {
	first, err := l.disk.FirstIndex()
	if err != nil {
		return err
	}
	last, err := l.disk.LastIndex()
	if err != nil {
		return err
	}
	if last < need || first > snapshot+1 {
		return errs.New(errs.Corrupt, "catalog-incomplete", "%s: the log holds entries %d to %d, which do not continue from snapshot %d: %w",
			l.conf.Dir, first, last, snapshot, errors.Join(damaged...)).
			WithHint("set the folder aside and restore this node from the mirror (assay restore) or let it join the others again")
	}
	if len(damaged) > 0 && snapshot == 0 {
		l.machine.reset()
	}
	return nil
}

// setAside keeps a damaged snapshot for whoever wants to look at it.
func setAside(dir, id string) error {
	to := filepath.Join(dir, "damaged")
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	name := filepath.Join(dir, "snapshots", id)
	if err := os.Rename(name, filepath.Join(to, id)); err != nil {
		return fmt.Errorf("set the damaged snapshot %s aside: %w", name, err)
	}
	return nil
}

// removeTemporary deletes snapshots that a crash left unfinished.
func removeTemporary(dir string) error {
	old, err := filepath.Glob(filepath.Join(dir, "snapshots", "*.tmp"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// hasten lets a node that is the only voter elect itself at once instead of listening for others first.
func (l *Log) hasten(rc *raft.Config) error {
	f := l.raft.GetConfiguration()
	if err := f.Error(); err != nil {
		return err
	}
	servers := f.Configuration().Servers
	if len(servers) != 1 {
		return nil
	}
	if only := servers[0].ID; only != rc.LocalID {
		return errs.New(errs.Invalid, "wrong-node-id", "the folder %s belongs to node %q, this node calls itself %q", l.conf.Dir, only, rc.LocalID).
			WithHint("start it with --node-id %s", only)
	}
	// Raft looks at once when the timeout is made shorter, whatever its value.
	short := l.raft.ReloadableConfig()
	whole := short.HeartbeatTimeout
	short.HeartbeatTimeout -= whole / 10
	if err := l.raft.ReloadConfig(short); err != nil {
		return err
	}
	short.HeartbeatTimeout = whole
	return l.raft.ReloadConfig(short)
}
