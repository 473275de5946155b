package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/assaydb/assay/bench/scale"
	"github.com/spf13/cobra"
)

// catalogFlags are those of assay bench catalog.
type catalogFlags struct {
	cfg    scale.Config
	output string
	out    string
}

func (a *app) benchCatalogCommand() *cobra.Command {
	f := &catalogFlags{}
	cmd := &cobra.Command{
		Use: "catalog", Short: "Measure how a node starts and plans on a catalog of many segments",
		Long: "Make a catalog of many segments through the commands that loads send, without the files, and measure how long assay serve takes on it until\n" +
			"it is ready, what it holds in memory, and how long statements take to be planned over HTTP.",
		Example: "  assay bench catalog --segments 100000\n  assay bench catalog --segments 2000000 --per-delivery 100 -o json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.benchCatalog(cmd.Context(), f) },
	}
	fl := cmd.Flags()
	fl.IntVar(&f.cfg.Shape.Segments, "segments", 100_000, "live segments")
	fl.IntVar(&f.cfg.Shape.PerDelivery, "per-delivery", 24, "segments of one delivery")
	fl.IntVar(&f.cfg.Runs, "runs", 5, "starts, and plans of each statement")
	fl.IntVar(&f.cfg.Threads, "threads", 0, "threads of the server (default one per CPU)")
	fl.StringVar(&f.cfg.Work, "work", "", "scratch folder to keep (default: one that is removed at the end)")
	fl.StringVar(&f.cfg.Binary, "binary", "", "assay command to measure (default this one)")
	fl.StringVar(&f.out, "out", "", "folder for the result as JSON, catalog.json")
	listFlag(cmd, &f.output)
	return cmd
}

func (a *app) benchCatalog(ctx context.Context, f *catalogFlags) error {
	if f.output != "table" && f.output != "json" {
		return usageError{fmt.Errorf("-o %s is not table or json", f.output)}
	}
	if f.cfg.Runs < 1 {
		return usageError{fmt.Errorf("%d runs: at least one is needed", f.cfg.Runs)}
	}
	f.cfg.Say = a.benchSay("bench catalog")
	cleanup, err := benchPlace(&f.cfg.Work, &f.cfg.Binary, &f.cfg.Threads)
	if err != nil {
		return err
	}
	defer cleanup()
	r, err := scale.Run(ctx, f.cfg)
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := writeFile(filepath.Join(f.out, "catalog.json"), r.Write); err != nil {
			return err
		}
	}
	if f.output == "json" {
		return r.Write(a.out)
	}
	return r.Table(a.out)
}
