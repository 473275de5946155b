package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/inbox"
	"github.com/assaydb/assay/ingest/job"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/ingest/upload"
	"github.com/assaydb/assay/node/compact"
	"github.com/assaydb/assay/node/config"
	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/planner/scatter"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/raft/consensus"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
)

// The folders below the data folder. The store's own are segments, tmp and quarantine.
const (
	raftDir   = "raft"
	ingestDir = "ingest"
	spillDir  = "spill"
	resultDir = "queries"
	mirrorDir = "mirror"
	jobDir    = "jobs"
	uploadDir = "uploads"
	inboxDir  = "inboxes"
	lockFile  = "LOCK"
)

const (
	readyTimeout = 30 * time.Second // for the catalog to have a leader at the start
	closeTimeout = 10 * time.Second // for scans that still run at the end
)

// Node is one running peer.
type Node struct {
	settings *config.Settings
	log      *slog.Logger
	lock     *os.File
	store    *storage.Store
	catalog  *consensus.Log
	complete *completeMark
	mirror   *mirroring
	loader   *ingest.Loader
	grant    *operator.Grant // what all queries share
	engine   *planner.Engine
	jobs     *job.Book
	uploads  *upload.Store
	inboxes  *inbox.Inboxes
	slots    chan struct{} // bounds the loads of jobs and inboxes
	compact  *compact.Compactor
	swept    bool // upkeep has looked for leftovers; its goroutine's and repair's, under tidying
	tidying  sync.Mutex

	stop context.CancelFunc
	work sync.WaitGroup
}

// Open starts a node. On an error nothing is left running.
func Open(ctx context.Context, settings *config.Settings, log *slog.Logger) (*Node, error) {
	n := &Node{settings: settings, log: log, stop: func() {}}
	for _, step := range []func(context.Context) error{n.openFolder, n.openStore, n.openCatalog, n.openMirror, n.openJobs, n.openLoader, n.openUploads, n.openInboxes, n.openEngine, n.openCompactor} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	n.jobs.EndLeft() // what nobody has resumed by now
	n.startUpkeep()
	return n, nil
}

func (n *Node) path(name string) string { return filepath.Join(n.settings.Data, name) }

// openFolder makes the data folder and takes its lock: two processes on one folder would overwrite each other.
func (n *Node) openFolder(context.Context) error {
	if err := os.MkdirAll(n.settings.Data, 0o755); err != nil {
		return fmt.Errorf("create the data folder: %w", err)
	}
	lock, err := lockFolder(n.path(lockFile))
	if err != nil {
		return err
	}
	n.lock = lock
	// Nothing in the spill folder outlives its query.
	if err := os.RemoveAll(n.path(spillDir)); err != nil {
		return fmt.Errorf("clear the spill folder: %w", err)
	}
	if err := os.MkdirAll(n.path(spillDir), 0o700); err != nil {
		return fmt.Errorf("create the spill folder: %w", err)
	}
	debug.SetMemoryLimit(n.memory())
	return nil
}

func (n *Node) openStore(context.Context) (err error) {
	n.store, err = storage.Open(storage.Config{Dir: n.settings.Data, Logger: n.log.With("part", "store"), Hot: n.hotMemory(), Attach: n.attachPolicy()})
	return err
}

// hotMemory is the share of memory for decoded pages: beside the half that queries are granted it leaves room for loads.
func (n *Node) hotMemory() int64 { return n.memory() / 5 }

