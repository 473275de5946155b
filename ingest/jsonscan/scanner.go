package jsonscan

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/errs"
)

// Config says how lines are read.
type Config struct {
	LineBytes int      // longest line; 0 for csvscan.DefaultRecordLimit
	MaxKeys   int      // most keys of a file
	Keys      []string // that are known already, in their order
	Point     byte     // decimal point that cells are read with; numbers are given with it. 0 is '.'

	// Nested says what becomes of an object or a list under a key. Nil refuses all.
	Nested func(key string) Nesting
}

// Nesting is what becomes of values under a key.
type Nesting uint8

// What becomes of values.
const (
	Refuse   Nesting = iota // objects and lists are a fault
	PassOver                // nobody takes the key: its values are not looked at, but for their form
	AsJSON                  // each value is taken as it is written
)

// maxFields bounds the fields of a chunk, which has one for every key in every line; maxKeyBytes what a fault quotes of a key.
const (
	maxFields   = 128 << 10
	maxKeyBytes = 128
)

// Scanner reads lines. Make one with New.
type Scanner struct {
	cfg   Config
	lines *csvscan.Scanner
	in    csvscan.Chunk // of lines
	at    int           // the next of its records
	err   error         // what lines said last
	done  int64         // offset behind the last record given out

	keys    []key
	places  map[string]int // by the key as it stands, and by its folded form
	row     int            // stamp of the line under way
	parsing line
}

// key is one key of the file.
type key struct {
	name    string
	nesting Nesting
	row     int // the last line in which it stood
}

// New returns a Scanner over UTF-8 text.
func New(r io.Reader, cfg Config) *Scanner {
	s := &Scanner{cfg: cfg, lines: csvscan.New(r, csvscan.Dialect{}, cfg.LineBytes), places: map[string]int{}}
	for _, k := range cfg.Keys {
		s.add(k)
	}
	return s
}

// Plain makes the scanner cut lines on the careful path.
func (s *Scanner) Plain() { s.lines.Plain() }

// Keys lists the keys met so far, as they stood first.
func (s *Scanner) Keys() []string {
	out := make([]string, len(s.keys))
	for i, k := range s.keys {
		out[i] = k.name
	}
	return out
}

// Nested sets what becomes of values, for keys met and to come. Not while Next runs.
func (s *Scanner) Nested(of func(key string) Nesting) {
	s.cfg.Nested = of
	for i := range s.keys {
		s.keys[i].nesting = s.nesting(s.keys[i].name)
	}
}

func (s *Scanner) nesting(name string) Nesting {
	if s.cfg.Nested == nil {
		return Refuse
	}
	return s.cfg.Nested(name)
}

// Offset is the offset in the text behind the last record returned.
func (s *Scanner) Offset() int64 { return s.done }

// Next fills c with the next records, all of as many fields: the keys known at the last of them. It returns io.EOF, and an empty
// chunk, at the end for ever.
func (s *Scanner) Next(c *csvscan.Chunk) error {
	c.Data, c.Fields, c.Records = c.Data[:0], c.Fields[:0], c.Records[:0]
	c.Blank, c.BlankBytes, c.High, c.NUL = 0, 0, false, false
	clear(c.Told)
	for len(c.Records) == 0 && c.Blank == 0 {
		if s.at == len(s.in.Records) && s.in.Blank == 0 {
			if s.err != nil {
				return s.err
			}
			s.at = 0
			if s.err = s.lines.Next(&s.in); s.err != nil {
				s.in.Records, s.in.Blank = s.in.Records[:0], 0
				return s.err
			}
		}
		if err := s.take(c); err != nil {
			return err
		}
	}
	return nil
}

