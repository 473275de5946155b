package operator

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

const (
	// cachedSlots is the size of a direct index up to which rows are not logged.
	cachedSlots = 1 << 18
	// logEarly is from how many groups on it is asked whether they will be many, and logRows how many rows must be expected for that.
	logEarly = 1 << 12
	logRows  = 1 << 17
)

// wantsLog reports whether groups are so many that writing rows down is cheaper than folding them: not where the last batch came in
// stretches, nor where a direct index and the states of what it can hold lie in the third-level cache.
func (t *aggTable) wantsLog(b *batch.Batch) bool {
	if n := t.agg.run.env.Debug.LogGroups; n > 0 {
		return t.groups >= n
	}
	if t.cutting || t.keys != nil && t.keys.index.slots() <= cachedSlots {
		return false
	}
	return t.groups >= logGroups || t.willBeMany(b)
}

// willBeMany expects many groups of keys that hardly repeat: so many as rows that draw from logGroups keys, each as often, would have
// found by now. What is grouped before the log begins is moved at its end, key by key, so the sooner the better. Keys that may be grouped
// by number wait unless they lie close together already: more of them may yet show that they do.
func (t *aggTable) willBeMany(b *batch.Batch) bool {
	if t.groups < logEarly || t.keys == nil || float64(t.groups) < -logGroups*math.Expm1(-float64(t.folded)/logGroups) {
		return false
	}
	if rows := rowsBelow(t.agg.node.Input); rows > 0 && rows < logRows {
		return false
	}
	v := b.Cols[t.keyAt[0]]
	number := len(t.keyAt) == 1 && (v.Enc == batch.Numbered || v.Type.Class() == schema.ClassInt64) && !t.agg.run.env.Debug.NoNumbers
	return !number || t.newNumberForm(v) != nil
}
