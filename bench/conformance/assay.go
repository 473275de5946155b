package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/node"
	"github.com/assaydb/assay/node/config"
	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// Assay is a whole node on a folder of its own, asked through its engine and loaded through its loader.
type Assay struct {
	Node  *node.Node
	Debug planner.Debug // switches of the planner, to show that answers do not depend on them
}

// StartAssay opens a node whose data lies in dir. Flags are those of assay serve, without dashes.
func StartAssay(ctx context.Context, dir string, flags map[string]string) (*Assay, error) {
	all := map[string]string{"data": dir, "mirror": "none", "http": "127.0.0.1:0"}
	for k, v := range flags {
		all[k] = v
	}
	settings, err := config.Load(config.Source{Flags: all, Lookup: func(string) (string, bool) { return "", false }})
	if err != nil {
		return nil, err
	}
	n, err := node.Open(ctx, settings, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return &Assay{Node: n}, nil
}

// Close stops the node.
func (a *Assay) Close() error { return a.Node.Close() }

// Create makes the table as declared and loads its rows as one delivery.
func (a *Assay) Create(ctx context.Context, t Table) error {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		name, typ, _ := strings.Cut(c, " ")
		columns[i] = "`" + name + "` " + typ
	}
	if _, err := a.Query(ctx, fmt.Sprintf("CREATE TABLE `%s` (%s)", t.Name, strings.Join(columns, ","))); err != nil {
		return err
	}
	receipt, err := a.Load(ctx, t.Name, strings.NewReader(t.csv()))
	if err != nil {
		return err
	}
	if receipt.Rejected != 0 || receipt.Accepted != int64(len(t.Rows)) {
		return fmt.Errorf("table %s: %d of %d rows accepted: %+v", t.Name, receipt.Accepted, len(t.Rows), receipt.FirstRejects)
	}
	return nil
}

// Load loads one CSV.
func (a *Assay) Load(ctx context.Context, table string, csv io.Reader) (*ingest.Receipt, error) {
	return a.Node.Loader().Load(ctx, &ingest.Request{Table: table, Body: csv})
}

// Drop removes a table.
func (a *Assay) Drop(ctx context.Context, name string) error {
	_, err := a.Query(ctx, "DROP TABLE `"+name+"`")
	return err
}

// Query runs one statement.
func (a *Assay) Query(ctx context.Context, sql string) ([][]*string, error) {
	res, err := a.Node.Engine().Query(ctx, &planner.Request{SQL: sql, Debug: a.Debug})
	if err != nil {
		return nil, refusal(err)
	}
	defer res.Close()
	var rows [][]*string
	for {
		b, err := res.Next(ctx)
		if err != nil {
			return nil, refusal(err)
		}
		if b == nil {
			return rows, nil
		}
		rows = appendText(rows, b.Compact())
	}
}

func appendText(rows [][]*string, b *batch.Batch) [][]*string {
	for r := range b.Len {
		row := make([]*string, len(b.Cols))
		for i, c := range b.Cols {
			if v := c.Value(r); !v.Null {
				s := v.String()
				row[i] = &s
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// refusal gives an error that the SQL layer numbered its number.
func refusal(err error) error {
	var e *errs.Error
	if errors.As(err, &e) && e.MySQL != 0 {
		return &Refused{Errno: e.MySQL, Detail: e.Error()}
	}
	return err
}
