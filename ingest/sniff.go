package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/ingest/jsonscan"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/schema"
)

// Sniffed is what a look at a whole file found, without a server.
type Sniffed struct {
	Dialect  Dialect       `json:"dialect"`
	Columns  []SniffColumn `json:"columns"`
	Records  int64         `json:"records"`
	Bytes    int64         `json:"bytes"`
	SHA256   schema.Digest `json:"sha256"`
	Rejected int64         `json:"rejected"`
	Blank    int64         `json:"blank"`
	Header   int64         `json:"header"`
	Preamble int64         `json:"preamble"`
	Trailer  int64         `json:"trailer"`
	Evidence []Evidence    `json:"evidence"` // what was detected, how surely, and the lines that decided
	Aside    []AsideLine   `json:"aside,omitempty"`
	Problems []Problem     `json:"problems,omitempty"`
	Rejects  []Reject      `json:"rejects,omitempty"` // the first MaxFirstRejects
	Warnings []string      `json:"warnings"`
	Sample   [][]string    `json:"sample"` // the first rows as text
}

// SniffColumn is one column found. Line and Example are the first cell that made the type as wide as it is.
type SniffColumn struct {
	Name    string      `json:"name"`
	Type    schema.Type `json:"type"`
	Nulls   int64       `json:"nulls"`
	Line    int64       `json:"line,omitempty"`
	Example string      `json:"example,omitempty"`
	Form    string      `json:"form,omitempty"` // how its numbers or dates are written, where its cells prove that
}

// SniffSampleRows is how many rows Sniffed.Sample holds.
const SniffSampleRows = 10

// Sniff reads the whole of r and says what a load would make of it.
func Sniff(ctx context.Context, r io.Reader, opts Options) (*Sniffed, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	body, err := source.Open(r, "", source.Limits{})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	sample := &sampler{r: body}
	ld := &load{body: body, req: &Request{Options: opts}}
	defer ld.close()
	txt, err := ld.openSniffed(ctx, sample)
	if err != nil {
		return nil, err
	}
	defer txt.close()
	seen, err := inspectText(ctx, txt, func(*inspection) {})
	if err != nil {
		return nil, err
	}
	s := &Sniffed{
		Dialect: txt.dialect, Records: seen.tally.records, Bytes: body.Bytes(), SHA256: body.Digest(), Rejected: seen.rejected,
		Blank: seen.tally.blank, Header: seen.tally.header, Preamble: txt.lines, Trailer: seen.tally.trailer, Evidence: txt.evidence,
		Aside: append(append([]AsideLine(nil), txt.preamble...), seen.aside...), Problems: seen.kinds.list, Rejects: seen.first, Warnings: append(append([]string{}, txt.warnings...), seen.warnings...),
	}
	if n := seen.tally.trailer; n > 0 && opts.Trailer == "" {
		s.Evidence = append(s.Evidence, Evidence{What: "trailer", Value: strconv.FormatInt(n, 10), Confidence: 0.8, Line: seen.aside[len(seen.aside)-1].Line, Why: "the last records look like totals or an end mark, not like rows"})
	}
	for i, o := range seen.observed {
		c := SniffColumn{Name: txt.names[i], Type: seen.typeOf(i), Nulls: o.Nulls, Line: o.Line, Example: o.Cell, Form: formText(o.Form)}
		if opts.TextTypes {
			c.Type = schema.TypeVarchar
		}
		s.Columns = append(s.Columns, c)
	}
	s.Sample, err = ld.sample(ctx, sample, txt)
	return s, err
}

// openSniffed opens what is sniffed, a Parquet file by way of a file of its own.
func (ld *load) openSniffed(ctx context.Context, r io.Reader) (*text, error) {
	var err error
	if ld.format, err = pickFormat(ld.body, &ld.req.Options); err != nil {
		return nil, err
	}
	if ld.format != source.Parquet {
		return ld.openText(newAhead(ctx, r, nil), "", &ld.req.Options, nil)
	}
	if ld.spool, err = os.CreateTemp("", "assay-sniff-"); err != nil {
		return nil, fmt.Errorf("make a file for the look: %w", err)
	}
	if err := ld.spoolAll(ctx); err != nil {
		return nil, err
	}
	return ld.openParquet(ctx)
}

// sample reads the first rows again, as text.
func (ld *load) sample(ctx context.Context, s *sampler, t *text) ([][]string, error) {
	switch ld.format {
	case source.Parquet:
		again, err := ld.openParquet(ctx)
		if err != nil {
			return nil, err
		}
		return firstRows(again.scanner), nil
	case source.JSONLines:
		chars, err := source.NewText(headReader(s.head, s.all), source.Charset(t.dialect.Charset))
		if err != nil {
			return nil, err
		}
		return firstRows(jsonscan.New(chars, jsonscan.Config{LineBytes: t.limits.LineBytes, Keys: t.objects.Keys()})), nil
	}
	return s.rows(t), nil
}

// firstRows reads the first records of a scanner without escapes.
func firstRows(s scanner) [][]string {
	out := [][]string{}
	var ch csvscan.Chunk
	for s.Next(&ch) == nil {
		for i := range ch.Records {
			if ch.Records[i].Fault == csvscan.NoFault {
				out = append(out, cells(&ch, &ch.Records[i], 0))
			}
			if len(out) == SniffSampleRows {
				return out
			}
		}
	}
	return out
}

// sampler keeps the beginning of what is read.
type sampler struct {
	r    io.Reader
	head []byte
	all  bool
}

const samplerBytes = 64 << 10

func (s *sampler) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if room := samplerBytes - len(s.head); room > 0 {
		s.head = append(s.head, p[:min(n, room)]...)
	}
	s.all = errors.Is(err, io.EOF) && len(s.head) < samplerBytes
	return n, err
}

// rows reads the first records again, as text.
func (s *sampler) rows(t *text) [][]string {
	out := [][]string{}
	chars, err := source.NewText(headReader(s.head, s.all), source.Charset(t.dialect.Charset))
	if err != nil {
		return out
	}
	var ch csvscan.Chunk
	skip := t.header
	text := bufio.NewReaderSize(chars, 4*samplerBytes)
	head, _ := text.Peek(4 * samplerBytes)
	_, n, ok := skipLines(head, int(t.lines))
	if _, err := text.Discard(n); err != nil || !ok {
		return out
	}
	for sc := csvscan.New(text, t.dialect.scan(), t.limits.LineBytes); sc.Next(&ch) == nil; {
		for i := range ch.Records {
			if skip {
				skip = false
				continue
			}
			if ch.Records[i].Fault == csvscan.NoFault {
				out = append(out, cells(&ch, &ch.Records[i], t.dialect.scan().Escape))
			}
			if len(out) == SniffSampleRows {
				return out
			}
		}
	}
	return out
}
