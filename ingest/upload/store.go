package upload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/job"
	"github.com/assaydb/assay/storage/durable"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
)

// Loader loads files: an *ingest.Loader.
type Loader interface {
	Load(ctx context.Context, req *ingest.Request) (*ingest.Receipt, error)
	Receipt(ctx context.Context, delivery schema.ID) (*ingest.Receipt, error)
	Settled(ctx context.Context, tried []schema.ID) (*ingest.Receipt, error)
}

// Config is what a Store needs. Zero limits mean the defaults.
type Config struct {
	Dir      string
	Loader   Loader
	Jobs     *job.Book
	Slots    chan struct{} // bounds the loads that run at once, with others who share it
	MaxBytes int64         // of one upload
	MaxOpen  int           // uploads that are not committed yet
	Space    int64         // bytes of all uploads together, as announced
	Expiry   time.Duration // after the last byte, or the end of the load
	Logger   *slog.Logger
}

// Defaults of Config.
const (
	DefaultMaxBytes = 1 << 40
	DefaultMaxOpen  = 100
	DefaultSpace    = 1 << 40
	DefaultExpiry   = 24 * time.Hour
	// MaxMetadataBytes bounds an upload's metadata.
	MaxMetadataBytes = 8 << 10
)

// Store holds the uploads of one node.
type Store struct {
	cfg Config
	mu  sync.Mutex
	all map[schema.ID]*upload
}

// record is what is kept of an upload in ID.upload.
type record struct {
	ID       schema.ID `json:"id"`
	Length   int64     `json:"length"`
	Metadata string    `json:"metadata"` // as the client sent it: tus wants it back
	Created  time.Time `json:"created_at"`
	Commit   *commit   `json:"commit,omitempty"`
}

const (
	recordKind    = "upload"
	recordVersion = 1
	recordSuffix  = ".upload"
	dataSuffix    = ".data"
	offsetSuffix  = ".offset"
)

// upload is an upload in memory. Store.mu guards its fields but for slot, which belongs to the holder of busy.
type upload struct {
	record
	store     *Store
	offset    int64
	slot      uint64
	touched   time.Time
	busy      chan struct{} // holds a token while someone changes the upload
	interrupt func()        // ends the append that holds it
	gone      bool
}

// Upload is an upload as it stands.
type Upload struct {
	ID       schema.ID `json:"id"`
	Length   int64     `json:"length"`
	Offset   int64     `json:"offset"`
	Complete bool      `json:"complete"`
	Filename string    `json:"filename,omitempty"`
	// Fingerprint is the client's own name for the file (metadata "fingerprint"): by it, one that starts anew finds its upload.
	Fingerprint string     `json:"fingerprint,omitempty"`
	Created     time.Time  `json:"created_at"`
	Expires     time.Time  `json:"expires_at"`
	Job         *schema.ID `json:"job,omitempty"`
	Delivery    *schema.ID `json:"delivery_id,omitempty"`
	Metadata    string     `json:"-"` // tus's own form
}

// Open reads the uploads that are there. Loads that were under way go on with Resume.
func Open(cfg Config) (*Store, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	orDefault(&cfg.MaxBytes, DefaultMaxBytes)
	orDefault(&cfg.MaxOpen, DefaultMaxOpen)
	orDefault(&cfg.Space, DefaultSpace)
	orDefault(&cfg.Expiry, DefaultExpiry)
	s := &Store{cfg: cfg, all: map[schema.ID]*upload{}}
	return s, s.read()
}

