package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// DuckDB asks the engine of bench/rival, one process a statement, with the fixtures made before it.
type DuckDB struct {
	rival    string // folder of query.mjs
	fixtures map[string]string
}

// StartDuckDB returns an engine over the rivals installed in a folder, or an error that wraps exec.ErrNotFound.
func StartDuckDB(rival string) (*DuckDB, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(rival, "node_modules", "@duckdb")); err != nil {
		return nil, fmt.Errorf("%s is not installed: %w", rival, exec.ErrNotFound)
	}
	return &DuckDB{rival: rival, fixtures: map[string]string{}}, nil
}

// Create remembers the statements that make the table.
func (d *DuckDB) Create(_ context.Context, t Table) error {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		name, typ, _ := strings.Cut(c, " ")
		columns[i] = `"` + name + `" ` + duckType(typ)
	}
	rows, err := inserts(t, func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" })
	if err != nil {
		return err
	}
	d.fixtures[t.Name] = fmt.Sprintf("CREATE TABLE %s (%s); %s", t.Name, strings.Join(columns, ","), rows)
	return nil
}

func duckType(typ string) string {
	if strings.EqualFold(typ, "BIGINT UNSIGNED") {
		return "UBIGINT"
	}
	return typ
}

// Drop forgets a table.
func (d *DuckDB) Drop(_ context.Context, name string) error {
	delete(d.fixtures, name)
	return nil
}

// Query runs one statement in a fresh engine.
func (d *DuckDB) Query(ctx context.Context, sql string) ([][]*string, error) {
	answers, err := d.AskAll(ctx, []string{sql})
	if err != nil {
		return nil, err
	}
	return answers[0], nil
}

// AskAll runs statements in one fresh engine.
func (d *DuckDB) AskAll(ctx context.Context, queries []string) ([][][]*string, error) {
	setup := []string{"SET TimeZone='UTC'"}
	for _, f := range d.fixtures {
		setup = append(setup, f)
	}
	return d.Ask(ctx, setup, queries)
}

// Ask runs statements in a fresh engine and returns the rows of each query.
func (d *DuckDB) Ask(ctx context.Context, setup, queries []string) ([][][]*string, error) {
	body, err := json.Marshal(map[string][]string{"setup": setup, "queries": queries})
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "node", "query.mjs", "duckdb")
	cmd.Dir, cmd.Stdin = d.rival, bytes.NewReader(body)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("duckdb: %w: %s", err, stderrOf(err))
	}
	var answers [][][]*string
	if err := json.Unmarshal(out, &answers); err != nil {
		return nil, fmt.Errorf("duckdb: %w: %.200s", err, out)
	}
	return answers, nil
}

func stderrOf(err error) []byte {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.Stderr
	}
	return nil
}