func (n *Node) openCatalog(ctx context.Context) error {
	if err := n.startCatalog(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := n.catalog.Ready(ctx); err != nil {
		return err
	}
	if want := n.settings.RetainHistory.Microseconds(); n.catalog.Snapshot().Retention() != want {
		if _, err := n.catalog.Propose(ctx, &catalog.SetRetention{Micros: want}); err != nil {
			return fmt.Errorf("set the retention of history: %w", err)
		}
	}
	return nil
}

func (n *Node) openJobs(context.Context) (err error) {
	n.jobs, err = job.Open(job.Config{Dir: n.path(jobDir), MaxRunning: n.settings.MaxJobs, Logger: n.log.With("part", "jobs")})
	return err
}

func (n *Node) openLoader(context.Context) (err error) {
	cfg := ingest.Config{
		Store: n.store, Files: n.store, Catalog: n.catalog, TempDir: n.path(ingestDir), Logger: n.log.With("part", "ingest"),
		Limits: source.Limits{MaxBytes: n.settings.MaxDecoded, MaxRatio: int64(n.settings.MaxRatio)},
		Text:   ingest.TextLimits{LineBytes: int(min(n.settings.MaxLine, ingest.MaxLineBytes)), CellBytes: int(min(n.settings.MaxCell, ingest.MaxLineBytes)), Columns: n.settings.MaxColumns},
	}
	if n.mirror != nil {
		cfg.Mirror = n.mirror
	}
	n.loader, err = ingest.New(cfg)
	return err
}

// openUploads goes on with the loads that a crash has cut: the catalog is ready by now.
func (n *Node) openUploads(context.Context) (err error) {
	n.slots = make(chan struct{}, n.settings.MaxLoadJobs)
	n.uploads, err = upload.Open(upload.Config{
		Dir: n.path(uploadDir), Loader: n.loader, Jobs: n.jobs, Slots: n.slots, Logger: n.log.With("part", "uploads"),
		MaxBytes: n.settings.MaxUpload, MaxOpen: n.settings.MaxOpenUploads, Space: n.settings.UploadSpace, Expiry: n.settings.UploadExpiry,
	})
	if err != nil {
		return err
	}
	return n.uploads.Resume()
}

func (n *Node) openInboxes(context.Context) (err error) {
	n.inboxes, err = inbox.OpenInboxes(inbox.Settings{
		Dir: n.path(inboxDir), Roots: n.settings.InboxRoots, Loader: n.loader, Slots: n.slots, Logger: n.log.With("part", "inboxes"),
	})
	return err
}

func (n *Node) openEngine(context.Context) error {
	threads := n.settings.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	log := n.log.With("part", "engine")
	n.grant = operator.NewGrant(n.memory() / 2)
	env := operator.Env{
		Storage: n.store, Memory: n.grant, TempDir: n.path(spillDir), Parallelism: threads, Logger: log,
	}
	n.engine = planner.New(planner.Config{
		Catalog: n.catalog, Statistics: n.store, Rejects: n.loader, Scatter: scatter.New(scatter.Config{Env: env, Logger: log}), Logger: log,
		Limits: planner.Limits{
			Timeout: n.settings.QueryTimeout, MaxBytes: n.settings.MaxBytes, MaxConcurrent: n.settings.MaxQueries, MemoryBytes: n.queryMemory(),
		},
	})
	return nil
}

// memory is what the node aims to stay below: the setting, else half of what the machine has.
func (n *Node) memory() int64 {
	if n.settings.Memory > 0 {
		return n.settings.Memory
	}
	return machineMemory() / 2
}

func (n *Node) queryMemory() int64 {
	if n.settings.QueryMemory > 0 {
		return n.settings.QueryMemory
	}
	return n.memory() / 4
}

// Close ends what Open started, in reverse. It waits for scans that still run, but not for ever.
func (n *Node) Close() error {
	n.stop()
	n.work.Wait()
	var all []error
	if n.inboxes != nil {
		all = append(all, n.inboxes.Close())
	}
	if n.jobs != nil {
		all = append(all, n.jobs.Close())
	}
	if n.mirror != nil {
		all = append(all, n.mirror.close())
		all = append(all, n.noteComplete())
	}
	if n.catalog != nil {
		all = append(all, n.catalog.Close())
	}
	if n.store != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		all = append(all, n.store.Close(ctx))
	}
	if n.lock != nil {
		all = append(all, n.lock.Close())
	}
	return errors.Join(all...)
}

// Engine runs SQL on this node.
func (n *Node) Engine() *planner.Engine { return n.engine }

// Loader loads uploads on this node.
func (n *Node) Loader() *ingest.Loader { return n.loader }

// Jobs is the book of this node's jobs.
func (n *Node) Jobs() *job.Book { return n.jobs }

// Inboxes are the folders and prefixes that this node watches.
func (n *Node) Inboxes() *inbox.Inboxes { return n.inboxes }

// Uploads keeps files that arrive in pieces.
func (n *Node) Uploads() *upload.Store { return n.uploads }

// Store holds this node's segments.
func (n *Node) Store() *storage.Store { return n.store }

// Catalog is the replicated catalog as this node sees it.
func (n *Node) Catalog() *consensus.Log { return n.catalog }

// ResultDir is where results of background queries belong.
func (n *Node) ResultDir() string { return n.path(resultDir) }

// Ready says why the node cannot serve, nil when it can.
func (n *Node) Ready() error {
	if id, _ := n.catalog.Leader(); id == "" {
		return errs.New(errs.Unavailable, "no-leader", "the catalog has no leader")
	}
	return nil
}
