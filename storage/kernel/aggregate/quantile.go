package aggregate

import (
	"cmp"
	"encoding/binary"
	"slices"

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
	switch s.Args[0].Class() {
	case schema.ClassInt128:
		return &quantile[decimal.Int128]{spec: s, at: p, in: loader[decimal.Int128]{payload: wides}, codec: wideCodec{}}, types
	case schema.ClassFloat64:
		return &quantile[int64]{spec: s, at: p, floats: &loader[float64]{payload: floats}, codec: intCodec{}}, types
	case schema.ClassBytes:
		return &quantile[string]{spec: s, at: p, in: loader[string]{}, codec: textCodec{}}, types
	}
	return &quantile[int64]{spec: s, at: p, in: loader[int64]{payload: ints}, codec: intCodec{}, unsigned: s.Args[0].Kind == schema.Uint64}, types
}

// quantile keeps every value of every group, first in one log in the order of arrival, which is the cheapest to write, then
// arranged by group; the answer is found by selection, not by sorting.
type quantile[T any] struct {
	spec     Spec
	at       position
	in       loader[T]
	floats   *loader[float64]
	codec    codec[T]
	unsigned bool

	groups int
	log    []T
	of     []int32 // group of each element of the log; nil while every one is in group 0
	start  []int   // arranged: group g holds log[start[g]:start[g+1]]; nil while it is not
	held   int64   // bytes behind the elements
}

// codec is what a quantile must know of its element type: order and wire form.
type codec[T any] interface {
	compare(a, b T) int
	append(dst []byte, x T) []byte
	read(b []byte) (T, []byte, bool)
	selectAt(s []T, k int) T // the k-th smallest; may reorder s
}

func (q *quantile[T]) Grow(n int) {
	if q.groups <= 1 && n > 1 && q.of == nil {
		q.of = make([]int32, len(q.log), cap(q.log))
	}
	q.groups = max(q.groups, n)
}

func (q *quantile[T]) Bytes() int64 {
	size := int64(8)
	if _, wide := any(q.codec).(intCodec); !wide {
		size = 16
	}
	return size*int64(cap(q.log)) + int64(4*cap(q.of)+8*cap(q.start)) + q.held + q.in.bytes()
}

// Arranging holds the log twice for a moment; the operator reserves for it by this factor.

func (q *quantile[T]) Update(r *Rows, args []*batch.Vector) error {
	q.scatterAgain()
	switch q := any(q).(type) {
	case *quantile[string]:
		r.each(args[0], func(row int, g int32) { q.push(string(args[0].Bytes(row)), g) })
		return nil
	case *quantile[int64]:
		if q.floats != nil {
			q.pushFloats(q.floats.load(r, args[0]))
			return nil
		}
	}
	f := q.in.load(r, args[0])
	from := len(q.log)
	q.log = append(q.log, f.vals...)
	if q, ok := any(q).(*quantile[int64]); ok && q.unsigned {
		for i := from; i < len(q.log); i++ {
			q.log[i] ^= -1 << 63
		}
	}
	q.tag(f.groups, f.runs)
	return nil
}

func (q *quantile[T]) push(x T, g int32) {
	q.log = append(q.log, x)
	if q.of != nil {
		q.of = append(q.of, g)
	}
	if s, ok := any(x).(string); ok {
		q.held += int64(len(s))
	}
}

func (q *quantile[T]) pushFloats(f folded[float64]) {
	for _, x := range f.vals {
		q.log = append(q.log, any(floatKey(x)).(T))
	}
	q.tag(f.groups, f.runs)
}

// tag records the groups of the values just appended.
func (q *quantile[T]) tag(groups []int32, runs []Run) {
	if q.of == nil {
		return
	}
	if groups != nil {
		q.of = append(q.of, groups...)
		return
	}
	from := int32(0)
	for _, run := range runs {
		for ; from < run.End; from++ {
			q.of = append(q.of, run.Group)
		}
	}
}

// arrange sorts the log by group, by counting.
func (q *quantile[T]) arrange() {
	if q.start != nil {
		return
	}
	q.start = make([]int, q.groups+1)
	if q.of == nil {
		for i := 1; i <= q.groups; i++ {
			q.start[i] = len(q.log)
		}
		return
	}
	next := make([]int, q.groups+1)
	for _, g := range q.of {
		q.start[g+1]++
	}
	for g := range q.groups {
		q.start[g+1] += q.start[g]
		next[g] = q.start[g]
	}
	out := make([]T, len(q.log))
	for i, g := range q.of {
		out[next[g]] = q.log[i]
		next[g]++
	}
	q.log, q.of = out, nil
}

// scatterAgain undoes arrange, so that more values can be appended.
func (q *quantile[T]) scatterAgain() {
	if q.start == nil {
		return
	}
	if q.groups > 1 {
		q.of = make([]int32, 0, len(q.log))
		for g := range len(q.start) - 1 {
			for range q.start[g+1] - q.start[g] {
				q.of = append(q.of, int32(g))
			}
		}
	}
	q.start = nil
}

// values returns the values of a group.
func (q *quantile[T]) values(g int32) []T {
	q.arrange()
	if int(g)+1 >= len(q.start) {
		return nil
	}
	return q.log[q.start[g]:q.start[g+1]]
}

func (q *quantile[T]) Merge(r *Rows, state []*batch.Vector) error {
	q.scatterAgain()
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

func (q *quantile[T]) Absorb(other State, from, to []int32) error {
	q.scatterAgain()
	o := other.(*quantile[T])
	o.arrange()
	for i, g := range from {
		vals := o.values(g)
		q.log = append(q.log, vals...)
		q.tag(nil, []Run{{End: int32(len(vals)), Group: to[i]}})
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
		vals := q.values(g)
		if len(vals) == 0 {
			out.Null()
			continue
		}
		k, frac := q.at.of(len(vals))
		lo := q.codec.selectAt(vals, k)
		hi := lo
		if frac.Sign() != 0 {
			hi = q.codec.selectAt(vals, k+1)
		}
		if err := q.emit(out, lo, hi, frac); err != nil {
			return err
		}
	}
	return nil
}

type intCodec struct{}

func (intCodec) compare(a, b int64) int { return cmp.Compare(a, b) }
func (intCodec) append(dst []byte, x int64) []byte {
	return binary.LittleEndian.AppendUint64(dst, uint64(x))
}
func (intCodec) selectAt(s []int64, k int) int64 { return selectInt64(s, k) }
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

func (c wideCodec) selectAt(s []decimal.Int128, k int) decimal.Int128 {
	slices.SortFunc(s, c.compare)
	return s[k]
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

func (c textCodec) selectAt(s []string, k int) string {
	slices.Sort(s)
	return s[k]
}

func (textCodec) read(b []byte) (string, []byte, bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return "", nil, false
	}
	return string(b[w : w+int(n)]), b[w+int(n):], true
}
