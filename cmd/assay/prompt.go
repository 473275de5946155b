package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/assaydb/assay/http/client"
	"github.com/peterh/liner"
)

func keywords() []string {
	return []string{
		"SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "OFFSET", "DISTINCT", "COUNT(*)", "COUNT(DISTINCT", "SUM(",
		"AVG(", "MIN(", "MAX(", "MEDIAN(", "BETWEEN", "IN (", "LIKE", "REGEXP", "IS NULL", "IS NOT NULL", "CASE WHEN", "DATE_FORMAT(",
		"INTERVAL", "EXPLAIN", "EXPLAIN ANALYZE", "SHOW TABLES", "DESCRIBE", "CREATE TABLE", "ALTER TABLE", "DROP TABLE",
	}
}

// prompt reads statements until the end of input. ^C drops the line being typed, or cancels the statement that runs.
func (a *app) prompt(ctx context.Context, c *client.Client, st client.Statement) error {
	line := liner.NewLiner()
	defer line.Close()
	line.SetCtrlCAborts(true)
	line.SetMultiLineMode(true)
	line.SetCompleter(completer(names(ctx, c)))
	history := historyFile()
	if f, err := os.Open(history); err == nil {
		line.ReadHistory(f) //nolint:errcheck // a broken history is no reason to stop
		f.Close()
	}
	fmt.Fprintln(a.err, "Statements end with ; and \\q leaves.")
	for {
		text, err := readStatement(line)
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			continue
		case errors.Is(err, io.EOF):
			saveHistory(line, history)
			return nil
		case err != nil:
			return fmt.Errorf("read the prompt: %w", err)
		}
		line.AppendHistory(strings.Join(strings.Fields(text), " "))
		a.answer(c, st, text)
	}
}

// readStatement gathers lines until a statement is complete.
func readStatement(line *liner.State) (string, error) {
	text := ""
	for {
		prompt := "assay> "
		if text != "" {
			prompt = "    -> "
		}
		more, err := line.Prompt(prompt)
		if err != nil {
			return "", err
		}
		switch strings.TrimSpace(more) {
		case `\q`, "quit", "exit":
			return "", io.EOF
		}
		if text += more + "\n"; complete(text) {
			return text, nil
		}
		if strings.TrimSpace(text) == "" {
			text = ""
		}
	}
}

// answer runs the statements of one input; ^C cancels the one that runs and skips the rest.
func (a *app) answer(c *client.Client, st client.Statement, text string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, s := range splitStatements(text) {
		st.SQL = s
		if err := a.runStatement(ctx, c, st); err != nil {
			if ctx.Err() != nil {
				err = errors.New("canceled")
			}
			fmt.Fprintln(a.err, "error:", err)
			return
		}
	}
}

// names are the tables and columns of the server, as far as it answers.
func names(ctx context.Context, c *client.Client) (out []string) {
	tables, err := client.List[tableView](ctx, c, "/v1/tables")
	if err != nil {
		return nil
	}
	for _, t := range tables {
		out = append(out, t.Name)
		for _, col := range t.Columns {
			out = append(out, col.Name)
		}
	}
	return out
}

// completer completes the last word with keywords and names.
func completer(names []string) liner.Completer {
	return func(line string) (out []string) {
		at := strings.LastIndexAny(line, " (,\t") + 1
		word := line[at:]
		if word == "" {
			return nil
		}
		for _, w := range append(names, keywords()...) {
			if len(w) >= len(word) && strings.EqualFold(w[:len(word)], word) {
				out = append(out, line[:at]+w)
			}
		}
		return out
	}
}

func historyFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "assay", "history")
}

func saveHistory(line *liner.State, name string) {
	if name == "" || os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	// Statements may hold values that are nobody else's business.
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	line.WriteHistory(f) //nolint:errcheck // a lost history is no reason to fail
}
