package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"sync"

	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/ingest/naming"
)

// fileLoad is one file to load, with the parameters of its own.
type fileLoad struct {
	name   string
	values url.Values
}

// files resolves the arguments and gives each file its slot. Files that would replace one another are refused before any is sent.
func (f *loadFlags) files(args []string, values url.Values) ([]fileLoad, error) {
	names, err := expand(args)
	if err != nil {
		return nil, err
	}
	if f.parallel < 1 || f.parallel > 64 {
		return nil, usageError{fmt.Errorf("--parallel %d is not 1 to 64", f.parallel)}
	}
	if f.resume && slices.Contains(names, "-") {
		return nil, usageError{errors.New("--resume needs a file: standard input cannot be read again")}
	}
	var pattern *naming.Pattern
	if f.pattern != "" {
		if f.source != "" || f.period != "" {
			return nil, usageError{errors.New("--pattern reads the slot out of the path: leave out --source and --period")}
		}
		if pattern, err = naming.Parse(f.pattern); err != nil {
			return nil, usageError{err}
		}
	}
	out := make([]fileLoad, 0, len(names))
	slots := map[naming.Slot]string{}
	for _, name := range names {
		one := fileLoad{name, maps.Clone(values)}
		slot := naming.Slot{Source: f.source, Period: f.period}
		if pattern != nil {
			var ok bool
			if slot, ok = pattern.MatchEnd(filepath.ToSlash(name)); !ok {
				return nil, usageError{fmt.Errorf("%s does not end like %s", name, pattern)}
			}
			one.values.Set("source", slot.Source)
			one.values.Set("period", slot.Period)
		}
		if other, taken := slots[slot]; taken && slot != (naming.Slot{}) && f.mode != "append" {
			return nil, usageError{fmt.Errorf("%s and %s cannot replace one another in the slot %s/%s: load them one by one, or with --mode append", other, name, slot.Source, slot.Period)}
		}
		slots[slot] = name
		out = append(out, one)
	}
	return out, nil
}

// loading loads files side by side. mu keeps what they print apart, and guards the counts.
type loading struct {
	app     *app
	flags   *loadFlags
	client  *client.Client
	rejects *rejectsFile

	mu               sync.Mutex
	loaded, same     int
	accepted, refuse int64
	failed           []error
}

func (l *loading) all(ctx context.Context, files []fileLoad) error {
	if len(files) == 1 {
		if err := l.one(ctx, files[0]); err != nil {
			return fmt.Errorf("%s: %w", files[0].name, err)
		}
		return nil
	}
	next := make(chan fileLoad)
	var wait sync.WaitGroup
	for range min(l.flags.parallel, len(files)) {
		wait.Go(func() {
			for f := range next {
				if err := l.one(ctx, f); err != nil {
					l.fail(fmt.Errorf("%s: %w", f.name, err))
				}
			}
		})
	}
	for _, f := range files {
		next <- f
	}
	close(next)
	wait.Wait()
	return l.summary(ctx, len(files))
}

func (l *loading) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = append(l.failed, err)
	fmt.Fprintln(l.app.err, err)
}

func (l *loading) summary(ctx context.Context, files int) error {
	fmt.Fprintf(l.app.err, "%d files: %d loaded, %d already there, %d failed; %d rows, %d rejected\n", files, l.loaded, l.same, len(l.failed), l.accepted, l.refuse)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(l.failed) > 0 {
		return fmt.Errorf("%d of %d files failed, first %w", len(l.failed), files, l.failed[0])
	}
	return nil
}

func (l *loading) one(ctx context.Context, f fileLoad) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, err := l.send(ctx, f)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Duplicate {
		l.same++
	} else {
		l.loaded++
	}
	l.accepted, l.refuse = l.accepted+r.Accepted, l.refuse+r.Rejected
	if err := l.app.printReceipt(l.flags.output, f.name, r); err != nil {
		return err
	}
	if l.rejects == nil || r.Rejected == 0 || r.Rehearsal {
		return nil
	}
	return l.rejects.add(func(w io.Writer) error {
		return l.client.Download(ctx, "/v1/deliveries/"+r.DeliveryID+"/rejects.csv", w)
	})
}

func (l *loading) send(ctx context.Context, f fileLoad) (*client.Receipt, error) {
	if l.flags.resume {
		return l.app.resume(ctx, l.client, l.flags.table, f)
	}
	up, p, err := l.app.upload(l.flags.table, f.name, f.values)
	if err != nil {
		return nil, err
	}
	r, err := l.client.Load(ctx, up)
	p.end()
	return r, err
}

// rejectsFile gathers the rejects of several files under one header.
type rejectsFile struct {
	out  io.Writer
	some bool
}

func (r *rejectsFile) add(copyTo func(io.Writer) error) error {
	w := &headless{out: r.out, skip: r.some}
	r.some = true
	return copyTo(w)
}

// headless passes over the first line.
type headless struct {
	out  io.Writer
	skip bool
}

func (h *headless) Write(p []byte) (int, error) {
	rest := p
	if h.skip {
		at := bytes.IndexByte(p, '\n')
		if at < 0 {
			return len(p), nil
		}
		h.skip, rest = false, p[at+1:]
	}
	if _, err := h.out.Write(rest); err != nil {
		return 0, err
	}
	return len(p), nil
}
