package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Format is the version of the JSON form.
const Format = 1

// Result is one run of one track.
type Result struct {
	Format   int       `json:"format"`
	Track    string    `json:"track"` // same own wide cardinality load
	About    string    `json:"about"` // what the track compares
	Started  time.Time `json:"started"`
	Seconds  float64   `json:"seconds"` // how long the whole run took
	Machine  Machine   `json:"machine"`
	Revision string    `json:"revision"` // of Assay's source
	Data     Data      `json:"data"`
	Threads  int       `json:"threads"`
	Runs     int       `json:"runs"` // hot runs of each query and engine
	Cold     string    `json:"cold"` // how cold runs were made, or why there are none
	Engines  []Engine  `json:"engines"`
	Queries  []Query   `json:"queries"`
	Score    *Score    `json:"score,omitempty"`
	Notes    []string  `json:"notes,omitempty"`
}

// Machine is where it ran.
type Machine struct {
	CPU         string  `json:"cpu"`
	Cores       int     `json:"cores"`
	MemoryBytes int64   `json:"memory_bytes"`
	OS          string  `json:"os"`
	LoadBefore  float64 `json:"load_before"` // the system's load average of one minute when the run began
	LoadAfter   float64 `json:"load_after"`
}

// Data is what was asked about.
type Data struct {
	Rows     int64  `json:"rows"`
	Keys     int64  `json:"keys,omitempty"` // distinct keys (track cardinality)
	Seed     uint64 `json:"seed"`
	Files    int    `json:"files"`
	CSVBytes int64  `json:"csv_bytes"`
	// ParquetBytes is the size of the files that all engines read (track same), ZstdParquetBytes that of DuckDB's zstd Parquet of the same rows.
	ParquetBytes     int64 `json:"parquet_bytes,omitempty"`
	ZstdParquetBytes int64 `json:"zstd_parquet_bytes,omitempty"`
}

// Engine is what was measured of an engine beside the queries.
type Engine struct {
	Name        string  `json:"name"`
	Version     string  `json:"version"`
	Load        *Load   `json:"load,omitempty"`
	Settled     string  `json:"settled,omitempty"` // what Load.SettleSeconds was spent on
	Bytes       int64   `json:"bytes,omitempty"`   // live data on disk
	FolderBytes int64   `json:"folder_bytes,omitempty"`
	IdleBytes   int64   `json:"idle_bytes"`        // resident before the first query
	PeakBytes   int64   `json:"peak_bytes"`        // resident at most while the queries ran
	StartMS     float64 `json:"start_ms"`          // from the start of the process to its first answer
	Missing     string  `json:"missing,omitempty"` // why the engine took no part
}

// Load is one load into an engine's own format.
type Load struct {
	Seconds       float64 `json:"seconds"` // all of it
	SettleSeconds float64 `json:"settle_seconds"`
	CPUSeconds    float64 `json:"cpu_seconds"`
	PeakBytes     int64   `json:"peak_bytes"`
}

// The states of a query.
const (
	StateOK      = "ok"
	StateNotYet  = "not yet" // Assay refuses it
	StateDiffers = "differs" // the answers are not equal: no time counts
)

// Query is one question.
type Query struct {
	Name   string           `json:"name"`
	SQL    string           `json:"sql"`
	State  string           `json:"state"`
	Detail string           `json:"detail,omitempty"`
	Rows   int              `json:"rows"` // of the answer
	Times  map[string]*Time `json:"times"`
	// Ratio is the fastest rival's best hot time over Assay's: above 1 Assay is faster. CPURatio the same of CPU time. 0 where not known.
	Ratio    float64 `json:"ratio,omitempty"`
	CPURatio float64 `json:"cpu_ratio,omitempty"`
	Fastest  string  `json:"fastest_rival,omitempty"`
}

// Time is what an engine took for one question.
type Time struct {
	HotMS       []float64 `json:"hot_ms"` // in the order of the runs
	CPUMS       []float64 `json:"cpu_ms"`
	MinMS       float64   `json:"min_ms"`
	MedianMS    float64   `json:"median_ms"`
	CPUMinMS    float64   `json:"cpu_min_ms"`
	CPUMedianMS float64   `json:"cpu_median_ms"`
	ServerMinMS float64   `json:"server_min_ms,omitempty"` // by the server's own clock
	ColdMS      float64   `json:"cold_ms,omitempty"`
	PeakBytes   int64     `json:"peak_bytes,omitempty"` // resident at most during all runs of this query
	Refused     string    `json:"refused,omitempty"`
}

// Write writes a result as JSON.
func (r *Result) Write(w io.Writer) error {
	r.Format = Format
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// Read reads what Write wrote.
func Read(from io.Reader) (*Result, error) {
	r := &Result{}
	if err := json.NewDecoder(from).Decode(r); err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("read result: it has format %d, this is for format %d: run the benchmark again", r.Format, Format)
	}
	return r, nil
}
