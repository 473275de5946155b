package upload

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
)

const (
	// SyncEvery is how many bytes may arrive before they are synced and count: what a crash in the middle of a long append costs.
	SyncEvery      = 16 << 20
	bufferBytes    = 256 << 10
	lockPatience   = 10 * time.Second
	interruptEvery = 50 * time.Millisecond
)

// Piece is what is appended.
type Piece struct {
	Offset    int64 // where the client thinks that it goes on
	Body      io.Reader
	Length    int64     // of Body; -1 when it is not known
	Sum       hash.Hash // nil: no checksum. With one, the piece counts whole or not at all
	Want      []byte    // the checksum
	Interrupt func()    // makes Body fail soon; called from another goroutine when a newer piece comes
}

// lock takes the right to change an upload; a piece that is on its way is interrupted.
func (s *Store) lock(ctx context.Context, id schema.ID, interrupt func()) (*upload, error) {
	s.mu.Lock()
	u, err := s.find(id)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := s.wait(ctx, u); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.gone {
		<-u.busy
		return nil, errs.New(errs.NotFound, "unknown-upload", "there is no upload %s (any more)", id)
	}
	u.interrupt = interrupt
	return u, nil
}

func (s *Store) wait(ctx context.Context, u *upload) error {
	patience, again := time.NewTimer(lockPatience), time.NewTicker(interruptEvery)
	defer patience.Stop()
	defer again.Stop()
	for {
		s.mu.Lock()
		if u.interrupt != nil {
			u.interrupt() // more than once: an interrupt that comes between two reads has no effect
		}
		s.mu.Unlock()
		select {
		case u.busy <- struct{}{}:
			return nil
		case <-again.C:
		case <-patience.C:
			return errs.New(errs.Busy, "upload-locked", "upload %s is being written to by another request", u.ID)
		case <-ctx.Done():
			return errs.New(errs.Canceled, "canceled", "the request ended while it waited: %w", ctx.Err())
		}
	}
}

func (s *Store) unlock(u *upload) {
	s.mu.Lock()
	u.interrupt = nil
	s.mu.Unlock()
	<-u.busy
}

// Append adds a piece. The offset of the upload that it returns, also beside an error, is on disk. Without a checksum, what arrived
// before a connection broke off is kept.
func (s *Store) Append(ctx context.Context, id schema.ID, p Piece) (Upload, error) {
	u, err := s.lock(ctx, id, p.Interrupt)
	if err != nil {
		return Upload{}, err
	}
	defer s.unlock(u)
	if err := u.takes(&p); err != nil {
		return s.viewOf(u), err
	}
	err = u.receive(&p)
	return s.viewOf(u), err
}

func (s *Store) viewOf(u *upload) Upload {
	s.mu.Lock()
	defer s.mu.Unlock()
	return u.view()
}

func (u *upload) takes(p *Piece) error {
	switch {
	case u.store.commitOf(u) != nil:
		return errs.New(errs.Conflict, "upload-committed", "upload %s is committed: nothing can be added", u.ID)
	case p.Offset != u.offset:
		return errs.New(errs.Conflict, "offset-mismatch", "the upload is at byte %d, the request goes on at %d", u.offset, p.Offset).
			WithHint("ask for the offset (HEAD) and go on from there")
	case p.Length > u.Length-u.offset:
		return errs.New(errs.TooLarge, "upload-overrun", "the request brings %d bytes, the upload announced %d more", p.Length, u.Length-u.offset)
	}
	return nil
}

// receive writes a piece behind the offset.
func (u *upload) receive(p *Piece) (err error) {
	f, err := os.OpenFile(u.store.path(u.ID, dataSuffix), os.O_WRONLY, 0)
	if err != nil {
		return diskError("write the upload", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	at, buf := u.offset, make([]byte, bufferBytes)
	var cut error
	for cut == nil {
		var n int
		n, cut = readFull(p.Body, buf[:min(bufferBytes, u.Length-at+1)])
		if int64(n) > u.Length-at {
			cut = errs.New(errs.TooLarge, "upload-overrun", "the request brings more than the %d bytes that the upload announced", u.Length)
			n = int(u.Length - at)
		}
		if _, err := f.WriteAt(buf[:n], at); err != nil {
			return diskError("write the upload", err)
		}
		failpoint.Hit("upload/bytes-written")
		at += int64(n)
		if p.Sum != nil {
			p.Sum.Write(buf[:n])
		} else if at-u.offset >= SyncEvery {
			if err := u.settle(f, at); err != nil {
				return err
			}
		}
	}
	if errors.Is(cut, io.EOF) {
		cut = nil
	}
	if p.Sum != nil {
		if cut != nil {
			return cut // half a piece cannot be checked
		}
		if string(p.Sum.Sum(nil)) != string(p.Want) {
			return ErrChecksum
		}
	}
	return errors.Join(u.settle(f, at), cut)
}

// ErrChecksum says that a piece arrived damaged. None of it counts.
var ErrChecksum = errors.New("the bytes do not match the checksum that came with them: nothing of the request was kept")

// readFull fills buf as far as the reader goes.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// settle makes everything before at count.
func (u *upload) settle(f *os.File, at int64) error {
	if at == u.offset {
		return nil
	}
	if err := f.Sync(); err != nil {
		return diskError("sync the upload", err)
	}
	failpoint.Hit("upload/bytes-synced")
	if err := u.note(at); err != nil {
		return diskError("sync the upload", err)
	}
	u.store.mu.Lock()
	defer u.store.mu.Unlock()
	u.offset, u.touched = at, time.Now()
	failpoint.Hit("upload/piece-counted")
	return nil
}

func diskError(doing string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errs.New(errs.DiskFull, "disk-full", "no room is left to %s: %w", doing, err).WithHint("free space and go on with the upload")
	}
	return fmt.Errorf("%s: %w", doing, err)
}
