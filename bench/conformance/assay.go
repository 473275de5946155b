package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/node"
	"github.com/assaydb/assay/node/config"
	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/planner/scatter"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Assay is a whole node on a folder of its own, asked through its engine and loaded through its loader.
type Assay struct {
	Node  *node.Node
	Debug planner.Debug // switches of the planner, to show that answers do not depend on them

	engine *planner.Engine
	loads  int // over how many deliveries, and so segments, the rows of a table are spread
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
	return &Assay{Node: n, engine: n.Engine(), loads: 1}, nil
}

// Spread has queries answered as a cluster of so many nodes would: every table's rows lie in that many segments, each segment
// belongs to one node, and all that goes between nodes does so in its wire form (fragment codec, Arrow frames).
func (a *Assay) Spread(nodes int, spill string) {
	env := operator.Env{
		Storage: a.Node.Store(), Memory: operator.NewGrant(1 << 30), TempDir: spill, Parallelism: 2,
		Logger: slog.New(slog.DiscardHandler), Debug: operator.Debug{NoFusion: true},
	}
	cfg := scatter.Config{Env: env, Logger: env.Logger, Place: func(s *schema.Segment) int { return int(s.ID[len(s.ID)-1]) % nodes }}
	for i := range nodes {
		cfg.Nodes = append(cfg.Nodes, scatter.NewLoopback(fmt.Sprintf("n%d", i+1), env))
	}
	a.engine = planner.New(planner.Config{Catalog: a.Node.Catalog(), Scatter: scatter.New(cfg)})
	a.loads = nodes + 1
}

// Close stops the node.
func (a *Assay) Close() error { return a.Node.Close() }

// Create makes the table as declared and loads its rows.
func (a *Assay) Create(ctx context.Context, t Table) error {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		name, typ, _ := strings.Cut(c, " ")
		columns[i] = "`" + name + "` " + typ
	}
	if _, err := a.Query(ctx, fmt.Sprintf("CREATE TABLE `%s` (%s)", t.Name, strings.Join(columns, ","))); err != nil {
		return err
	}
	n := max(1, (len(t.Rows)+a.loads-1)/a.loads)
	for rows := range slices.Chunk(t.Rows, n) {
		part := Table{Name: t.Name, Columns: t.Columns, Rows: rows}
		req := &ingest.Request{Table: t.Name, Source: t.Name, Period: "all", Mode: ingest.ModeAppend, Body: strings.NewReader(part.CSV())}
		receipt, err := a.Node.Loader().Load(ctx, req)
		if err != nil {
			return err
		}
		if !receipt.Duplicate && (receipt.Rejected != 0 || receipt.Accepted != int64(len(rows))) {
			return fmt.Errorf("table %s: %d of %d rows accepted: %+v", t.Name, receipt.Accepted, len(rows), receipt.FirstRejects)
		}
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
	rows, _, err := a.Ask(ctx, &planner.Request{SQL: sql, Debug: a.Debug})
	return rows, err
}

// Ask runs one request to its end and returns its rows and warnings.
func (a *Assay) Ask(ctx context.Context, req *planner.Request) ([][]*string, []planner.Warning, error) {
	res, err := a.engine.Query(ctx, req)
	if err != nil {
		return nil, nil, refusal(err)
	}
	defer res.Close()
	var rows [][]*string
	for {
		b, err := res.Next(ctx)
		if err != nil {
			return nil, nil, refusal(err)
		}
		if b == nil {
			return rows, res.Warnings, nil
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
	if !errors.As(err, &e) || e.MySQL == 0 {
		return err
	}
	told := []string{"code " + e.Code}
	if p := e.SQL; p != nil {
		told = append(told, fmt.Sprintf("at line %d, column %d, offset %d, length %d: %s", p.Line, p.Column, p.Offset, p.Length, p.Excerpt))
	}
	if len(e.Suggestions) > 0 {
		told = append(told, "suggests "+strings.Join(e.Suggestions, ", "))
	}
	if e.Hint != "" {
		told = append(told, "hint "+e.Hint)
	}
	return &Refused{Errno: e.MySQL, Detail: e.Error(), Told: append([]string{e.Detail}, told...)}
}
