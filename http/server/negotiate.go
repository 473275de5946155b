package server

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/assaydb/assay/http/server/encode"
	"github.com/assaydb/assay/storage/errs"
)

// mediaTypes are what clients may ask for in Accept.
func mediaType(name string) (encode.Format, bool) {
	switch name {
	case "application/json", "application/*", "*/*", "text/*":
		return encode.JSON, true
	case "application/x-ndjson", "application/jsonl", "application/x-jsonlines":
		return encode.NDJSON, true
	case "text/csv":
		return encode.CSV, true
	case "text/tab-separated-values":
		return encode.TSV, true
	case "application/vnd.apache.arrow.stream":
		return encode.Arrow, true
	case "application/vnd.apache.parquet", "application/x-parquet":
		return encode.Parquet, true
	case "text/plain":
		return encode.Table, true
	}
	return "", false
}

// formatOf chooses the response format: format= wins, then the best of Accept, then JSON. An Accept that names only what is not
// made here is answered with JSON too, as browsers' would be.
func formatOf(r *http.Request, q *query) (encode.Format, error) {
	if v := q.text("format"); v != "" {
		for _, f := range encode.Formats() {
			if string(f) == v {
				return f, nil
			}
		}
		return "", errs.New(errs.Invalid, "bad-format", "format=%q is not known", v).WithHint("use json, ndjson, csv, tsv, arrow, parquet or table")
	}
	best, bestQ := encode.JSON, 0.0
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		weight := 1.0
		if v, ok := params["q"]; ok {
			weight, _ = strconv.ParseFloat(v, 64)
		}
		if f, ok := mediaType(name); ok && weight > bestQ {
			best, bestQ = f, weight
		}
	}
	return best, nil
}

// disposition makes a response a download. The name loses everything a header or a file system could trip over.
func disposition(name string, f encode.Format) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	clean = strings.TrimLeft(clean, ".")
	if !strings.HasSuffix(clean, f.Extension()) {
		clean += f.Extension()
	}
	return mime.FormatMediaType("attachment", map[string]string{"filename": clean})
}
