package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/assaydb/assay/http/client"
	"github.com/spf13/cobra"
)

// slotView is a slot as /v1/coverage shows it.
type slotView struct {
	Table      string     `json:"table"`
	Source     string     `json:"source"`
	Period     string     `json:"period"`
	State      string     `json:"state"`
	Marks      []string   `json:"marks"`
	Due        *time.Time `json:"due_at,omitempty"`
	Loaded     *time.Time `json:"loaded_at,omitempty"`
	Rows       int64      `json:"rows"`
	Rejected   int64      `json:"rejected"`
	Deliveries []string   `json:"deliveries"`
	Superseded int        `json:"superseded"`
}

func (a *app) coverageCommand() *cobra.Command {
	var format string
	filter := map[string]*string{"table": new(string), "source": new(string), "period": new(string), "state": new(string)}
	cmd := &cobra.Command{
		Use: "coverage", Short: "Show which deliveries are there, missing, late, held or with rejects", Args: cobra.NoArgs,
		Long: "Show how every slot stands that is expected (PUT /v1/tables/T/expectations) or has a delivery.\n" +
			"States: expected, missing, held, loaded. Marks: late, with_rejects, superseded, unexpected, held.",
		Example: "  assay coverage --table labs --state missing\n  assay coverage --period 2025-01 -o json",
	}
	listFlag(cmd, &format)
	cmd.Flags().StringVarP(filter["table"], "table", "t", "", "of this table (default: of all that something is expected of)")
	cmd.Flags().StringVar(filter["source"], "source", "", "of this source")
	cmd.Flags().StringVar(filter["period"], "period", "", "of this period")
	cmd.Flags().StringVar(filter["state"], "state", "", "of this state or with this mark")
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, _ []string) error {
		v := url.Values{}
		for name, text := range filter {
			if *text != "" {
				v.Set(name, *text)
			}
		}
		all, err := client.ListWhere[slotView](ctx, c, "/v1/coverage", v)
		if err != nil {
			return err
		}
		err = printList(a, format, all, []string{"table", "period", "source", "state", "marks", "rows", "rejected", "due", "loaded"}, func(s slotView) []any {
			return []any{s.Table, s.Period, s.Source, s.State, strings.Join(s.Marks, ","), s.Rows, s.Rejected, dayOf(s.Due), dayOf(s.Loaded)}
		})
		if err == nil && format == "table" {
			fmt.Fprintln(a.err, coverageSummary(all))
		}
		return err
	})
	return cmd
}

func dayOf(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.Format(time.DateOnly)
}

// coverageSummary counts by state and mark.
func coverageSummary(all []slotView) string {
	count := map[string]int{}
	for _, s := range all {
		count[s.State]++
		for _, m := range s.Marks {
			if m != "held" {
				count[m]++
			}
		}
	}
	text := fmt.Sprintf("%d slots", len(all))
	for _, name := range []string{"loaded", "missing", "expected", "held", "late", "with_rejects", "superseded", "unexpected"} {
		if n := count[name]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, strings.ReplaceAll(name, "_", " "))
		}
	}
	return text
}

func (a *app) deliveryDecideCommand(verb, short, done string) *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: verb + " ID", Short: short, Args: cobra.ExactArgs(1)}
	if verb == "reject" {
		cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever asks later")
	}
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		path := deliveryPath(args[0]) + "/" + verb
		if reason != "" {
			path += "?reason=" + url.QueryEscape(reason)
		}
		var r client.Receipt
		if err := c.Call(ctx, "POST", path, nil, &r); err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.out, "delivery %s of %s is %s\n", r.DeliveryID, r.Table, done)
		return err
	})
	return cmd
}
