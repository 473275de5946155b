package csvscan

import "bytes"

// record scans the record that begins at pos and returns the position behind it, or -1 when more input is needed or s.long says
// that the line is too long.
func (s *Scanner) record(c *Chunk, pos int) int {
	data := c.Data
	first := len(c.Fields)
	count, lines := 0, int64(1)
	for start := pos; ; {
		var stop int
		if s.d.Quote != 0 && start < len(data) && data[start] == s.d.Quote {
			f, behind, state := s.quoted(data, start)
			switch state {
			case quoteMore:
				return s.unfinished(c, pos, first)
			case quoteUnclosed:
				return s.firstLine(c, pos, first)
			case quoteStray:
				return s.strayQuote(c, pos, first, behind)
			}
			lines += countLines(data[f.Start:f.End()])
			c.Fields = append(c.Fields, f)
			stop = behind
		} else {
			stop = s.unquoted(data, start)
			c.Fields = append(c.Fields, Field{uint32(start), uint32(stop)})
		}
		if count++; count > MaxFields {
			c.Fields = c.Fields[:first+MaxFields]
		}
		if stop < len(data) && data[stop] == s.d.Delimiter {
			start = stop + 1
			continue
		}
		end, next, ok := lineEnd(data[:min(len(data), stop+2)], stop, s.final())
		if !ok || (stop >= len(data) && !s.final()) {
			return s.unfinished(c, pos, first)
		}
		if end-pos > s.limit {
			return s.firstLine(c, pos, first)
		}
		s.emit(c, Record{Start: uint32(pos), End: uint32(end), First: uint32(first), Fields: uint32(count)}, next, lines)
		return next
	}
}

// unquoted returns where the unquoted field that begins at start ends.
func (s *Scanner) unquoted(data []byte, start int) int { return s.x.end(start, len(data)) }

type quoteState uint8

const (
	quoteClosed quoteState = iota
	quoteMore
	quoteUnclosed
	quoteStray
)

// quoted scans the quoted field that begins at start. behind is the position behind the closing quote.
func (s *Scanner) quoted(data []byte, start int) (f Field, behind int, state quoteState) {
	from, escaped := start+1, uint32(0)
	for {
		i := s.closing(data, from)
		if i < 0 {
			if s.final() {
				return f, 0, quoteUnclosed
			}
			return f, 0, quoteMore
		}
		switch {
		case data[i] != s.d.Quote: // an escape byte and what it escapes
			escaped, from = flagEscaped, i+2
			continue
		case i+1 >= len(data):
			if !s.final() {
				return f, 0, quoteMore
			}
		case data[i+1] == s.d.Quote && s.d.Escape == s.d.Quote:
			escaped, from = flagEscaped, i+2
			continue
		case data[i+1] != s.d.Delimiter && data[i+1] != '\n' && data[i+1] != '\r':
			return f, i + 1, quoteStray
		}
		return Field{uint32(start + 1), uint32(i) | flagQuoted | escaped}, i + 1, quoteClosed
	}
}

// closing finds the next quote, or the next escape byte when that is another one; -1 when there is none in the data.
func (s *Scanner) closing(data []byte, from int) int {
	if from >= len(data) {
		return -1
	}
	i := s.x.quote(from, len(data))
	if s.d.Escape != s.d.Quote {
		if j := bytes.IndexByte(data[from:i], s.d.Escape); j >= 0 {
			return from + j
		}
	}
	if i == len(data) {
		return -1
	}
	return i
}

// unfinished handles a record whose end is not in the data: more is needed unless it is past the limit already.
func (s *Scanner) unfinished(c *Chunk, pos, first int) int {
	if len(c.Data)-pos > s.limit+1 {
		return s.firstLine(c, pos, first)
	}
	c.Fields = c.Fields[:first]
	return -1
}

// firstLine rejects the first line of the record at pos: a quote in it is not closed in time, or the line is too long.
func (s *Scanner) firstLine(c *Chunk, pos, first int) int {
	c.Fields = c.Fields[:first]
	end, next, _ := lineEnd(c.Data, pos, s.final())
	if end-pos > s.limit {
		s.long = true
		return -1
	}
	s.emit(c, Record{Start: uint32(pos), End: uint32(end), First: uint32(first), Fault: FaultUnclosedQuote}, next, 1)
	return next
}

// strayQuote rejects the record from pos to the end of the line on which the stray byte at stray stands.
func (s *Scanner) strayQuote(c *Chunk, pos, first, stray int) int {
	end, next, ok := lineEnd(c.Data, stray, s.final())
	if !ok {
		return s.unfinished(c, pos, first)
	}
	if end-pos > s.limit {
		return s.firstLine(c, pos, first)
	}
	c.Fields = c.Fields[:first]
	lines := 1 + countLines(c.Data[pos:stray])
	s.emit(c, Record{Start: uint32(pos), End: uint32(end), First: uint32(first), Fault: FaultStrayQuote}, next, lines)
	return next
}

// emit adds a record that ends before next, or counts a blank line.
func (s *Scanner) emit(c *Chunk, r Record, next int, lines int64) {
	r.Offset = s.offset + int64(r.Start)
	r.Span = int64(next) - int64(r.Start)
	r.Line = s.line
	s.line += lines
	if r.End == r.Start && r.Fault == NoFault {
		c.Blank++
		c.BlankBytes += r.Span
		c.Fields = c.Fields[:r.First]
		return
	}
	c.Records = append(c.Records, r)
}

// Lines counts the physical lines of a record's own bytes.
func Lines(raw []byte) int64 { return 1 + countLines(raw) }

// countLines counts the line ends in a span: LF, CRLF and lone CR.
func countLines(b []byte) int64 {
	n := int64(0)
	if len(b) >= 32 && bytes.IndexByte(b, '\r') < 0 {
		return int64(bytes.Count(b, []byte{'\n'}))
	}
	for i, x := range b {
		if x == '\n' || x == '\r' && (i+1 == len(b) || b[i+1] != '\n') {
			n++
		}
	}
	return n
}
