package operator

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// logScratch is rows of a log as columns, for one goroutine.
type logScratch struct {
	frame frameBuffer
	gids  []int32
	cols  []*batch.Vector // by input ordinal
}

func (h *logScratch) bytes() int64 {
	n := int64(4*cap(h.gids) + cap(h.frame.raw) + cap(h.frame.block))
	for _, v := range h.cols {
		if v != nil {
			n += v.MemBytes()
		}
	}
	return n
}

// foldInto folds the rows of a partition into its table and forgets them. Different partitions may be folded at once, each with a
// scratch of its own.
func (l *rowLog) foldInto(t *aggTable, p int, hold *logScratch) error {
	part := &l.parts[p]
	part.close()
	most := batch.MaxRows / 2 / logChunk
	for at := 0; at < len(part.chunks); at += most {
		if err := l.foldChunks(t, part.chunks[at:min(at+most, len(part.chunks))], &part.texts, hold); err != nil {
			return err
		}
	}
	part.chunks = nil
	part.texts.Reset()
	return nil
}

// keep makes the pieces of a folded partition spare ones. It comes before foldInto forgets them, but their rows are read no more.
func (l *rowLog) keep(chunks [][]uint64) {
	for _, c := range chunks {
		if cap(c) == logChunk*l.shape.width {
			l.spare = append(l.spare, c)
		}
	}
}

func (l *rowLog) foldChunks(t *aggTable, chunks [][]uint64, texts *intern.Arena, hold *logScratch) error {
	n := 0
	for _, c := range chunks {
		n += len(c) / l.shape.width
	}
	if cap(hold.gids) < n {
		hold.gids = make([]int32, batch.MaxRows)
	}
	gids, at := hold.gids[:n], 0
	for _, c := range chunks {
		k := len(c) / l.shape.width
		if t.keys.dense != nil {
			t.keys.dense.numbers(gids[at:at+k], c, l.shape.width)
		} else {
			t.keys.wide.ids.Intern(asIDs(gids[at:at+k]), c, l.shape.width, texts)
		}
		at += k
	}
	if t.keys.len() > t.groups {
		t.growTo(t.keys.len())
	}
	b := l.columns(chunks, n, texts, hold)
	t.gids = gids
	for i, st := range t.states {
		if err := t.foldCall(i, st, b, aggregate.Rows{Len: n, Groups: gids}); err != nil {
			return err
		}
	}
	t.gids = nil
	return nil
}

// columns turns rows into the columns that aggregates read.
func (l *rowLog) columns(chunks [][]uint64, n int, texts *intern.Arena, hold *logScratch) *batch.Batch {
	if hold.cols == nil {
		hold.cols = make([]*batch.Vector, len(l.into.agg.in.fields))
		for _, c := range l.shape.cols[l.shape.keys:] {
			hold.cols[c.input] = &batch.Vector{Type: c.typ}
		}
	}
	all := uint64(math.MaxUint64)
	for _, c := range chunks {
		for i := 0; i < len(c); i += l.shape.width {
			all &= c[i]
		}
	}
	for i := l.shape.keys; i < len(l.shape.cols); i++ {
		v := hold.cols[l.shape.cols[i].input]
		*v = batch.Vector{Type: v.Type, Len: n, I: v.I[:0], F: v.F[:0], W: v.W[:0], Off: v.Off[:0], Data: v.Data[:0], Valid: v.Valid[:0]}
		for _, c := range chunks {
			l.column(v, i, c, texts)
		}
		if all>>i&1 != 0 {
			v.Valid = nil
			continue
		}
		for _, c := range chunks {
			for at := 0; at < len(c); at += l.shape.width {
				v.Valid = append(v.Valid, byte(c[at]>>i&1))
			}
		}
	}
	return &batch.Batch{Len: n, Cols: hold.cols}
}

// column appends column i of some rows.
func (l *rowLog) column(v *batch.Vector, i int, rows []uint64, texts *intern.Arena) {
	width := l.shape.width
	at := l.shape.cols[i].at
	switch v.Type.Class() {
	case schema.ClassInt64:
		for ; at < len(rows); at += width {
			v.I = append(v.I, int64(rows[at]))
		}
	case schema.ClassFloat64:
		for ; at < len(rows); at += width {
			v.F = append(v.F, math.Float64frombits(rows[at]))
		}
	case schema.ClassInt128:
		for ; at < len(rows); at += width {
			v.W = append(v.W, decimal.Int128{Lo: rows[at], Hi: int64(rows[at+1])})
		}
	default:
		if len(v.Off) == 0 {
			v.Off = append(v.Off, 0)
		}
		var buf [16]byte
		for ; at < len(rows); at += width {
			switch k := (intern.Key{rows[at], rows[at+1]}); {
			case k == intern.Key{}: // NULL
			case k.Long():
				v.Data = append(v.Data, intern.LongText(k[1], texts)...)
			default:
				v.Data = append(v.Data, k.Short(&buf)...)
			}
			v.Off = append(v.Off, uint32(len(v.Data)))
		}
	}
}
