package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/assaydb/assay/http/server/encode"
	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

func (s *Server) handleStartQuery(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	req, err := s.statement(r, q)
	if err != nil {
		return err
	}
	// A statement that changes something belongs to /v1/sql, whose caller waits for the outcome.
	req.ReadOnly = true
	v, err := s.queries.submit(req)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/queries/"+v.ID.String())
	return writeJSON(w, http.StatusAccepted, v)
}

func (s *Server) handleQueries(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	out, err := pageOf(q, slices.Values(s.queries.list(whoOf(r))), func(v queryView) string { return v.ID.String() }, func(v queryView) any { return v })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) handleQuery(w http.ResponseWriter, r *http.Request) error {
	id, err := schema.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	v, err := s.queries.find(id, whoOf(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

func (s *Server) handleCancelQuery(w http.ResponseWriter, r *http.Request) error {
	id, err := schema.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	v, err := s.queries.cancel(id, whoOf(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

// handleResults sends a kept result. Each format is made once, as a file, so that Range and ETag work on stable bytes.
func (s *Server) handleResults(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	id, err := schema.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	format, err := formatOf(r, q)
	if err != nil {
		return err
	}
	v, err := s.queries.find(id, whoOf(r))
	if err != nil {
		return err
	}
	if err := v.readable(); err != nil {
		return err
	}
	defuse := q.text("download") != ""
	f, err := s.queries.open(r.Context(), v, format, defuse)
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", format.ContentType())
	h.Set("ETag", fmt.Sprintf("%q", fmt.Sprintf("%s-%s-%t", v.ID, format, defuse)))
	if defuse {
		h.Set("Content-Disposition", disposition(q.text("download"), format))
	}
	http.ServeContent(w, r, "", v.Ended.Truncate(time.Second), f)
	return nil
}

// readable says why a query has no result to read.
func (v *queryView) readable() error {
	switch {
	case v.Expired:
		return errs.New(errs.Gone, "result-expired", "the result of query %s has expired", v.ID).WithHint("run the query again")
	case !v.ended():
		return errs.New(errs.Conflict, "query-running", "query %s is %s: there is no result yet", v.ID, v.State)
	case v.State != stateSucceeded:
		return errs.New(errs.Conflict, "query-failed", "query %s is %s: there is no result", v.ID, v.State)
	}
	return nil
}

// saveResult writes a result as an Arrow stream and fails past limit bytes.
func saveResult(ctx context.Context, name string, res *planner.Result, limit int64) (rows, size int64, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, 0, fmt.Errorf("create the result: %w", err)
	}
	defer f.Close()
	out := &capped{w: f, limit: limit}
	first, err := res.Next(ctx)
	if err != nil {
		return 0, 0, err
	}
	rows, err = copyRows(ctx, out, res, first, encode.Arrow, encode.Options{}, func() error { return nil })
	if err != nil {
		return rows, out.size, err
	}
	return rows, out.size, f.Close()
}

// capped fails once more than limit bytes are written.
type capped struct {
	w           io.Writer
	size, limit int64
}

func (c *capped) Write(p []byte) (int, error) {
	if c.size += int64(len(p)); c.size > c.limit {
		return 0, errs.New(errs.Limit, "result-too-large", "the result is larger than %d bytes, the most that is kept", c.limit).WithHint("stream it from /v1/sql instead")
	}
	return c.w.Write(p)
}

// open opens the result in a format, making the file of that format when it is asked for the first time.
func (b *background) open(ctx context.Context, v queryView, format encode.Format, defuse bool) (*os.File, error) {
	name := b.path(v.ID, "result"+format.Extension())
	if format == encode.Arrow {
		name = b.path(v.ID, resultFile)
	} else if defuse {
		name = b.path(v.ID, "result.defused"+format.Extension())
	}
	if f, err := os.Open(name); err == nil {
		return f, nil
	}
	tmp := name + "." + schema.NewID().String() + ".tmp"
	defer os.Remove(tmp)
	if err := b.convert(ctx, v, tmp, format, encode.Options{Defuse: defuse}); err != nil {
		return nil, err
	}
	if err := os.Rename(tmp, name); err != nil {
		return nil, fmt.Errorf("keep the result as %s: %w", format, err)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open the result: %w", err)
	}
	return f, nil
}

// convert re-encodes the kept Arrow stream.
func (b *background) convert(ctx context.Context, v queryView, name string, format encode.Format, opts encode.Options) error {
	in, err := os.Open(b.path(v.ID, resultFile))
	if err != nil {
		return errs.New(errs.Gone, "result-expired", "the result of query %s is gone: %w", v.ID, err)
	}
	defer in.Close()
	rows, err := encode.ReadArrow(bufio.NewReaderSize(in, 1<<20))
	if err != nil {
		return fmt.Errorf("read the result: %w", err)
	}
	defer rows.Close()
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("create the result as %s: %w", format, err)
	}
	defer f.Close()
	enc, err := encode.New(format, &capped{w: f, limit: 16 * b.cfg.MaxResult}, rows.Fields, opts)
	if err != nil {
		return err
	}
	for {
		batch, err := rows.Next(ctx)
		if err != nil {
			return err
		}
		if batch == nil {
			break
		}
		if err := enc.Batch(batch); err != nil {
			return err
		}
	}
	if err := enc.Finish(encode.Footer{Rows: v.Rows, Stats: marshal(v.Stats)}); err != nil {
		return err
	}
	return f.Close()
}
