package upload

import (
	"encoding/base64"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/errs"
)

// ParseMetadata reads tus's Upload-Metadata: pairs of a key and a Base64 value, separated by commas.
func ParseMetadata(text string) (map[string]string, error) {
	out := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		pair = strings.TrimSpace(pair)
		if pair == "" {
			continue
		}
		key, encoded, _ := strings.Cut(pair, " ")
		value, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil {
			return nil, errs.New(errs.Invalid, "bad-metadata", "the value of %q in Upload-Metadata is no Base64", key)
		}
		if _, twice := out[key]; twice {
			return nil, errs.New(errs.Invalid, "bad-metadata", "Upload-Metadata has %q twice", key)
		}
		out[key] = string(value)
	}
	return out, nil
}

// hints are the file's name without its folders and the client's fingerprint of it. The name is never used as a path.
func (u *upload) hints() (filename, fingerprint string) {
	m, err := ParseMetadata(u.Metadata)
	if err != nil {
		return "", ""
	}
	filename = path.Base(strings.ReplaceAll(m["filename"], `\`, "/"))
	if filename == "." || len(filename) > 255 || !utf8.ValidString(filename) {
		filename = ""
	}
	if utf8.ValidString(m["fingerprint"]) {
		fingerprint = m["fingerprint"]
	}
	return filename, fingerprint
}
