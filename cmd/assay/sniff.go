package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/assaydb/assay/ingest"
	"github.com/spf13/cobra"
)

func (a *app) sniffCommand() *cobra.Command {
	var (
		format  string
		options []string
	)
	cmd := &cobra.Command{
		Use: "sniff FILE", Short: "Say what a load would make of a file: dialect, columns, types, problems; needs no server", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.sniff(cmd.Context(), args[0], format, options) },
	}
	listFlag(cmd, &format)
	cmd.Flags().StringArrayVar(&options, "set", nil, "override detection: delimiter= quote= escape= header= null= encoding= ...")
	return cmd
}

func sniffOptions() []string {
	return []string{"delimiter", "quote", "escape", "header", "null", "encoding", "date_format", "timestamp_format", "decimal", "types"}
}

func (a *app) sniff(ctx context.Context, name, format string, options []string) error {
	given := map[string]string{}
	for _, o := range options {
		k, v, ok := strings.Cut(o, "=")
		if !ok {
			return usageError{fmt.Errorf("--set %q is not NAME=VALUE", o)}
		}
		if !slices.Contains(sniffOptions(), k) {
			return usageError{fmt.Errorf("--set %s: there is no such option; known are %s", k, strings.Join(sniffOptions(), ", "))}
		}
		given[k] = v
	}
	opts, err := ingest.ParseOptions(func(k string) string { return given[k] })
	if err != nil {
		return usageError{err}
	}
	in := io.NopCloser(a.in)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, errors.Unwrap(err))
		}
		in = f
	}
	defer in.Close()
	found, err := ingest.Sniff(ctx, in, opts)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if format == "json" {
		return a.printJSON(found)
	}
	return a.printSniffed(format, found)
}

func (a *app) printSniffed(format string, s *ingest.Sniffed) error {
	fmt.Fprintf(a.out, "%d records, %d of them would be rejected; %d blank lines; %d bytes\n", s.Records, s.Rejected, s.Blank, s.Bytes)
	fmt.Fprintf(a.out, "%s\n\n", dialectText(&s.Dialect))
	err := printList(a, format, s.Columns, []string{"column", "type", "nulls", "decided by"}, func(c ingest.SniffColumn) []any {
		where := ""
		if c.Line > 0 {
			where = fmt.Sprintf("%q in line %d", c.Example, c.Line)
		}
		return []any{c.Name, c.Type, c.Nulls, where}
	})
	if err != nil {
		return err
	}
	for _, w := range s.Warnings {
		fmt.Fprintln(a.err, "warning:", w)
	}
	for _, r := range s.Rejects {
		fmt.Fprintf(a.err, "rejected: line %d (byte %d): %s\n", r.Line, r.ByteOffset, r.Reason)
	}
	return nil
}

// dialectText says how a file is written, in the words of the upload's parameters.
func dialectText(d *ingest.Dialect) string {
	parts := []string{"encoding " + d.Charset, fmt.Sprintf("delimiter %q", d.Delimiter), "no quotes", "no header line", "decimal " + d.Decimal}
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
