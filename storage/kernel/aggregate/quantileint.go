package aggregate

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
)

// numberQuantile is MEDIAN and the percentiles of values that are, or order as, 64-bit integers. Every value is kept, in pieces of
// the order of arrival: in 32 bits where a batch's values fit, and with one group for each stretch of values rather than for each
// value. Answers are found by selection: the values of one group after another are brought together, and nothing is sorted.
type numberQuantile struct {
	percentileOut
	in       loader[int64]
	floats   *loader[float64]
	unsigned bool
	entries  narrowEntries
	part     partition

	groups int
	log    []numberPiece

	mu    sync.Mutex
	spans *spanIndex  // of the log by group; nil while it is not made
	ends  [][2]int64  // the values about the position of each group, once settled
	sizes []int       // and how many values it has
	bufs  []*spanText // buffers of those who settle
}

func (q *numberQuantile) Grow(n int) { q.groups = max(q.groups, n) }

func (q *numberQuantile) Bytes() int64 {
	log := int64(0)
	for i := range q.log {
		log += q.log[i].bytes()
	}
	// The values of a group are copied while its answer is selected: of a single one, all are.
	n := log + log/int64(min(max(q.groups, 1), 8))
	n += q.in.bytes() + q.entries.bytes() + q.part.bytes() + int64(24*cap(q.ends))
	if q.spans != nil {
		n += q.spans.bytes()
	}
	return n
}

func (q *numberQuantile) Update(r *Rows, args []*batch.Vector) error {
	q.changed()
	if q.floats != nil {
		f := q.floats.load(r, args[0])
		vals := make([]int64, len(f.vals))
		for i, x := range f.vals {
			vals[i] = floatKey(x)
		}
		q.add(vals, f.groups, f.runs)
		return nil
	}
	if codes, ok := q.in.codes(r, args[0]); ok && !q.unsigned && r.Len > 0 {
		if entries := q.entries.of(args[0].Dict); entries != nil {
			q.addCodes(entries, codes, r.Groups, r.runs(&q.in.one))
			return nil
		}
	}
	f := q.in.load(r, args[0])
	if q.unsigned {
		f.vals = slices.Clone(f.vals)
		turnSigns(f.vals)
	}
	q.add(f.vals, f.groups, f.runs)
	return nil
}

// turnSigns has unsigned numbers order as signed ones.
func turnSigns(vals []int64) {
	for i := range vals {
		vals[i] ^= -1 << 63
	}
}

func (q *numberQuantile) Merge(r *Rows, state []*batch.Vector) error {
	q.changed()
	var err error
	var vals []int64
	r.each(state[0], func(row int, g int32) {
		b := state[0].Bytes(row)
		if len(b) == 0 || b[0] != stateVersion || (len(b)-1)%8 != 0 {
			err = badState("percentile")
			return
		}
		vals = vals[:0]
		for b = b[1:]; len(b) > 0; b = b[8:] {
			vals = append(vals, int64(binary.LittleEndian.Uint64(b)))
		}
		q.add(vals, nil, []Run{{End: int32(len(vals)), Group: g}})
	})
	return err
}

// Absorb takes over the log of a state when it is to have all its groups; of some they are copied.
func (q *numberQuantile) Absorb(other State, from, to []int32) error {
	q.changed()
	o := other.(*numberQuantile)
	if len(from) == o.groups && len(from) > 0 && o.spans == nil {
		groups := make([]int32, o.groups)
		for i, g := range from {
			groups[g] = to[i]
		}
		for _, p := range o.log {
			p.translate(groups)
			q.log = append(q.log, p)
		}
		o.log = nil
		return nil
	}
	buf, spans := &spanText{}, o.shared()
	for i, g := range from {
		if vals := spans.wide(o.log, g, buf); len(vals) > 0 {
			q.add(vals, nil, []Run{{End: int32(len(vals)), Group: to[i]}})
		}
	}
	return nil
}

