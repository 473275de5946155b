package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/assaydb/assay/bench/contest"
	"github.com/assaydb/assay/bench/report"
	rivals "github.com/assaydb/assay/bench/rival"
	"github.com/spf13/cobra"
)

// runFlags are those of assay bench run.
type runFlags struct {
	cfg    contest.Config
	tracks []string
	output string
	out    string
	page   string
}

func (a *app) benchRunCommand() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use: "run", Short: "Measure Assay beside DuckDB and ClickHouse, answers compared first",
		Long: "Measure Assay beside DuckDB and ClickHouse on this machine: the same data, questions and threads, the engines in turn within one run.\n" +
			"Answers are compared value by value before any time counts. The rivals come from npm in pinned versions, installed by this command where\n" +
			"they are missing (some 615 MB in the user's cache; ASSAY_RIVALS names another folder); without npm Assay runs alone.\n\n" +
			"Tracks:\n" +
			"  same         all engines read the same Parquet files in place, written by DuckDB with its defaults (LabBench, Q01 to Q24)\n" +
			"  own          each engine loads the same CSV into its own format; load time and bytes on disk beside the queries (LabBench)\n" +
			"  wide         as own, with 28 questions over events of 60 columns (W01 to W28)\n" +
			"  cardinality  as own, with 12 questions over keys that are nearly all different, 10 million by default (H01 to H12)\n" +
			"  load         one CSV until it is durable, verified and can be queried, against DuckDB's COPY to Parquet (L01 to L03)\n\n" +
			"A ratio is the fastest rival's best hot time over Assay's; below 3 ms all count as equal; a mean counts a ratio as at most 10.",
		Example: "  assay bench run --rows 2000000\n  assay bench run --track own --queries Q05,Q06 --runs 9 -o json --out results",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.benchRun(cmd.Context(), f) },
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&f.tracks, "track", []string{"same", "own"}, "tracks to run: "+strings.Join(contest.Tracks(), " ")+", or all")
	fl.Int64Var(&f.cfg.Rows, "rows", 0, "rows of data (default 2000000; wide 1000000; cardinality 15000000)")
	fl.Int64Var(&f.cfg.Keys, "keys", 0, "distinct keys of track cardinality (default two thirds of the rows)")
	fl.Uint64Var(&f.cfg.Seed, "seed", 1, "seed of the data")
	fl.IntVar(&f.cfg.Runs, "runs", 5, "hot runs of each query on each engine, after one warm-up")
	fl.IntVar(&f.cfg.Threads, "threads", 0, "threads of every engine (default one per CPU)")
	fl.StringSliceVar(&f.cfg.Queries, "queries", nil, "only these, like Q01,Q06 (default all)")
	fl.StringSliceVar(&f.cfg.Engines, "engines", contest.Engines(), "engines to run")
	fl.BoolVar(&f.cfg.Cold, "cold", false, "also measure each query on a freshly started engine with nothing in the system's cache")
	fl.BoolVar(&f.cfg.Split, "split", false, "one CSV per hospital and month, as hospitals send them, in place of one file")
	fl.StringVar(&f.cfg.Work, "work", "", "scratch folder to keep; CSVs in it are used again (default: one that is removed at the end)")
	fl.StringVar(&f.cfg.Binary, "binary", "", "assay command to measure (default this one)")
	fl.StringVar(&f.out, "out", "", "folder for the results: TRACK.json and the plot TRACK.svg")
	fl.StringVar(&f.page, "page", "", "Markdown page whose sections between <!-- bench: TRACK --> and <!-- end: TRACK --> get table and plot; needs --out")
	fl.StringSliceVar(&f.cfg.Flags, "serve-flags", nil, "further flags of assay serve, like --serve-flags=--memory=2GiB")
	listFlag(cmd, &f.output)
	return cmd
}

