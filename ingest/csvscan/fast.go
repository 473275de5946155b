package csvscan

import "math/bits"

// fast cuts records from pos as long as nothing about them is out of the ordinary: no fault, no quote that the data do not
// close, none too long or too wide. It returns where the first record begins that record must look at. Between two field
// ends it touches one byte, the field's first: a quote means something there alone.
func (s *Scanner) fast(c *Chunk, pos int) int {
	f := fastScan{s: s, data: c.Data, fields: c.Fields[:cap(c.Fields)], n: len(c.Fields), pos: pos}
	f.first, f.start = f.n, pos
	f.seek(pos)
	f.run(c)
	c.Fields = f.fields[:f.first]
	return f.pos
}

// fastScan is where fast stands.
type fastScan struct {
	s      *Scanner
	data   []byte
	fields []Field // has room: build counted the ends
	n      int     // fields so far
	first  int     // the first of this record
	pos    int     // where this record begins
	start  int     // where this field begins
	word   int     // of the ends
	ends   uint64  // that are left of it
	lines  int64   // line ends within this record's quotes
}

// seek drops the ends before p.
func (f *fastScan) seek(p int) {
	f.word, f.ends = p/block, 0
	if f.word < len(f.s.x.ends) {
		f.ends = f.s.x.ends[f.word] &^ (1<<(p%block) - 1)
	}
}

func (f *fastScan) run(c *Chunk) {
	data, words := f.data, f.s.x.ends
	quote, quoting := f.s.d.Quote, f.s.d.Quote != 0
	for len(c.Records) < MaxRecords {
		for f.ends == 0 {
			if f.word++; f.word >= len(words) {
				return
			}
			f.ends = words[f.word]
		}
		p := f.word*block + bits.TrailingZeros64(f.ends)
		if quoting && data[f.start] == quote {
			if p = f.quoted(); p < 0 {
				return
			}
		} else {
			f.fields[f.n] = Field{uint32(f.start), uint32(p)}
		}
		f.n++
		f.ends &= f.ends - 1
		if data[p] == f.s.d.Delimiter {
			f.start = p + 1
			continue
		}
		if !f.endRecord(c, p) {
			return
		}
	}
}

// quoted takes the quoted field that begins at start and returns the end behind it, which it makes the next of the ends; -1
// when something is out of the ordinary.
func (f *fastScan) quoted() int {
	data, flags := f.data, uint32(flagQuoted)
	if f.s.d.Escape != f.s.d.Quote {
		return -1
	}
	for from := f.start + 1; ; {
		q := f.s.x.quote(from, len(data))
		if q+1 >= len(data) {
			return -1
		}
		if data[q+1] == f.s.d.Quote {
			flags, from = flagQuoted|flagEscaped, q+2
			continue
		}
		if b := data[q+1]; b != f.s.d.Delimiter && b != '\n' && b != '\r' {
			return -1
		}
		f.fields[f.n] = Field{uint32(f.start + 1), uint32(q) | flags}
		if p := f.word*block + bits.TrailingZeros64(f.ends); p < q {
			f.lines += countLines(data[f.start+1 : q])
		}
		f.seek(q + 1)
		return q + 1
	}
}

// endRecord ends a record at the line end at p; false when that is not all of it or the record is not an ordinary one.
func (f *fastScan) endRecord(c *Chunk, p int) bool {
	next := p + 1
	if f.data[p] == '\r' {
		if next >= len(f.data) {
			return false
		}
		if f.data[next] == '\n' {
			next++
			f.seek(next)
		}
	}
	if p-f.pos > f.s.limit || f.n-f.first > MaxFields {
		return false
	}
	f.s.emit(c, Record{Start: uint32(f.pos), End: uint32(p), First: uint32(f.first), Fields: uint32(f.n - f.first)}, next, 1+f.lines)
	if p == f.pos {
		f.n = f.first // a blank line
	}
	f.pos, f.start, f.first, f.lines = next, next, f.n, 0
	return true
}
