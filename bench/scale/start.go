package scale

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/assaydb/assay/bench/engine"
	"github.com/assaydb/assay/bench/report"
	"github.com/assaydb/assay/bench/workload"
	"github.com/assaydb/assay/storage/bytesize"
)

// Format is the version of Result's JSON form.
const Format = 1

// Config says what to measure.
type Config struct {
	Shape   Shape
	Runs    int
	Threads int
	Work    string // scratch folder
	Binary  string // the assay command
	Say     func(format string, args ...any)
}

// Result is what was measured. Times are milliseconds, in the order of the runs.
type Result struct {
	Format    int       `json:"format"`
	Shape     Shape     `json:"shape"`
	Version   string    `json:"version"`
	DiskBytes int64     `json:"disk_bytes"`
	StartMS   []float64 `json:"start_ms"`     // from the start of the process until it listens with the catalog in memory
	StartCPU  []float64 `json:"start_cpu_ms"` // what it worked in that time
	IdleBytes int64     `json:"idle_bytes"`
	Plans     []Plan    `json:"plans"`
}

// Plan is one statement, planned over HTTP without being run.
type Plan struct {
	Name   string    `json:"name,omitempty"` // of a LabBench query
	SQL    string    `json:"sql"`
	WallMS []float64 `json:"wall_ms"`
	CPUMS  []float64 `json:"cpu_ms"`

	Refused string `json:"refused,omitempty"` // why it is not planned
}

// statements ask for everything, for a month of one hospital, for a month of all, and for what only bounds can prune; then come the
// queries of LabBench.
func statements() []Plan {
	list := []Plan{
		{SQL: "SELECT AVG(value) FROM labs"},
		{SQL: "SELECT AVG(value) FROM labs WHERE hospital_id = 'H0042' AND collected_at >= '2025-03-01' AND collected_at < '2025-04-01'"},
		{SQL: "SELECT AVG(value) FROM labs WHERE collected_at >= '2025-03-01' AND collected_at < '2025-04-01'"},
		{SQL: "SELECT AVG(value) FROM labs WHERE test_code > '9'"},
		{SQL: "SELECT COUNT(*) FROM labs"},
	}
	for _, q := range workload.LabBench() {
		list = append(list, Plan{Name: q.Name, SQL: q.SQL})
	}
	return list
}

// Run fills a catalog, starts a server on it several times, and has the last one plan.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	dir := filepath.Join(cfg.Work, "scale")
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("empty the folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create the folder: %w", err)
	}
	began := time.Now()
	if err := Fill(ctx, dir, cfg.Shape); err != nil {
		return nil, fmt.Errorf("fill the catalog: %w", err)
	}
	cfg.Say("catalog of %d segments made in %.1f s", cfg.Shape.Segments, time.Since(began).Seconds())
	r := &Result{Format: Format, Shape: cfg.Shape}
	a := &engine.Assay{Binary: cfg.Binary, Dir: dir, Threads: cfg.Threads}
	for run := range cfg.Runs {
		began := time.Now()
		if err := a.Start(ctx); err != nil {
			return nil, err
		}
		r.StartMS, r.StartCPU = append(r.StartMS, ms(time.Since(began))), append(r.StartCPU, ms(engine.ProcessCPU(a.PID())))
		if run == cfg.Runs-1 {
			break
		}
		if err := a.Stop(); err != nil {
			return nil, err
		}
	}
	defer a.Stop() //nolint:errcheck // everything has been measured
	return r, r.plan(ctx, a, cfg.Runs)
}

func (r *Result) plan(ctx context.Context, a *engine.Assay, runs int) (err error) {
	if r.Version, err = a.Version(ctx); err != nil {
		return err
	}
	if r.DiskBytes, err = engine.FolderBytes(a.Dir); err != nil {
		return err
	}
	r.IdleBytes, _ = engine.Memory(a.PID())
	for _, p := range statements() {
		for range runs {
			t, err := a.Plan(ctx, p.SQL)
			if u := (*engine.Unsupported)(nil); errors.As(err, &u) && p.Name != "" {
				p.Refused = u.Reason
				break
			}
			if err != nil {
				return fmt.Errorf("plan %s %q: %w", p.Name, p.SQL, err)
			}
			p.WallMS, p.CPUMS = append(p.WallMS, t.WallMS), append(p.CPUMS, t.CPUMS)
		}
		r.Plans = append(r.Plans, p)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Write writes the result as JSON.
func (r *Result) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// Table writes the result for people: least and median of each measure.
func (r *Result) Table(w io.Writer) error {
	fmt.Fprintf(w, "%d segments, %d a delivery: %s on disk, %s resident\n\n", r.Shape.Segments, r.Shape.PerDelivery, bytesize.Format(r.DiskBytes), bytesize.Format(r.IdleBytes))
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "WHAT\tLEAST MS\tMEDIAN MS\tLEAST CPU MS")
	fmt.Fprintf(t, "start until ready\t%.0f\t%.0f\t%.0f\n", least(r.StartMS), report.Median(r.StartMS), least(r.StartCPU))
	for _, p := range r.Plans {
		what := p.SQL
		if p.Name != "" {
			what = p.Name
		}
		if p.Refused != "" {
			fmt.Fprintf(t, "plan %s\tnot yet\n", what)
			continue
		}
		fmt.Fprintf(t, "plan %s\t%.2f\t%.2f\t%.2f\n", what, least(p.WallMS), report.Median(p.WallMS), least(p.CPUMS))
	}
	return t.Flush()
}

func least(times []float64) float64 {
	low := times[0]
	for _, t := range times[1:] {
		low = min(low, t)
	}
	return low
}
