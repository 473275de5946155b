package operator

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
)

// rowLog takes over from a table whose groups no longer fit the cache, where each row would wait for memory several times. Rows,
// that is keys and whatever else is read of them, are only written down by partition of their keys' hashes, one after the other;
// each partition is folded into its table (logTables) when much was written or at the end, and that table is in the cache for many
// rows at once.
type rowLog struct {
	into   *logTables
	shape  *rowShape
	pack   *rowPacker
	parts  []logPart
	logged int64      // bytes written down and not folded
	spare  [][]uint64 // pieces of logChunk rows to be used again
	limit  int64
	shift  uint // of the first word, for its partition
	hold   logScratch
}

// logPart is the rows of one partition, and their long texts.
type logPart struct {
	open   []uint64 // the end of the log, filled up to its capacity
	chunks [][]uint64
	texts  intern.Arena
}

const (
	logBits  = 8
	logParts = 1 << logBits
	// logGroups is from how many groups on rows are logged: about what fits the second-level cache.
	logGroups = 1 << 15
	// logBytes is how much is logged before all partitions are folded, unless the query's grant is small.
	logBytes = 48 << 20
	// logFirst and logChunk are the rows of a partition's first pieces and of all others.
	logFirst = 64
	logChunk = 256
)

func newRowLog(into *logTables) *rowLog {
	l := &rowLog{into: into, shape: into.shape, pack: newRowPacker(into.shape), parts: make([]logPart, len(into.parts)), limit: logBytes, shift: 64 - logBits}
	if f := into.shape.form; f != nil {
		l.shift = 32 + f.bits
	}
	if grant := into.agg.run.grant.Limit(); grant > 0 {
		l.limit = min(l.limit, max(grant/16, 1<<18))
	}
	return l
}

// add writes the living rows of a batch down; numbers are their keys' where keys are written down so.
func (l *rowLog) add(b *batch.Batch, numbers []uint32) error {
	n := b.Alive()
	l.pack.pack(b, n, numbers)
	planes, width := l.pack.planes, l.shape.width
	long := false
	for _, v := range l.pack.long {
		long = long || v != nil
	}
	for i, head := range planes[0] {
		p := &l.parts[head>>l.shift]
		if cap(p.open)-len(p.open) < width {
			l.extend(p)
		}
		end := len(p.open)
		p.open = p.open[:end+width]
		row := p.open[end:]
		for w, plane := range planes {
			row[w] = plane[i]
		}
		if long {
			l.keepLong(p, row, rowOf(b, i))
		}
	}
	l.logged += int64(n * width * 8)
	if l.logged >= l.limit {
		return l.foldAll()
	}
	return nil
}

// keepLong copies the long texts of a row.
func (l *rowLog) keepLong(p *logPart, row []uint64, at int) {
	for i, v := range l.pack.long {
		if v == nil {
			continue
		}
		c := &l.shape.cols[i]
		if last := &row[c.at+c.words-1]; (intern.Key{0, *last}).Long() {
			text := v.Bytes(at)
			*last = intern.Logged(p.texts.Keep(text))
			l.logged += int64(len(text))
		}
	}
}

// extend gives a partition another piece.
func (l *rowLog) extend(p *logPart) {
	rows := logChunk
	if len(p.chunks) < logChunk/logFirst {
		rows = logFirst
	}
	p.close()
	if n := len(l.spare); n > 0 && rows == logChunk {
		p.open, l.spare = l.spare[n-1][:0], l.spare[:n-1]
		return
	}
	p.open = make([]uint64, 0, rows*l.shape.width)
}

func (p *logPart) close() {
	if len(p.open) > 0 {
		p.chunks = append(p.chunks, p.open)
	}
	p.open = nil
}

// foldAll folds what was written down into the partitions' tables.
func (l *rowLog) foldAll() error {
	for p := range l.parts {
		if err := l.into.fold(l, p); err != nil {
			return err
		}
	}
	l.logged = 0
	return nil
}

func (l *rowLog) bytes() int64 {
	n := l.pack.bytes() + l.hold.bytes()
	for _, c := range l.spare {
		n += int64(8 * cap(c))
	}
	for p := range l.parts {
		part := &l.parts[p]
		n += int64(8*cap(part.open)) + part.texts.Bytes()
		for _, c := range part.chunks {
			n += int64(8 * cap(c))
		}
	}
	return n
}
