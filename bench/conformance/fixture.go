package conformance

import (
	"fmt"
	"strings"
)

// inserts writes one INSERT for the rows of a fixture. An empty unquoted cell is NULL and "" the empty string, as in a load.
func inserts(t Table, quote func(string) string) (string, error) {
	if len(t.Rows) == 0 {
		return "", nil
	}
	rows := make([]string, len(t.Rows))
	for i, line := range t.Rows {
		cells, err := splitCSV(line)
		if err != nil {
			return "", fmt.Errorf("table %s, row %d: %w", t.Name, i+1, err)
		}
		if len(cells) != len(t.Columns) {
			return "", fmt.Errorf("table %s, row %d: %d cells for %d columns", t.Name, i+1, len(cells), len(t.Columns))
		}
		for j, c := range cells {
			if c == nil {
				cells[j] = new(string)
				*cells[j] = "NULL"
				continue
			}
			s := quote(*c)
			cells[j] = &s
		}
		texts := make([]string, len(cells))
		for j := range cells {
			texts[j] = *cells[j]
		}
		rows[i] = "(" + strings.Join(texts, ",") + ")"
	}
	return fmt.Sprintf("INSERT INTO %s VALUES %s;", t.Name, strings.Join(rows, ",")), nil
}

// splitCSV cuts one line of a fixture; nil is NULL.
func splitCSV(line string) ([]*string, error) {
	var out []*string
	for {
		if strings.HasPrefix(line, `"`) {
			var b strings.Builder
			rest := line[1:]
			for {
				i := strings.IndexByte(rest, '"')
				if i < 0 {
					return nil, fmt.Errorf("quote not closed")
				}
				b.WriteString(rest[:i])
				rest = rest[i+1:]
				if !strings.HasPrefix(rest, `"`) {
					break
				}
				b.WriteByte('"')
				rest = rest[1:]
			}
			s := b.String()
			out = append(out, &s)
			if rest == "" {
				return out, nil
			}
			line = rest[1:]
			continue
		}
		cell, rest, more := strings.Cut(line, ",")
		if cell == "" {
			out = append(out, nil)
		} else {
			out = append(out, &cell)
		}
		if !more {
			return out, nil
		}
		line = rest
	}
}

// CSV returns the fixture as a CSV file.
func (t Table) CSV() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i], _, _ = strings.Cut(c, " ")
	}
	return strings.Join(names, ",") + "\n" + strings.Join(t.Rows, "\n") + "\n"
}
