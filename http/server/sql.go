package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/assaydb/assay/http/server/encode"
	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// sqlParams are the parameters of a statement.
func sqlParams() []string {
	return []string{"q", "format", "dry_run", "timeout", "max_bytes", "max_rows", "at", "min_index", "cache", "tz", "download", "param_"}
}

// handleSQL runs one statement and streams its result.
func (s *Server) handleSQL(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	req, err := s.statement(r, q)
	if err != nil {
		return err
	}
	format, err := formatOf(r, q)
	if err != nil {
		return err
	}
	res, err := s.parts.Engine.Query(r.Context(), req)
	if err != nil {
		s.metrics.query(planner.Stats{}, err)
		return err
	}
	defer res.Close()
	if x := exchangeOf(r); x != nil {
		x.queryID = res.QueryID.String()
	}
	describe(w.Header(), res)
	if req.DryRun {
		return writeJSON(w, http.StatusOK, dryRun(res))
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", format.ContentType())
		return nil
	}
	err = s.stream(w, r, res, format, q.text("download"))
	s.metrics.query(res.Stats(), err)
	return err
}

// statement reads the SQL, its parameters and its limits.
func (s *Server) statement(r *http.Request, q *query) (*planner.Request, error) {
	req := &planner.Request{
		Params: map[string]any{}, DryRun: q.flag("dry_run"), Timeout: q.duration("timeout"), MaxBytes: q.bytes("max_bytes"),
		MaxRows: q.count("max_rows", 0, math.MaxInt64), At: uint64(q.count("at", 0, math.MaxInt64)),
		MinIndex: uint64(q.count("min_index", 0, math.MaxInt64)), Zone: q.text("tz"), Cache: q.text("cache"),
		ReadOnly: r.Method != http.MethodPost, Principal: planner.Principal{Name: whoOf(r)},
	}
	if req.At == 0 && q.values.Has("at") {
		q.fail("at", q.text("at"), "a catalog index, which counts from 1")
	}
	if q.err != nil {
		return nil, q.err
	}
	if req.Cache != "" && req.Cache != "use" && req.Cache != "bypass" {
		return nil, errs.New(errs.Invalid, "bad-parameter", "cache=%q is not use or bypass", req.Cache)
	}
	if _, err := time.LoadLocation(req.Zone); err != nil {
		return nil, errs.New(errs.Invalid, "bad-parameter", "tz=%q is not a known time zone", req.Zone).WithHint("use an IANA name like Europe/Berlin")
	}
	for name, v := range q.values {
		if key, ok := strings.CutPrefix(name, "param_"); ok {
			req.Params[key] = v[0]
		}
	}
	if req.SQL = q.text("q"); r.Method == http.MethodPost {
		if req.SQL != "" {
			return nil, errs.New(errs.Invalid, "bad-parameter", "q= belongs to GET: with POST the statement is the body")
		}
		if err := readStatement(r, req); err != nil {
			return nil, err
		}
	}
	switch {
	case strings.TrimSpace(req.SQL) == "":
		return nil, errs.New(errs.Invalid, "empty-statement", "there is no SQL in the request").WithHint("send it as the body of a POST, or as ?q= of a GET")
	case len(req.SQL) > maxSQLBytes:
		return nil, errs.New(errs.TooLarge, "statement-too-long", "the statement has %d bytes, at most %d are taken", len(req.SQL), maxSQLBytes)
	}
	return req, nil
}

// readStatement reads a POST body: JSON, or the SQL itself. curl -d calls anything a form, so that type is text too.
func readStatement(r *http.Request, req *planner.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	limit := int64(maxSQLBytes)
	if kind == "application/json" {
		limit = maxJSONBytes
	}
	body, err := decoded(r, limit)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	switch kind {
	case "application/json":
		return readJSONStatement(text, req)
	case "text/plain", "application/sql", "application/x-www-form-urlencoded":
		req.SQL = string(text)
		return nil
	}
	return errs.New(errs.MediaType, "bad-content-type", "Content-Type %q is not taken here", kind).WithHint("send text/plain, application/sql or application/json")
}

func readJSONStatement(text []byte, req *planner.Request) error {
	var body struct {
		SQL    string         `json:"sql"`
		Params map[string]any `json:"params"`
	}
	if err := decodeJSON(text, &body); err != nil {
		return err
	}
	req.SQL = body.SQL
	for name, v := range body.Params {
		if _, both := req.Params[name]; both {
			return errs.New(errs.Invalid, "repeated-parameter", "the parameter %q is in the URL and in the body", name)
		}
		value, err := paramValue(name, v)
		if err != nil {
			return err
		}
		req.Params[name] = value
	}
	return nil
}

// paramValue keeps numbers exact: one that is no int64 is passed as its text and takes the type of its place.
func paramValue(name string, v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.String(), nil
	}
	return nil, errs.New(errs.Invalid, "bad-parameter", "the parameter %q is a list or an object; a single value is expected", name)
}

// describe sets the headers that every answer to a statement has.
func describe(h http.Header, res *planner.Result) {
	h.Set("Assay-Query-Id", res.QueryID.String())
	h.Set("Assay-Catalog-Index", strconv.FormatUint(res.CatalogIndex, 10))
	h.Set("Assay-Estimate", "bytes="+strconv.FormatInt(res.Estimate.Bytes, 10)+
		", segments="+strconv.FormatInt(res.Estimate.Segments, 10)+"/"+strconv.FormatInt(res.Estimate.SegmentsTotal, 10))
	for _, warning := range res.Warnings {
		h.Add("Assay-Warning", headerText(warning.Code+": "+warning.Message))
	}
}

