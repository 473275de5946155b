package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/assaydb/assay/http/client"
	"github.com/spf13/cobra"
)

// deliveryView is a delivery as lists show it.
type deliveryView struct {
	ID       string    `json:"delivery_id"`
	Table    string    `json:"table"`
	Source   string    `json:"source"`
	Period   string    `json:"period"`
	State    string    `json:"state"`
	SHA256   string    `json:"sha256"`
	BytesIn  int64     `json:"bytes_in"`
	Accepted int64     `json:"accepted"`
	Rejected int64     `json:"rejected"`
	LoadedAt time.Time `json:"loaded_at"`
}

func (a *app) deliveryCommand() *cobra.Command {
	return group("delivery", "List, show and revert deliveries, and read their rejects", a.deliveryListCommand(), a.deliveryShowCommand(), a.deliveryRevertCommand(),
		a.deliveryDecideCommand("approve", "Bring a held delivery into force", "in force"),
		a.deliveryDecideCommand("reject", "Give a held delivery up", "rejected"), a.deliveryRejectsCommand())
}

func deliveryPath(id string) string { return "/v1/deliveries/" + url.PathEscape(id) }

func (a *app) deliveryListCommand() *cobra.Command {
	var format, table string
	cmd := &cobra.Command{Use: "list", Short: "List deliveries, newest first", Args: cobra.NoArgs}
	listFlag(cmd, &format)
	cmd.Flags().StringVarP(&table, "table", "t", "", "of this table only")
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, _ []string) error {
		all, err := deliveriesOf(ctx, c, table)
		if err != nil {
			return err
		}
		return printList(a, format, all, []string{"delivery", "table", "source", "period", "state", "accepted", "rejected", "loaded"}, func(d deliveryView) []any {
			return []any{d.ID, d.Table, d.Source, d.Period, d.State, d.Accepted, d.Rejected, d.LoadedAt.Format(time.DateTime)}
		})
	})
	return cmd
}

func deliveriesOf(ctx context.Context, c *client.Client, table string) ([]deliveryView, error) {
	if table != "" {
		return client.List[deliveryView](ctx, c, tablePath(table)+"/deliveries")
	}
	tables, err := client.List[tableView](ctx, c, "/v1/tables")
	if err != nil {
		return nil, err
	}
	all := []deliveryView{}
	for _, t := range tables {
		some, err := client.List[deliveryView](ctx, c, tablePath(t.Name)+"/deliveries")
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func (a *app) deliveryShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show a delivery's receipt as JSON", Args: cobra.ExactArgs(1),
		RunE: a.served(func(ctx context.Context, c *client.Client, args []string) error {
			var receipt map[string]any
			if err := c.Call(ctx, http.MethodGet, deliveryPath(args[0]), nil, &receipt); err != nil {
				return err
			}
			return a.printJSON(receipt)
		}),
	}
}

func (a *app) deliveryRevertCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revert ID", Short: "Take a delivery out of force and put back what it replaced", Args: cobra.ExactArgs(1),
		RunE: a.served(func(ctx context.Context, c *client.Client, args []string) error {
			var r client.Receipt
			if err := c.Call(ctx, http.MethodPost, deliveryPath(args[0])+"/revert", nil, &r); err != nil {
				return err
			}
			back := "nothing was there before it"
			if r.Replaced != nil {
				back = *r.Replaced + " is back in force"
			}
			_, err := fmt.Fprintf(a.out, "delivery %s is out of force; %s\n", args[0], back)
			return err
		}),
	}
}

func (a *app) deliveryRejectsCommand() *cobra.Command {
	var (
		format, file string
		resend       bool
	)
	cmd := &cobra.Command{
		Use: "rejects ID", Short: "Print a delivery's rejected records", Args: cobra.ExactArgs(1),
		Long: "Print a delivery's rejected records with line, offset, column and reason, or with --resend as the sender wrote them, with an error\n" +
			"column in front: correct them and send them back with 'assay load FILE --table T --amends ID'.",
	}
	cmd.Flags().BoolVar(&resend, "resend", false, "the sender's own lines, to be corrected and sent back")
	cmd.Flags().StringVarP(&format, "output", "o", "csv", "csv or ndjson")
	cmd.Flags().StringVarP(&file, "file", "f", "", "write to this file")
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		if format != "csv" && format != "ndjson" {
			return usageError{fmt.Errorf("-o %s is not csv or ndjson", format)}
		}
		path, w := deliveryPath(args[0])+"/rejects."+format, a.out
		if resend {
			path = deliveryPath(args[0]) + "/resend.csv"
		}
		if file == "" {
			return c.Download(ctx, path, w)
		}
		f, err := os.Create(file)
		if err != nil {
			return fmt.Errorf("create the file: %w", err)
		}
		defer f.Close()
		if err := c.Download(ctx, path, f); err != nil {
			return err
		}
		return f.Close()
	})
	return cmd
}
