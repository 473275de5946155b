package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/assaydb/assay/http/server"
	"github.com/assaydb/assay/ingest"
	"github.com/spf13/cobra"
)

// sniffFlags are those of assay sniff.
type sniffFlags struct {
	format, against, mapping, source string
	onBadRow, maxRejects             string
	options                          []string
}

func (a *app) sniffCommand() *cobra.Command {
	f := &sniffFlags{}
	cmd := &cobra.Command{
		Use: "sniff FILE", Short: "Say what a load would make of a file: dialect, columns, types, problems; needs no server", Args: cobra.ExactArgs(1),
		Long: "Read the whole of a file and say how it is written, how sure that is and which lines decided, what its columns are, and what is wrong.\n" +
			"With --against, say what a load into a table would give: its verdict and all problems. The file is what GET /v1/tables/T answers,\n" +
			"for example by 'assay table show T -o json'. The exit code is that of the load.",
		Example: "  assay sniff labs.csv\n  assay sniff labs.csv -o json --set delimiter=';'\n  assay sniff labs.csv --against labs.json",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.sniff(cmd.Context(), args[0], f) },
	}
	listFlag(cmd, &f.format)
	fl := cmd.Flags()
	fl.StringArrayVar(&f.options, "set", nil, "override detection: "+strings.Join(ingest.DialectParameters(), "= ")+"=")
	fl.StringVar(&f.against, "against", "", "a table's definition as JSON: rehearse a load into it")
	fl.StringVar(&f.mapping, "mapping", "", "with --against: the source's mapping as JSON")
	fl.StringVar(&f.source, "source", "", "with --against: who delivers")
	fl.StringVar(&f.onBadRow, "on-bad-row", "", "with --against: reject_row or reject_file")
	fl.StringVar(&f.maxRejects, "max-rejects", "", "with --against: share or number of rows that may be rejected (default 1%)")
	return cmd
}

func (f *sniffFlags) parse() (ingest.Options, error) {
	given := map[string]string{"on_bad_row": f.onBadRow, "max_rejects": f.maxRejects}
	for _, o := range f.options {
		k, v, ok := strings.Cut(o, "=")
		if !ok {
			return ingest.Options{}, usageError{fmt.Errorf("--set %q is not NAME=VALUE", o)}
		}
		if !slices.Contains(ingest.DialectParameters(), k) {
			return ingest.Options{}, usageError{fmt.Errorf("--set %s: there is no such option; known are %s", k, strings.Join(ingest.DialectParameters(), ", "))}
		}
		given[k] = v
	}
	opts, err := ingest.ParseOptions(func(k string) string { return given[k] })
	if err != nil {
		return opts, usageError{err}
	}
	return opts, nil
}

func (a *app) sniff(ctx context.Context, name string, f *sniffFlags) error {
	opts, err := f.parse()
	if err != nil {
		return err
	}
	in := io.NopCloser(a.in)
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, errors.Unwrap(err))
		}
		in = file
	}
	defer in.Close()
	if f.against != "" {
		return a.sniffAgainst(ctx, name, f, opts, in)
	}
	found, err := ingest.Sniff(ctx, in, opts)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if f.format == "json" {
		return a.printJSON(found)
	}
	return a.printSniffed(f.format, found)
}

// sniffAgainst rehearses a load into a table that is known from a file alone.
func (a *app) sniffAgainst(ctx context.Context, name string, f *sniffFlags, opts ingest.Options, in io.Reader) error {
	text, err := os.ReadFile(f.against)
	if err != nil {
		return fmt.Errorf("read the table: %w", err)
	}
	st := &ingest.Standing{}
	t, rows, err := server.ParseTable(text)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", f.against, err)}
	}
	st.Table, st.Rows = *t, rows
	if f.mapping != "" {
		if text, err = os.ReadFile(f.mapping); err != nil {
			return fmt.Errorf("read the mapping: %w", err)
		}
		if st.Mapping, err = ingest.ParseMapping(text); err != nil {
			return usageError{fmt.Errorf("%s: %w", f.mapping, err)}
		}
	}
	r, err := ingest.Against(ctx, st, &ingest.Request{Source: f.source, Body: in, Options: opts})
	if err != nil {
		return fmt.Errorf("%s: a load into %s would be refused: %w", name, t.Name, err)
	}
	if f.format == "json" {
		return a.printJSON(r)
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(a.err, "warning:", w)
	}
	fmt.Fprintf(a.out, "a load into %s would accept %d of %d records and reject %d\n", t.Name, r.Accepted, r.RecordsIn, r.Rejected)
	return a.printProblems(r.Problems)
}

