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

// shapeSample is how many runs are looked at before scattered groups are known as such.
const shapeSample = 64

// shape turns group numbers into runs where they come in long ones. Scattered ones show themselves soon.
func (t *aggTable) shape(rows *aggregate.Rows) {
	gids := t.gids
	most := len(gids) / runsWorth
	t.runs = t.runs[:0]
	for i := 1; i < len(gids); i++ {
		if gids[i] == gids[i-1] {
			continue
		}
		if n := len(t.runs); n >= most || n > shapeSample && n*runsWorth > 2*i {
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
	for _, v := range t.keyCols {
		if !inStretches(v) {
			return false
		}
	}
	s := &t.steady
	if !s.cut(b, t.keyCols, runsWorth) {
		return false
	}
	t.gids = sizedGroups(t.gids, len(s.heads))
	t.keys.groups(t.gids, t.keyCols, &batch.Batch{Len: b.Len, Sel: s.heads})
	t.runs = t.runs[:0]
	for k, g := range t.gids {
		t.runs = append(t.runs, aggregate.Run{End: s.upto[k], Group: g})
	}
	rows.Runs = t.runs
	return true
}