// AppendState writes version and the values, sorted, so that equal groups have equal bytes.
func (q *numberQuantile) AppendState(out []*batch.Builder, groups []int32) {
	var text []byte
	buf := &spanText{}
	for _, g := range groups {
		q.index()
		vals := q.spans.wide(q.log, g, buf)
		slices.Sort(vals)
		text = append(text[:0], stateVersion)
		for _, x := range vals {
			text = binary.LittleEndian.AppendUint64(text, uint64(x))
		}
		out[0].Bytes(text)
	}
}

func (q *numberQuantile) Result(out *batch.Builder, groups []int32) error {
	q.index()
	buf := &spanText{}
	for _, g := range groups {
		lo, hi, n := q.about(g, buf)
		if n == 0 {
			out.Null()
			continue
		}
		_, frac := q.at.of(n)
		if err := q.emit(out, lo, hi, frac); err != nil {
			return err
		}
	}
	return nil
}

// about returns the values at and above the position of a group, and how many values it has.
func (q *numberQuantile) about(g int32, buf *spanText) (lo, hi int64, n int) {
	if q.ends != nil {
		return q.ends[g][0], q.ends[g][1], q.sizes[g]
	}
	if n = q.spans.size(g); n == 0 {
		return 0, 0, 0
	}
	k, _ := q.at.of(n)
	lo, hi = q.spans.around(q.log, g, k, buf)
	return lo, hi, n
}

// emit appends the value between lo and hi in the result's type.
func (q *numberQuantile) emit(out *batch.Builder, lo, hi int64, frac decimal.Int128) error {
	switch {
	case q.floats != nil:
		out.Float64(q.interpolate(keyFloat(lo), keyFloat(hi), frac))
		return nil
	case q.unsigned:
		return q.emitExact(out, decimal.FromUint64(uint64(lo)^1<<63), decimal.FromUint64(uint64(hi)^1<<63), frac)
	}
	return q.emitExact(out, decimal.FromInt64(lo), decimal.FromInt64(hi), frac)
}

// changed forgets what was derived from the log.
func (q *numberQuantile) changed() { q.spans, q.ends, q.sizes, q.bufs = nil, nil, nil, nil }

// shared is the index of a state of which several goroutines take groups over side by side: the first one makes it.
func (q *numberQuantile) shared() *spanIndex {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.index()
	return q.spans
}

func (q *numberQuantile) index() {
	if q.spans == nil {
		q.log = arranged(q.log, q.groups)
		q.spans = newSpanIndex(q.log, q.groups)
	}
}

// Pending is how many parts SettlePart may be called for; few values are not worth it.
func (q *numberQuantile) Pending() int {
	if q.ends != nil || len(q.log) <= 2 || q.groups == 0 {
		return 0
	}
	return min(q.groups, quantileParts)
}

// SettlePart selects the answers of some of the groups. The first caller makes the index while the others wait.
func (q *numberQuantile) SettlePart(p int) {
	q.mu.Lock()
	if q.sizes == nil {
		q.index()
		q.sizes = make([]int, q.groups)
		q.bufs = append(q.bufs, &spanText{})
	}
	ends := q.ends
	if ends == nil {
		ends = make([][2]int64, q.groups)
		q.ends = ends
	}
	buf := &spanText{}
	if n := len(q.bufs); n > 0 {
		buf, q.bufs = q.bufs[n-1], q.bufs[:n-1]
	}
	q.mu.Unlock()
	parts := min(q.groups, quantileParts)
	for g := p; g < q.groups; g += parts {
		n := q.spans.size(int32(g))
		if q.sizes[g] = n; n == 0 {
			continue
		}
		k, _ := q.at.of(n)
		ends[g][0], ends[g][1] = q.spans.around(q.log, int32(g), k, buf)
	}
	q.mu.Lock()
	q.bufs = append(q.bufs, buf)
	q.mu.Unlock()
}

// SettleCounts ends settling.
func (q *numberQuantile) SettleCounts() { q.bufs = nil }
