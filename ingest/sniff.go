package ingest

import (
	"context"
	"io"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Sniffed is what a look at a whole file found, without a server.
type Sniffed struct {
	Dialect  Dialect       `json:"dialect"`
	Columns  []SniffColumn `json:"columns"`
	Records  int64         `json:"records"`
	Bytes    int64         `json:"bytes"`
	Rejected int64         `json:"rejected"`
	Blank    int64         `json:"blank"`
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
}

// SniffSampleRows is how many rows Sniffed.Sample holds.
const SniffSampleRows = 10

// Sniff reads the whole of r and says what a load would make of it.
func Sniff(ctx context.Context, r io.Reader, opts Options) (*Sniffed, error) {
	return nil, errs.New(errs.Unavailable, "not-ready", "sniffing is being built")
}
