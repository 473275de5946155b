package consensus

import (
	"log/slog"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/hashicorp/raft"
)

// Defaults of Config.
const (
	DefaultStoreTimeout      = 5 * time.Second
	DefaultApplyTimeout      = 10 * time.Second
	DefaultSnapshotThreshold = 8192
	DefaultTrailingLogs      = 10_240
	DefaultSnapshotInterval  = 30 * time.Second
)

// Config says where and as whom a node takes part.
type Config struct {
	Dir    string // its own folder: raft.db and snapshots/
	NodeID string
	Logger *slog.Logger

	// Transport connects the nodes; nil for a node that is alone. Log closes it.
	Transport raft.Transport
	// Join keeps a new folder from becoming a cluster of its own: someone will add this node to theirs.
	Join bool

	StoreTimeout time.Duration // a write to the log that takes longer fails, so that a hung disk costs the leadership
	ApplyTimeout time.Duration // longest wait of Propose when its context sets no deadline

	SnapshotThreshold uint64        // commands between snapshots
	TrailingLogs      uint64        // commands kept before a snapshot, for followers and mirrors that lag
	SnapshotInterval  time.Duration // how often the threshold is looked at

	// BeforeCommand, when set, is called before commands are written to this node's log; when it fails they are not written.
	BeforeCommand func() error

	// WrapStore, when set, stands between Raft and the log on disk: for tests that make a disk hang or fail.
	WrapStore func(raft.LogStore) raft.LogStore
}

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" || c.NodeID == "" {
		return c, errs.New(errs.Invalid, "bad-config", "the consensus log needs a folder and a node id")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Transport == nil {
		_, c.Transport = raft.NewInmemTransport(raft.ServerAddress(c.NodeID))
	}
	orDefault(&c.StoreTimeout, DefaultStoreTimeout)
	orDefault(&c.ApplyTimeout, DefaultApplyTimeout)
	orDefault(&c.SnapshotThreshold, DefaultSnapshotThreshold)
	orDefault(&c.TrailingLogs, DefaultTrailingLogs)
	orDefault(&c.SnapshotInterval, DefaultSnapshotInterval)
	return c, nil
}

func orDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// raftConfig is what differs from hashicorp/raft's defaults.
func (c Config) raftConfig() *raft.Config {
	rc := raft.DefaultConfig()
	rc.LocalID = raft.ServerID(c.NodeID)
	rc.Logger = newRaftLogger(c.Logger)
	rc.SnapshotThreshold, rc.TrailingLogs, rc.SnapshotInterval = c.SnapshotThreshold, c.TrailingLogs, c.SnapshotInterval
	// Commands that arrive while the disk syncs wait in a channel of this size and go into the next sync together.
	rc.MaxAppendEntries, rc.BatchApplyCh = 512, true
	// The newest readable snapshot is loaded before Raft starts, with errors that name the file.
	rc.NoSnapshotRestoreOnStart = true
	rc.NoLegacyTelemetry = true
	return rc
}
