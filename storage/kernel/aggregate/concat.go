package aggregate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel/sortkey"
	"github.com/assaydb/assay/storage/schema"
)

// MaxConcatBytes is the longest result of GROUP_CONCAT; past it the query fails, since MySQL's silent cut is a wrong answer.
const MaxConcatBytes = 1 << 20

// concat is GROUP_CONCAT. It keeps each row's sort key (comparable as bytes) and text; rows that tie, or all of them without ORDER
// BY, are ordered by their text, so that the answer does not depend on the order of arrival.
type concat struct {
	spec   Spec
	values int
	items  [][]concatItem
	held   int64
	key    []byte
	text   []byte
}

type concatItem struct{ key, text []byte }

func newConcat(s Spec) (State, []schema.Type) {
	return &concat{spec: s, values: len(s.Args) - len(s.Order)}, []schema.Type{schema.TypeBinary}
}

func (c *concat) Grow(n int)   { c.items = grow(c.items, n) }
func (c *concat) Bytes() int64 { return int64(24*cap(c.items)) + c.held }

func (c *concat) Update(r *Rows, args []*batch.Vector) error {
	r.each(nil, func(row int, g int32) {
		c.key, c.text = c.key[:0], c.text[:0]
		for _, v := range args[:c.values] {
			if v.IsNull(row) {
				return
			}
			c.text = append(c.text, v.Bytes(row)...)
		}
		for i, v := range args[c.values:] {
			c.key = sortkey.Append(c.key, v, row, c.spec.Order[i])
		}
		c.push(g, c.key, c.text)
	})
	return nil
}

func (c *concat) push(g int32, key, text []byte) {
	b := make([]byte, len(key)+len(text))
	copy(b, key)
	copy(b[len(key):], text)
	old := cap(c.items[g])
	c.items[g] = append(c.items[g], concatItem{key: b[:len(key):len(key)], text: b[len(key):]})
	c.held += int64(len(b)) + int64(48*(cap(c.items[g])-old))
}

func (i concatItem) compare(j concatItem) int {
	return cmp.Or(bytes.Compare(i.key, j.key), bytes.Compare(i.text, j.text))
}

// sorted returns the group's items in order, without duplicates of a text when DISTINCT.
func (c *concat) sorted(g int32) []concatItem {
	items := c.items[g]
	slices.SortFunc(items, concatItem.compare)
	if !c.spec.Distinct {
		return items
	}
	seen := make(map[string]bool, len(items))
	return slices.DeleteFunc(slices.Clone(items), func(i concatItem) bool {
		was := seen[string(i.text)]
		seen[string(i.text)] = true
		return was
	})
}

func (c *concat) Absorb(other State, from, to []int32) error {
	o := other.(*concat)
	for i, g := range from {
		for _, it := range o.items[g] {
			c.push(to[i], it.key, it.text)
		}
	}
	return nil
}

// AppendState writes version and, in order, each item's key and text with their lengths.
func (c *concat) AppendState(out []*batch.Builder, groups []int32) {
	for _, g := range groups {
		buf := []byte{stateVersion}
		for _, it := range c.sorted(g) {
			buf = append(binary.AppendUvarint(buf, uint64(len(it.key))), it.key...)
			buf = append(binary.AppendUvarint(buf, uint64(len(it.text))), it.text...)
		}
		out[0].Bytes(buf)
	}
}

func (c *concat) Merge(r *Rows, state []*batch.Vector) error {
	var err error
	r.each(state[0], func(row int, g int32) {
		b := state[0].Bytes(row)
		if len(b) == 0 || b[0] != stateVersion {
			err = badState("group_concat")
			return
		}
		for b = b[1:]; len(b) > 0; {
			key, rest, ok := textCodec{}.read(b)
			text, rest2, ok2 := textCodec{}.read(rest)
			if !ok || !ok2 {
				err = badState("group_concat")
				return
			}
			c.push(g, []byte(key), []byte(text))
			b = rest2
		}
	})
	return err
}

func (c *concat) Result(out *batch.Builder, groups []int32) error {
	sep := c.spec.Params[0].S
	var buf []byte
	for _, g := range groups {
		if len(c.items[g]) == 0 {
			out.Null()
			continue
		}
		buf = buf[:0]
		for i, it := range c.sorted(g) {
			if i > 0 {
				buf = append(buf, sep...)
			}
			if buf = append(buf, it.text...); len(buf) > MaxConcatBytes {
				return errs.New(errs.Limit, "result-too-long", "a GROUP_CONCAT is longer than %d bytes", MaxConcatBytes).
					WithHint("group by more columns, or concatenate fewer rows")
			}
		}
		out.Bytes(buf)
	}
	return nil
}
