package upload

import (
	"context"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

const sweepEvery = time.Minute

// Remove gives an upload up and frees its bytes. One whose load is under way is refused: cancel the job first.
func (s *Store) Remove(ctx context.Context, id schema.ID) error {
	u, err := s.lock(ctx, id, nil)
	if err != nil {
		return err
	}
	defer s.unlock(u)
	if s.loading(u) {
		return errs.New(errs.Conflict, "upload-loading", "upload %s is being loaded by job %s", id, s.commitOf(u).Job).WithHint("cancel the job first")
	}
	return s.drop(u)
}

// loading reports whether a job that has not ended works on the upload.
func (s *Store) loading(u *upload) bool {
	c := s.commitOf(u)
	if c == nil {
		return false
	}
	j, err := s.cfg.Jobs.Get(c.Job)
	return err == nil && !j.State.Ended()
}

func (s *Store) drop(u *upload) error {
	if err := u.removeFiles(); err != nil {
		return diskError("remove the upload", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.gone = true
	delete(s.all, u.ID)
	return nil
}

// Run removes what has expired until ctx ends.
func (s *Store) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		s.Sweep(time.Now())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Sweep removes what has expired by a time.
func (s *Store) Sweep(now time.Time) {
	s.mu.Lock()
	var old []*upload
	for _, u := range s.all {
		if now.After(u.expires()) {
			old = append(old, u)
		}
	}
	s.mu.Unlock()
	for _, u := range old {
		select {
		case u.busy <- struct{}{}: // one that is written to has not expired
		default:
			continue
		}
		s.mu.Lock()
		expired := !u.gone && now.After(u.expires())
		s.mu.Unlock()
		if expired && !s.loading(u) {
			if err := s.drop(u); err != nil {
				s.cfg.Logger.Warn("an expired upload could not be removed", "upload", u.ID.String(), "error", err)
			} else {
				s.cfg.Logger.Info("removed an expired upload", "upload", u.ID.String(), "bytes", u.Length)
			}
		}
		s.unlock(u)
	}
}
