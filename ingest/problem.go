package ingest

import (
	"fmt"
	"strings"
)

// Problem is one kind of reject: what is wrong with a column, or with records as a whole, how often and where first.
type Problem struct {
	Column string  `json:"column,omitempty"`
	Reason string  `json:"reason"`
	Count  int64   `json:"count"`
	Lines  []int64 `json:"lines"` // of the first MaxProblemLines
}

// Limits of the list of problems.
const (
	MaxProblems     = 200
	MaxProblemLines = 5
)

// problems groups rejects by kind, in the order in which the kinds came up.
type problems struct {
	list []Problem
	at   map[[2]string]int
	more int64 // rejects of further kinds
}

func (p *problems) add(r *Reject) {
	key := [2]string{r.Column, r.kind()}
	i, ok := p.at[key]
	if !ok {
		if len(p.list) == MaxProblems {
			p.more++
			return
		}
		if p.at == nil {
			p.at = map[[2]string]int{}
		}
		i = len(p.list)
		p.at[key], p.list = i, append(p.list, Problem{Column: r.Column, Reason: key[1]})
	}
	q := &p.list[i]
	if q.Count++; len(q.Lines) < MaxProblemLines {
		q.Lines = append(q.Lines, r.Line)
	}
}

// kind is the reason without what differs from record to record.
func (r *Reject) kind() string {
	if r.class != "" {
		return r.class
	}
	return r.Reason
}

// String lists the problems, a line each.
func (p *problems) String() string {
	var b strings.Builder
	for i := range p.list {
		q := &p.list[i]
		b.WriteString("\n  ")
		if q.Column != "" {
			fmt.Fprintf(&b, "column %q: ", q.Column)
		}
		lines := strings.Trim(strings.ReplaceAll(fmt.Sprint(q.Lines), " ", ", "), "[]")
		if q.Count > int64(len(q.Lines)) {
			lines += " ..."
		}
		fmt.Fprintf(&b, "%s: %d records, lines %s", q.Reason, q.Count, lines)
	}
	if p.more > 0 {
		fmt.Fprintf(&b, "\n  and %d records with yet other problems", p.more)
	}
	return b.String()
}
