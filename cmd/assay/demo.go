package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/bench/datagen"
	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/node"
	"github.com/assaydb/assay/node/config"
	"github.com/assaydb/assay/storage/bytesize"
	"github.com/spf13/cobra"
)

// demoFlags are those of assay demo.
type demoFlags struct {
	data string
	rows int64
	exit bool
}

func (a *app) demoCommand() *cobra.Command {
	f := &demoFlags{}
	cmd := &cobra.Command{
		Use: "demo", Short: "Start a node, load sample data, run queries, stay up until ^C", Args: cobra.NoArgs, Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.data, "data", "demo-data", "folder for the data; it is emptied first")
	cmd.Flags().Int64Var(&f.rows, "rows", 240_000, "rows of sample data")
	cmd.Flags().BoolVar(&f.exit, "exit", false, "end after the queries")
	return cmd
}

// demoMarker marks a folder that a demo made and the next one may empty.
const demoMarker = "ASSAY-DEMO"

// demoNode is the data folder within the demo's.
const demoNode = "node"

// demo runs a whole node and talks to it over HTTP, as any client would.
func (a *app) demo(ctx context.Context, f *demoFlags) error {
	if err := freshFolder(f.data); err != nil {
		return err
	}
	settings, err := a.demoSettings(f.data)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.serve(ctx, settings, func(address string) { ready <- address }) }()
	select {
	case address := <-ready:
		err = a.tour(ctx, f, address)
	case err := <-ended:
		return err
	}
	if err == nil && !f.exit {
		select {
		case <-ctx.Done():
		case err := <-ended:
			return err
		}
	}
	stop()
	return errors.Join(err, <-ended)
}

// freshFolder empties the folder of an earlier demo and refuses any other that holds something.
func freshFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("look into the demo's folder: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, demoMarker)); err != nil && len(entries) > 0 {
		return usageError{fmt.Errorf("%s holds something that is not a demo's: name another folder with --data", dir)}
	}
	if err := node.InUse(filepath.Join(dir, demoNode)); err != nil {
		return fmt.Errorf("another demo still runs in %s, name another folder with --data: %w", dir, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("empty the demo's folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create the demo's folder: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, demoMarker), []byte("made by assay demo, emptied by the next one\n"), 0o644)
}

// demoSettings are the defaults, with another port when theirs is taken.
func (a *app) demoSettings(dir string) (*config.Settings, error) {
	flags := map[string]string{"data": filepath.Join(dir, demoNode), "log-level": "warn"}
	if l, err := net.Listen("tcp", "127.0.0.1:8080"); err == nil {
		l.Close()
	} else {
		flags["http"] = "127.0.0.1:0"
		fmt.Fprintln(a.err, "Port 8080 is taken; the node takes a free one.")
	}
	return config.Load(config.Source{Flags: flags, Lookup: func(string) (string, bool) { return "", false }})
}

func (a *app) tour(ctx context.Context, f *demoFlags, address string) error {
	c, err := client.New(address, "")
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "A node runs at %s, its data is in %s.\n\n", address, f.data)
	csv := filepath.Join(f.data, "csv")
	set, err := datagen.New(datagen.Spec{Rows: f.rows, Seed: 1, Hospitals: 3, Months: 4})
	if err != nil {
		return usageError{err}
	}
	if err := set.WriteFiles(ctx, csv, 0, nil); err != nil {
		return err
	}
	if err := a.demoLoad(ctx, c, csv, set.Cells()); err != nil {
		return err
	}
	if err := a.demoQueries(ctx, c); err != nil {
		return err
	}
	return a.demoNext(address, csv, f.exit)
}

func (a *app) demoLoad(ctx context.Context, c *client.Client, dir string, cells []datagen.Cell) error {
	fmt.Fprintf(a.out, "Loading %d CSV files, one per hospital and month:\n", len(cells))
	start, rows, bytes := time.Now(), int64(0), int64(0)
	for _, cell := range cells {
		name := filepath.Join(dir, filepath.FromSlash(cell.Path()))
		receipt, err := c.Load(ctx, client.Upload{
			Table: "labs", Name: filepath.Base(name), Values: url.Values{"source": {cell.Hospital}, "period": {cell.Month}},
			Open: openFile(name),
		})
		if err != nil {
			return fmt.Errorf("load %s: %w", name, err)
		}
		fmt.Fprintf(a.out, "  %s  %7d rows accepted, %d rejected, catalog index %d\n", cell.Path(), receipt.Accepted, receipt.Rejected, receipt.CatalogIndex)
		rows, bytes = rows+receipt.Accepted, bytes+receipt.BytesIn
	}
	took := time.Since(start)
	fmt.Fprintf(a.out, "%d rows, %s in %s: durable on disk, read back and hashed before each receipt.\n\n", rows, bytesize.Format(bytes), took.Round(time.Millisecond))
	return nil
}

func openFile(name string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return os.Open(name) }
}

