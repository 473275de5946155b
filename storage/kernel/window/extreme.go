package window

import "github.com/assaydb/assay/storage/batch"

// extreme computes MIN, MAX and ANY_VALUE, which is the smallest. Frames only move on, so that a row which is followed by one at
// least as good is never wanted again: the queue holds the others, the best in front.
func extreme(s *Spec, arg *batch.Vector, f frames, b *Block) *batch.Vector {
	from := make([]int32, b.Len)
	sign := 1
	if s.Name == "max" {
		sign = -1
	}
	queue := make([]int32, 0, 64)
	_ = b.each(func(lo, hi int) error {
		queue = queue[:0]
		head, seen := 0, lo
		for i := lo; i < hi; i++ {
			for end := int(f.hi[i]); seen < end; seen++ {
				if arg.IsNull(seen) {
					continue
				}
				for len(queue) > head && sign*compare(arg, int(queue[len(queue)-1]), arg, seen) >= 0 {
					queue = queue[:len(queue)-1]
				}
				queue = append(queue, int32(seen))
			}
			for head < len(queue) && queue[head] < f.lo[i] {
				head++
			}
			from[i] = -1
			if head < len(queue) && queue[head] < f.hi[i] {
				from[i] = queue[head]
			}
		}
		return nil
	})
	return take(arg, from, nil)
}
