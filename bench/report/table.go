package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/assaydb/assay/storage/bytesize"
)

// Table writes a result for people.
func (r *Result) Table(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", r.heading(), r.About)
	t := tabwriter.NewWriter(&b, 0, 8, 2, ' ', tabwriter.AlignRight)
	grid(t, r.engineRows())
	fmt.Fprintln(t)
	if len(r.Queries) > 0 {
		grid(t, r.queryRows())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range r.closing() {
		fmt.Fprintln(&b, n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// grid writes rows with aligned columns.
func grid(t *tabwriter.Writer, rows [][]string) {
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t")+"\t")
	}
}

func (r *Result) heading() string {
	return fmt.Sprintf("%s: %d rows, %d threads, %d hot runs of each engine in turn", r.Track, r.Data.Rows, r.Threads, r.Runs)
}

// engineRows is the table of what was measured beside the queries.
func (r *Result) engineRows() [][]string {
	rows := [][]string{{"engine", "version", "start ms", "load s", "of it settling", "load CPU s", "load peak", "on disk", "idle", "peak"}}
	for _, e := range r.Engines {
		if e.Missing != "" {
			rows = append(rows, []string{e.Name, e.Missing, "", "", "", "", "", "", "", ""})
			continue
		}
		load := Load{}
		if e.Load != nil {
			load = *e.Load
		}
		rows = append(rows, []string{
			e.Name, e.Version, number(e.StartMS), number(load.Seconds), number(load.SettleSeconds), number(load.CPUSeconds), size(load.PeakBytes),
			size(e.Bytes), size(e.IdleBytes), size(e.PeakBytes),
		})
	}
	return rows
}

// queryRows is the table of the queries: best hot, CPU and cold times of each engine, and the ratios.
func (r *Result) queryRows() [][]string {
	head := []string{"query"}
	for _, e := range r.present() {
		head = append(head, e+" ms", "CPU ms", "cold ms")
	}
	rows := [][]string{append(head, "ratio", "CPU ratio")}
	for _, q := range r.Queries {
		row := []string{q.Name}
		for _, e := range r.present() {
			row = append(row, timeCells(q.Times[e])...)
		}
		if q.State != StateOK {
			rows = append(rows, append(row, q.State, ""))
			continue
		}
		rows = append(rows, append(row, number(q.Ratio), number(q.CPURatio)))
	}
	return rows
}

func timeCells(t *Time) []string {
	if t == nil || len(t.HotMS) == 0 {
		return []string{"-", "-", "-"}
	}
	return []string{number(t.MinMS), number(t.CPUMinMS), number(t.ColdMS)}
}

// present are the engines that took part, in order.
func (r *Result) present() []string {
	var names []string
	for _, e := range r.Engines {
		if e.Missing == "" {
			names = append(names, e.Name)
		}
	}
	return names
}

// closing are the lines below the tables.
func (r *Result) closing() []string {
	var lines []string
	if s := r.Score; s != nil {
		lines = append(lines, fmt.Sprintf("%d queries: geometric mean %.2f times as fast as the fastest rival of each (CPU time %.2f); least %.2f in %s (CPU %.2f in %s)",
			s.Queries, s.Geomean, s.CPU, s.Worst, s.WorstIn, s.CPUWorst, s.CPUIn))
	}
	for _, q := range r.Queries {
		if q.State != StateOK {
			lines = append(lines, fmt.Sprintf("%s %s: %s", q.Name, q.State, q.Detail))
		}
	}
	return append(append(lines, r.space()...), append([]string{"cold: " + r.Cold}, r.Notes...)...)
}

// space compares what the engines take on disk and in memory.
func (r *Result) space() []string {
	var lines []string
	for _, of := range []struct {
		what string
		get  func(*Engine) int64
		also int64
	}{
		{"on disk", func(e *Engine) int64 { return e.Bytes }, r.Data.ZstdParquetBytes},
		{"peak of memory", func(e *Engine) int64 { return e.PeakBytes }, 0},
	} {
		own, least, name := int64(0), int64(math.MaxInt64), ""
		for i := range r.Engines {
			e := &r.Engines[i]
			if n := of.get(e); e.Name == assay {
				own = n
			} else if n > 0 && n < least {
				least, name = n, e.Name
			}
		}
		if of.also > 0 && of.also < least {
			least, name = of.also, "DuckDB's zstd Parquet"
		}
		if own > 0 && name != "" {
			lines = append(lines, fmt.Sprintf("%s: assay %s, the least of the others %s (%s): %.2f of it", of.what, size(own), size(least), name, float64(own)/float64(least)))
		}
	}
	return lines
}

// number writes three significant digits, nothing for 0.
func number(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func size(bytes int64) string {
	if bytes == 0 {
		return "-"
	}
	return bytesize.Format(bytes)
}
