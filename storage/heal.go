package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// replacement is a file to be fetched in place of a missing or damaged one.
type replacement struct {
	name  string // final path
	bytes int64
	sum   schema.Digest
	fetch func(context.Context, Fetcher, io.Writer) error
	cause error
	sound func(name string) error // tells a sound file where bytes and sum are not known; nil: by them
}

func (s *Store) checkReplacement(r *replacement, name string) error {
	if r.sound != nil {
		return r.sound(name)
	}
	return s.check(name, r.bytes, r.sum)
}

func (s *Store) healSegment(ctx context.Context, seg *schema.Segment, cause error) error {
	return s.heal(ctx, replacement{
		name: s.SegmentPath(seg), bytes: seg.Bytes, sum: seg.SHA256, cause: cause,
		fetch: func(ctx context.Context, f Fetcher, w io.Writer) error { return f.Fetch(ctx, seg, w) },
	})
}

func (s *Store) healFile(ctx context.Context, table uint32, delivery schema.ID, ref FileRef, cause error) error {
	return s.heal(ctx, replacement{
		name: filepath.Join(s.deliveryDir(table, delivery), ref.Name), bytes: ref.Bytes, sum: ref.SHA256, cause: cause,
		fetch: func(ctx context.Context, f Fetcher, w io.Writer) error {
			return f.FetchFile(ctx, table, delivery, ref.Name, w)
		},
	})
}

// heal fetches a sound copy, and only then sets the damaged one aside: whoever has no mirror keeps what there is.
func (s *Store) heal(ctx context.Context, r replacement) error {
	s.mu.Lock()
	fetcher := s.fetcher
	s.mu.Unlock()
	if fetcher == nil {
		return errs.New(errs.Corrupt, "segment-lost", "%s is missing or damaged and there is no mirror to fetch it from: %w", r.name, r.cause).
			WithHint("restore the file from a backup or load the delivery again")
	}
	unlock, err := s.lockFile(ctx, r.name)
	if err != nil {
		return err
	}
	defer unlock()
	if s.checkReplacement(&r, r.name) == nil {
		return nil // someone else healed it meanwhile
	}
	s.log.Warn("fetching a missing or damaged file from the mirror", "file", r.name, "cause", r.cause)
	tmp := s.path(draftsDir, "heal-"+filepath.Base(filepath.Dir(r.name))+"-"+filepath.Base(r.name))
	defer func() { _ = s.fs.RemoveAll(tmp) }() // what stays is an orphan, which the next start removes
	if err := s.fetchTo(ctx, fetcher, tmp, r); err != nil {
		return errs.New(errs.Corrupt, "segment-lost", "%s is missing or damaged (%v) and could not be fetched: %w", r.name, r.cause, err)
	}
	if err := s.setAside(r.name); err != nil {
		return err
	}
	return s.putInPlace(tmp, r.name)
}

// fetchTo writes a checked copy to a temporary name.
func (s *Store) fetchTo(ctx context.Context, from Fetcher, tmp string, r replacement) error {
	if err := s.fs.RemoveAll(tmp); err != nil {
		return diskError("remove", tmp, err)
	}
	out, err := s.create(tmp)
	if err != nil {
		return err
	}
	if err := r.fetch(ctx, from, out); err != nil {
		out.abandon()
		return fmt.Errorf("fetch: %w", err)
	}
	if err := out.finish(); err != nil {
		return err
	}
	if r.sound != nil {
		return r.sound(tmp)
	}
	return mismatch("the fetched copy of "+filepath.Base(r.name), out.n, r.bytes, out.digest(), r.sum)
}

// setAside moves a damaged file to the quarantine folder, for the operator to look at.
func (s *Store) setAside(name string) error {
	if _, err := s.fs.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	aside := s.path(quarantineDir, time.Now().UTC().Format("20060102T150405.000000000-")+filepath.Base(name))
	if err := s.fs.Rename(name, aside); err != nil {
		return diskError("set aside", name, err)
	}
	return diskError("sync folder", s.path(quarantineDir), s.fs.SyncDir(s.path(quarantineDir)))
}

// putInPlace moves a complete file to its final name, durably.
func (s *Store) putInPlace(tmp, name string) error {
	dir := filepath.Dir(name)
	if err := s.fs.MkdirAll(dir); err != nil {
		return diskError("make folder", dir, err)
	}
	if err := s.fs.Rename(tmp, name); err != nil {
		return diskError("move to", name, err)
	}
	for _, d := range []string{dir, filepath.Dir(dir), s.path(segmentsDir)} {
		if err := s.fs.SyncDir(d); err != nil {
			return diskError("sync folder", d, err)
		}
	}
	return nil
}

// lockFile makes everyone who wants the same file healed wait for the first.
func (s *Store) lockFile(ctx context.Context, name string) (unlock func(), err error) {
	for {
		s.mu.Lock()
		busy, ok := s.healing[name]
		if !ok {
			done := make(chan struct{})
			s.healing[name] = done
			s.mu.Unlock()
			return func() { s.unlockFile(name, done) }, nil
		}
		s.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *Store) unlockFile(name string, done chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.healing, name)
	close(done)
}
