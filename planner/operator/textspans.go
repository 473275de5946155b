package operator

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// textSpans says how many words the texts of each key column get in a log: as many as hold those of a batch that are not much too
// long, when they are more than a few. All else about a text in more words than two is as with two, so the first batch may decide.
func (t *aggTable) textSpans(b *batch.Batch) []int {
	spans := make([]int, len(t.keyAt))
	for i, c := range t.keyAt {
		spans[i] = 2
		if v := b.Cols[c]; v.Type.Class() == schema.ClassBytes && !t.agg.run.env.Debug.NoTextSpans {
			spans[i] = spanOf(v.Flatten(), b)
		}
	}
	return spans
}

// spanWorth is for how large a share of the rows more words are worth their room.
const spanWorth = 8

func spanOf(v *batch.Vector, b *batch.Batch) int {
	n, fit, over, longest := b.Alive(), 0, 0, 0
	for k := range n {
		row := rowOf(b, k)
		if v.IsNull(row) {
			continue
		}
		switch size := len(v.Bytes(row)); {
		case size > intern.MaxSpan:
			over++
		case size > intern.MaxInline:
			fit++
			longest = max(longest, size)
		}
	}
	if fit <= over || fit < n/spanWorth {
		return 2
	}
	return longest/8 + 1
}
