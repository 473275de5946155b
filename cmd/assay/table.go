package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/storage/bytesize"
	"github.com/spf13/cobra"
)

// tableView is a table as the server shows it.
type tableView struct {
	Name        string       `json:"name"`
	Version     uint32       `json:"version"`
	Columns     []columnView `json:"columns"`
	PartitionBy []string     `json:"partition_by"`
	SortBy      []string     `json:"sort_by"`
	Codec       string       `json:"codec"`
	Rows        int64        `json:"rows"`
	Bytes       int64        `json:"bytes"`
	Segments    int64        `json:"segments"`
	Deliveries  int64        `json:"deliveries"`
	Attached    *struct {
		Location string `json:"location"`
		Format   string `json:"format"`
	} `json:"attached,omitempty"`
}

type columnView struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func (a *app) tableCommand() *cobra.Command {
	return group("table", "List, show, create, attach, compact and drop tables", a.tableListCommand(), a.tableShowCommand(), a.tableCreateCommand(), a.tableDropCommand(),
		a.tableAttachCommand(), a.tableCompactCommand(), a.tableDDLCommand())
}

// served makes a RunE of a function that needs the server.
func (a *app) served(do func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := a.client()
		if err != nil {
			return usageError{err}
		}
		return do(cmd.Context(), c, args)
	}
}

func tablePath(name string) string { return "/v1/tables/" + url.PathEscape(name) }

func (a *app) tableListCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{Use: "list", Short: "List tables", Args: cobra.NoArgs}
	listFlag(cmd, &format)
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, _ []string) error {
		tables, err := client.List[tableView](ctx, c, "/v1/tables")
		if err != nil {
			return err
		}
		return printList(a, format, tables, []string{"table", "columns", "rows", "size", "segments", "deliveries"}, func(t tableView) []any {
			return []any{t.Name, len(t.Columns), t.Rows, bytesize.Format(t.Bytes), t.Segments, t.Deliveries}
		})
	})
	return cmd
}

func (a *app) tableShowCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{Use: "show TABLE", Short: "Show a table's definition and size", Args: cobra.ExactArgs(1)}
	listFlag(cmd, &format)
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		var t tableView
		if err := c.Call(ctx, http.MethodGet, tablePath(args[0]), nil, &t); err != nil {
			return err
		}
		if format == "json" {
			return a.printJSON(t)
		}
		fmt.Fprintf(a.out, "table %s: %d rows, %s in %d segments of %d deliveries, codec %s\n", t.Name, t.Rows, bytesize.Format(t.Bytes), t.Segments, t.Deliveries, t.Codec)
		if t.Attached != nil {
			fmt.Fprintf(a.out, "attached in place: %s files of others at %s\n", t.Attached.Format, t.Attached.Location)
		}
		fmt.Fprintf(a.out, "partition by %s; sort by %s\n\n", orNone(t.PartitionBy), orNone(t.SortBy))
		return printList(a, format, t.Columns, []string{"column", "type"}, func(c columnView) []any { return []any{c.Name, c.Type} })
	})
	return cmd
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

func (a *app) tableCreateCommand() *cobra.Command {
	var columns, partition, sort []string
	var codec, file string
	cmd := &cobra.Command{
		Use: "create TABLE", Short: "Create a table, or add columns to one", Args: cobra.ExactArgs(1),
		Example: "  assay table create labs --column hospital_id:VARCHAR --column value:'DECIMAL(12,3)' --sort hospital_id\n  assay table create labs --file labs.json",
	}
	fl := cmd.Flags()
	fl.StringArrayVar(&columns, "column", nil, "NAME:TYPE, in order")
	fl.StringArrayVar(&partition, "partition", nil, "partition column or transform, like 'month(collected_at)'")
	fl.StringArrayVar(&sort, "sort", nil, "sort column, in order")
	fl.StringVar(&codec, "codec", "", "zstd, snappy, gzip, lz4 or none")
	fl.StringVarP(&file, "file", "f", "", "JSON definition, as PUT /v1/tables/{t} takes it")
	cmd.MarkFlagsMutuallyExclusive("file", "column")
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		body, err := tableBody(columns, partition, sort, codec, file)
		if err != nil {
			return err
		}
		var t tableView
		if err := c.Call(ctx, http.MethodPut, tablePath(args[0]), body, &t); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.out, "table %s has %d columns, version %d\n", t.Name, len(t.Columns), t.Version)
		return err
	})
	return cmd
}

// rawJSON is sent as it is.
type rawJSON []byte

// MarshalJSON returns the text itself.
func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

func tableBody(columns, partition, sort []string, codec, file string) (any, error) {
	if file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the definition: %w", err)
		}
		return rawJSON(raw), nil
	}
	body := map[string]any{}
	var cols []columnView
	for _, c := range columns {
		name, kind, ok := strings.Cut(c, ":")
		if !ok {
			return nil, usageError{fmt.Errorf("--column %q is not NAME:TYPE", c)}
		}
		cols = append(cols, columnView{name, kind})
	}
	if cols != nil {
		body["columns"] = cols
	}
	if partition != nil {
		body["partition_by"] = partition
	}
	if sort != nil {
		body["sort_by"] = sort
	}
	if codec != "" {
		body["codec"] = codec
	}
	return body, nil
}

func (a *app) tableDropCommand() *cobra.Command {
	return &cobra.Command{
		Use: "drop TABLE", Short: "Drop a table and all that is in it", Args: cobra.ExactArgs(1),
		RunE: a.served(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.Call(ctx, http.MethodDelete, tablePath(args[0]), nil, nil); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.out, "table %s is dropped\n", args[0])
			return err
		}),
	}
}

func (a *app) tableDDLCommand() *cobra.Command {
	var engine string
	cmd := &cobra.Command{
		Use: "ddl TABLE --for ENGINE", Short: "Print the statement that makes another engine read the table's mirror", Args: cobra.ExactArgs(1),
		Long: "Print the statement that makes athena, trino, spark, duckdb or clickhouse read the table from the mirror, without Assay.",
	}
	cmd.Flags().StringVar(&engine, "for", "", "athena, trino, spark, duckdb or clickhouse (required)")
	cmd.MarkFlagRequired("for") //nolint:errcheck // the flag exists
	cmd.RunE = a.served(func(ctx context.Context, c *client.Client, args []string) error {
		return c.Download(ctx, tablePath(args[0])+"/ddl?for="+url.QueryEscape(engine), a.out)
	})
	return cmd
}
