package aggregate

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// newQuantile makes MEDIAN, PERCENTILE_CONT and PERCENTILE_DISC.
func newQuantile(s Spec) (State, []schema.Type) {
	types := []schema.Type{schema.TypeBinary}
	num, den := decimal.FromInt64(1), decimal.FromInt64(2)
	if len(s.Params) > 0 {
		num, den, _ = fraction(s.Params[0])
	}
	p := position{num: num, den: den, disc: s.Name == "percentile_disc"}
	o := percentileOut{spec: s, at: p}
	switch s.Args[0].Class() {
	case schema.ClassInt128:
		return &quantile[decimal.Int128]{percentileOut: o, in: loader[decimal.Int128]{payload: wides}, codec: wideCodec{}}, types
	case schema.ClassFloat64:
		return &numberQuantile{percentileOut: o, floats: &loader[float64]{payload: floats}}, types
	case schema.ClassBytes:
		return &quantile[string]{percentileOut: o, in: loader[string]{}, codec: textCodec{}}, types
	}
	return &numberQuantile{percentileOut: o, in: loader[int64]{payload: ints}, unsigned: s.Args[0].Kind == schema.Uint64}, types
}

// quantile is the same of values that are not numbers of 64 bits. It keeps every value of every group, first in a log in the order of arrival, which is the cheapest to write, then arranged
// by group; the answer is found by selection, not by sorting. The log is a list of pieces: it grows and is taken over by another
// state without being copied.
type quantile[T any] struct {
	percentileOut
	in    loader[T]
	codec codec[T]

	groups int
	log    []quantilePiece[T]
	sorted []T   // by group, once arranged,
	start  []int // from where on; nil while it is not
	held   int64 // bytes behind the elements

	mu   sync.Mutex
	ends [][2]T // the values about the position of each group, once settled
}

// codec is what a quantile must know of its element type: order and wire form.
type codec[T any] interface {
	compare(a, b T) int
	append(dst []byte, x T) []byte
	read(b []byte) (T, []byte, bool)
}

func (q *quantile[T]) Grow(n int) { q.groups = max(q.groups, n) }

func (q *quantile[T]) Bytes() int64 {
	const size = 16
	n := size*int64(cap(q.sorted)+2*cap(q.ends)) + int64(8*cap(q.start)) + q.held + q.in.bytes()
	for i := range q.log {
		n += size*int64(cap(q.log[i].vals)) + int64(4*cap(q.log[i].of))
	}
	return n
}

// Arranging holds the log twice for a moment; the operator reserves for it by this factor.

func (q *quantile[T]) Update(r *Rows, args []*batch.Vector) error {
	q.changed()
	if q, ok := any(q).(*quantile[string]); ok {
		r.each(args[0], func(row int, g int32) { q.push(string(args[0].Bytes(row)), g) })
		return nil
	}
	f := q.in.load(r, args[0])
	q.add(f.vals, f.groups, f.runs)
	return nil
}

func (q *quantile[T]) push(x T, g int32) {
	p := q.piece()
	p.vals, p.of = append(p.vals, x), append(p.of, g)
	if s, ok := any(x).(string); ok {
		q.held += int64(len(s))
	}
}

// values returns the values of a group.
func (q *quantile[T]) values(g int32) []T {
	q.arrange()
	if int(g)+1 >= len(q.start) {
		return nil
	}
	return q.sorted[q.start[g]:q.start[g+1]]
}

func (q *quantile[T]) Merge(r *Rows, state []*batch.Vector) error {
	q.changed()
	var err error
	r.each(state[0], func(row int, g int32) {
		b := state[0].Bytes(row)
		if len(b) == 0 || b[0] != stateVersion {
			err = badState("percentile")
			return
		}
		for b = b[1:]; len(b) > 0; {
			x, rest, ok := q.codec.read(b)
			if !ok {
				err = badState("percentile")
				return
			}
			q.push(x, g)
			b = rest
		}
	})
	return err
}

// Absorb takes over the log of a state when it is to have all its groups; some of them are copied.
func (q *quantile[T]) Absorb(other State, from, to []int32) error {
	q.changed()
	o := other.(*quantile[T])
	if o.start == nil && len(from) == o.groups && len(from) > 0 {
		q.takeOver(o, from, to)
		return nil
	}
	o.arrange()
	for i, g := range from {
		vals := o.values(g)
		q.add(vals, nil, []Run{{End: int32(len(vals)), Group: to[i]}})
		for _, x := range vals {
			if s, ok := any(x).(string); ok {
				q.held += int64(len(s))
			}
		}
	}
	return nil
}

// AppendState writes version and the values, sorted, so that equal groups have equal bytes.
func (q *quantile[T]) AppendState(out []*batch.Builder, groups []int32) {
	var buf []byte
	for _, g := range groups {
		vals := q.values(g)
		slices.SortFunc(vals, q.codec.compare)
		buf = append(buf[:0], stateVersion)
		for _, x := range vals {
			buf = q.codec.append(buf, x)
		}
		out[0].Bytes(buf)
	}
}

func (q *quantile[T]) Result(out *batch.Builder, groups []int32) error {
	for _, g := range groups {
		n := len(q.values(g))
		if n == 0 {
			out.Null()
			continue
		}
		lo, hi, frac := q.about(g)
		if err := q.emit(out, lo, hi, frac); err != nil {
			return err
		}
	}
	return nil
}

// around returns the k-th smallest value and the one after it, the same where there is none.
func (q *quantile[T]) around(vals []T, k int) (lo, hi T) {
	slices.SortFunc(vals, q.codec.compare)
	return vals[k], vals[min(k+1, len(vals)-1)]
}

// about returns the values below and above the position of a group that has some, and how far it lies between them.
func (q *quantile[T]) about(g int32) (lo, hi T, frac decimal.Int128) {
	vals := q.values(g)
	k, frac := q.at.of(len(vals))
	if q.ends != nil {
		return q.ends[g][0], q.ends[g][1], frac
	}
	lo, hi = q.around(vals, k)
	return lo, hi, frac
}

type intCodec struct{}

func (intCodec) compare(a, b int64) int { return cmp.Compare(a, b) }
func (intCodec) append(dst []byte, x int64) []byte {
	return binary.LittleEndian.AppendUint64(dst, uint64(x))
}

func (intCodec) read(b []byte) (int64, []byte, bool) {
	if len(b) < 8 {
		return 0, nil, false
	}
	return int64(binary.LittleEndian.Uint64(b)), b[8:], true
}

type wideCodec struct{}

func (wideCodec) compare(a, b decimal.Int128) int { return a.Cmp(b) }
func (wideCodec) append(dst []byte, x decimal.Int128) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, x.Lo), uint64(x.Hi))
}

func (wideCodec) read(b []byte) (x decimal.Int128, rest []byte, ok bool) {
	if len(b) < 16 {
		return x, nil, false
	}
	return decimal.Int128{Lo: binary.LittleEndian.Uint64(b), Hi: int64(binary.LittleEndian.Uint64(b[8:]))}, b[16:], true
}

type textCodec struct{}

func (textCodec) compare(a, b string) int { return cmp.Compare(a, b) }
func (textCodec) append(dst []byte, x string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(x))), x...)
}

func (textCodec) read(b []byte) (string, []byte, bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return "", nil, false
	}
	return string(b[w : w+int(n)]), b[w+int(n):], true
}
