package contest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaydb/assay/bench/engine"
	"github.com/assaydb/assay/bench/workload"
	"github.com/assaydb/assay/storage/errs"
)

// Config says what to run.
type Config struct {
	Track   string
	Rows    int64 // 0: the track's default
	Keys    int64 // distinct keys of track cardinality; 0: two thirds of the rows
	Seed    uint64
	Runs    int
	Threads int
	Queries []string // names; none means all
	Engines []string // names; Assay needs Binary, the rivals Modules
	Cold    bool
	Split   bool // one CSV per hospital and month in place of one

	Work     string // scratch folder; data that lies there from a run with equal settings is used again
	Binary   string // the assay command
	Modules  string // folder of the rivals' node_modules; empty: they are not there
	NoRivals string // why Modules is empty
	Flags    []string
	Say      func(format string, args ...any) // progress
}

// Tracks are all of them, in the order in which they are run.
func Tracks() []string { return []string{"same", "own", "wide", "cardinality", "load"} }

// Engines are all of them, in the order in which they take turns.
func Engines() []string { return []string{workload.Assay, workload.DuckDB, workload.ClickHouse} }

// Check finds what cannot be meant.
func (c *Config) Check() error {
	if !slices.Contains(Tracks(), c.Track) {
		return errs.New(errs.Invalid, "bad-track", "there is no track %q; tracks are %s", c.Track, strings.Join(Tracks(), ", "))
	}
	for _, e := range c.Engines {
		if !slices.Contains(Engines(), e) {
			return errs.New(errs.Invalid, "bad-engine", "there is no engine %q; engines are %s", e, strings.Join(Engines(), ", "))
		}
	}
	if c.Runs < 1 || c.Threads < 0 || c.Rows < 0 || c.Keys < 0 {
		return errs.New(errs.Invalid, "bad-number", "there is at least one run; threads, rows and keys are not negative")
	}
	if c.Track == "load" {
		return nil
	}
	_, err := c.chosen()
	return err
}

// chosen are the track's queries, or those of them that are asked for.
func (c *Config) chosen() ([]workload.Query, error) {
	all := c.suite().Queries
	if len(c.Queries) == 0 {
		return all, nil
	}
	var out []workload.Query
	for _, name := range c.Queries {
		i := slices.IndexFunc(all, func(q workload.Query) bool { return strings.EqualFold(q.Name, name) })
		if i < 0 {
			return nil, errs.New(errs.NotFound, "no-such-query", "track %s has no query %q", c.Track, name)
		}
		out = append(out, all[i])
	}
	return out, nil
}

// suite is what the track asks about.
func (c *Config) suite() workload.Suite {
	switch c.Track {
	case "wide":
		return workload.Wide()
	case "cardinality":
		return workload.Cardinality()
	}
	return workload.Labs()
}

// fillIn puts the track's own values in place of zeros.
func (c *Config) fillIn() {
	if c.Rows == 0 {
		c.Rows = map[string]int64{"wide": 1_000_000, "cardinality": 15_000_000}[c.Track]
	}
	if c.Rows == 0 {
		c.Rows = 2_000_000
	}
	if c.Keys == 0 {
		c.Keys = max(1, c.Rows*2/3)
	}
}

// field makes the engines that take part, and the reasons of those that cannot.
func (c *Config) field() (engines []engine.Engine, missing map[string]string) {
	missing = map[string]string{}
	for _, name := range c.Engines {
		dir := fmt.Sprintf("%s/engines/%s", c.Work, name)
		switch {
		case name == workload.Assay:
			engines = append(engines, &engine.Assay{Binary: c.Binary, Dir: dir, Threads: c.Threads, Flags: c.Flags})
		case c.Modules == "":
			missing[name] = c.NoRivals
		case name == workload.DuckDB:
			engines = append(engines, engine.NewDuckDB(c.Modules, dir, c.Threads))
		case name == workload.ClickHouse:
			engines = append(engines, engine.NewClickHouse(c.Modules, dir, c.Threads))
		}
	}
	return engines, missing
}
