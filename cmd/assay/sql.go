package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/assaydb/assay/http/client"
	"github.com/spf13/cobra"
)

// sqlFlags are those of assay sql.
type sqlFlags struct {
	command, file, output string
	params                []string
	dryRun                bool
	timeout               time.Duration
	maxRows               int64
	given                 bool // -c was there, if only with an empty text
}

func (a *app) sqlCommand() *cobra.Command {
	f := &sqlFlags{}
	cmd := &cobra.Command{
		Use: "sql", Short: "Run SQL: one command, a file, or a prompt",
		Example: "  assay sql\n  assay sql -c 'SELECT COUNT(*) FROM labs'\n  assay sql -f q.sql -o csv > out.csv\n  assay sql -c 'SELECT * FROM labs WHERE hospital_id = :h' -p h=H0042",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.given = cmd.Flags().Changed("command")
			return a.sql(cmd.Context(), f)
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.command, "command", "c", "", "statements to run, with ; between")
	fl.StringVarP(&f.file, "file", "f", "", "file of statements to run, - for standard input")
	fl.StringVarP(&f.output, "output", "o", "table", "table, csv, tsv, json, ndjson, arrow or parquet")
	fl.StringArrayVarP(&f.params, "param", "p", nil, "NAME=VALUE: value of :NAME in the statement")
	fl.DurationVar(&f.timeout, "timeout", 0, "limit of each statement, like 30s (default the server's)")
	fl.Int64Var(&f.maxRows, "max-rows", 0, "fail when a result has more rows than this")
	fl.BoolVar(&f.dryRun, "dry-run", false, "plan and estimate only: nothing is scanned")
	cmd.MarkFlagsMutuallyExclusive("command", "file")
	return cmd
}

func (a *app) sql(ctx context.Context, f *sqlFlags) error {
	if !slices.Contains([]string{"table", "csv", "tsv", "json", "ndjson", "arrow", "parquet"}, f.output) {
		return usageError{fmt.Errorf("-o %s is not table, csv, tsv, json, ndjson, arrow or parquet", f.output)}
	}
	params := map[string]string{}
	for _, p := range f.params {
		name, v, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return usageError{fmt.Errorf("-p %q is not NAME=VALUE", p)}
		}
		params[name] = v
	}
	c, err := a.client()
	if err != nil {
		return usageError{err}
	}
	st := client.Statement{Format: f.output, Params: params, DryRun: f.dryRun, Timeout: f.timeout, MaxRows: f.maxRows}
	script, given, err := a.script(f)
	if err != nil {
		return err
	}
	if !given {
		return a.prompt(ctx, c, st)
	}
	statements := splitStatements(script)
	if len(statements) == 0 {
		return usageError{errors.New("there is no statement to run")}
	}
	for _, text := range statements {
		st.SQL = text
		if err := a.runStatement(ctx, c, st); err != nil {
			return err
		}
	}
	return nil
}

// script is the text to run, if any was given: -c, -f, or standard input that is no terminal.
func (a *app) script(f *sqlFlags) (text string, given bool, err error) {
	var raw []byte
	switch {
	case f.given:
		return f.command, true, nil
	case f.file != "" && f.file != "-":
		raw, err = os.ReadFile(f.file)
	case f.file == "-" || !interactive(a.in):
		raw, err = io.ReadAll(a.in)
	default:
		return "", false, nil
	}
	if err != nil {
		return "", true, fmt.Errorf("read the statements: %w", err)
	}
	return string(raw), true, nil
}

func (a *app) runStatement(ctx context.Context, c *client.Client, st client.Statement) error {
	start := time.Now()
	sum, err := c.Run(ctx, st, a.out)
	if err != nil {
		return withExcerpt(err)
	}
	for _, w := range sum.Warnings {
		fmt.Fprintln(a.err, "warning:", w)
	}
	if st.Format == "table" && interactive(a.err) {
		fmt.Fprintf(a.err, "%s\n", time.Since(start).Round(time.Millisecond))
	}
	return nil
}

// withExcerpt adds the line of the statement that an error points at.
func withExcerpt(err error) error {
	var p *client.Problem
	if !errors.As(err, &p) || p.SQL == nil || p.SQL.Excerpt == "" {
		return err
	}
	return fmt.Errorf("%w\n  near: %s", err, p.SQL.Excerpt)
}