// headerText keeps text fit for a header.
func headerText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s[:min(len(s), 1000)])
}

func dryRun(res *planner.Result) any {
	return struct {
		DryRun   bool              `json:"dry_run"`
		Columns  []batch.Field     `json:"columns"`
		Estimate errs.Estimate     `json:"estimate"`
		Index    uint64            `json:"catalog_index"`
		Warnings []planner.Warning `json:"warnings,omitempty"`
	}{true, append([]batch.Field{}, res.Fields...), errs.Estimate(res.Estimate), res.CatalogIndex, res.Warnings}
}

// stream sends the rows. Until the first batch is there nothing is sent, so that whatever fails before has its own status; what
// fails later aborts the connection, because a cut result must not look whole.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, res *planner.Result, f encode.Format, download string) error {
	first, err := res.Next(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.ContentType())
	h.Set("Trailer", "Assay-Rows, Assay-Bytes-Scanned, Assay-Status")
	h.Set("Cache-Control", "no-store")
	if download != "" {
		h.Set("Content-Disposition", disposition(download, f))
	}
	encoding := ""
	if f != encode.Parquet {
		encoding = acceptedEncoding(r.Header.Get("Accept-Encoding"))
	}
	body, err := compressTo(w, encoding)
	if err != nil {
		return err
	}
	rows, err := copyRows(r.Context(), body, res, first, f, encode.Options{Defuse: download != ""}, flusher(w, body))
	if err == nil {
		err = body.Close()
	}
	if err != nil {
		return abort{err}
	}
	stats := res.Stats()
	h.Set("Assay-Rows", strconv.FormatInt(rows, 10))
	h.Set("Assay-Bytes-Scanned", strconv.FormatInt(stats.BytesScanned, 10))
	h.Set("Assay-Status", "ok")
	return nil
}

// flushEvery is how long a trickle of rows may wait in buffers.
const flushEvery = 500 * time.Millisecond

// flusher returns a function that sends what is buffered when the last time was long ago.
func flusher(w http.ResponseWriter, body flushCloser) func() error {
	control, last := http.NewResponseController(w), time.Now()
	return func() error {
		if time.Since(last) < flushEvery {
			return nil
		}
		last = time.Now()
		if err := body.Flush(); err != nil {
			return err
		}
		return control.Flush()
	}
}

// copyRows encodes a result whose first batch has been fetched already.
func copyRows(ctx context.Context, w io.Writer, res *planner.Result, b *batch.Batch, f encode.Format, opts encode.Options, flush func() error) (int64, error) {
	enc, err := encode.New(f, w, res.Fields, opts)
	if err != nil {
		return 0, err
	}
	rows := int64(0)
	for b != nil {
		rows += int64(b.Alive())
		if err := enc.Batch(b); err != nil {
			return rows, err
		}
		if err := flush(); err != nil {
			return rows, err
		}
		if b, err = res.Next(ctx); err != nil {
			return rows, err
		}
	}
	footer := encode.Footer{Rows: rows, Stats: marshal(statsOf(res.Stats()))}
	if len(res.Warnings) > 0 {
		footer.Warnings = marshal(res.Warnings)
	}
	return rows, enc.Finish(footer)
}

// statistics are planner.Stats as API.md names them.
type statistics struct {
	RowsScanned     int64   `json:"rows_scanned"`
	BytesScanned    int64   `json:"bytes_scanned"`
	SegmentsTotal   int64   `json:"segments_total"`
	SegmentsPruned  int64   `json:"segments_pruned"`
	RowGroupsTotal  int64   `json:"row_groups_total"`
	RowGroupsPruned int64   `json:"row_groups_pruned"`
	ElapsedMS       float64 `json:"elapsed_ms"`
	Nodes           int     `json:"nodes"`
	Cache           string  `json:"cache"`
}

func statsOf(st planner.Stats) statistics {
	return statistics{
		st.RowsScanned, st.BytesScanned, st.SegmentsTotal, st.SegmentsPruned, st.RowGroupsTotal, st.RowGroupsPruned,
		math.Round(float64(st.Elapsed.Microseconds())) / 1000, st.Nodes, st.Cache,
	}
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: marshal: " + err.Error())
	}
	return b
}

// decodeJSON reads one JSON value strictly: unknown fields and trailing text are errors, numbers keep their digits.
func decodeJSON(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		if e := errs.As(err); e != nil {
			e.Kind = errs.Meaning // it was read and does not do, such as an unknown type
			return e
		}
		return errs.New(errs.Invalid, "bad-json", "the JSON body cannot be read at byte %d: %s", d.InputOffset(), strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return errs.New(errs.Invalid, "bad-json", "there is text after the JSON value at byte %d", d.InputOffset())
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	body := marshal(v)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err := w.Write(append(body, '\n'))
	if err != nil {
		return abort{err}
	}
	return nil
}

// abort wraps an error that happened after the first byte.
type abort struct{ error }

func (a abort) Unwrap() error { return a.error }
