package storage

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"github.com/assaydb/assay/storage/vfs"
)

// Defaults of Config.
const (
	DefaultRollRows  = 4 << 20
	DefaultRollBytes = 256 << 20
	DefaultMaxOpen   = 512
	DefaultIndexes   = 64 << 20
	DefaultHot       = 128 << 20
)

// Config says where a store lives and how it works. Dir is required.
type Config struct {
	Dir                    string
	Logger                 *slog.Logger // nil discards
	FS                     vfs.FS       // nil is the operating system's
	Fetcher                Fetcher      // where lost segments come back from; nil: nowhere. SetFetcher does the same later
	RollRows               int64        // a segment ends at this many rows ...
	RollBytes              int64        // ... or at about this many bytes
	RowGroupRows, PageRows int          // of new segments; 0 is the default of package segment

	Parallel int          // goroutines that encode or read back one segment; 0 is one per processor, up to maxParallel
	Attach   AttachPolicy // which files of others may be read

	MaxOpen int         // open segment files kept; those in use do not count
	Indexes int64       // bytes of parsed segment indexes kept
	Hot     int64       // bytes of decoded pages kept between scans; negative keeps none
	Scan    ScanOptions // switches for tests; the zero value is right
}

// Fetcher gives back a segment's bytes, from the mirror or another node. Fetch writes the file to w; the store checks its
// digest. NotFound means that it is nowhere.
type Fetcher interface {
	Fetch(ctx context.Context, s *schema.Segment, w io.Writer) error
	// FetchFile does the same for a side file of a delivery.
	FetchFile(ctx context.Context, table uint32, delivery schema.ID, name string, w io.Writer) error
}

// Store keeps the segments of one data folder. Open makes one, Close ends it.
type Store struct {
	cfg     Config
	log     *slog.Logger
	fs      vfs.FS
	mu      sync.Mutex
	fetcher Fetcher
	drafts  map[schema.ID]bool // being written
	closed  bool
	healing map[string]chan struct{}         // files being fetched; closed when done
	buckets map[object.S3Config]object.Store // of attached files
	open    *openFiles
	indexes *segment.Cache
	hot     *segment.Hot
}

// The folders of a store, below Config.Dir.
const (
	segmentsDir   = "segments"
	draftsDir     = "tmp"
	quarantineDir = "quarantine"
)

// Open opens the store in cfg.Dir, making it when new. Drafts that a crash left behind are removed: nobody was told of them.
func Open(cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	s := &Store{cfg: cfg, log: cfg.Logger, fs: cfg.FS, fetcher: cfg.Fetcher, drafts: map[schema.ID]bool{}, healing: map[string]chan struct{}{}, buckets: map[object.S3Config]object.Store{}}
	s.open, s.indexes, s.hot = newOpenFiles(cfg.MaxOpen), segment.NewCache(cfg.Indexes), segment.NewHot(cfg.Hot)
	if err := s.recover(); err != nil {
		return nil, fmt.Errorf("open store %s: %w", cfg.Dir, err)
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.FS == nil {
		c.FS = vfs.OS{}
	}
	c.RollRows = positive(c.RollRows, DefaultRollRows)
	c.RollBytes = positive(c.RollBytes, DefaultRollBytes)
	c.Indexes = positive(c.Indexes, DefaultIndexes)
	if c.Hot == 0 {
		c.Hot = DefaultHot
	}
	c.MaxOpen = int(positive(int64(c.MaxOpen), DefaultMaxOpen))
	return c
}

// maxParallel bounds the memory of a segment's goroutines: each has a page of each kind at hand.
const maxParallel = 4

func (s *Store) parallel() int {
	if s.cfg.Parallel > 0 {
		return s.cfg.Parallel
	}
	return min(runtime.GOMAXPROCS(0), maxParallel)
}

func positive(v, otherwise int64) int64 {
	if v > 0 {
		return v
	}
	return otherwise
}

// SetFetcher says where lost segments come back from. The mirror reads the store and the store the mirror, so one of the two
// is introduced late.
func (s *Store) SetFetcher(f Fetcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetcher = f
}

func (s *Store) path(parts ...string) string {
	return filepath.Join(append([]string{s.cfg.Dir}, parts...)...)
}

func (s *Store) draftDir(delivery schema.ID) string { return s.path(draftsDir, delivery.String()) }

func (s *Store) tableDir(table uint32) string {
	return s.path(segmentsDir, strconv.FormatUint(uint64(table), 10))
}

func (s *Store) deliveryDir(table uint32, delivery schema.ID) string {
	return filepath.Join(s.tableDir(table), delivery.String())
}

// SegmentPath returns where a segment's file lies in this store.
func (s *Store) SegmentPath(seg *schema.Segment) string {
	return filepath.Join(s.deliveryDir(seg.Table, seg.Delivery), SegmentFile(seg.ID))
}

// SegmentFile is the name of a segment's file within its delivery's folder.
func SegmentFile(id schema.ID) string { return id.String() + ".parquet" }

// HotBytes is the memory of what is kept decoded between scans.
func (s *Store) HotBytes() int64 { return s.hot.Bytes() }

// forget drops what is kept of a segment whose file changed or went. Those who have it open keep theirs.
func (s *Store) forget(id schema.ID) {
	s.open.forget(id)
	s.indexes.Forget(id)
	s.hot.Forget(id)
}
