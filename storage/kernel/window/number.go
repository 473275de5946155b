package window

import (
	"github.com/assaydb/assay/storage/batch"
)

// number computes the functions that look at nothing but where a row stands.
func number(s *Spec, b *Block) *batch.Vector {
	out := &batch.Vector{Type: s.Result, Len: b.Len}
	switch s.Name {
	case "percent_rank", "cume_dist":
		out.F = make([]float64, b.Len)
	default:
		out.I = make([]int64, b.Len)
	}
	peer := 0
	lo := 0
	for _, hi := range b.Partitions {
		switch s.Name {
		case "row_number":
			for i := lo; i < int(hi); i++ {
				out.I[i] = int64(i - lo + 1)
			}
		case "ntile":
			ntile(out.I[lo:hi], s.Number)
		default:
			peer = ranks(s.Name, out, b, lo, int(hi), peer)
		}
		lo = int(hi)
	}
	return out
}

// ntile cuts rows into n buckets of which the first have one row more where they cannot be even.
func ntile(dst []int64, n int64) {
	rows := int64(len(dst))
	size, larger := rows/n, rows%n
	bucket, left := int64(0), int64(0)
	for i := range dst {
		if left == 0 {
			bucket++
			left = size
			if bucket <= larger {
				left++
			}
		}
		left--
		dst[i] = bucket
	}
}

// ranks numbers the groups of peers of one partition, of which peer is the first, and returns that of the next.
func ranks(name string, out *batch.Vector, b *Block, lo, hi, peer int) int {
	rows := hi - lo
	dense := int64(0)
	for from := lo; from < hi; peer++ {
		to := int(b.Peers[peer])
		dense++
		switch name {
		case "rank":
			fill(out.I[from:to], int64(from-lo+1))
		case "dense_rank":
			fill(out.I[from:to], dense)
		case "percent_rank":
			share := 0.0
			if rows > 1 {
				share = float64(from-lo) / float64(rows-1)
			}
			fill(out.F[from:to], share)
		case "cume_dist":
			fill(out.F[from:to], float64(to-lo)/float64(rows))
		}
		from = to
	}
	return peer
}

func fill[T any](dst []T, x T) {
	for i := range dst {
		dst[i] = x
	}
}