// demoQuestions are five of LabBench's queries, cut to what the small set shows.
func demoQuestions() []struct{ what, sql string } {
	return []struct{ what, sql string }{
		{"How many results, and over what time?", "SELECT COUNT(*) AS results, COUNT(DISTINCT patient_id) AS patients, MIN(collected_at) AS first, MAX(collected_at) AS last FROM labs"},
		{"Results per hospital", "SELECT hospital_id, COUNT(*) AS results, AVG(value) AS mean, MEDIAN(value) AS median FROM labs GROUP BY hospital_id ORDER BY 2 DESC, 1"},
		{"Flags", "SELECT abnormal_flag, COUNT(*) AS results FROM labs GROUP BY abnormal_flag ORDER BY 2 DESC, 1"},
		{"The most used test by month", "SELECT DATE_FORMAT(collected_at, '%Y-%m') AS month, COUNT(*) AS results, AVG(value) AS mean FROM labs WHERE test_code = '10000-0' GROUP BY month ORDER BY month"},
		{"Tests with the largest share of critical values", "SELECT test_name, COUNT(*) AS results, SUM(CASE WHEN abnormal_flag IN ('HH', 'LL') THEN 1 ELSE 0 END) AS critical FROM labs GROUP BY test_name HAVING COUNT(*) > 1000 ORDER BY 3 DESC, 1 LIMIT 5"},
	}
}

func (a *app) demoQueries(ctx context.Context, c *client.Client) error {
	for i, q := range demoQuestions() {
		fmt.Fprintf(a.out, "%d. %s\n   %s\n\n", i+1, q.what, q.sql)
		start := time.Now()
		if _, err := c.Run(ctx, client.Statement{SQL: q.sql, Format: "table"}, a.out); err != nil {
			return fmt.Errorf("query %d: %w", i+1, withExcerpt(err))
		}
		fmt.Fprintf(a.out, "%s\n\n", time.Since(start).Round(100*time.Microsecond))
	}
	return nil
}

func (a *app) demoNext(address, csv string, exit bool) error {
	self, err := os.Executable()
	if err != nil {
		self = "assay"
	}
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, self); err == nil && len(rel) < len(self) {
			self = "." + string(filepath.Separator) + rel
		}
	}
	_, err = fmt.Fprintf(a.out, `Try next, in another terminal:
  curl '%[1]s/v1/sql?q=SELECT+COUNT(*)+FROM+labs'
  curl '%[1]s/v1/sql?format=csv' -d "SELECT sex, COUNT(*) FROM labs GROUP BY sex"
  curl -T %[2]s/H0000/2025-01.csv '%[1]s/v1/tables/labs/load?source=H0000&period=2025-01'
  ASSAY_URL=%[1]s %[3]s sql
  ASSAY_URL=%[1]s %[3]s table ddl labs --for duckdb
`, address, csv, self)
	if err == nil && !exit {
		_, err = fmt.Fprintln(a.out, "\nThe node stays up until ^C.")
	}
	return err
}
