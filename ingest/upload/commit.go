package upload

import (
	"context"
	"maps"
	"os"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/job"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
)

// JobKind is the kind of the jobs that load uploads.
const JobKind = "load"

// commit is what an upload is to become. It is written before the job begins, so that whoever starts after a crash knows.
type commit struct {
	Job      schema.ID         `json:"job"`
	Table    string            `json:"table"`
	Params   map[string]string `json:"params"`          // of the load, by ingest.ParseRequest's names
	Tried    []schema.ID       `json:"tried,omitempty"` // deliveries that were about to be committed
	Delivery schema.ID         `json:"delivery"`        // zero until it is in force
	At       time.Time         `json:"at"`
}

// spent reports whether the upload's bytes are loaded and gone.
func (c *commit) spent() bool { return c != nil && !c.Delivery.IsZero() }

// commitOf returns what an upload was committed as, nil for nothing. A commit never changes: a new one takes its place.
func (s *Store) commitOf(u *upload) *commit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return u.Commit
}

func (c *commit) same(table string, params map[string]string) bool {
	return c.Table == table && maps.Equal(c.Params, params)
}

// Commit loads a finished upload as a job. Called again with the same parameters, it returns the same job, unless that failed for a
// reason that may have passed. Other parameters are taken while nothing has been loaded: after a failure, or a rehearsal.
func (s *Store) Commit(ctx context.Context, id schema.ID, table string, params map[string]string) (job.Job, error) {
	if err := schema.ValidateName("table", table); err != nil {
		return job.Job{}, err
	}
	if _, err := ingest.ParseRequest(func(name string) string { return params[name] }); err != nil {
		return job.Job{}, err
	}
	u, err := s.lock(ctx, id, nil)
	if err != nil {
		return job.Job{}, err
	}
	defer s.unlock(u)
	if u.offset != u.Length {
		return job.Job{}, errs.New(errs.Conflict, "upload-incomplete", "the upload has %d of %d bytes", u.offset, u.Length).WithHint("send the rest first")
	}
	if c := s.commitOf(u); c != nil {
		j, done, err := s.committed(c, table, params)
		if done || err != nil {
			return j, err
		}
	}
	next := u.record
	next.Commit = &commit{Job: schema.NewID(), Table: table, Params: params, At: time.Now().UTC()}
	if err := s.replace(u, next); err != nil {
		return job.Job{}, err
	}
	failpoint.Hit("upload/commit-recorded")
	j, err := s.start(u)
	failpoint.Hit("upload/job-begun")
	return j, err
}

// committed answers for an upload that was committed before; done is false when it may be committed anew.
func (s *Store) committed(c *commit, table string, params map[string]string) (j job.Job, done bool, err error) {
	j, err = s.cfg.Jobs.Get(c.Job)
	switch {
	case errs.Is(err, errs.NotFound) && c.spent():
		return j, true, errs.New(errs.Gone, "job-forgotten", "the upload was loaded as delivery %s; its job is no longer remembered", c.Delivery)
	case errs.Is(err, errs.NotFound):
		return j, false, nil
	case err != nil:
		return j, true, err
	case c.same(table, params) && !passing(j):
		return j, true, nil
	case !j.State.Ended():
		return j, true, errs.New(errs.Conflict, "upload-committed", "the upload is being loaded with other parameters by job %s", c.Job).WithHint("cancel that job first")
	case c.spent():
		return j, true, errs.New(errs.Conflict, "upload-committed", "the upload was loaded already, as delivery %s", c.Delivery)
	}
	return j, false, nil
}

// passing reports whether a job failed for a reason that may have passed.
func passing(j job.Job) bool {
	if j.State == job.Canceled {
		return true
	}
	if j.State != job.Failed || j.Failure == nil {
		return false
	}
	switch j.Failure.Kind {
	case errs.Internal, errs.Unavailable, errs.Busy, errs.DiskFull, errs.Timeout, errs.Canceled:
		return true
	}
	return false
}

