package ingest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assaydb/assay/ingest/calendar"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// Comparison is a delivery beside the one of its source's previous period.
type Comparison struct {
	Delivery    schema.ID    `json:"delivery_id"` // the earlier one
	Period      string       `json:"period"`
	Rows        int64        `json:"rows"`
	Differences []Difference `json:"differences"` // beyond what the table's checks allow
}

// Difference is one thing that changed more than it may.
type Difference struct {
	Check  string `json:"check"` // rows, nulls, codes, range
	Column string `json:"column,omitempty"`
	Before string `json:"before"`
	Now    string `json:"now"`
	Text   string `json:"text"`
}

const (
	lookBack       = 12 // periods that may be missing between a delivery and the one that it is compared with
	maxDifferences = 100
	maxNewCodes    = 5 // named in a difference
)

// compareWithPrevious adds the comparison to a receipt, and says why the delivery is to be held: "" when it is not. Only a delivery
// that stands for a whole period is compared. What fails here fails no load: it is a warning.
func (w *writing) compareWithPrevious(ctx context.Context, r *Receipt) (hold string) {
	ld := w.ld
	if !ld.req.replaces() || r.Period == "" || !ld.req.Amends.IsZero() {
		return ""
	}
	snap := ld.l.cfg.Catalog.Snapshot()
	prev := previousOf(snap, w.target.table.ID, r.Source, r.Period)
	if prev == nil {
		return ""
	}
	checks, _, err := ChecksOf(snap, w.target.table.ID)
	var before *Receipt
	if err == nil {
		before, err = ld.l.readReceipt(ctx, prev)
	}
	if err != nil {
		ld.l.cfg.Logger.Warn("a delivery could not be compared with the period before", "delivery", ld.id, "with", prev.ID, "error", err)
		r.Warnings = append(r.Warnings, "the delivery was not compared with the period before, whose receipt could not be read")
		return ""
	}
	c := &comparing{checks: checks, before: before, now: r, codes: w.profile.codes}
	r.Comparison = &Comparison{Delivery: prev.ID, Period: prev.Period, Rows: before.Accepted, Differences: c.all()}
	if len(r.Comparison.Differences) == 0 {
		return ""
	}
	var reasons []string
	for _, d := range r.Comparison.Differences {
		text := fmt.Sprintf("%s (compared with period %s)", d.Text, prev.Period)
		r.Warnings = append(r.Warnings, text)
		reasons = append(reasons, d.Text)
	}
	if checks.OnBreach != "hold" {
		return ""
	}
	return cutText(strings.Join(reasons, "; "), catalog.MaxReasonBytes)
}

func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return string(wholeRunes([]byte(s[:most-3]))) + "..."
}

// previousOf finds the newest delivery in force of a source's period before.
func previousOf(snap *catalog.Snapshot, table uint32, source, period string) *catalog.Delivery {
	p, ok := calendar.Parse(period)
	if !ok {
		return nil
	}
	for range lookBack {
		p = p.Add(-1)
		if all := snap.Slot(table, source, p.String()); len(all) > 0 {
			return all[0] // amendments and appended files stand behind it
		}
	}
	return nil
}

// comparing is one comparison on its way.
type comparing struct {
	checks      Checks
	before, now *Receipt
	codes       []map[string]bool
	out         []Difference
}

func (c *comparing) add(d Difference) {
	if len(c.out) < maxDifferences {
		c.out = append(c.out, d)
	}
}

func (c *comparing) all() []Difference {
	c.out = []Difference{}
	c.rows()
	earlier := map[string]*ReceiptColumn{}
	for i := range c.before.Columns {
		earlier[strings.ToLower(c.before.Columns[i].Name)] = &c.before.Columns[i]
	}
	for i := range c.now.Columns {
		col := &c.now.Columns[i]
		old := earlier[strings.ToLower(col.Name)]
		if old == nil {
			continue // a new column: the schema's rules speak of it
		}
		c.nulls(old, col)
		c.newCodes(old, col, c.codes[i])
		c.ranges(old, col)
	}
	return c.out
}

func (c *comparing) rows() {
	was, is := c.before.Accepted, c.now.Accepted
	if c.checks.RowsChange == 0 || was == 0 {
		return
	}
	if change := float64(is-was) / float64(was); math.Abs(change) > c.checks.RowsChange {
		c.add(Difference{
			Check: "rows", Before: strconv.FormatInt(was, 10), Now: strconv.FormatInt(is, 10),
			Text: fmt.Sprintf("%d rows, %d before (%+.0f %%)", is, was, 100*change),
		})
	}
}

func (c *comparing) nulls(old, col *ReceiptColumn) {
	if c.checks.NullsChange == 0 || c.before.Accepted == 0 || c.now.Accepted == 0 {
		return
	}
	was, is := float64(old.Nulls)/float64(c.before.Accepted), float64(col.Nulls)/float64(c.now.Accepted)
	if math.Abs(is-was) > c.checks.NullsChange {
		c.add(Difference{
			Check: "nulls", Column: col.Name, Before: percent(was), Now: percent(is),
			Text: fmt.Sprintf("column %q is NULL in %s of the rows, %s before", col.Name, percent(is), percent(was)),
		})
	}
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }

func (c *comparing) newCodes(old, col *ReceiptColumn, seen map[string]bool) {
	if !c.checks.NewCodes || len(old.Codes) == 0 || seen == nil {
		return
	}
	var fresh []string
	for text := range seen {
		if !old.Codes.has(text) {
			fresh = append(fresh, text)
		}
	}
	if len(fresh) == 0 {
		return
	}
	slices.Sort(fresh)
	named := make([]string, 0, maxNewCodes)
	for _, f := range fresh[:min(len(fresh), maxNewCodes)] {
		named = append(named, strconv.Quote(f))
	}
	text := strings.Join(named, ", ")
	if more := len(fresh) - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	c.add(Difference{
		Check: "codes", Column: col.Name, Before: fmt.Sprintf("%d distinct", len(old.Codes)/8), Now: text,
		Text: fmt.Sprintf("column %q has values that it did not have before: %s", col.Name, text),
	})
}

func (c *comparing) ranges(old, col *ReceiptColumn) {
	if !c.checks.Ranges || old.Min == "" || col.Min == "" {
		return
	}
	lo, hi, ok := bounds(old)
	from, to, fine := bounds(col)
	width := hi - lo
	if !ok || !fine || width <= 0 || from >= lo-width && to <= hi+width {
		return
	}
	c.add(Difference{
		Check: "range", Column: col.Name, Before: old.Min + " to " + old.Max, Now: col.Min + " to " + col.Max,
		Text: fmt.Sprintf("column %q ranges from %s to %s, %s to %s before", col.Name, col.Min, col.Max, old.Min, old.Max),
	})
}

func bounds(c *ReceiptColumn) (lo, hi float64, ok bool) {
	lo, err := strconv.ParseFloat(c.Min, 64)
	if err != nil {
		return 0, 0, false
	}
	hi, err = strconv.ParseFloat(c.Max, 64)
	return lo, hi, err == nil
}
