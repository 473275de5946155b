package report

import (
	"bytes"
	"fmt"
	"strings"
)

// Into returns a page with this result in place of what stood between the track's markers, which are lines of their own:
//
//	<!-- bench: own -->
//	<!-- end: own -->
//
// plot is the path of the plot from the page. All else on the page stays.
func (r *Result) Into(page []byte, plot string) ([]byte, error) {
	begin, end := "<!-- bench: "+r.Track+" -->\n", "<!-- end: "+r.Track+" -->"
	from := bytes.Index(page, []byte(begin))
	if from < 0 {
		return nil, fmt.Errorf("the page has no line %q to put the results behind", strings.TrimSpace(begin))
	}
	from += len(begin)
	length := bytes.Index(page[from:], []byte(end))
	if length < 0 {
		return nil, fmt.Errorf("the page has no line %q behind %q", end, strings.TrimSpace(begin))
	}
	out := append(bytes.Clone(page[:from]), "\n"+r.markdown(plot)+"\n"...)
	return append(out, page[from+length:]...), nil
}

// markdown is the result as a section of a page.
func (r *Result) markdown(plot string) string {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "%s %d rows (%s of CSV), %d threads, %d hot runs of each engine in turn. %s, revision %s; %s, %d cores, %s of memory; load average %.1f before and %.1f after.\n\n",
		r.About, r.Data.Rows, size(r.Data.CSVBytes), r.Threads, r.Runs, r.Started.Format("2006-01-02"), short(r.Revision), m.CPU, m.Cores, size(m.MemoryBytes),
		m.LoadBefore, m.LoadAfter)
	fmt.Fprintf(&b, "![best hot run of every query](%s)\n\n", plot)
	markdownGrid(&b, r.engineRows())
	if len(r.Queries) > 0 {
		b.WriteString("\n")
		markdownGrid(&b, r.queryRows())
	}
	b.WriteString("\n")
	for _, line := range r.closing() {
		fmt.Fprintf(&b, "- %s\n", strings.ReplaceAll(line, "\n", " "))
	}
	return b.String()
}

func short(revision string) string {
	hash, dirty, cut := strings.Cut(revision, "-")
	hash = hash[:min(len(hash), 12)]
	if cut {
		return hash + "-" + dirty
	}
	return hash
}

// markdownGrid writes rows as a table; the first is the header, the first column is text.
func markdownGrid(b *strings.Builder, rows [][]string) {
	for i, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(b, "|---|%s\n", strings.Repeat("---:|", len(row)-1))
		}
	}
}