// replace makes a new record durable and then true.
func (s *Store) replace(u *upload, next record) error {
	changed := &upload{store: s, record: next}
	if err := changed.write(); err != nil {
		return diskError("record the upload", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.record, u.touched = next, time.Now()
	return nil
}

func (s *Store) subject(u *upload) map[string]string {
	out := map[string]string{"upload": u.ID.String(), "table": u.Commit.Table}
	for _, name := range []string{"source", "period"} {
		if v := u.Commit.Params[name]; v != "" {
			out[name] = v
		}
	}
	return out
}

func (s *Store) start(u *upload) (job.Job, error) {
	spec := job.Spec{ID: u.Commit.Job, Kind: JobKind, Resumable: true, Subject: s.subject(u)}
	return s.cfg.Jobs.Start(spec, s.work(u))
}

// Resume goes on with the loads that were under way when the process ended. It is called once, when the catalog is ready.
func (s *Store) Resume() error {
	left := map[schema.ID]bool{}
	for _, j := range s.cfg.Jobs.Left(JobKind) {
		left[j.ID] = true
	}
	for _, u := range s.all {
		if u.Commit == nil {
			continue
		}
		var err error
		if left[u.Commit.Job] {
			_, err = s.cfg.Jobs.Resume(u.Commit.Job, s.work(u))
		} else if _, unknown := s.cfg.Jobs.Get(u.Commit.Job); unknown != nil && !u.Commit.spent() {
			_, err = s.start(u) // the crash came between the upload's record and the job's
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// work is the job that loads an upload.
func (s *Store) work(u *upload) job.Work {
	return func(ctx context.Context, r *job.Reporter) (any, error) {
		receipt, err := s.settled(ctx, u)
		if receipt != nil || err != nil {
			return receipt, err
		}
		r.Report(job.Progress{Phase: "queue"})
		select {
		case s.cfg.Slots <- struct{}{}:
			defer func() { <-s.cfg.Slots }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return s.load(ctx, u, r)
	}
}

// settled is the receipt of a load that had succeeded before a crash.
func (s *Store) settled(ctx context.Context, u *upload) (*ingest.Receipt, error) {
	if u.Commit.spent() {
		return s.cfg.Loader.Receipt(ctx, u.Commit.Delivery)
	}
	receipt, err := s.cfg.Loader.Settled(ctx, u.Commit.Tried)
	if receipt == nil || err != nil {
		return nil, err
	}
	return receipt, s.spend(u, receipt.DeliveryID)
}

// spend notes that the upload is loaded, and lets its bytes go.
func (s *Store) spend(u *upload, delivery schema.ID) error {
	next := u.record
	c := *u.Commit
	c.Delivery = delivery
	next.Commit = &c
	if err := s.replace(u, next); err != nil {
		return err
	}
	failpoint.Hit("upload/spent")
	if err := os.Truncate(s.path(u.ID, dataSuffix), 0); err != nil {
		s.cfg.Logger.Warn("the bytes of a loaded upload are still there", "upload", u.ID.String(), "error", err)
	}
	failpoint.Hit("upload/truncated")
	return nil
}

func (s *Store) load(ctx context.Context, u *upload, r *job.Reporter) (*ingest.Receipt, error) {
	f, err := os.Open(s.path(u.ID, dataSuffix))
	if err != nil {
		return nil, diskError("read the upload", err)
	}
	defer f.Close()
	req, err := ingest.ParseRequest(func(name string) string { return u.Commit.Params[name] })
	if err != nil {
		return nil, err
	}
	req.Table, req.Body = u.Commit.Table, &whole{f, u.Length}
	if req.FileName == "" {
		req.FileName, _ = u.hints()
	}
	req.Progress = func(p ingest.Progress) {
		r.Report(job.Progress{Phase: string(p.Phase), Bytes: p.Bytes, BytesTotal: u.Length, Rows: p.Rows, Rejects: p.Rejects})
	}
	req.Intent = func(delivery schema.ID) error {
		next := u.record
		c := *u.Commit
		c.Tried = append(append([]schema.ID{}, c.Tried...), delivery)
		next.Commit = &c
		err := s.replace(u, next)
		failpoint.Hit("upload/intent-noted")
		return err
	}
	receipt, err := s.cfg.Loader.Load(ctx, req)
	failpoint.Hit("upload/loaded")
	if err != nil || receipt.Rehearsal {
		return receipt, err
	}
	return receipt, s.spend(u, receipt.DeliveryID)
}
