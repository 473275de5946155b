package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Statement is one SQL statement to run.
type Statement struct {
	SQL    string
	Format string            // json, ndjson, csv, tsv, arrow, parquet or table
	Params map[string]string // values of :NAME
	DryRun bool
	// MaxRows bounds the result, 0 for no bound of this request.
	MaxRows int64
	Timeout time.Duration // 0 for the server's own
	Cache   string        // use or bypass kept results; empty for the server's own
}

// Summary is what the server says of a result beside its rows.
type Summary struct {
	QueryID      string
	Rows         string
	BytesScanned string
	Warnings     []string
}

// Run runs a statement and copies its result to w as it comes. An error may come after part of the result was written.
func (c *Client) Run(ctx context.Context, st Statement, w io.Writer) (*Summary, error) {
	values := url.Values{"format": {st.Format}}
	for name, v := range st.Params {
		values.Set("param_"+name, v)
	}
	if st.DryRun {
		values.Set("dry_run", "1")
	}
	if st.Timeout > 0 {
		values.Set("timeout", st.Timeout.String())
	}
	if st.Cache != "" {
		values.Set("cache", st.Cache)
	}
	if st.MaxRows > 0 {
		values.Set("max_rows", strconv.FormatInt(st.MaxRows, 10))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/v1/sql?"+values.Encode(), strings.NewReader(st.SQL))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/sql")
	resp, err := c.do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("the result was cut, the rows so far are not the whole answer: %w", err)
	}
	if !st.DryRun && resp.Trailer.Get("Assay-Status") != "ok" {
		return nil, errors.New("the result was cut, the rows so far are not the whole answer: it has no closing status")
	}
	return &Summary{
		QueryID: resp.Header.Get("Assay-Query-Id"), Rows: resp.Trailer.Get("Assay-Rows"),
		BytesScanned: resp.Trailer.Get("Assay-Bytes-Scanned"), Warnings: resp.Header.Values("Assay-Warning"),
	}, nil
}
