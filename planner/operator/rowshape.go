package operator

import (
	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// rowShape says how rows are written down as words. The first word has the upper half of the hash of the keys, by which rows are cut
// into partitions, and below it a bit for each column that is not NULL. The keys follow, then all other columns that an aggregate reads:
// a word for a number, two for a text (an intern.Key) or a number of 128 bits. A key's text may have more words, an intern.Span.
type rowShape struct {
	cols  []shapedColumn
	keys  int         // the first columns
	form  *numberForm // not nil: the number of the only key stands for the hash, and the key takes no words
	words int         // of the first word and the keys
	width int
}

type shapedColumn struct {
	typ   schema.Type
	input int // ordinal
	at    int // word
	words int
}

// shapedColumns bounds the columns: their bits share a word with the hash.
const shapedColumns = 32

func (c *shapedColumn) text() bool { return c.typ.Class() == schema.ClassBytes }

func (c *shapedColumn) span() intern.Span { return intern.Span{At: c.at, Words: c.words} }

// shape lays out rows of the aggregation's input; false when they have too many columns. Texts of keys have two words where spans
// does not say more.
func (a *aggregation) shape(form *numberForm, spans []int) (*rowShape, bool) {
	s := &rowShape{keys: len(a.keys), width: 1, form: form}
	add := func(input int) {
		c := shapedColumn{typ: a.in.fields[input].Type, input: input, at: s.width, words: 2}
		if isNumber(c.typ) {
			c.words = 1
		} else if i := len(s.cols); i < len(spans) {
			c.words = spans[i]
		}
		s.cols = append(s.cols, c)
		if form == nil || len(s.cols) > s.keys {
			s.width += c.words
		}
	}
	for _, k := range a.node.Keys {
		add(k)
	}
	s.words = s.width
	seen := map[int]bool{}
	for _, in := range a.inputOf {
		for _, c := range append([]int{in.filter}, in.args...) {
			if c >= 0 && !seen[c] {
				seen[c] = true
				add(c)
			}
		}
	}
	return s, len(s.cols) <= shapedColumns && s.keys > 0
}

// table makes an empty table of keys in this shape.
func (s *rowShape) table() *intern.Tuples {
	var texts []intern.Span
	for i := range s.keys {
		if s.cols[i].text() {
			texts = append(texts, s.cols[i].span())
		}
	}
	return intern.NewTuples(s.words, 1<<s.keys-1, texts)
}

// logs reports whether rows of this table may be logged.
func (t *aggTable) logs() bool {
	if t.stored || t.keys == nil || t.agg.run.env.Debug.NoRowLogs || t.agg.node.Mode == fragment.Final && len(t.specs) == 0 {
		return false
	}
	_, ok := t.agg.shape(nil, nil)
	return ok
}
