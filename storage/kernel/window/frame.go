package window

import "github.com/assaydb/assay/storage/batch"

// frames is the rows that each row of a Block sees: from lo[i] to hi[i], exclusive, lo[i] <= hi[i]. Within a partition neither ever
// goes back.
type frames struct{ lo, hi []int32 }

func newFrames(f Frame, values []*batch.Vector, b *Block) frames {
	out := frames{make([]int32, b.Len), make([]int32, b.Len)}
	var start, end *batch.Vector
	if f.Values() > 0 {
		at := 1
		if f.Start.distant() {
			start, at = values[at], at+1
		}
		if f.End.distant() {
			end = values[at]
		}
	}
	peer := 0
	_ = b.each(func(lo, hi int) error {
		first := peer
		for b.Peers[peer] < int32(hi) {
			peer++
		}
		peer++
		p := partition{lo, hi, b.Peers[first:peer]}
		if f.Rows {
			p.byRows(out, f)
			return nil
		}
		p.byPeers(out, f)
		if start != nil {
			p.byValue(out.lo, values[0], start, f.Down, false, f.Start.Kind)
		}
		if end != nil {
			p.byValue(out.hi, values[0], end, f.Down, true, f.End.Kind)
		}
		return nil
	})
	for i, lo := range out.lo {
		out.hi[i] = max(out.hi[i], lo)
	}
	return out
}

// partition is the rows of one partition and the ends of its groups of peers.
type partition struct {
	lo, hi int
	peers  []int32
}

func (p partition) byRows(out frames, f Frame) {
	n := int64(p.hi - p.lo)
	at := func(i int, b Bound) int {
		d := int(min(b.Rows, n))
		switch b.Kind {
		case UnboundedPreceding:
			return p.lo
		case Preceding:
			return i - d
		case Following:
			return i + d
		case UnboundedFollowing:
			return p.hi - 1
		}
		return i
	}
	for i := p.lo; i < p.hi; i++ {
		out.lo[i] = int32(min(max(at(i, f.Start), p.lo), p.hi))
		out.hi[i] = int32(min(max(at(i, f.End)+1, p.lo), p.hi))
	}
}

// byPeers sets the bounds that are not by value.
func (p partition) byPeers(out frames, f Frame) {
	from := p.lo
	for _, to := range p.peers {
		lo, hi := int32(p.lo), int32(p.hi)
		if f.Start.Kind == CurrentRow {
			lo = int32(from)
		}
		if f.End.Kind == CurrentRow {
			hi = to
		}
		for i := from; i < int(to); i++ {
			out.lo[i], out.hi[i] = lo, hi
		}
		from = int(to)
	}
}

// byValue sets one side of the frames to where a value stands among the keys: before the first key that is not before it, or with
// after, behind the last key that is not after it. The frame of a NULL key is its peers. A bound that is NULL beside a key has left
// its type's range: it stands before or after all keys.
func (p partition) byValue(dst []int32, key, bound *batch.Vector, desc, after bool, kind BoundKind) {
	lo, hi := p.lo, p.hi // of the keys that are not NULL
	for lo < hi && !desc && key.IsNull(lo) {
		lo++
	}
	for lo < hi && desc && key.IsNull(hi-1) {
		hi--
	}
	for i := p.lo; i < p.hi; i++ { // of NULLs
		switch {
		case i >= lo && i < hi:
		case after:
			dst[i] = int32(p.hi)
			if i < lo {
				dst[i] = int32(lo)
			}
		default:
			dst[i] = int32(p.lo)
			if i >= hi {
				dst[i] = int32(hi)
			}
		}
	}
	at := lo
	for i := lo; i < hi; i++ {
		if bound.IsNull(i) {
			dst[i] = int32(lo)
			if kind == Following {
				dst[i] = int32(hi)
			}
			continue
		}
		for at < hi {
			c := compare(key, at, bound, i)
			if desc {
				c = -c
			}
			if c > 0 || c == 0 && !after {
				break
			}
			at++
		}
		dst[i] = int32(at)
	}
}
