package ingest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// readHeader looks at the first record: how many fields there are, whether it names them, and how.
func (t *text) readHeader(head []byte, whole bool, opts *Options, table *schema.Table) error {
	d := t.dialect.scan()
	var ch csvscan.Chunk
	s := csvscan.New(headReader(head, whole), d, t.limits.LineBytes)
	for len(ch.Records) == 0 {
		if err := s.Next(&ch); err != nil {
			return t.noFirstRecord(whole)
		}
	}
	first := &ch.Records[0]
	line := first.Line + t.lines
	if first.Fault != csvscan.NoFault {
		return errs.New(errs.Meaning, "bad-header", "line %d: the first record cannot be read: %s", line, first.Fault).WithHint("mend the first line and send the file again")
	}
	if int64(first.Fields) > int64(t.limits.Columns) {
		return errs.New(errs.Limit, "too-many-columns", "line %d has %d columns, at most %d are allowed (max-columns)", line, first.Fields, t.limits.Columns).
			WithHint("split the file by columns; the node's setting --max-columns can be at most %d", schema.MaxColumns)
	}
	t.width = int(first.Fields)
	names := cells(&ch, first, d.Escape)
	if t.dialect.Header != nil {
		t.header = *t.dialect.Header
	} else {
		rules, err := t.rules()
		if err != nil {
			return err
		}
		t.header = namesColumns(t.rename(names), table) || !looksLikeData(&ch, rules)
		t.mapped = false // by the cells of a row; the names are given below
		t.dialect.Header = &t.header
	}
	t.noteHeader(opts, names, table, line)
	t.noteEnds(&ch)
	if t.header {
		t.topLine = string(ch.Raw(first))
	}
	if !t.header {
		for i := range names {
			names[i] = ""
		}
	}
	if t.amends {
		t.dropErrors(names, table)
	}
	t.names = t.uniqueNames(t.rename(names))
	return nil
}

// dropErrors leaves out the column that copies of rejected lines have in front, unless the table has one of that name.
func (t *text) dropErrors(names []string, table *schema.Table) {
	if t.named() && len(names) > 1 && strings.EqualFold(strings.TrimSpace(names[0]), ErrorColumn) && (table == nil || table.Column(ErrorColumn) < 0) {
		t.leaveOut(0, len(names))
	}
}

// noteHeader says why the first record is the header, or is not.
func (t *text) noteHeader(opts *Options, names []string, table *schema.Table, line int64) {
	e := Evidence{What: "header", Value: "1", Confidence: sure, Line: line, Why: "declared"}
	if !t.header {
		e.Value = "0"
	}
	switch {
	case opts.Header != "":
	case t.header && namesColumns(names, table):
		e.Why = "the line names columns of the table"
	case t.header && headerLike(names):
		e.Confidence, e.Why = 0.8, "the cells are all different, and the lines behind are typed otherwise or text as well"
	case t.header:
		e.Confidence, e.Why = 0.6, "the cells are typed otherwise than those behind, though some are empty, repeated or numbers"
	default:
		e.Confidence, e.Why = 0.9, "the cells have the types of those behind"
	}
	t.evidence = append(t.evidence, e)
}

// noteEnds finds out whether every record ends with a delimiter that the header does not have, as some systems write it: then that
// is no field. In a file where single records do, it stays a fault.
func (t *text) noteEnds(ch *csvscan.Chunk) {
	if !t.header || len(ch.Records) < 2 {
		return
	}
	ends := 0
	for i := range ch.Records[1:] {
		rec := &ch.Records[i+1]
		if row := ch.Row(rec); rec.Fault == csvscan.NoFault && len(row) == t.width+1 && ch.Row(rec)[t.width].End() == row[t.width].Start {
			ends++
		}
	}
	if t.ends = 10*ends >= 9*(len(ch.Records)-1); t.ends {
		t.evidence = append(t.evidence, Evidence{
			What: "record_end", Value: t.dialect.Delimiter, Confidence: 0.9, Line: ch.Records[1].Line + t.lines,
			Why: fmt.Sprintf("%d of %d records end with a delimiter, and the header does not", ends, len(ch.Records)-1),
		})
	}
}

