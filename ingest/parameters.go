package ingest

import (
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// RequestParameters are the names that ParseRequest reads: the parameters of an upload, as API.md lists them.
func RequestParameters() []string {
	return []string{
		"source", "period", "mode", "force", "on_bad_row", "max_rejects", "format", "delimiter", "quote", "escape", "header", "null", "encoding",
		"date_format", "timestamp_format", "decimal", "thousands", "skip", "trailer", "types", "ack", "rehearse", "amends", "filename",
	}
}

// DialectParameters are those of RequestParameters that say how a file is written.
func DialectParameters() []string {
	return []string{
		"format", "delimiter", "quote", "escape", "header", "null", "encoding", "date_format", "timestamp_format", "decimal", "thousands", "skip", "trailer", "types",
	}
}

// ParseRequest reads an upload's parameters, however it came in: as parameters of a URL, as fields of a form, from the record of an
// upload or of an inbox. get returns "" for a parameter that was not given. Table, body and Content-Encoding are the caller's to add.
func ParseRequest(get func(name string) string) (*Request, error) {
	req := &Request{Source: get("source"), Period: get("period"), FileName: get("filename")}
	var err error
	if req.Force, err = parseFlag("force", get("force")); err != nil {
		return nil, err
	}
	if req.Rehearse, err = parseFlag("rehearse", get("rehearse")); err != nil {
		return nil, err
	}
	if text := get("amends"); text != "" {
		if req.Amends, err = schema.ParseID(text); err != nil {
			return nil, err
		}
	}
	if req.Options, err = ParseOptions(get); err != nil {
		return nil, err
	}
	if req.Mode, err = ParseMode(get("mode")); err != nil {
		return nil, err
	}
	req.Ack, err = ParseAck(get("ack"))
	return req, err
}

func parseFlag(name, value string) (bool, error) {
	switch value {
	case "", "0", "false":
		return false, nil
	case "1", "true":
		return true, nil
	}
	return false, errs.New(errs.Invalid, "bad-parameter", "%s=%q is not 1 or 0", name, value)
}
