package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/assaydb/assay/node"
	"github.com/assaydb/assay/storage/bytesize"
	"github.com/spf13/cobra"
)

func (a *app) restoreCommand() *cobra.Command {
	var from, data string
	var lazy, gap bool
	cmd := &cobra.Command{
		Use: "restore --from URL --data DIR", Short: "Rebuild a node's data folder from its mirror", Args: cobra.NoArgs,
		Long: "Rebuild a node's data folder from its mirror: the catalog, then every segment, each checked against its SHA-256.\n" +
			"Start a node on the folder afterwards. An interrupted restore may be repeated: what is there and sound is kept.",
		Example: "  assay restore --from file:///backup/assay --data ./new-data\n  assay restore --from 's3://bucket/prefix?region=us-east-1' --data ./new-data",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.restore(cmd.Context(), from, data, lazy, gap) },
	}
	fl := cmd.Flags()
	fl.StringVar(&from, "from", "", "mirror to restore from: file:///DIR or s3://BUCKET/PREFIX?endpoint=URL&region=R (required)")
	fl.StringVar(&data, "data", "", "data folder to make (required)")
	fl.BoolVar(&lazy, "lazy", false, "leave segments in the mirror; each is fetched when a query first needs it")
	fl.BoolVar(&gap, "allow-gap", false, "where the catalog's log has a hole, take what comes before it instead of failing")
	cmd.MarkFlagRequired("from") //nolint:errcheck // the flag exists
	cmd.MarkFlagRequired("data") //nolint:errcheck // the flag exists
	return cmd
}

func (a *app) restore(ctx context.Context, from, data string, lazy, gap bool) error {
	if err := emptyEnough(data); err != nil {
		return err
	}
	var p *progress
	defer func() {
		if p != nil {
			p.end()
		}
	}()
	var told int64
	out, err := node.Restore(ctx, node.RestoreOptions{
		From: from, Data: data, Lazy: lazy, AllowGap: gap, Logger: slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Progress: func(done, total int64) {
			if p == nil {
				p = a.newProgress("restore", total)
			}
			p.add(done - told)
			told = done
		},
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "restored catalog index %d and %d files, %s, into %s\n", out.Index, out.Files, bytesize.Format(out.Bytes), data)
	return err
}

// emptyEnough refuses a folder that holds a catalog: a restore must not mix two.
func emptyEnough(data string) error {
	d, err := os.Open(filepath.Join(data, "raft"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into the data folder: %w", err)
	}
	defer d.Close()
	if _, err := d.Readdirnames(1); errors.Is(err, io.EOF) {
		return nil
	}
	return usageError{fmt.Errorf("%s holds a catalog already: restore into a new folder", data)}
}
