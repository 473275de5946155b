package source

import (
	"bytes"
	"mime"
	"strings"

	"github.com/assaydb/assay/storage/errs"
)

// Format is what an upload's decoded bytes are.
type Format string

// The formats that are loaded.
const (
	CSV       Format = "csv"
	JSONLines Format = "jsonl"
	Parquet   Format = "parquet"
)

// formatBytes is how much of a body shows its format.
const formatBytes = 4 << 10

// ParseFormat reads a declared format; "" stands for what the bytes show.
func ParseFormat(s string) (Format, error) {
	switch strings.ToLower(s) {
	case "", "auto":
		return "", nil
	case "csv":
		return CSV, nil
	case "jsonl", "ndjson", "jsonlines":
		return JSONLines, nil
	case "parquet":
		return Parquet, nil
	}
	return "", errs.New(errs.Invalid, "bad-parameter", "format=%q is not known", s).WithHint("use csv, jsonl or parquet, or leave it out")
}

// FormatOfType returns the format that a Content-Type declares. Those of CSV declare none: clients send them with whatever they have.
func FormatOfType(contentType string) Format {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	switch kind {
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines":
		return JSONLines
	case "application/vnd.apache.parquet", "application/x-parquet", "application/parquet":
		return Parquet
	}
	return ""
}

// detectFormat tells a format by how it begins. JSON that is not one object a line is refused by its name: as CSV it would give
// thousands of rejects.
func detectFormat(head []byte) (Format, error) {
	if bytes.HasPrefix(head, []byte("PAR1")) && len(head) > 4 {
		return Parquet, nil
	}
	if c, n := mark(head); n > 0 {
		if head = head[n:]; isUTF16(c) {
			head = bytes.ReplaceAll(head, []byte{0}, nil)
		}
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 {
		return CSV, nil
	}
	behind := bytes.TrimLeft(head[1:], " \t")
	switch next := bytes.TrimLeft(behind, "\r\n"); {
	case head[0] == '{' && len(behind) > 0 && (behind[0] == '"' || behind[0] == '}'):
		return JSONLines, nil
	case head[0] == '{' && len(next) > 0 && len(next) < len(behind) && next[0] != '{':
		return "", notLines("an object over several lines")
	case head[0] == '[' && len(next) > 0 && (next[0] == '{' || len(next) < len(behind) && next[0] == ' '):
		return "", notLines("a list")
	}
	return CSV, nil
}

func notLines(what string) error {
	return errs.New(errs.MediaType, "not-json-lines", "the upload is a JSON document, %s, not JSON Lines", what).
		WithHint("write each record as one object on a line of its own, as jq -c '.[]' does; format=csv declares that it is CSV all the same")
}
