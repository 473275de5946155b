package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/storage/bytesize"
	"github.com/spf13/cobra"
)

// attachedView is what the server answers to an attach.
type attachedView struct {
	tableView
	Files        int    `json:"files"`
	Unchanged    bool   `json:"unchanged"`
	CatalogIndex uint64 `json:"catalog_index"`
}

func (a *app) tableAttachCommand() *cobra.Command {
	var exclude []string
	var format string
	cmd := &cobra.Command{
		Use: "attach TABLE LOCATION", Short: "Make a table of Parquet files that others wrote, in place", Args: cobra.ExactArgs(2),
		Long: "Make a table of the Parquet files at a location: a file, a folder with all below it, or s3://BUCKET/PREFIX/. The files are read where\n" +
			"they lie and never changed. Which they are is noted with their sizes and the hashes of their footers: a file that changes makes queries fail\n" +
			"until the table is attached again. The server must be able to read the location, and its --attach-root must allow it.",
		Example: "  assay table attach labs /data/exports/labs.parquet\n  assay table attach visits s3://lake/visits/ --exclude payload",
	}
	cmd.Flags().StringArrayVar(&exclude, "exclude", nil, "column to leave out, such as a nested one")
	listFlag(cmd, &format)
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		location, err := locationURL(args[1])
		if err != nil {
			return usageError{err}
		}
		var v attachedView
		body := map[string]any{"location": location, "format": "parquet", "exclude": exclude}
		if err := c.Call(ctx, http.MethodPost, tablePath(args[0])+"/attach", body, &v); err != nil {
			return err
		}
		if format == "json" {
			return a.printJSON(v)
		}
		state := ""
		if v.Unchanged {
			state = ", unchanged"
		}
		_, err = fmt.Fprintf(a.out, "table %s: %d rows and %d columns in %d files (%s)%s\n", v.Name, v.Rows, len(v.Columns), v.Files, bytesize.Format(v.Bytes), state)
		return err
	})
	return cmd
}

// locationURL makes a URL of a path; what is one already stays as it is.
func locationURL(text string) (string, error) {
	if strings.HasPrefix(text, "s3://") || strings.HasPrefix(text, "file://") {
		return text, nil
	}
	full, err := filepath.Abs(text)
	if err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(full)}).String(), nil
}
