package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/inbox"
	"github.com/assaydb/assay/ingest/job"
	"github.com/assaydb/assay/ingest/upload"
	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// Engine runs SQL. Each Result is used by one goroutine.
type Engine interface {
	Query(ctx context.Context, req *planner.Request) (*planner.Result, error)
	Running() []planner.Running
}

// Loader loads uploads and knows their receipts. It is safe for concurrent use.
type Loader interface {
	Load(ctx context.Context, req *ingest.Request) (*ingest.Receipt, error)
	Revert(ctx context.Context, delivery schema.ID) (*ingest.Receipt, error)
	Approve(ctx context.Context, delivery schema.ID, by string) (*ingest.Receipt, error)
	Reject(ctx context.Context, delivery schema.ID, reason, by string) (*ingest.Receipt, error)
	Receipt(ctx context.Context, delivery schema.ID) (*ingest.Receipt, error)
	Rejects(ctx context.Context, delivery schema.ID, format ingest.RejectFormat) (io.ReadCloser, error)
	// Resend is a delivery's rejected lines as they were sent, with an error column in front.
	Resend(ctx context.Context, delivery schema.ID) (io.ReadCloser, error)
	// Attach makes a table of Parquet files that others wrote, in place.
	Attach(ctx context.Context, req *ingest.AttachRequest) (*ingest.Attached, error)
}

// Catalog gives immutable views and takes changes.
type Catalog interface {
	Snapshot() *catalog.Snapshot
	Propose(ctx context.Context, cmd catalog.Command) (catalog.Result, error)
}

// Keeper is the node around the parts: what only it knows.
type Keeper interface {
	// Ready says why the node cannot serve, nil when it can.
	Ready() error
	// Cluster describes the cluster for /v1/cluster; Peers the voters for /v1/raft/peers. Both must marshal to JSON.
	Cluster() any
	Peers() any
	// Verify reads every live segment through its checksum; Repair also removes orphans and fetches what is missing.
	// report is told how far they are.
	Verify(ctx context.Context, report func(done, total int64)) (any, error)
	Repair(ctx context.Context, report func(done, total int64)) (any, error)
	// Compact merges a table's small segments and returns when none is left to merge; Compacted counts what compaction has done since the
	// start: "jobs", "refused", "failed", "segments_in", "segments_out", "bytes_in", "bytes_out", "rows", "seconds".
	Compact(ctx context.Context, table uint32, report func(done, total int64)) (any, error)
	Compacted(what string) float64
	// Memory counts bytes of memory: "granted" to queries that run, "hot" pages and dictionaries kept between them, and the "limit" of all.
	Memory(what string) float64
	// DDL is the statement that makes another engine read a table's mirror.
	DDL(table, engine string) (string, error)
}

// Jobs is the book of work that outlives a request.
type Jobs interface {
	Start(spec job.Spec, do job.Work) (job.Job, error)
	Get(id schema.ID) (job.Job, error)
	List() []job.Job
	Cancel(id schema.ID) (job.Job, error)
	Watch(id schema.ID, after uint64) (*job.Watcher, error)
}

// Uploads keeps files that arrive in pieces until they are loaded.
type Uploads interface {
	Limit() int64
	Create(length int64, metadata string) (upload.Upload, error)
	Append(ctx context.Context, id schema.ID, p upload.Piece) (upload.Upload, error)
	Get(id schema.ID) (upload.Upload, error)
	List() []upload.Upload
	Remove(ctx context.Context, id schema.ID) error
	Preview(ctx context.Context, id schema.ID, opts ingest.Options) (*ingest.Sniffed, error)
	Commit(ctx context.Context, id schema.ID, table string, params map[string]string) (job.Job, error)
}

// Inboxes watch folders and prefixes of object stores.
type Inboxes interface {
	Put(name string, spec inbox.Spec) (inbox.View, error)
	Get(name string) (inbox.View, error)
	List() []inbox.View
	Delete(name string) error
	Objects(name, state string) ([]inbox.Object, error)
	Revive(name, key string) (int, error)
}

// Identifier tells whose request it is; nil lets everyone in.
type Identifier interface {
	Identify(r *http.Request) (string, error)
}

// Parts are what a Server works with.
type Parts struct {
	Engine  Engine
	Loader  Loader
	Catalog Catalog
	Keeper  Keeper
	Jobs    Jobs
	Uploads Uploads
	Inboxes Inboxes
	Tokens  Identifier // nil: no authentication
	Logger  *slog.Logger
}

// Config bounds a Server. Zero values mean the defaults.
type Config struct {
	Version       string
	Dir           string        // results of background queries; required
	Settings      any           // shown at /v1/config; must marshal to JSON and hold no secret
	MaxLoads      int           // uploads at once; default 4
	MaxUpload     int64         // bytes of one upload as sent; default 1 TiB
	MaxConns      int           // open connections; default 4096
	HeaderTimeout time.Duration // for the whole header of a request; default 10 s
	IdleRead      time.Duration // longest silence of a client that sends a body; default 60 s
	IdleWrite     time.Duration // longest refusal of a client to take more; default 60 s
	MaxBackground int           // background queries at once; default 2
	MaxResult     int64         // bytes of one kept result; default 4 GiB
	KeepResults   time.Duration // how long they are kept; default 24 h
}

// Limits without a setting.
const (
	maxHeaderBytes = 64 << 10
	maxSQLBytes    = 256 << 10
	maxJSONBytes   = 4 << 20
	maxFieldBytes  = 64 << 10
	idleTimeout    = 2 * time.Minute
	gateWait       = 2 * time.Second
)

func (c Config) withDefaults() Config {
	orInt(&c.MaxLoads, 4)
	orInt(&c.MaxUpload, 1<<40)
	orInt(&c.MaxConns, 4096)
	orInt(&c.HeaderTimeout, 10*time.Second)
	orInt(&c.IdleRead, time.Minute)
	orInt(&c.IdleWrite, time.Minute)
	orInt(&c.MaxBackground, 2)
	orInt(&c.MaxResult, 4<<30)
	orInt(&c.KeepResults, 24*time.Hour)
	return c
}

func orInt[T int | int64 | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}