func (a *app) benchRun(ctx context.Context, f *runFlags) error {
	cfg := &f.cfg
	if f.output != "table" && f.output != "json" {
		return usageError{fmt.Errorf("-o %s is not table or json", f.output)}
	}
	if f.page != "" && f.out == "" {
		return usageError{errors.New("--page needs --out: the page shows the plot that lies there")}
	}
	cfg.Say = a.benchSay("bench run")
	if slices.Contains(f.tracks, "all") {
		f.tracks = contest.Tracks()
	}
	for _, t := range f.tracks {
		cfg.Track = t
		if err := cfg.Check(); err != nil {
			return usageError{err}
		}
	}
	cleanup, err := benchPlace(&cfg.Work, &cfg.Binary, &cfg.Threads)
	if err != nil {
		return err
	}
	defer cleanup()
	if err := a.findRivals(ctx, cfg); err != nil {
		return err
	}
	return a.benchTracks(ctx, f)
}

// benchSay tells progress on standard error.
func (a *app) benchSay(name string) func(format string, args ...any) {
	return func(format string, args ...any) { fmt.Fprintf(a.err, name+": "+format+"\n", args...) }
}

// benchPlace fills in what a benchmark was not told: a scratch folder, which cleanup removes, this command, one thread per CPU.
func benchPlace(work, binary *string, threads *int) (cleanup func(), err error) {
	if *threads <= 0 {
		*threads = runtime.NumCPU()
	}
	if *binary == "" {
		if *binary, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find the assay command: %w", err)
		}
	}
	if *work != "" {
		*work, err = filepath.Abs(*work)
		return func() {}, err
	}
	if *work, err = os.MkdirTemp("", "assay-bench-"); err != nil {
		return nil, fmt.Errorf("make a scratch folder: %w", err)
	}
	return func() { os.RemoveAll(*work) }, nil
}

// findRivals sets where the rivals are, or why they are not.
func (a *app) findRivals(ctx context.Context, cfg *contest.Config) error {
	dir, err := rivals.Find(ctx, func(s string) { cfg.Say("%s", s) }, filepath.Join("bench", "rival"))
	if errors.Is(err, rivals.ErrNoNode) {
		cfg.NoRivals = err.Error()
		cfg.Say("%v: Assay runs alone", err)
		return nil
	}
	cfg.Modules = dir
	return err
}

// benchTracks runs one track after the other. Answers that differ are an error at the end, when everything has been written.
func (a *app) benchTracks(ctx context.Context, f *runFlags) error {
	var differ []string
	for _, track := range f.tracks {
		cfg := f.cfg
		cfg.Track = track
		r, err := contest.Run(ctx, cfg)
		if err != nil {
			return fmt.Errorf("track %s: %w", track, err)
		}
		if err := a.benchWrite(f, r); err != nil {
			return err
		}
		for _, q := range r.Queries {
			if q.State == report.StateDiffers {
				differ = append(differ, track+" "+q.Name)
			}
		}
	}
	if len(differ) > 0 {
		return fmt.Errorf("answers differ: %s", strings.Join(differ, ", "))
	}
	return nil
}

// benchWrite leaves a result where the flags say: its JSON and plot in a folder, both in a page, and for people or programs on standard output.
func (a *app) benchWrite(f *runFlags, r *report.Result) error {
	if f.out != "" {
		if err := a.benchFiles(f, r); err != nil {
			return err
		}
	}
	if f.output == "json" {
		return r.Write(a.out)
	}
	return r.Table(a.out)
}

func (a *app) benchFiles(f *runFlags, r *report.Result) error {
	name, plot := filepath.Join(f.out, r.Track+".json"), filepath.Join(f.out, r.Track+".svg")
	if err := writeFile(name, r.Write); err != nil {
		return err
	}
	f.cfg.Say("result written to %s", name)
	if r.Score == nil {
		f.cfg.Say("no plot: nothing was compared")
		return nil
	}
	if err := writeFile(plot, r.Plot); err != nil {
		return err
	}
	if f.page == "" {
		return nil
	}
	rel, err := filepath.Rel(filepath.Dir(f.page), plot)
	if err != nil {
		return fmt.Errorf("find the plot from the page: %w", err)
	}
	old, err := os.ReadFile(f.page)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	page, err := r.Into(old, filepath.ToSlash(rel))
	if err != nil {
		return fmt.Errorf("%s: %w", f.page, err)
	}
	f.cfg.Say("table and plot put into %s", f.page)
	return os.WriteFile(f.page, page, 0o644)
}

// writeFile writes a file in a folder that is made for it.
func writeFile(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("create folder: %w", err)
	}
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	return errors.Join(write(f), f.Close())
}
