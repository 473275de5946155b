package operator

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
)

// keysOf takes the key columns of a batch.
func (t *aggTable) keysOf(b *batch.Batch) {
	t.keyCols = t.keyCols[:0]
	plain := t.agg.run.env.Debug.NoDirectGroups
	for _, k := range t.keyAt {
		v := b.Cols[k]
		if v.Enc == batch.Runs || v.Enc == batch.Numbered || plain && v.Enc == batch.Dict {
			v = v.Flatten()
		}
		t.keyCols = append(t.keyCols, v)
	}
}

// assign finds the group of every living row.
func (t *aggTable) assign(b *batch.Batch, rows *aggregate.Rows) {
	t.gids = sizedGroups(t.gids, rows.Len)
	t.keys.groups(t.gids, t.keyCols, b)
	t.shape(rows)
}

func sizedGroups(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, max(n, batch.MaxRows))[:n]
	}
	return s[:n]
}

// runsWorth is the mean length from which runs are folded as such.
const runsWorth = 8

// shape turns group numbers into runs where they come in long ones. Scattered ones show themselves soon.
func (t *aggTable) shape(rows *aggregate.Rows) {
	gids := t.gids
	most := len(gids) / runsWorth
	t.runs = t.runs[:0]
	for i := 1; i < len(gids); i++ {
		if gids[i] == gids[i-1] {
			continue
		}
		if len(t.runs) >= most {
			rows.Groups = gids
			return
		}
		t.runs = append(t.runs, aggregate.Run{End: int32(i), Group: gids[i-1]})
	}
	rows.Runs = append(t.runs, aggregate.Run{End: int32(len(gids)), Group: gids[len(gids)-1]})
	t.runs = rows.Runs
}

// assignRuns finds groups once per stretch of rows in which no key changes. It is false where some key column does not come in
// stretches, as those of the sort key and what follows from them do, or where together they are short.
func (t *aggTable) assignRuns(b *batch.Batch, rows *aggregate.Rows) bool {
	ends := t.stretches(b)
	if ends == nil || len(ends)*runsWorth > rows.Len {
		return false
	}
	t.runs, t.heads = t.runs[:0], t.heads[:0]
	at := int32(0)
	for _, end := range ends {
		head, next := at, end
		if b.Sel != nil {
			if int(at) == len(b.Sel) {
				break
			}
			head, next = b.Sel[at], at+before(b.Sel[at:], end)
		}
		if next > at {
			t.heads, t.runs = append(t.heads, head), append(t.runs, aggregate.Run{End: next})
			at = next
		}
	}
	t.gids = sizedGroups(t.gids, len(t.heads))
	t.keys.groups(t.gids, t.keyCols, &batch.Batch{Len: b.Len, Sel: t.heads})
	for k, g := range t.gids {
		t.runs[k].Group = g
	}
	rows.Runs = t.runs
	return true
}

// stretches returns where the stretches end in which no key column changes; nil when a column does not tell.
func (t *aggTable) stretches(b *batch.Batch) []int32 {
	ends := append(t.ends[0][:0], int32(b.Len))
	other := t.ends[1]
	for _, v := range t.keyCols {
		if v.Enc == batch.Const {
			continue
		}
		more := v.CodeRuns()
		if more == nil {
			return nil
		}
		other = mergeEnds(other[:0], ends, more)
		ends, other = other, ends
	}
	t.ends = [2][]int32{ends, other}
	return ends
}

// mergeEnds appends the ends of both, which ascend to the same last one.
func mergeEnds(dst, a, b []int32) []int32 {
	for len(a) > 0 && len(b) > 0 {
		end := min(a[0], b[0])
		dst = append(dst, end)
		if a[0] == end {
			a = a[1:]
		}
		if b[0] == end {
			b = b[1:]
		}
	}
	return dst
}

// before counts the rows before end, by steps that double: stretches of few rows are the rule.
func before(rows []int32, end int32) int32 {
	step := 1
	for step < len(rows) && rows[step] < end {
		step *= 2
	}
	lo, hi := 0, min(step+1, len(rows))
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if rows[mid] < end {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return int32(lo)
}
