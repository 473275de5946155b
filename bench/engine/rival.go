package engine

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/assaydb/assay/bench/rival"
)

// guest is what both rivals have in common: a worker that takes statements.
type guest struct {
	spec   rival.Spec
	worker *rival.Worker
}

func (g *guest) Name() string   { return g.spec.Engine }
func (g *guest) Folder() string { return g.spec.Folder }
func (g *guest) PID() int       { return g.worker.PID() }

func (g *guest) Start(ctx context.Context) (err error) {
	g.worker, err = rival.Start(ctx, g.spec)
	return err
}

func (g *guest) Stop() error { return g.worker.Close() }

func (g *guest) Version(context.Context) (string, error) {
	reply, err := g.worker.Ask("version", "")
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(reply.Version, "v"), nil
}

func (g *guest) run(sql string) error {
	_, err := g.worker.Ask("run", sql)
	return err
}

func (g *guest) rows(sql string, inexact func(typ string) bool) (*Answer, error) {
	reply, err := g.worker.Ask("rows", sql)
	if err != nil {
		return nil, refusal(err)
	}
	answer := &Answer{Rows: reply.Rows}
	for _, c := range reply.Columns {
		answer.Columns = append(answer.Columns, Column{Name: c.Name, Inexact: inexact(c.Type)})
	}
	return answer, nil
}

func (g *guest) Time(_ context.Context, sql string) (Timing, error) {
	reply, err := g.worker.Ask("time", sql)
	if err != nil {
		return Timing{}, refusal(err)
	}
	return Timing{WallMS: reply.WallMS, CPUMS: reply.CPUMS}, nil
}

// refusal tells a statement's error from the end of the engine.
func refusal(err error) error {
	var r *rival.Refused
	if errors.As(err, &r) {
		return &Unsupported{Reason: r.Detail}
	}
	return err
}

// quoted is an SQL string.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// absolute lists paths for an SQL text.
func absolute(files []string) ([]string, error) {
	out := make([]string, len(files))
	for i, f := range files {
		path, err := filepath.Abs(f)
		if err != nil {
			return nil, err
		}
		out[i] = path
	}
	return out, nil
}
