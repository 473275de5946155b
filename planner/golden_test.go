package planner_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/assaydb/assay/planner"
	"github.com/cockroachdb/datadriven"
)

// TestGolden runs the scripts in testdata; -rewrite writes what it sees. Commands: explain, error, fields (names and types of
// the result), run (rows).
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		e := planner.New(planner.Config{Catalog: labsCatalog(t), Now: clock})
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return golden(e, d) })
	})
}

func golden(e *planner.Engine, d *datadriven.TestData) string {
	req := &planner.Request{SQL: d.Input}
	req.ReadOnly = d.HasArg("readonly")
	req.Debug.NoRules, req.Debug.NoMetadata, req.Debug.NoPrune = d.HasArg("norules"), d.HasArg("nometadata"), d.HasArg("noprune")
	if d.HasArg("params") {
		req.Params = map[string]any{"n": 5, "code": "2345-7", "since": "2025-03-01"}
	}
	switch d.Cmd {
	case "explain":
		req.SQL = "EXPLAIN " + d.Input
	case "fields":
		req.DryRun = true
	}
	rows, res, err := texts(context.Background(), e, req)
	if err != nil {
		return describe(err) + "\n"
	}
	var b strings.Builder
	if d.Cmd == "fields" {
		for _, f := range res.Fields {
			fmt.Fprintf(&b, "%s %s\n", f.Name, f.Type)
		}
	}
	for _, r := range rows {
		b.WriteString(strings.Join(r, "|") + "\n")
	}
	for _, w := range res.Warnings {
		fmt.Fprintf(&b, "warning %s at %d:%d: %s\n", w.Code, w.Line, w.Column, w.Message)
	}
	return b.String()
}