// printProblems lists rejects by what is wrong.
func (a *app) printProblems(problems []ingest.Problem) error {
	for _, p := range problems {
		where := "records"
		if p.Column != "" {
			where = fmt.Sprintf("column %q", p.Column)
		}
		more := ""
		if p.Count > int64(len(p.Lines)) {
			more = " ..."
		}
		lines := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(p.Lines)), ", "), "[]")
		if _, err := fmt.Fprintf(a.out, "  %s: %s: %d, in lines %s%s\n", where, p.Reason, p.Count, lines, more); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printSniffed(format string, s *ingest.Sniffed) error {
	fmt.Fprintf(a.out, "%d records, %d of them would be rejected; %d blank lines; %d bytes\n", s.Records, s.Rejected, s.Blank, s.Bytes)
	fmt.Fprintf(a.out, "%s\n", dialectText(&s.Dialect))
	for _, e := range s.Evidence {
		line := ""
		if e.Line > 0 {
			line = fmt.Sprintf(" (line %d)", e.Line)
		}
		fmt.Fprintf(a.out, "  %-10s %-12q %3.0f %%  %s%s\n", e.What, e.Value, 100*e.Confidence, e.Why, line)
	}
	fmt.Fprintln(a.out)
	err := printList(a, format, s.Columns, []string{"column", "type", "nulls", "decided by", "read with"}, func(c ingest.SniffColumn) []any {
		where := ""
		if c.Line > 0 {
			where = fmt.Sprintf("%q in line %d", c.Example, c.Line)
		}
		return []any{c.Name, c.Type, c.Nulls, where, c.Form}
	})
	if err != nil {
		return err
	}
	for _, w := range s.Warnings {
		fmt.Fprintln(a.err, "warning:", w)
	}
	for _, l := range s.Aside {
		fmt.Fprintf(a.err, "set aside: line %d: %q\n", l.Line, l.Text)
	}
	for _, r := range s.Rejects {
		fmt.Fprintf(a.err, "rejected: line %d (byte %d): %s\n", r.Line, r.ByteOffset, r.Reason)
	}
	return nil
}

// dialectText says how a file is written, in the words of the upload's parameters.
func dialectText(d *ingest.Dialect) string {
	parts := []string{"encoding " + d.Charset, fmt.Sprintf("delimiter %q", d.Delimiter), "no quotes", "no header line", "decimal " + d.Decimal}
	if d.LineEnd != "" {
		parts = append(parts, "line ends "+d.LineEnd)
	}
	if d.Thousands != "" {
		parts = append(parts, fmt.Sprintf("thousands %q", d.Thousands))
	}
	if d.Skip > 0 {
		parts = append(parts, fmt.Sprintf("%d lines before the header", d.Skip))
	}
	if d.Quote != "" {
		parts[2] = "quote " + d.Quote
		if d.Escape != d.Quote {
			parts[2] += " escaped by " + d.Escape
		}
	}
	if d.Header != nil && *d.Header {
		parts[3] = "a header line"
	}
	if len(d.Null) > 0 {
		parts = append(parts, fmt.Sprintf("NULL written %q", d.Null))
	}
	if d.DateFormat != "" {
		parts = append(parts, "dates "+d.DateFormat)
	}
	if d.TimestampFormat != "" {
		parts = append(parts, "timestamps "+d.TimestampFormat)
	}
	return strings.Join(parts, ", ")
}