func orDefault[T int | int64 | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

func (s *Store) path(id schema.ID, suffix string) string {
	return filepath.Join(s.cfg.Dir, id.String()+suffix)
}

func (s *Store) read() error {
	if err := durable.MakeFolder(s.cfg.Dir); err != nil {
		return err
	}
	names, err := durable.Names(s.cfg.Dir, recordSuffix)
	if err != nil {
		return err
	}
	for _, name := range names {
		u, err := s.readOne(name)
		if err != nil {
			s.cfg.Logger.Error("an upload cannot be read and is set aside", "upload", name, "error", err)
			if err := os.Rename(filepath.Join(s.cfg.Dir, name+recordSuffix), filepath.Join(s.cfg.Dir, name+".damaged")); err != nil {
				return fmt.Errorf("set an upload aside: %w", err)
			}
			continue
		}
		s.all[u.ID] = u
	}
	return s.tidy()
}

func (s *Store) readOne(name string) (*upload, error) {
	version, body, err := durable.Read(filepath.Join(s.cfg.Dir, name+recordSuffix), recordKind)
	if err != nil {
		return nil, err
	}
	u := &upload{store: s, busy: make(chan struct{}, 1)}
	if version != recordVersion {
		return nil, errs.New(errs.Corrupt, "upload-version", "it has record version %d, this release reads %d", version, recordVersion)
	}
	if err := json.Unmarshal(body, &u.record); err != nil || u.ID.String() != name {
		return nil, errs.New(errs.Corrupt, "bad-record", "its record cannot be meant: %w", err)
	}
	return u, u.openOffset()
}

// tidy removes files without a record: an upload is there once its record is.
func (s *Store) tidy() error {
	for _, suffix := range []string{dataSuffix, offsetSuffix} {
		names, err := durable.Names(s.cfg.Dir, suffix)
		if err != nil {
			return err
		}
		for _, name := range names {
			id, err := schema.ParseID(name)
			if _, known := s.all[id]; err == nil && known {
				continue
			}
			if _, err := os.Stat(filepath.Join(s.cfg.Dir, name+".damaged")); err == nil {
				continue
			}
			if err := os.Remove(filepath.Join(s.cfg.Dir, name+suffix)); err != nil {
				return fmt.Errorf("remove a leftover: %w", err)
			}
		}
	}
	return nil
}

func (u *upload) write() error {
	body, err := json.Marshal(&u.record)
	if err != nil {
		return fmt.Errorf("record upload %s: %w", u.ID, err)
	}
	return durable.Write(u.store.path(u.ID, recordSuffix), recordKind, recordVersion, append(body, '\n'))
}

// Create begins an upload of a known length.
func (s *Store) Create(length int64, metadata string) (Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.room(length, metadata); err != nil {
		return Upload{}, err
	}
	u := &upload{store: s, busy: make(chan struct{}, 1), touched: time.Now()}
	u.record = record{ID: schema.NewID(), Length: length, Metadata: metadata, Created: time.Now().UTC().Truncate(time.Microsecond)}
	f, err := os.OpenFile(s.path(u.ID, dataSuffix), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err == nil {
		err = f.Close()
	}
	failpoint.Hit("upload/data-made")
	if err == nil {
		err = u.note(0)
	}
	if err == nil {
		err = u.write()
	}
	if err != nil {
		return Upload{}, diskError("create the upload", errors.Join(err, u.removeFiles()))
	}
	failpoint.Hit("upload/created")
	s.all[u.ID] = u
	return u.view(), nil
}

func (s *Store) room(length int64, metadata string) error {
	if length < 0 {
		return errs.New(errs.Invalid, "bad-upload-length", "an upload cannot have %d bytes", length)
	}
	if length > s.cfg.MaxBytes {
		return errs.New(errs.TooLarge, "upload-too-large", "the upload announces %d bytes, at most %d are allowed (max-upload)", length, s.cfg.MaxBytes)
	}
	if len(metadata) > MaxMetadataBytes {
		return errs.New(errs.TooLarge, "metadata-too-large", "the upload's metadata has %d bytes, at most %d are allowed", len(metadata), MaxMetadataBytes)
	}
	open, space := 0, length
	for _, u := range s.all {
		if !u.Commit.spent() {
			space += u.Length
			if u.Commit == nil {
				open++
			}
		}
	}
	if open >= s.cfg.MaxOpen {
		return errs.New(errs.Busy, "too-many-uploads", "%d uploads are open, which is the limit (max-open-uploads)", open).
			WithHint("finish or delete some of them")
	}
	if space > s.cfg.Space {
		return errs.New(errs.DiskFull, "upload-space", "with this upload %d bytes would be announced, at most %d are allowed (upload-space)", space, s.cfg.Space).
			WithHint("commit or delete other uploads first")
	}
	return nil
}

func (u *upload) expires() time.Time {
	return u.touched.Add(u.store.cfg.Expiry).UTC().Truncate(time.Second)
}

func (u *upload) view() Upload {
	v := Upload{
		ID: u.ID, Length: u.Length, Offset: u.offset, Complete: u.offset == u.Length, Created: u.Created, Expires: u.expires(),
		Metadata: u.Metadata,
	}
	v.Filename, v.Fingerprint = u.hints()
	if c := u.Commit; c != nil {
		job := c.Job
		v.Job = &job
		if !c.Delivery.IsZero() {
			delivery := c.Delivery
			v.Delivery = &delivery
		}
	}
	return v
}

// find returns an upload; the caller holds mu.
func (s *Store) find(id schema.ID) (*upload, error) {
	u, ok := s.all[id]
	if !ok || u.gone {
		return nil, errs.New(errs.NotFound, "unknown-upload", "there is no upload %s", id).WithHint("it may have expired: begin a new one")
	}
	return u, nil
}

// Get returns an upload.
func (s *Store) Get(id schema.ID) (Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.find(id)
	if err != nil {
		return Upload{}, err
	}
	return u.view(), nil
}

// List returns the uploads, newest first.
func (s *Store) List() []Upload {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Upload, 0, len(s.all))
	for _, u := range s.all {
		out = append(out, u.view())
	}
	slices.SortFunc(out, func(a, b Upload) int { return slices.Compare(b.ID[:], a.ID[:]) })
	return out
}

// Limit is the largest upload that Create takes.
func (s *Store) Limit() int64 { return s.cfg.MaxBytes }

func (u *upload) removeFiles() error {
	var all []error
	// The record goes first: files without one are leftovers, which Open removes.
	for _, suffix := range []string{recordSuffix, dataSuffix, offsetSuffix} {
		if err := os.Remove(u.store.path(u.ID, suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = append(all, err)
		}
	}
	return errors.Join(append(all, durable.SyncFolder(u.store.cfg.Dir))...)
}