func (t *text) noFirstRecord(whole bool) error {
	if whole {
		return errs.New(errs.Invalid, "empty-file", "the file holds only blank lines")
	}
	return errs.New(errs.Limit, "line-too-long", "the first line is longer than %d bytes (max-line)", min(t.limits.LineBytes, headBytes)).
		WithHint("the line that holds the header must end within the first %d bytes", headBytes)
}

// namesColumns reports whether at least half of the cells are names of the table's columns.
func namesColumns(names []string, table *schema.Table) bool {
	if table == nil {
		return false
	}
	hits := 0
	for _, n := range names {
		if table.Column(cleanName(n)) >= 0 {
			hits++
		}
	}
	return hits > 0 && 2*hits >= len(names)
}

// looksLikeData reports whether the first record is typed like the ones behind it: in every column that is not text there, its
// cell has that type too or is empty, and there is such a column. A lone record is data when any of its cells is typed.
func looksLikeData(ch *csvscan.Chunk, rules convert.Rules) bool {
	width := int(ch.Records[0].Fields)
	first := inferOver(ch, rules, width, 0, 1)
	rest := inferOver(ch, rules, width, 1, len(ch.Records))
	typed := false
	for j := range first {
		f, r := &first[j], &rest[j]
		if r.Values == 0 && len(ch.Records) > 1 || f.Values == 0 {
			continue
		}
		if len(ch.Records) > 1 && r.Type() == schema.TypeVarchar {
			continue
		}
		if f.Type() == schema.TypeVarchar {
			if len(ch.Records) > 1 && !unclear(f.Hint) {
				return false
			}
			continue
		}
		typed = true
	}
	return typed
}

// unclear says of a cell that it is a date or a number that could be read in two ways: beside others like it, that is data.
func unclear(h convert.Hint) bool {
	return h == convert.LooksDate || h == convert.LooksEither || h == convert.LooksGrouped
}

func inferOver(ch *csvscan.Chunk, rules convert.Rules, width, lo, hi int) []convert.Observed {
	inf := convert.NewInference(rules, width)
	part := *ch
	part.Records = ch.Records[lo:hi]
	inf.Observe(&part)
	return inf.Columns()
}

// cleanName makes a header cell a name that the catalog takes.
func cleanName(s string) string {
	s = strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError || strings.ContainsRune("/\\`\"'", r) {
			return '_'
		}
		return r
	}, s)
	for len(s) > schema.MaxNameBytes-8 { // room for a number behind it
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// maxRenameWarnings bounds what a receipt says of a header.
const maxRenameWarnings = 100

// uniqueNames gives every field a name: col_3 for an empty one, name_2 for one that is there already.
func (t *text) uniqueNames(cells []string) []string {
	taken := map[string]bool{}
	for _, v := range schema.VirtualColumns() {
		taken[v.Name] = true
	}
	for _, c := range cells {
		taken["\x00"+strings.ToLower(cleanName(c))] = true // names that some field has of its own
	}
	out := make([]string, len(cells))
	renamed := 0
	next := map[string]int{} // the number to try behind a base: thousands of columns may share a name
	for i, cell := range cells {
		name := cleanName(cell)
		if name == "" || name == "." || name == ".." {
			name = "col_" + strconv.Itoa(i+1)
		}
		base, low := name, strings.ToLower(name)
		for n := max(2, next[low]); taken[strings.ToLower(name)] || name != base && taken["\x00"+strings.ToLower(name)]; n++ {
			name = base + "_" + strconv.Itoa(n)
			next[low] = n + 1
		}
		taken[strings.ToLower(name)] = true
		out[i] = name
		if (t.header || t.dialect.Format != "") && name != strings.TrimSpace(cell) {
			if renamed++; renamed <= maxRenameWarnings {
				t.warnings = append(t.warnings, fmt.Sprintf("column %d is headed %q and was named %q", i+1, cell, name))
			}
		}
	}
	if renamed > maxRenameWarnings {
		t.warnings = append(t.warnings, fmt.Sprintf("%d further columns were renamed", renamed-maxRenameWarnings))
	}
	return out
}