// take moves lines into c: as many as there is room for, or up to the first that brings a new key.
func (s *Scanner) take(c *csvscan.Chunk) error {
	c.Blank, c.BlankBytes = s.in.Blank, s.in.BlankBytes
	s.done += s.in.BlankBytes
	s.in.Blank, s.in.BlankBytes = 0, 0
	c.High, c.NUL = s.in.High, s.in.NUL
	for ; s.at < len(s.in.Records) && (len(c.Records) == 0 || len(c.Fields)+len(s.keys) <= maxFields); s.at++ {
		known, rec := len(s.keys), s.in.Records[s.at]
		if blank(s.in.Raw(&rec)) && rec.Fault == csvscan.NoFault {
			c.Blank++
			c.BlankBytes += rec.Span
			s.done += rec.Span
			continue
		}
		data, fields := len(c.Data), len(c.Fields)
		s.record(c, &rec)
		if s.cfg.MaxKeys > 0 && len(s.keys) > s.cfg.MaxKeys {
			return errs.New(errs.Limit, "too-many-columns", "line %d brings key number %d, at most %d are allowed (max-columns)", rec.Line, len(s.keys), s.cfg.MaxKeys)
		}
		if len(s.keys) > known && len(c.Records) > 0 {
			c.Data, c.Fields = c.Data[:data], c.Fields[:fields]
			delete(c.Told, int32(len(c.Records)))
			return nil // it comes first in the next chunk, whose records have its keys too
		}
		c.Records = append(c.Records, rec)
		s.done += rec.Span
	}
	return nil
}

func blank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// record reads one line into the end of the chunk.
func (s *Scanner) record(c *csvscan.Chunk, rec *csvscan.Record) {
	raw := s.in.Raw(rec)
	rec.Start = uint32(len(c.Data))
	c.Data = append(c.Data, raw...)
	rec.End = uint32(len(c.Data))
	rec.First, rec.Fields = uint32(len(c.Fields)), 0
	if rec.Fault != csvscan.NoFault {
		return
	}
	s.row++
	known := len(s.keys)
	s.parsing.reset(s, c, int(rec.Start), int(rec.End))
	if told, ok := s.parsing.object(); !ok {
		if told.Class == classForm {
			s.forget(known) // a line that is no JSON names no columns
		}
		if c.Told == nil {
			c.Told = map[int32]csvscan.Told{}
		}
		c.Told[int32(len(c.Records))] = told
		rec.Fault = csvscan.FaultTold
		return
	}
	first := len(c.Fields)
	c.Fields = slices.Grow(c.Fields, len(s.keys))[:first+len(s.keys)]
	row := c.Fields[first:]
	clear(row)
	for _, v := range s.parsing.values {
		row[v.key] = v.field
	}
	rec.Fields = uint32(len(row))
}

// place returns the place of a key, which is new if need be.
func (s *Scanner) place(name []byte) int {
	if i, ok := s.places[string(name)]; ok {
		return i
	}
	text := string(name)
	if i, ok := s.places[fold(text)]; ok {
		if len(s.places) < 4*max(len(s.keys), 1000) {
			s.places[text] = i
		}
		return i
	}
	return s.add(text)
}

// fold makes one of the names that are the same column.
func fold(name string) string { return "\x00" + strings.ToLower(strings.TrimSpace(name)) }

func (s *Scanner) add(name string) int {
	i := len(s.keys)
	s.keys = append(s.keys, key{name: name, nesting: s.nesting(name)})
	s.places[name], s.places[fold(name)] = i, i
	return i
}

// forget drops the keys from n on.
func (s *Scanner) forget(n int) {
	if len(s.keys) == n {
		return
	}
	s.keys = s.keys[:n]
	maps.DeleteFunc(s.places, func(_ string, i int) bool { return i >= n })
}

// short quotes a key.
func short(name string) string {
	if len(name) > maxKeyBytes {
		name = strings.ToValidUTF8(name[:maxKeyBytes], "") + "..."
	}
	return name
}

func told(column, class, format string, args ...any) csvscan.Told {
	return csvscan.Told{Column: short(column), Class: class, Reason: fmt.Sprintf(format, args...)}
}
