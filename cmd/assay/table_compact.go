package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/storage/bytesize"
	"github.com/spf13/cobra"
)

// compacted is what a compaction job came to.
type compacted struct {
	Jobs           int     `json:"jobs"`
	SegmentsBefore int64   `json:"segments_before"`
	SegmentsAfter  int64   `json:"segments_after"`
	BytesBefore    int64   `json:"bytes_before"`
	BytesAfter     int64   `json:"bytes_after"`
	RowsRewritten  int64   `json:"rows_rewritten"`
	Seconds        float64 `json:"elapsed_seconds"`
}

func (a *app) tableCompactCommand() *cobra.Command {
	var wait bool
	var format string
	cmd := &cobra.Command{
		Use: "compact TABLE", Short: "Merge a table's small segments now", Args: cobra.ExactArgs(1),
		Long: "Merge a table's small segments into larger ones, partition by partition, sorted by the table's sort key. Answers do not change; segments\n" +
			"that were replaced are kept for as long as history is. Without --wait the job's id is printed, for `assay job watch ID`.",
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until none is left to merge, and tell what was done")
	listFlag(cmd, &format)
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		var j client.Job
		if err := c.Call(ctx, http.MethodPost, tablePath(args[0])+"/compact", nil, &j); err != nil {
			return err
		}
		if !wait {
			if format == "json" {
				return a.printJSON(j)
			}
			_, err := fmt.Fprintf(a.out, "job %s has begun\n", j.ID)
			return err
		}
		end, err := c.Follow(ctx, j.ID, func(*client.Job) {})
		if err != nil {
			return err
		}
		if end.Error != nil {
			return end.Error
		}
		return a.printCompacted(args[0], format, end.Result)
	})
	return cmd
}

func (a *app) printCompacted(table, format string, result json.RawMessage) error {
	var d compacted
	if err := json.Unmarshal(result, &d); err != nil {
		return fmt.Errorf("read the job's result: %w", err)
	}
	if format == "json" {
		return a.printJSON(d)
	}
	_, err := fmt.Fprintf(a.out, "table %s: %d segments became %d, %s became %s, %d rows rewritten in %.1f s\n", table, d.SegmentsBefore, d.SegmentsAfter,
		bytesize.Format(d.BytesBefore), bytesize.Format(d.BytesAfter), d.RowsRewritten, d.Seconds)
	return err
}
