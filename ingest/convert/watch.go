package convert

import (
	"sync/atomic"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/schema"
)

// Watch lets converters spare an Inference the cells that tell it nothing. What is known of a column only ever widens, so a cell
// that an earlier state knew all about tells a later one nothing either: converters compare cells with the state published last,
// while they parse them, and name the fields of a chunk in which any cell may say more. Those alone are looked at, in file
// order, as without a Watch. Values and Nulls then count only what was looked at.
type Watch struct {
	n       *Inference
	known   atomic.Pointer[[]Observed]
	current []Observed // what the last publication was made of
}

// NewWatch begins with everything being news.
func NewWatch(n *Inference) *Watch { return &Watch{n: n} }

// Observe looks at the fields of a converted chunk that have news, and publishes what is known now. It reports whether that has
// changed. Chunks come in file order, from one goroutine.
func (w *Watch) Observe(ch *csvscan.Chunk, r *Result) (changed bool) {
	var rows []rowRef
	for j, news := range r.news {
		if !news {
			continue
		}
		if rows == nil {
			var malformed []Reject // the converter's rejects have them
			rows = w.n.check.rows(ch, w.n.width, &w.n.rules, &malformed)
		}
		w.n.observe(ch, rows, j)
		changed = changed || w.current == nil || !w.n.cols[j].knowsAll(&w.current[j])
	}
	if !changed {
		return false
	}
	known := append([]Observed(nil), w.n.cols...)
	w.current = known
	w.known.Store(&known)
	return true
}

// knowsAll compares what can change a type, a form or what is told of them.
func (o *Observed) knowsAll(old *Observed) bool {
	a, b := *o, *old
	a.Values, a.Nulls, b.Values, b.Nulls = min(a.Values, 1), 0, min(b.Values, 1), 0
	return a == b
}

// knowledge is how a cell is held against what is known of its column.
type knowledge uint8

const (
	knowsLittle  knowledge = iota // every chunk is to be looked at
	knowsNothing                  // any value is news
	knowsAny                      // no value is
	knowsNumbers
	knowsTimes // of cells that the column's type took
	knowsWords
)

// ear is what a converter hears of one column.
type ear struct {
	of *Observed
	by knowledge
}

// listen readies the converter for a chunk: what is known may have grown since the last one.
func (c *Converter) listen(r *Result, old *Result) {
	if c.watch == nil {
		return
	}
	r.news = old.news
	if len(r.news) != c.plan.Width {
		r.news = make([]bool, c.plan.Width)
	}
	for j := range r.news {
		r.news[j] = true
	}
	c.news = r.news
	known := c.watch.known.Load()
	if known == nil {
		return
	}
	if known != c.heard {
		c.heard = known
		c.learn(*known)
	}
	for j := range c.ears {
		if f := c.plan.Fields[j]; f >= 0 {
			c.news[f] = c.ears[j].by == knowsLittle
		}
	}
}

// learn says of every column how its cells are held against what is known.
func (c *Converter) learn(known []Observed) {
	if c.ears == nil {
		c.ears = make([]ear, len(c.plan.Types))
	}
	for j, f := range c.plan.Fields {
		if f >= 0 {
			c.ears[j] = ear{&known[f], c.knowledge(&known[f], j)}
		}
	}
}

func (c *Converter) knowledge(o *Observed, j int) knowledge {
	r, t := &c.plan.Rules, c.plan.Types[j]
	formed := c.plan.Forms != nil && !c.plan.Forms[j].IsZero()
	switch {
	case o.Texts:
		return knowsAny
	case o.Values == 0:
		return knowsNothing
	case r.Thousands != 0 || r.DateFormat != nil || r.TimestampFormat != nil || formed || o.numbers.seen || o.dates.seen || o.Doubles:
		return knowsLittle
	case (o.Dates || o.Timestamps) && (t.Kind == schema.Date || t.Kind == schema.Timestamp):
		return knowsTimes
	case o.Bools:
		return knowsWords
	case o.Ints || o.Decimals:
		return knowsNumbers
	}
	return knowsLittle
}

// hear holds a cell of a column, without the spaces around it, against what is known. why is what its conversion gave.
func (c *Converter) hear(j int, cell []byte, why Reason) {
	field := c.plan.Fields[j]
	if !c.news[field] && !c.ears[j].knows(cell, why, c.plan.Rules.point()) {
		c.news[field] = true
	}
}

func (e *ear) knows(cell []byte, why Reason, point byte) bool {
	switch e.by {
	case knowsAny:
		return true
	case knowsTimes:
		return why == OK && (len(cell) == len("2006-01-02") && e.of.Dates || len(cell) > len("2006-01-02") && e.of.Timestamps)
	case knowsNumbers:
		return e.of.knowsNumber(cell, point)
	case knowsWords:
		return isBoolWord(cell)
	}
	return false
}

// knowsNumber reports whether numeric would find nothing in a cell that is not known.
func (o *Observed) knowsNumber(cell []byte, point byte) bool {
	b := cell
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	whole := 0
	for whole < len(b) && b[whole]-'0' <= 9 {
		whole++
	}
	if whole == 0 || whole > exactDigits || whole > 1 && b[0] == '0' || whole > o.Whole && b[0] != '0' {
		return false
	}
	if whole == len(b) {
		return o.Ints
	}
	scale := len(b) - whole - 1
	if b[whole] != point || scale > o.Scale {
		return false
	}
	for _, d := range b[whole+1:] {
		if d-'0' > 9 {
			return false
		}
	}
	return o.Decimals
}

// Malformed returns the rejects that no type could help: what Inference.Observe gives.
func (r *Result) Malformed() (out []Reject) {
	for _, x := range r.Rejects {
		if x.Column < 0 {
			out = append(out, x)
		}
	}
	return out
}
