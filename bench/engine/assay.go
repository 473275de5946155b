package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/bench/workload"
	"github.com/assaydb/assay/http/client"
	"golang.org/x/sync/errgroup"
)

// Assay is a server of its own process, asked over HTTP.
type Assay struct {
	Binary  string // the assay command
	Dir     string
	Threads int
	Flags   []string // further flags of assay serve

	server *server
	client *client.Client
}

// Name is workload.Assay.
func (a *Assay) Name() string { return workload.Assay }

// Folder is the node's data folder.
func (a *Assay) Folder() string { return a.Dir }

// PID is the server's.
func (a *Assay) PID() int { return a.server.cmd.Process.Pid }

// Start runs assay serve on a free port of the loopback.
func (a *Assay) Start(ctx context.Context) error {
	args := []string{
		"serve", "--data", a.Dir, "--http", "127.0.0.1:0", "--peer", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--mirror", "none",
		"--threads", fmt.Sprint(a.Threads), "--query-timeout", "1h", "--log-level", "warn",
	}
	var err error
	if a.server, err = startServer(ctx, a.Binary, append(args, a.Flags...)); err != nil {
		return err
	}
	a.client, err = client.New(a.server.url, "")
	return err
}

// Stop ends the server as an operator does.
func (a *Assay) Stop() error {
	a.client.Close()
	return a.server.stop()
}

// Version asks the binary.
func (a *Assay) Version(ctx context.Context) (string, error) { return versionOf(ctx, a.Binary) }

// Load makes the table as declared, sorted, and sends the files.
func (a *Assay) Load(ctx context.Context, t workload.Table, files []string) error {
	return a.load(ctx, t, files, How{Sort: true})
}

// Convert is Load as asked for. A table whose types are to be found comes into being with its first file.
func (a *Assay) Convert(ctx context.Context, t workload.Table, files []string, how How) (string, error) {
	t.Name += "_converted"
	return t.Name, a.load(ctx, t, files, how)
}

// Discard removes the table that Convert made.
func (a *Assay) Discard(ctx context.Context, t workload.Table) error {
	return a.client.Call(ctx, http.MethodDelete, "/v1/tables/"+t.Name+"_converted", nil, nil)
}

