package csvscan

import (
	"bytes"
	"io"
)

// Dialect is the bytes that structure a file.
type Dialect struct {
	Delimiter byte
	Quote     byte // 0: no quoting
	Escape    byte // the quote itself (doubled quotes) or another byte such as a backslash; 0 means Quote
}

// Scanner reads records. Make one with New.
type Scanner struct {
	r       io.Reader
	d       Dialect
	limit   int // record limit
	target  int // bytes to have before scanning
	tail    []byte
	offset  int64 // input offset of the first unconsumed byte
	line    int64 // its line
	eof     bool
	readErr error
	long    bool // the record at the front is a line that is too long
	x       index
	careful bool // every record by record, none by fast
}

// New returns a Scanner over r. limit is the record limit, 0 for DefaultRecordLimit.
func New(r io.Reader, d Dialect, limit int) *Scanner {
	if limit <= 0 {
		limit = DefaultRecordLimit
	}
	if d.Escape == 0 {
		d.Escape = d.Quote
	}
	return &Scanner{r: r, d: d, limit: limit, target: minChunkBytes, line: 1}
}

// Plain makes the scanner cut every record on the careful path and mark bytes without SIMD: what the fast ones are compared
// with.
func (s *Scanner) Plain() *Scanner {
	s.careful, s.x.scalar = true, true
	return s
}

// Offset is the input offset behind the last record returned.
func (s *Scanner) Offset() int64 { return s.offset }

// Next fills c with the next records. It returns io.EOF, and an empty chunk, at the end for ever. A read error is returned as it
// is, after the records that came before it have been; what stands unfinished before it is no record.
func (s *Scanner) Next(c *Chunk) error {
	c.reset()
	c.Data = append(c.Data[:0], s.tail...)
	s.tail = s.tail[:0]
	want := s.target
	for {
		c.Data = s.fill(c.Data, want)
		used := s.scan(c)
		if used == 0 && s.long {
			return s.skipLong(c)
		}
		if used > 0 || s.eof {
			return s.finish(c, used)
		}
		// Nothing complete yet. A scan decides over any record once it has limit+2 bytes, so this ends.
		want = max(len(c.Data)+1, min(2*len(c.Data), s.limit+2))
	}
}

// finish moves the unscanned rest to the next chunk and adapts the chunk size to hold about MaxRecords records.
func (s *Scanner) finish(c *Chunk, used int) error {
	s.tail = append(s.tail[:0], c.Data[used:]...)
	c.Data = c.Data[:used]
	s.offset += int64(used)
	if n := len(c.Records); n > 0 {
		s.target = used / n * MaxRecords
		if f := len(c.Fields); f > maxFields { // short cells: a field takes more memory than its bytes
			s.target = min(s.target, used/1024*(maxFields/1024)/(f/1024)*1024)
		}
		s.target = min(max(s.target, minChunkBytes), maxChunkBytes)
	}
	switch {
	case used > 0:
		return nil
	case s.readErr != nil:
		return s.readErr
	}
	return io.EOF
}

// fill reads until data has want bytes or the input ends.
func (s *Scanner) fill(data []byte, want int) []byte {
	want = max(want, len(data))
	if cap(data) < want {
		data = append(make([]byte, 0, want), data...)
	}
	for empty := 0; len(data) < want && !s.eof; {
		n, err := s.r.Read(data[len(data):want])
		data = data[:len(data)+n]
		if empty++; n > 0 {
			empty = 0
		}
		if err == nil && empty > 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			s.eof = true
			if err != io.EOF {
				s.readErr = err
			}
		}
	}
	return data
}

// final reports that no more bytes follow the data. After a read error the rest may be cut short, so it is not final.
func (s *Scanner) final() bool { return s.eof && s.readErr == nil }

// scan cuts complete records off the front of c.Data and returns how many bytes they take.
func (s *Scanner) scan(c *Chunk) int {
	s.long = false
	found := s.x.build(c.Data, s.d.Delimiter, s.d.Quote)
	c.High, c.NUL = found&hasHigh != 0, found&hasNUL != 0
	if n := s.x.count() + 1; cap(c.Fields) < n {
		c.Fields = make([]Field, 0, n+n/8)
	}
	pos := 0
	for pos < len(c.Data) && len(c.Records) < MaxRecords {
		if !s.careful {
			from := pos
			if pos = s.fast(c, pos); pos > from {
				continue
			}
		}
		next := s.record(c, pos)
		if next < 0 {
			break
		}
		pos = next
	}
	return pos
}

// skipLong makes a chunk of one record of the line at the front, which is too long: its beginning is kept, the rest is read past.
func (s *Scanner) skipLong(c *Chunk) error {
	kept := append([]byte(nil), c.Data[:s.limit]...)
	span := int64(0)
	data := c.Data
	for {
		_, next, ok := lineEnd(data, 0, s.final())
		if ok {
			span += int64(next)
			s.tail = append(s.tail[:0], data[next:]...)
			break
		}
		if s.eof {
			return s.readErr
		}
		held := 0
		if data[len(data)-1] == '\r' {
			held = 1 // perhaps the first half of a CRLF
		}
		span += int64(len(data) - held)
		data = data[:copy(data, data[len(data)-held:])]
		data = s.fill(data, maxChunkBytes)
	}
	c.Data = kept
	c.Records = append(c.Records, Record{Offset: s.offset, Line: s.line, Span: span, End: uint32(len(kept)), Fault: FaultTooLong})
	s.offset += span
	s.line++
	return nil
}

// lineEnd finds the first line end at or behind from: where it begins and what follows it. The end of the input counts as one.
// It reports false when more input is needed to tell.
func lineEnd(data []byte, from int, final bool) (end, next int, ok bool) {
	limit := len(data)
	if i := bytes.IndexByte(data[from:], '\n'); i >= 0 {
		limit = from + i
	}
	i := bytes.IndexByte(data[from:limit], '\r')
	switch {
	case i < 0 && limit == len(data):
		return limit, limit, final
	case i < 0:
		return limit, limit + 1, true
	}
	end = from + i
	switch {
	case end+1 < len(data) && data[end+1] == '\n':
		return end, end + 2, true
	case end+1 == len(data) && !final:
		return end, end + 1, false
	}
	return end, end + 1, true
}
