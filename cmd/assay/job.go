package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/storage/bytesize"
	"github.com/spf13/cobra"
)

func (a *app) jobCommand() *cobra.Command {
	return group("job", "List, show, watch and cancel jobs", a.jobListCommand(), a.jobShowCommand(), a.jobWatchCommand(), a.jobCancelCommand())
}

func (a *app) jobListCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{Use: "list", Short: "List jobs, newest first", Args: cobra.NoArgs}
	listFlag(cmd, &format)
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, _ []string) error {
		all, err := client.List[client.Job](ctx, c, "/v1/jobs")
		if err != nil {
			return err
		}
		return printList(a, format, all, []string{"job", "kind", "state", "phase", "progress", "started", "about"}, func(j client.Job) []any {
			return []any{j.ID, j.Kind, j.State, j.Phase, jobProgress(&j), j.Started.Format(time.DateTime), subjectText(j.Subject)}
		})
	})
	return cmd
}

// subjectText says what a job is about on one line.
func subjectText(subject map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(subject)) {
		parts = append(parts, k+"="+subject[k])
	}
	return strings.Join(parts, " ")
}

// jobProgress says how far a job is, by what it counts.
func jobProgress(j *client.Job) string {
	var parts []string
	if j.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d", j.Done, j.Total))
	}
	if j.Bytes > 0 {
		parts = append(parts, bytesize.Format(j.Bytes))
	}
	if j.Rows > 0 {
		parts = append(parts, fmt.Sprintf("%d rows", j.Rows))
	}
	if j.Rejects > 0 {
		parts = append(parts, fmt.Sprintf("%d rejected", j.Rejects))
	}
	return strings.Join(parts, ", ")
}

func (a *app) jobShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show a job with its result as JSON", Args: cobra.ExactArgs(1),
		RunE: a.served(func(ctx context.Context, c *client.Client, args []string) error {
			var j map[string]any
			if err := c.Call(ctx, http.MethodGet, client.JobPath(args[0]), nil, &j); err != nil {
				return err
			}
			return a.printJSON(j)
		}),
	}
}

func (a *app) jobCancelCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel ID", Short: "Cancel a job", Args: cobra.ExactArgs(1),
		RunE: a.served(func(ctx context.Context, c *client.Client, args []string) error {
			var j client.Job
			if err := c.Call(ctx, http.MethodDelete, client.JobPath(args[0]), nil, &j); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.out, "job %s is %s\n", j.ID, j.State)
			return err
		}),
	}
}

func (a *app) jobWatchCommand() *cobra.Command {
	return &cobra.Command{
		Use: "watch ID", Short: "Follow a job until it has ended, and print its result", Args: cobra.ExactArgs(1),
		Long: "Follow a job until it has ended: a line for every phase goes to standard error, the result as JSON to standard output.\n" +
			"The exit code is that of the job's error.",
		RunE: a.served(func(ctx context.Context, c *client.Client, args []string) error {
			phase := ""
			j, err := c.Follow(ctx, args[0], func(j *client.Job) {
				if j.Phase != phase {
					phase = j.Phase
					fmt.Fprintf(a.err, "%s: %s\n", phase, jobProgress(j))
				}
			})
			if err != nil {
				return err
			}
			if j.Error != nil {
				return j.Error
			}
			if len(j.Result) == 0 {
				return nil
			}
			var result any
			if err := json.Unmarshal(j.Result, &result); err != nil {
				return fmt.Errorf("read the job's result: %w", err)
			}
			return a.printJSON(result)
		}),
	}
}
