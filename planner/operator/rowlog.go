package operator

import (
	"math"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// rowLog takes over from a table whose groups no longer fit the cache, where each row would wait for memory several times. Rows,
// that is packed key and arguments, are only written down by partition of their keys' hashes, one after the other; each partition
// is folded into a table of its own when much was written or at the end, and that table is in the cache for many rows at once.
type rowLog struct {
	from  *aggTable
	args  []int // input ordinals of the columns written down
	argOf [][]int
	width int // words in a row: the key's two, validity, arguments
	parts []logPart
	rows  int // written down and not folded

	dict    *batch.Dictionary
	entries []intern.Key // of dict

	packed []intern.Key // of the batch in hand: keys,
	valid  []uint64     // a bit for each argument that is not NULL,
	words  [][]uint64   // arguments
	long   []int32
	hold   logScratch
}

// logPart is one partition: its rows and the table of those that were folded.
type logPart struct {
	open   []uint64 // the end of the log, filled up to its capacity
	chunks [][]uint64
	table  *aggTable
}

const (
	logBits  = 7
	logParts = 1 << logBits
	// logGroups is from how many groups on rows are logged: about what fits the second-level cache.
	logGroups = 1 << 15
	// logBytes is how much is logged before all partitions are folded, logChunk the rows of a piece of it.
	logBytes = 48 << 20
	logChunk = 256
)

// logs reports whether rows of this table may be logged: a single key column, of which each value that its intern.Key holds whole
// can be, and arguments of 64 bits.
func (t *aggTable) logs() bool {
	if t.merge || t.agg.run.env.Debug.NoRowLogs || t.agg.node.Mode == fragment.Final || len(t.agg.keys) != 1 || t.agg.keys[0].Class() == schema.ClassInt128 {
		return false
	}
	for i, in := range t.inputs {
		if _, ok := t.states[i].(aggregate.Splitter); ok || in.filter >= 0 {
			return false
		}
		for _, c := range in.args {
			if !isNumber(t.agg.in.fields[c].Type) {
				return false
			}
		}
	}
	return true
}

func newRowLog(t *aggTable) *rowLog {
	l := &rowLog{from: t, parts: make([]logPart, logParts)}
	at := map[int]int{}
	for _, in := range t.inputs {
		var of []int
		for _, c := range in.args {
			if _, ok := at[c]; !ok {
				at[c] = len(l.args)
				l.args = append(l.args, c)
			}
			of = append(of, at[c])
		}
		l.argOf = append(l.argOf, of)
	}
	l.width, l.words = 3+len(l.args), make([][]uint64, len(l.args))
	return l
}

// add writes the living rows of a batch down; those with keys too long for it are left to the table.
func (l *rowLog) add(b *batch.Batch) error {
	n := b.Alive()
	l.pack(b.Cols[l.from.keyAt[0]], b, n)
	l.valid = sizedWords(l.valid, n)
	for k := range l.valid {
		l.valid[k] = math.MaxUint64
	}
	for a, c := range l.args {
		l.words[a] = sizedWords(l.words[a], n)
		l.load(a, b.Cols[c], b)
	}
	l.long = l.long[:0]
	for i, k := range l.packed {
		if k.Long() {
			l.long = append(l.long, int32(rowOf(b, i)))
			continue
		}
		p := &l.parts[k.Hash()>>(64-logBits)]
		if cap(p.open)-len(p.open) < l.width {
			p.extend(l.width)
		}
		end := len(p.open)
		p.open = p.open[:end+l.width]
		row := p.open[end:]
		row[0], row[1], row[2] = k[0], k[1], l.valid[i]
		for a, w := range l.words {
			row[3+a] = w[i]
		}
	}
	l.rows += n
	if len(l.long) > 0 {
		if err := l.from.foldRows(&batch.Batch{Cols: b.Cols, Len: b.Len, Sel: l.long}); err != nil {
			return err
		}
	}
	if l.rows*l.width*8 >= logBytes {
		return l.foldAll()
	}
	return nil
}

func (p *logPart) extend(width int) {
	p.close()
	p.open = make([]uint64, 0, logChunk*width)
}

func (p *logPart) close() {
	if len(p.open) > 0 {
		p.chunks = append(p.chunks, p.open)
	}
	p.open = nil
}

// pack makes the keys of the living rows.
func (l *rowLog) pack(v *batch.Vector, b *batch.Batch, n int) {
	if cap(l.packed) < n {
		l.packed = make([]intern.Key, max(n, batch.MaxRows))
	}
	l.packed = l.packed[:n]
	if v.Enc != batch.Dict {
		v = v.Flatten()
	}
	switch {
	case v.Enc == batch.Dict:
		l.packEntries(v, b)
	case v.Type.Class() != schema.ClassBytes:
		numberKeys(l.packed, v, b)
		return
	default:
		intern.KeysOf(l.packed, v, b.Sel)
	}
	if v.Valid == nil {
		return
	}
	for k := range l.packed {
		if v.Valid[rowOf(b, k)] == 0 {
			l.packed[k] = intern.Key{}
		}
	}
}

// packEntries makes the keys of a dictionary once.
func (l *rowLog) packEntries(v *batch.Vector, b *batch.Batch) {
	if l.dict != v.Dict {
		l.dict, l.entries = v.Dict, make([]intern.Key, v.Dict.Values.Len)
		if v.Type.Class() == schema.ClassBytes {
			intern.KeysOf(l.entries, v.Dict.Values, nil)
		} else {
			numberKeys(l.entries, v.Dict.Values, &batch.Batch{Len: v.Dict.Values.Len})
		}
	}
	for k := range l.packed {
		l.packed[k] = l.entries[v.Codes[rowOf(b, k)]]
	}
}

// load takes argument a of the living rows as words.
func (l *rowLog) load(a int, v *batch.Vector, b *batch.Batch) {
	out := l.words[a]
	if v.Enc == batch.Runs {
		v = v.Flatten()
	}
	if v.Enc == batch.Flat && v.Valid == nil && v.Type.Class() == schema.ClassInt64 {
		for k := range out {
			out[k] = uint64(v.I[rowOf(b, k)])
		}
		return
	}
	for k := range out {
		row := rowOf(b, k)
		p, i := v.Index(row)
		if v.IsNull(row) {
			l.valid[k] &^= 1 << a
			i = 0
		}
		if p.Type.Class() == schema.ClassFloat64 {
			out[k] = math.Float64bits(p.F[i])
		} else {
			out[k] = uint64(p.I[i])
		}
	}
}

func sizedWords(s []uint64, n int) []uint64 {
	if cap(s) < n {
		return make([]uint64, max(n, batch.MaxRows))[:n]
	}
	return s[:n]
}

// foldAll folds what was written down into the partitions' tables.
func (l *rowLog) foldAll() error {
	for p := range l.parts {
		if err := l.fold(p); err != nil {
			return err
		}
	}
	l.rows = 0
	return nil
}

func (l *rowLog) fold(p int) (err error) {
	part := &l.parts[p]
	if part.table == nil {
		if part.table, err = l.from.agg.newTable(); err != nil {
			return err
		}
	}
	return l.foldInto(part.table, p, &l.hold)
}

func (l *rowLog) bytes() int64 {
	n := int64(16*(cap(l.packed)+cap(l.entries)) + 8*len(l.words)*cap(l.valid))
	for p := range l.parts {
		part := &l.parts[p]
		n += int64(8*cap(part.open)) + int64(len(part.chunks))*int64(8*logChunk*l.width)
		if part.table != nil {
			n += part.table.bytes()
		}
	}
	return n
}

// logScratch is rows of a log as columns.
type logScratch struct {
	gids []int32
	cols []*batch.Vector
	args []*batch.Vector
}

// foldInto folds the rows of a partition into a table and forgets them. Different partitions may be folded at once, each with a
// scratch of its own.
func (l *rowLog) foldInto(t *aggTable, p int, hold *logScratch) error {
	part := &l.parts[p]
	part.close()
	const most = batch.MaxRows / logChunk
	for at := 0; at < len(part.chunks); at += most {
		if err := l.foldChunks(t, part.chunks[at:min(at+most, len(part.chunks))], hold); err != nil {
			return err
		}
	}
	part.chunks = nil
	return nil
}

func (l *rowLog) foldChunks(t *aggTable, chunks [][]uint64, hold *logScratch) error {
	n := 0
	for _, c := range chunks {
		n += len(c) / l.width
	}
	keys := t.keys.ids.Keys(n)
	k := 0
	for _, c := range chunks {
		for i := 0; i < len(c); i += l.width {
			keys[k] = intern.Key{c[i], c[i+1]}
			k++
		}
	}
	if cap(hold.gids) < n {
		hold.gids = make([]int32, batch.MaxRows)
	}
	gids := hold.gids[:n]
	t.keys.ids.InternKeys(asIDs(gids))
	if t.keys.len() > t.groups {
		t.growTo(t.keys.len())
	}
	l.columns(chunks, n, hold)
	for i, st := range t.states {
		hold.args = hold.args[:0]
		for _, a := range l.argOf[i] {
			hold.args = append(hold.args, hold.cols[a])
		}
		rows := aggregate.Rows{Len: n, Groups: gids}
		if err := st.Update(&rows, hold.args); err != nil {
			return err
		}
	}
	return nil
}

// columns turns rows into columns.
func (l *rowLog) columns(chunks [][]uint64, n int, hold *logScratch) {
	if hold.cols == nil {
		for _, c := range l.args {
			hold.cols = append(hold.cols, &batch.Vector{Type: l.from.agg.in.fields[c].Type})
		}
	}
	all := uint64(math.MaxUint64)
	for _, c := range chunks {
		for i := 2; i < len(c); i += l.width {
			all &= c[i]
		}
	}
	for a, v := range hold.cols {
		v.Len, v.I, v.F, v.Valid = n, v.I[:0], v.F[:0], v.Valid[:0]
		float := v.Type.Class() == schema.ClassFloat64
		for _, c := range chunks {
			for i := 3 + a; i < len(c); i += l.width {
				if float {
					v.F = append(v.F, math.Float64frombits(c[i]))
				} else {
					v.I = append(v.I, int64(c[i]))
				}
			}
		}
		if all>>a&1 != 0 {
			v.Valid = nil
			continue
		}
		for _, c := range chunks {
			for i := 2; i < len(c); i += l.width {
				v.Valid = append(v.Valid, byte(c[i]>>a&1))
			}
		}
	}
}

// spillTo moves everything into spill partitions, one partition after another.
func (l *rowLog) spillTo(s *aggSpill) error {
	for p := range l.parts {
		if err := l.fold(p); err != nil {
			return err
		}
		if err := l.parts[p].table.spillTo(s); err != nil {
			return err
		}
		l.parts[p].table = nil
	}
	return nil
}
