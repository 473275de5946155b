package job_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/assaydb/assay/ingest/job"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string, change ...func(*job.Config)) *job.Book {
	t.Helper()
	cfg := job.Config{Dir: dir}
	for _, f := range change {
		f(&cfg)
	}
	b, err := job.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// last follows a job to its end.
func last(t *testing.T, b *job.Book, id schema.ID) job.Job {
	t.Helper()
	w, err := b.Watch(id, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for {
		if _, err := w.Next(t.Context()); errors.Is(err, io.EOF) {
			j, err := b.Get(id)
			if err != nil {
				t.Fatal(err)
			}
			return j
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestOutcomes(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	refused := errs.New(errs.Conflict, "superseded", "it was superseded").WithHint("use force")
	cases := []struct {
		name  string
		do    job.Work
		state job.State
		code  string
	}{
		{"good", func(context.Context, *job.Reporter) (any, error) { return map[string]int{"rows": 7}, nil }, job.Succeeded, ""},
		{"refused", func(context.Context, *job.Reporter) (any, error) { return nil, refused }, job.Failed, "superseded"},
		{"broken", func(context.Context, *job.Reporter) (any, error) { return nil, errors.New("secret value 42") }, job.Failed, "internal"},
	}
	for _, c := range cases {
		j, err := b.Start(job.Spec{Kind: c.name, Subject: map[string]string{"table": "t"}}, c.do)
		if err != nil {
			t.Fatal(err)
		}
		check := func(j job.Job) {
			t.Helper()
			code := ""
			if j.Failure != nil {
				code = j.Failure.Code
			}
			if j.State != c.state || code != c.code || j.Ended == nil || j.Subject["table"] != "t" {
				t.Errorf("%s: %+v", c.name, j)
			}
		}
		check(last(t, b, j.ID))
		again := open(t, dir)
		again.EndLeft()
		kept, err := again.Get(j.ID)
		if err != nil {
			t.Fatal(err)
		}
		check(kept)
		if c.name == "good" && string(kept.Result) != `{"rows":7}` {
			t.Errorf("result %s", kept.Result)
		}
	}
}

// crash copies the records as a kill would leave them.
func crash(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestCrash(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	hang := func(ctx context.Context, r *job.Reporter) (any, error) {
		r.Report(job.Progress{Phase: "convert", Bytes: 9})
		<-ctx.Done()
		return nil, ctx.Err()
	}
	kept, err := b.Start(job.Spec{Kind: "load", Resumable: true}, hang)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := b.Start(job.Spec{Kind: "verify", Exclusive: true}, hang)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Start(job.Spec{Kind: "verify", Exclusive: true}, hang); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second exclusive job: %v", err)
	}
	unwanted, err := b.Start(job.Spec{Kind: "load", Resumable: true}, func(ctx context.Context, r *job.Reporter) (any, error) {
		<-ctx.Done()
		<-t.Context().Done() // so slow to end that the crash comes first
		return nil, ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if j, err := b.Cancel(unwanted.ID); err != nil || !j.CancelWish {
		t.Fatalf("cancel: %+v, %v", j, err)
	}
	b = open(t, crash(t, dir))
	left := b.Left("load")
	if len(left) != 2 || left[0].ID != kept.ID || left[1].ID != unwanted.ID {
		t.Fatalf("left: %+v", left)
	}
	for _, j := range left {
		if _, err := b.Resume(j.ID, func(ctx context.Context, _ *job.Reporter) (any, error) { return "done", ctx.Err() }); err != nil {
			t.Fatal(err)
		}
	}
	b.EndLeft()
	for id, want := range map[schema.ID]job.State{kept.ID: job.Succeeded, unwanted.ID: job.Canceled, lost.ID: job.Failed} {
		if j := last(t, b, id); j.State != want {
			t.Errorf("%s is %s, want %s: %+v", j.Kind, j.State, want, j)
		}
	}
	if j, _ := b.Get(lost.ID); j.Failure.Code != "job-interrupted" {
		t.Errorf("the lost job: %+v", j.Failure)
	}
	if j, _ := b.Get(kept.ID); j.Runs != 2 {
		t.Errorf("the resumed job ran %d times", j.Runs)
	}
}

// TestStop stops the node: what can be resumed stays RUNNING on disk, the rest is CANCELED.
func TestStop(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	hang := func(ctx context.Context, _ *job.Reporter) (any, error) { <-ctx.Done(); return nil, ctx.Err() }
	kept, err := b.Start(job.Spec{Kind: "load", Resumable: true}, hang)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := b.Start(job.Spec{Kind: "repair"}, hang)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	if _, err := b.Start(job.Spec{Kind: "repair"}, hang); !errs.Is(err, errs.Unavailable) {
		t.Errorf("start after close: %v", err)
	}
	b = open(t, dir)
	if left := b.Left("load"); len(left) != 1 || left[0].ID != kept.ID {
		t.Errorf("left: %+v", left)
	}
	if j, _ := b.Get(ended.ID); j.State != job.Canceled {
		t.Errorf("the other: %+v", j)
	}
}

// TestEvents holds a watcher to its promise: every phase and the end, in order, also for one who comes back.
func TestEvents(t *testing.T) {
	b := open(t, t.TempDir())
	step := make(chan job.Progress)
	j, err := b.Start(job.Spec{Kind: "load"}, func(_ context.Context, r *job.Reporter) (any, error) {
		for p := range step {
			r.Report(p)
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, phase := range []string{"receive", "receive", "convert", "convert", "commit"} {
		step <- job.Progress{Phase: phase, Bytes: int64(i)}
	}
	close(step)
	w, err := b.Watch(j.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	seen, newest := map[string]bool{}, uint64(0)
	for {
		at, err := w.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if at.Event <= newest {
			t.Errorf("event %d after %d", at.Event, newest)
		}
		newest = at.Event
		for _, p := range at.Phases {
			seen[p.Phase] = true
		}
	}
	if !seen["receive"] || !seen["convert"] || !seen["commit"] {
		t.Errorf("phases seen: %v", seen)
	}
	back, err := b.Watch(j.ID, newest)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if _, err := back.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last event: %v", err)
	}
}

func TestBounds(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir, func(c *job.Config) { c.MaxHistory, c.MaxRunning = 3, 1 })
	quick := func(context.Context, *job.Reporter) (any, error) { return make([]byte, job.MaxResultBytes), nil }
	for range 7 {
		j, err := b.Start(job.Spec{Kind: "load"}, quick)
		if err != nil {
			t.Fatal(err)
		}
		if j = last(t, b, j.ID); len(j.Result) > 64 {
			t.Errorf("%d bytes of result are kept", len(j.Result))
		}
	}
	if n := len(b.List()); n != 3 {
		t.Errorf("%d jobs are remembered, want 3", n)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 3 {
		t.Errorf("files: %q", files)
	}
	if _, err := b.Start(job.Spec{Kind: "load"}, func(ctx context.Context, _ *job.Reporter) (any, error) { <-ctx.Done(); return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Start(job.Spec{Kind: "load"}, quick); errs.As(err) == nil || errs.As(err).Code != "too-many-jobs" {
		t.Errorf("one job too many: %v", err)
	}
}

// TestDamagedRecord sets aside what cannot be read and goes on.
func TestDamagedRecord(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	j, err := b.Start(job.Spec{Kind: "load"}, func(context.Context, *job.Reporter) (any, error) { return nil, nil })
	if err != nil {
		t.Fatal(err)
	}
	last(t, b, j.ID)
	name := filepath.Join(dir, j.ID.String()+".job")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if b = open(t, dir); len(b.List()) != 0 {
		t.Errorf("a damaged record is listed: %+v", b.List())
	}
	if _, err := os.Stat(name + ".damaged"); err != nil {
		t.Error(err)
	}
}