// load sends as many files at once as there are threads.
func (a *Assay) load(ctx context.Context, t workload.Table, files []string, how How) error {
	if !how.Infer {
		if err := a.create(ctx, t, how); err != nil {
			return fmt.Errorf("create table %s: %w", t.Name, err)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(a.Threads)
	for _, f := range files {
		g.Go(func() error { return a.send(ctx, t.Name, f) })
	}
	return g.Wait()
}

func (a *Assay) create(ctx context.Context, t workload.Table, how How) error {
	type column struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	var body struct {
		Columns []column `json:"columns"`
		SortBy  []string `json:"sort_by,omitempty"`
	}
	for _, c := range t.Columns {
		body.Columns = append(body.Columns, column{c.Name, c.Type})
	}
	if how.Sort {
		body.SortBy = t.OrderBy
	}
	return a.client.Call(ctx, http.MethodPut, "/v1/tables/"+t.Name, body, nil)
}

func (a *Assay) send(ctx context.Context, table, file string) error {
	period, source := filepath.Base(file), filepath.Base(filepath.Dir(file))
	r, err := a.client.Load(ctx, client.Upload{
		Table: table, Name: filepath.Base(file), Values: url.Values{"source": {source}, "period": {period}},
		Open: func() (io.ReadCloser, error) { return os.Open(file) },
	})
	if err != nil {
		return fmt.Errorf("load %s: %w", file, err)
	}
	if r.Rejected != 0 {
		return fmt.Errorf("load %s: %d of %d rows rejected", file, r.Rejected, r.RecordsIn)
	}
	return nil
}

// Settle compacts the tables and waits for the end of it.
func (a *Assay) Settle(ctx context.Context, tables []workload.Table) (string, error) {
	for _, t := range tables {
		err := a.job(ctx, "/v1/tables/"+t.Name+"/compact")
		if notThere(err) {
			return "this build of Assay has no compaction", nil
		}
		if err != nil {
			return "", fmt.Errorf("compact %s: %w", t.Name, err)
		}
	}
	return "compacted", nil
}

// notThere reports whether the server has no such path or method.
func notThere(err error) bool {
	var p *client.Problem
	return errors.As(err, &p) && (p.Status == http.StatusNotFound || p.Status == http.StatusMethodNotAllowed || p.Status == http.StatusNotImplemented)
}

// job starts one and waits for its end.
func (a *Assay) job(ctx context.Context, path string) error {
	var job struct {
		ID    string          `json:"id"`
		State string          `json:"state"`
		Error *client.Problem `json:"error"`
	}
	if err := a.client.Call(ctx, http.MethodPost, path, struct{}{}, &job); err != nil {
		return err
	}
	for job.State == "RUNNING" || job.State == "QUEUED" {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := a.client.Call(ctx, http.MethodGet, "/v1/jobs/"+job.ID, nil, &job); err != nil {
			return err
		}
	}
	if job.Error != nil {
		return job.Error
	}
	return nil
}

// Attach registers Parquet files, which lie alone in their folder.
func (a *Assay) Attach(ctx context.Context, t workload.Table, files []string) error {
	body := map[string]string{"location": "file://" + filepath.Dir(files[0]) + "/", "format": "parquet"}
	err := a.client.Call(ctx, http.MethodPost, "/v1/tables/"+t.Name+"/attach", body, nil)
	if notThere(err) {
		return fmt.Errorf("attach is %w in this build of Assay", ErrNotAvailable)
	}
	return err
}

// Bytes are those of the live segments.
func (a *Assay) Bytes(ctx context.Context, table string) (int64, error) {
	var t struct{ Bytes int64 }
	err := a.client.Call(ctx, http.MethodGet, "/v1/tables/"+table, nil, &t)
	return t.Bytes, err
}

// Rows runs a statement and reads its JSON.
func (a *Assay) Rows(ctx context.Context, sql string) (*Answer, error) {
	out, err := a.run(ctx, sql)
	if err != nil {
		return nil, err
	}
	var result struct {
		Columns []struct{ Name, Type string }
		Rows    [][]any
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	dec.UseNumber()
	if err := dec.Decode(&result); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	answer := &Answer{}
	for _, c := range result.Columns {
		answer.Columns = append(answer.Columns, Column{Name: c.Name, Inexact: c.Type == "DOUBLE"})
	}
	for _, row := range result.Rows {
		answer.Rows = append(answer.Rows, textRow(row))
	}
	return answer, nil
}

func textRow(row []any) []*string {
	out := make([]*string, len(row))
	for i, v := range row {
		if v != nil {
			s := fmt.Sprint(v)
			out[i] = &s
		}
	}
	return out
}

// run returns the JSON of a result. Kept results are not asked for.
func (a *Assay) run(ctx context.Context, sql string) ([]byte, error) {
	var out bytes.Buffer
	_, err := a.client.Run(ctx, client.Statement{SQL: sql, Format: "json", Cache: "bypass"}, &out)
	return out.Bytes(), refused(err)
}

// refused tells a statement that is refused from a failure.
func refused(err error) error {
	var p *client.Problem
	if errors.As(err, &p) && p.Status < http.StatusInternalServerError {
		return &Unsupported{Reason: p.Error()}
	}
	return err
}

// Time runs a statement and reads its whole answer.
func (a *Assay) Time(ctx context.Context, sql string) (Timing, error) {
	cpu := ProcessCPU(a.PID())
	start := time.Now()
	out, err := a.run(ctx, sql)
	wall := time.Since(start)
	if err != nil {
		return Timing{}, err
	}
	used := ProcessCPU(a.PID()) - cpu
	var tail struct {
		Stats struct {
			ElapsedMS float64 `json:"elapsed_ms"`
		}
	}
	if err := json.Unmarshal(out, &tail); err != nil {
		return Timing{}, fmt.Errorf("read the answer: %w", err)
	}
	return Timing{WallMS: ms(wall), CPUMS: ms(used), ServerMS: tail.Stats.ElapsedMS}, nil
}

// Plan has a statement planned and not run.
func (a *Assay) Plan(ctx context.Context, sql string) (Timing, error) {
	cpu, start := ProcessCPU(a.PID()), time.Now()
	_, err := a.client.Run(ctx, client.Statement{SQL: sql, Format: "json", DryRun: true, Cache: "bypass"}, io.Discard)
	return Timing{WallMS: ms(time.Since(start)), CPUMS: ms(ProcessCPU(a.PID()) - cpu)}, refused(err)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
