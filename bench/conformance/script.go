package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Script is one parsed file.
type Script struct {
	Path   string
	Blocks []*Block
}

// Block is one paragraph of a script.
type Block struct {
	Kind    string // "table", "query", "error", "statement", "oracle" or "" for comments
	Line    int
	Oracle  string // in force at this block
	Args    []string
	SQL     string
	Wording map[string]string // engine -> its own SQL
	Params  map[string]any    // values of :NAME
	Table   Table
	Answer  []string
	Filled  bool // an answer stands in the file
	text    []string
}

// Table is the fixture of a table block.
type Table struct {
	Name    string
	Columns []string // "name TYPE"
	Rows    []string // CSV lines
}

// Sorted reports whether the order of the rows does not matter.
func (b *Block) Sorted() bool { return slices.Contains(b.Args, "rowsort") }

// ReadScript parses a file.
func ReadScript(path string) (*Script, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Script{Path: path}
	oracle := ""
	lines := strings.Split(strings.TrimRight(string(raw), "\n"), "\n")
	for start := 0; start < len(lines); {
		end := start
		for end < len(lines) && lines[end] != "" {
			end++
		}
		if end > start {
			b, err := parseBlock(lines[start:end], start+1)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, start+1, err)
			}
			if b.Kind == "oracle" {
				oracle = b.Args[0]
			}
			b.Oracle = oracle
			s.Blocks = append(s.Blocks, b)
		}
		start = end + 1
	}
	return s, nil
}

func parseBlock(lines []string, at int) (*Block, error) {
	b := &Block{Line: at, text: lines, Wording: map[string]string{}}
	body := lines
	for len(body) > 0 && strings.HasPrefix(body[0], "#") {
		body = body[1:]
	}
	if len(body) == 0 {
		return b, nil
	}
	words := strings.Fields(body[0])
	b.Kind, b.Args = words[0], words[1:]
	head, tail, cut := split(body[1:])
	switch b.Kind {
	case "oracle":
		if len(b.Args) == 0 {
			return nil, fmt.Errorf("oracle needs a name")
		}
	case "table":
		if len(b.Args) != 1 {
			return nil, fmt.Errorf("table needs a name")
		}
		b.Table = Table{Name: b.Args[0], Columns: head, Rows: tail}
	case "query", "error", "statement":
		if err := b.statement(head); err != nil {
			return nil, err
		}
		b.Answer, b.Filled = tail, cut
	default:
		return nil, fmt.Errorf("no such block %q", b.Kind)
	}
	return b, nil
}

// statement separates parameters and the engines' own wordings from the statement.
func (b *Block) statement(lines []string) error {
	var sql []string
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, "param "); ok {
			if err := b.param(rest); err != nil {
				return err
			}
			continue
		}
		engine, own, ok := strings.Cut(l, ": ")
		if ok && (engine == "mariadb" || engine == "duckdb") {
			b.Wording[engine] = own
			continue
		}
		sql = append(sql, l)
	}
	b.SQL = strings.Join(sql, "\n")
	return nil
}

// param reads "NAME TYPE VALUE".
func (b *Block) param(line string) error {
	name, rest, _ := strings.Cut(line, " ")
	typ, text, _ := strings.Cut(rest, " ")
	var v any
	var err error
	switch typ {
	case "null":
	case "text":
		v = text
	case "int":
		v, err = strconv.ParseInt(text, 10, 64)
	case "uint":
		v, err = strconv.ParseUint(text, 10, 64)
	case "double":
		v, err = strconv.ParseFloat(text, 64)
	case "bool":
		v, err = strconv.ParseBool(text)
	case "number":
		v = json.Number(text)
	case "time":
		v, err = time.Parse(time.RFC3339, text)
	default:
		err = fmt.Errorf("no parameter type %q", typ)
	}
	if b.Params == nil {
		b.Params = map[string]any{}
	}
	b.Params[name] = v
	return err
}

// For returns the statement as an engine should be asked.
func (b *Block) For(engine string) string {
	if own, ok := b.Wording[engine]; ok {
		return own
	}
	return b.SQL
}

func split(lines []string) (head, tail []string, cut bool) {
	i := slices.Index(lines, "----")
	if i < 0 {
		return lines, nil, false
	}
	return lines[:i], lines[i+1:], true
}

// Fill writes an answer into the block's text.
func (b *Block) Fill(rows []string) {
	head := b.text
	if i := slices.Index(head, "----"); i >= 0 {
		head = head[:i]
	}
	b.text = append(append(slices.Clone(head), "----"), rows...)
	b.Answer, b.Filled = rows, true
}

// Write stores the script with its filled answers.
func (s *Script) Write() error {
	paragraphs := make([]string, len(s.Blocks))
	for i, b := range s.Blocks {
		paragraphs[i] = strings.Join(b.text, "\n")
	}
	return os.WriteFile(s.Path, []byte(strings.Join(paragraphs, "\n\n")+"\n"), 0o644)
}
