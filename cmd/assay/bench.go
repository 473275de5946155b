package main

import (
	"context"
	"fmt"
	"time"

	"github.com/assaydb/assay/bench/datagen"
	"github.com/assaydb/assay/storage/bytesize"
	"github.com/spf13/cobra"
)

func (a *app) benchCommand() *cobra.Command {
	return group("bench", "Make benchmark data, measure beside other engines", a.benchGenCommand(), a.benchRunCommand(), a.benchCatalogCommand())
}

// genFlags are those of assay bench gen.
type genFlags struct {
	spec    datagen.Spec
	out     string
	single  bool
	workers int
}

func (a *app) benchGenCommand() *cobra.Command {
	f := &genFlags{}
	cmd := &cobra.Command{
		Use: "gen --rows N --out DIR", Short: "Make the LabBench data: lab results of 200 hospitals over 24 months",
		Long: "Make the LabBench data as CSV, one file per hospital and month (DIR/H0042/2025-01.csv) or one for all (DIR/labs.csv),\n" +
			"with the dimension tables hospitals.csv and tests.csv beside. The same rows and seed give the same bytes everywhere.",
		Example: "  assay bench gen --rows 24000000 --seed 1 --out labbench\n  assay bench gen --rows 100000 --hospitals 3 --months 4 --out small",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.benchGen(cmd.Context(), f) },
	}
	fl := cmd.Flags()
	fl.Int64Var(&f.spec.Rows, "rows", 24_000_000, "rows over all files")
	fl.Uint64Var(&f.spec.Seed, "seed", 1, "seed: another one gives other data")
	fl.IntVar(&f.spec.Hospitals, "hospitals", datagen.MaxHospitals, "how many hospitals")
	fl.IntVar(&f.spec.Months, "months", datagen.MaxMonths, "how many months from 2025-01")
	fl.StringVar(&f.out, "out", "", "folder to write to (required)")
	fl.BoolVar(&f.single, "single", false, "write one file, labs.csv")
	fl.IntVar(&f.workers, "workers", 0, "how many to work at once (default one per CPU)")
	cmd.MarkFlagRequired("out") //nolint:errcheck // the flag exists
	return cmd
}

// rowBytes is about the size of a row, for the progress bar.
const rowBytes = 170

func (a *app) benchGen(ctx context.Context, f *genFlags) error {
	set, err := datagen.New(f.spec)
	if err != nil {
		return usageError{err}
	}
	p, start := a.newProgress("bench gen", f.spec.Rows*rowBytes), time.Now()
	write := set.WriteFiles
	if f.single {
		write = set.WriteSingleFile
	}
	err = write(ctx, f.out, f.workers, func(_, bytes int64) { p.add(bytes) })
	p.end()
	if err != nil {
		return err
	}
	took := time.Since(start)
	fmt.Fprintf(a.err, "%s: %s in %s, %s/s\n", f.spec, bytesize.Format(p.done.Load()), took.Round(time.Millisecond),
		bytesize.Format(int64(float64(p.done.Load())/took.Seconds())))
	return nil
}
