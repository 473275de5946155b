package operator

import "github.com/assaydb/assay/storage/batch"

// stretches cuts the living rows of a batch where some of its columns change, by what the columns tell of their codes.
type stretches struct {
	heads []int32    // the first row of each stretch
	upto  []int32    // the living rows up to its end
	ends  [2][]int32 // rows at which some column changes, and room for making them
}

// inStretches reports whether a column tells where it changes.
func inStretches(v *batch.Vector) bool { return v.Enc == batch.Const || v.CodeRuns() != nil }

// cut finds the stretches in which none of the columns changes; each of them must tell. It is false, and gives none, when they are
// shorter than mean rows.
func (s *stretches) cut(b *batch.Batch, cols []*batch.Vector, mean int) bool {
	ends := append(s.ends[0][:0], int32(b.Len))
	other := s.ends[1]
	for _, v := range cols {
		if v.Enc != batch.Const {
			other = mergeEnds(other[:0], ends, v.CodeRuns())
			ends, other = other, ends
		}
	}
	s.ends = [2][]int32{ends, other}
	s.heads, s.upto = s.heads[:0], s.upto[:0]
	if len(ends)*mean > b.Alive() {
		return false
	}
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
			s.heads, s.upto = append(s.heads, head), append(s.upto, next)
			at = next
		}
	}
	return true
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
