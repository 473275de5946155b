package ingest

import (
	"bytes"
	"errors"
	"io"

	"github.com/assaydb/assay/ingest/csvscan"
)

// detectDialect finds delimiter and escape in a file's head: the delimiter under which most records have the same number of
// fields, and more than one. Declared options narrow the choice.
func detectDialect(head []byte, whole bool, opts *Options) Dialect {
	d := Dialect{Delimiter: ",", Quote: `"`, Escape: `"`, Decimal: "."}
	declared, err := opts.dialect(d)
	if err != nil {
		return d
	}
	best := consistency{}
	for _, delimiter := range []string{",", ";", "\t", "|"} {
		try := declared
		if opts.Delimiter == "" {
			try.Delimiter = delimiter
		}
		if try.Quote == try.Delimiter {
			continue
		}
		if c := measure(head, whole, &try); c.better(best) {
			best, d.Delimiter = c, try.Delimiter
		}
	}
	if opts.Escape == "" && declared.Quote != "" && bytes.Contains(head, []byte(`\`+declared.Quote)) {
		try := declared
		try.Delimiter, try.Escape = d.Delimiter, `\`
		if c := measure(head, whole, &try); c.faults < best.faults {
			d.Escape = `\`
		}
	}
	if d.Escape != `\` && declared.Quote != "" {
		d.Escape = declared.Quote
	}
	return d
}

// consistency says how well a dialect fits.
type consistency struct {
	records, faults int
	width           int // the most frequent number of fields
	agree           int // records that have it
}

func (c consistency) score() float64 {
	if c.records == 0 || c.width < 2 {
		return 0
	}
	return float64(c.agree) / float64(c.records)
}

// better prefers agreement; where two delimiters agree alike, the one that cuts more fields.
func (c consistency) better(best consistency) bool {
	if best.records == 0 {
		return c.records > 0
	}
	a, b := c.score(), best.score()
	return a > b+0.01 || a > b-0.01 && c.width > best.width && a > 0
}

var errCut = errors.New("the head ends here")

// headReader reads a head. Where the file goes on behind it, it ends with an error, so that no cut record is taken for a whole.
func headReader(head []byte, whole bool) io.Reader {
	if whole {
		return bytes.NewReader(head)
	}
	return io.MultiReader(bytes.NewReader(head), errReader{})
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errCut }

func measure(head []byte, whole bool, d *Dialect) consistency {
	var c consistency
	var ch csvscan.Chunk
	widths := map[uint32]int{}
	s := csvscan.New(headReader(head, whole), d.scan(), 0)
	for s.Next(&ch) == nil {
		for i := range ch.Records {
			c.records++
			if ch.Records[i].Fault != csvscan.NoFault {
				c.faults++
				continue
			}
			widths[ch.Records[i].Fields]++
		}
	}
	for w, n := range widths {
		if n > c.agree || n == c.agree && int(w) > c.width {
			c.width, c.agree = int(w), n
		}
	}
	return c
}
