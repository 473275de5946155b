package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/ingest"
	"github.com/spf13/cobra"
)

// loadFlags are those of assay load.
type loadFlags struct {
	table, source, period string
	mode, ack, onBadRow   string
	maxRejects, types     string
	rejects, output       string
	options               []string
	amends                string
	force, rehearse       bool
	resume                bool
	pattern               string
	parallel              int
}

func (a *app) loadCommand() *cobra.Command {
	f := &loadFlags{}
	cmd := &cobra.Command{
		Use: "load FILE... --table T", Short: "Load files of CSV, JSON Lines or Parquet (also .gz and .zst) into a table",
		Long: "Load files into a table, which is created from the first one if it does not exist. Their format is seen; --set format= declares it.\n" +
			"--source and --period name the slot: a later file of the same slot replaces this one, and the same file again changes nothing.\n" +
			"FILE may be a pattern like 'data/*.csv'; - reads standard input. With --pattern the slot is read out of each file's path.\n" +
			"Several files are loaded side by side; one that fails does not stop the others, and the exit code is that of the first failure.\n" +
			"--resume sends the file in checked pieces and goes on where an earlier attempt stopped.",
		Example: "  assay load labs.csv --table labs --source H0042 --period 2025-01\n  assay load 'in/*/*.csv.gz' --table labs --pattern '{source}/{period}.csv.gz'\n" +
			"  assay load labs.csv.gz --table labs --source H0042 --period 2025-01 --resume",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.load(cmd.Context(), f, args) },
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.table, "table", "t", "", "table to load into (required)")
	fl.StringVar(&f.source, "source", "", "who delivers, for example a hospital")
	fl.StringVar(&f.period, "period", "", "what time it covers, for example 2025-01")
	fl.StringVar(&f.mode, "mode", "", "replace or append (default replace when the slot is named)")
	fl.StringVar(&f.ack, "ack", "", "local, quorum or mirror: where the data must be before the receipt")
	fl.StringVar(&f.onBadRow, "on-bad-row", "", "reject_row or reject_file")
	fl.StringVar(&f.maxRejects, "max-rejects", "", "share or number of rows that may be rejected, like 0.1% or 250 (default 1%)")
	fl.StringVar(&f.types, "types", "", "auto, or text to keep every column of a new table as text")
	fl.StringArrayVar(&f.options, "set", nil, "override detection: "+strings.Join(ingest.DialectParameters(), "= ")+"=")
	fl.BoolVar(&f.force, "force", false, "put a superseded delivery back in force")
	fl.StringVar(&f.amends, "amends", "", "the delivery whose rejected lines these are, corrected")
	fl.BoolVar(&f.rehearse, "rehearse", false, "check everything and commit nothing")
	fl.BoolVar(&f.resume, "resume", false, "send in pieces that are kept, and go on where an earlier attempt stopped")
	fl.StringVar(&f.pattern, "pattern", "", "read source and period out of the end of each file's path, like '{source}/{period}.csv*'")
	fl.IntVar(&f.parallel, "parallel", 4, "files sent at once")
	fl.StringVar(&f.rejects, "rejects", "", "write the rejected records to this file as CSV")
	fl.StringVarP(&f.output, "output", "o", "table", "table or json: how receipts are printed")
	cmd.MarkFlagRequired("table") //nolint:errcheck // the flag exists
	return cmd
}

// values are the URL parameters of the upload.
func (f *loadFlags) values() (url.Values, error) {
	v := url.Values{}
	for name, text := range map[string]string{
		"source": f.source, "period": f.period, "mode": f.mode, "ack": f.ack, "on_bad_row": f.onBadRow, "max_rejects": f.maxRejects, "types": f.types, "amends": f.amends,
	} {
		if text != "" {
			v.Set(name, text)
		}
	}
	for _, o := range f.options {
		name, text, ok := strings.Cut(o, "=")
		if !ok {
			return nil, usageError{fmt.Errorf("--set %q is not NAME=VALUE", o)}
		}
		v.Set(name, text)
	}
	if f.force {
		v.Set("force", "1")
	}
	if f.rehearse {
		v.Set("rehearse", "1")
	}
	return v, nil
}

func (a *app) load(ctx context.Context, f *loadFlags, args []string) error {
	if f.output != "table" && f.output != "json" {
		return usageError{fmt.Errorf("-o %s is not table or json", f.output)}
	}
	values, err := f.values()
	if err != nil {
		return err
	}
	files, err := f.files(args, values)
	if err != nil {
		return err
	}
	c, err := a.client()
	if err != nil {
		return usageError{err}
	}
	var rejects *rejectsFile
	if f.rejects != "" {
		out, err := os.Create(f.rejects)
		if err != nil {
			return fmt.Errorf("create the file of rejects: %w", err)
		}
		defer out.Close()
		rejects = &rejectsFile{out: out}
	}
	return (&loading{app: a, flags: f, client: c, rejects: rejects}).all(ctx, files)
}

// expand resolves patterns; a name without pattern stands for itself.
func expand(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		if arg == "-" || !strings.ContainsAny(arg, "*?[") {
			files = append(files, arg)
			continue
		}
		found, err := filepath.Glob(arg)
		if err != nil {
			return nil, usageError{fmt.Errorf("%q is not a pattern: %w", arg, err)}
		}
		if len(found) == 0 {
			return nil, usageError{fmt.Errorf("no file matches %q", arg)}
		}
		files = append(files, found...)
	}
	return files, nil
}

func (a *app) upload(table, name string, values url.Values) (client.Upload, *progress, error) {
	up := client.Upload{Table: table, Name: filepath.Base(name), Values: values}
	up.Retrying = func(err error, wait time.Duration) {
		fmt.Fprintf(a.err, "%s: %v; trying again in %s\n", name, err, wait)
	}
	if name == "-" {
		p := a.newProgress("standard input", 0)
		up.Name, up.Tries = "", 1 // it can be read once only
		up.Open = func() (io.ReadCloser, error) { return &counted{io.NopCloser(a.in), p}, nil }
		return up, p, nil
	}
	st, err := os.Stat(name)
	if err != nil {
		return up, nil, errors.Unwrap(err)
	}
	if st.IsDir() {
		return up, nil, usageError{errors.New("is a folder, not a file")}
	}
	p := a.newProgress(filepath.Base(name), st.Size())
	up.Open = func() (io.ReadCloser, error) {
		in, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		return &counted{in, p}, nil
	}
	return up, p, nil
}

func (a *app) printReceipt(format, name string, r *client.Receipt) error {
	for _, w := range r.Warnings {
		fmt.Fprintf(a.err, "%s: %s\n", name, w)
	}
	if format == "json" {
		_, err := a.out.Write(r.Raw)
		return err
	}
	what := "loaded"
	switch {
	case r.Rehearsal && r.State == "held":
		what = "would hold for approval"
	case r.Rehearsal:
		what = "would load"
	case r.State == "held":
		what = "held for approval:"
	case r.Duplicate:
		what = "already there:"
	case r.Replaced != nil:
		what = "replaced " + *r.Replaced + ":"
	}
	_, err := fmt.Fprintf(a.out, "%s: %s %d rows into %s, %d rejected, delivery %s\n", name, what, r.Accepted, r.Table, r.Rejected, r.DeliveryID)
	return err
}
