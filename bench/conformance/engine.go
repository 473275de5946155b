package conformance

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Engine is one database that scripts can be put to. It is used by one goroutine.
type Engine interface {
	// Create makes the fixture table with its rows.
	Create(ctx context.Context, t Table) error
	// Drop removes a fixture table.
	Drop(ctx context.Context, name string) error
	// Query returns the rows as text; NULL is a nil cell. A refusal is a *Refused.
	Query(ctx context.Context, sql string) ([][]*string, error)
}

// Refused is a statement's error with its MySQL error number.
type Refused struct {
	Errno  int
	Detail string
	Told   []string // what else Assay says: code, place, excerpt, suggestions and hint, one a line
}

// Error returns the number and the engine's words.
func (r *Refused) Error() string { return fmt.Sprintf("ERROR %d: %s", r.Errno, r.Detail) }

var (
	timestamp = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?Z?$`)
	number    = regexp.MustCompile(`^-?\d+(\.\d+)?([eE][-+]?\d+)?$`)
)

// Render turns rows into the lines of a script, in a form in which equal answers of different engines are equal text:
// timestamps as MySQL writes them, booleans as 1 and 0, numbers to 9 significant digits when approx is set (MariaDB prints deviations of decimals no
// further).
func Render(rows [][]*string, sorted, approx bool) []string {
	lines := make([]string, len(rows))
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, c := range row {
			cells[j] = renderCell(c, approx)
		}
		lines[i] = strings.Join(cells, "\t")
	}
	if sorted {
		slices.Sort(lines)
	}
	return lines
}

func renderCell(c *string, approx bool) string {
	switch {
	case c == nil:
		return "NULL"
	case *c == "":
		return "(empty)"
	case *c == "true":
		return "1"
	case *c == "false":
		return "0"
	}
	s := *c
	if m := timestamp.FindStringSubmatch(s); m != nil {
		frac := strings.TrimRight(m[3], "0")
		return m[1] + " " + m[2] + strings.TrimSuffix(frac, ".")
	}
	if approx && number.MatchString(s) {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return strconv.FormatFloat(f, 'g', 9, 64)
		}
	}
	return strings.NewReplacer("\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(s)
}
