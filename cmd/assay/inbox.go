package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/storage/bytesize"
	"github.com/spf13/cobra"
)

// inboxView is an inbox as /v1/inboxes shows it.
type inboxView struct {
	Name     string            `json:"name"`
	Location string            `json:"location"`
	Pattern  string            `json:"pattern"`
	Table    string            `json:"table"`
	Params   map[string]string `json:"params,omitempty"`
	Every    string            `json:"every,omitempty"`
	Settle   string            `json:"settle,omitempty"`
	LastScan *time.Time        `json:"last_scan,omitempty"`
	Error    string            `json:"error,omitempty"`
	Loaded   int               `json:"loaded"`
	Retry    int               `json:"retry"`
	Dead     int               `json:"dead"`
}

// inboxObject is one object that an inbox knows.
type inboxObject struct {
	Key      string    `json:"key"`
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"`
	ETag     string    `json:"etag,omitempty"`
	State    string    `json:"state"`
	Tries    int       `json:"tries"`
	Next     time.Time `json:"next_try"`
	Error    string    `json:"error,omitempty"`
	Code     string    `json:"code,omitempty"`
	Delivery string    `json:"delivery_id"`
}

func inboxPath(name string) string { return "/v1/inboxes/" + url.PathEscape(name) }

func (a *app) inboxCommand() *cobra.Command {
	return group("inbox", "Watch folders and object stores for files to load",
		a.inboxListCommand(), a.inboxAddCommand(), a.inboxShowCommand(), a.inboxRemoveCommand(),
		a.inboxObjectsCommand("objects", "List the objects of an inbox and what became of them"),
		a.inboxObjectsCommand("dead", "List the objects that were given up, and why"), a.inboxRetryCommand())
}

func (a *app) inboxListCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{Use: "list", Short: "List inboxes", Args: cobra.NoArgs}
	listFlag(cmd, &format)
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, _ []string) error {
		all, err := client.List[inboxView](ctx, c, "/v1/inboxes")
		if err != nil {
			return err
		}
		return printList(a, format, all, []string{"inbox", "table", "loaded", "retry", "dead", "last look", "location", "error"}, func(v inboxView) []any {
			return []any{v.Name, v.Table, v.Loaded, v.Retry, v.Dead, timeOf(v.LastScan), v.Location, v.Error}
		})
	})
	return cmd
}

func timeOf(at *time.Time) string {
	if at == nil || at.IsZero() {
		return "-"
	}
	return at.Format(time.DateTime)
}

func (a *app) inboxAddCommand() *cobra.Command {
	var v inboxView
	var options []string
	cmd := &cobra.Command{
		Use: "add NAME LOCATION --table T --pattern P", Short: "Watch a place, or change how it is watched", Args: cobra.ExactArgs(2),
		Long: "Watch a folder (a path, or file:///DIR; the server must allow it with --inbox-roots) or s3://BUCKET/PREFIX?endpoint=URL&region=R.\n" +
			"Every new or changed object whose key matches the pattern is loaded once; the pattern names its slot.",
		Example: "  assay inbox add h42 /srv/in/h42 --table labs --pattern '{source}/{period}.csv*'\n" +
			"  assay inbox add cloud 's3://incoming/labs?region=eu-central-1' --table labs --pattern '{source}/{period}.*' --every 1m",
	}
	fl := cmd.Flags()
	fl.StringVarP(&v.Table, "table", "t", "", "table to load into (required)")
	fl.StringVar(&v.Pattern, "pattern", "", "keys below the location, like '{source}/{period}.csv*' (required)")
	fl.StringVar(&v.Every, "every", "", "time between two looks (default 30s)")
	fl.StringVar(&v.Settle, "settle", "", "how long an object must not have changed (default 10s for folders)")
	fl.StringArrayVar(&options, "set", nil, "parameter of the loads, NAME=VALUE: "+strings.Join(ingest.RequestParameters(), " "))
	cmd.MarkFlagRequired("table")   //nolint:errcheck // the flag exists
	cmd.MarkFlagRequired("pattern") //nolint:errcheck // the flag exists
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		var err error
		if v.Params, err = inboxParams(options); err != nil {
			return err
		}
		if v.Location, err = inboxLocation(args[1]); err != nil {
			return err
		}
		spec := map[string]any{"location": v.Location, "pattern": v.Pattern, "table": v.Table, "params": v.Params, "every": v.Every, "settle": v.Settle}
		if err := c.Call(ctx, http.MethodPut, inboxPath(args[0]), spec, &v); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.out, "inbox %s watches %s for table %s\n", v.Name, v.Location, v.Table)
		return err
	})
	return cmd
}

func inboxParams(options []string) (map[string]string, error) {
	params := map[string]string{}
	for _, o := range options {
		name, text, ok := strings.Cut(o, "=")
		if !ok || !slices.Contains(ingest.RequestParameters(), name) {
			return nil, usageError{fmt.Errorf("--set %q is not NAME=VALUE of a parameter of a load", o)}
		}
		params[name] = text
	}
	return params, nil
}

// inboxLocation makes a URL of a folder's path.
func inboxLocation(text string) (string, error) {
	if strings.Contains(text, "://") {
		return text, nil
	}
	path, err := filepath.Abs(text)
	if err != nil {
		return "", fmt.Errorf("find the folder's path: %w", err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String(), nil
}

func (a *app) inboxShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show an inbox as JSON", Args: cobra.ExactArgs(1),
		RunE: a.served(func(ctx context.Context, c *client.Client, args []string) error {
			var v inboxView
			if err := c.Call(ctx, http.MethodGet, inboxPath(args[0]), nil, &v); err != nil {
				return err
			}
			return a.printJSON(v)
		}),
	}
}

func (a *app) inboxRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Watch no longer; what was loaded stays", Args: cobra.ExactArgs(1),
		RunE: a.served(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.Call(ctx, http.MethodDelete, inboxPath(args[0]), nil, nil); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.out, "inbox %s is removed\n", args[0])
			return err
		}),
	}
}

func (a *app) inboxObjectsCommand(what, short string) *cobra.Command {
	var format string
	cmd := &cobra.Command{Use: what + " NAME", Short: short, Args: cobra.ExactArgs(1)}
	listFlag(cmd, &format)
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		all, err := client.List[inboxObject](ctx, c, inboxPath(args[0])+"/"+what)
		if err != nil {
			return err
		}
		return printList(a, format, all, []string{"key", "size", "changed", "state", "tries", "next try", "delivery", "error"}, func(o inboxObject) []any {
			next, delivery := "-", "-"
			if o.State == "retry" {
				next = timeOf(&o.Next)
			}
			if o.State == "loaded" {
				delivery = o.Delivery
			}
			return []any{o.Key, bytesize.Format(o.Bytes), timeOf(&o.Modified), o.State, o.Tries, next, delivery, strings.Join(strings.Fields(o.Error), " ")}
		})
	})
	return cmd
}

func (a *app) inboxRetryCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{Use: "retry NAME", Short: "Try objects again that were given up: all, or the one of --key", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&key, "key", "", "this object alone")
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		path := inboxPath(args[0]) + "/retry"
		if key != "" {
			path += "?key=" + url.QueryEscape(key)
		}
		var n struct {
			Retried int `json:"retried"`
		}
		if err := c.Call(ctx, http.MethodPost, path, nil, &n); err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.out, "%d objects will be tried again\n", n.Retried)
		return err
	})
	return cmd
}
