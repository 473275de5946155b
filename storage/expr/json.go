package expr

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

func jsonFunctions() []*function {
	entry := func(name, args, doc string, lo, hi int, result schema.Type, f rowFunc) *function {
		return &function{Function: Function{name, "json", []string{upperSignature(name, args)}, doc, NullStrict, Immutable}, min: lo, max: hi, bind: fixed(result, "t"), row: plain(f)}
	}
	return []*function{
		entry("json_extract", "json, path", "The part of a JSON text at a path such as $.a[0].b; NULL when there is none.", 2, 2, schema.TypeJSON, jsonExtractRow),
		entry("json_unquote", "json", "The text of a JSON string; other JSON as it is.", 1, 1, schema.TypeVarchar, jsonUnquoteRow),
		entry("json_value", "json, path", "The scalar at a path as text; NULL when there is none.", 2, 2, schema.TypeVarchar, jsonValueRow),
		entry("json_valid", "text", "Whether the text is JSON.", 1, 1, schema.TypeBoolean, func(r *row) error { r.setBool(json.Valid(r.text(0))); return nil }),
		entry("json_length", "json", "The number of members of an array or object, 1 for a scalar.", 1, 1, schema.TypeInt64, jsonLengthRow),
		entry("json_type", "json", "The type of a JSON text: OBJECT, ARRAY, STRING, INTEGER, DOUBLE, BOOLEAN or NULL.", 1, 1, schema.TypeVarchar, jsonTypeRow),
	}
}

// jsonAt walks a path of .name, ."name" and [n] steps; ok is false when it leads nowhere.
func jsonAt(doc []byte, path string) (part []byte, ok bool, err error) {
	rest, found := strings.CutPrefix(strings.TrimSpace(path), "$")
	if !found {
		return nil, false, badPath()
	}
	part = bytes.TrimSpace(doc)
	for rest != "" {
		name, index, more, err := jsonStep(rest)
		if err != nil {
			return nil, false, err
		}
		rest = more
		if part, ok = jsonChild(part, name, index); !ok {
			return nil, false, nil
		}
	}
	return part, json.Valid(part), nil
}

func badPath() error {
	return errs.New(errs.Meaning, "bad-path", "the JSON path is not valid").WithHint(`write steps such as $.name, $."a name" and $[0]`)
}

// jsonStep reads one step; index is -1 for a member.
func jsonStep(s string) (name string, index int, rest string, err error) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		digits, rest, ok := strings.Cut(inner, "]")
		n, err := strconv.Atoi(strings.TrimSpace(digits))
		if !ok || err != nil || n < 0 {
			return "", 0, "", badPath()
		}
		return "", n, rest, nil
	}
	inner, ok := strings.CutPrefix(s, ".")
	if !ok {
		return "", 0, "", badPath()
	}
	if quoted, ok := strings.CutPrefix(inner, `"`); ok {
		name, rest, ok := strings.Cut(quoted, `"`)
		if !ok {
			return "", 0, "", badPath()
		}
		return name, -1, rest, nil
	}
	end := strings.IndexAny(inner, ".[")
	if end < 0 {
		end = len(inner)
	}
	if end == 0 || inner[:end] == "*" {
		return "", 0, "", badPath()
	}
	return inner[:end], -1, inner[end:], nil
}

func jsonChild(doc []byte, name string, index int) ([]byte, bool) {
	if index >= 0 {
		var list []json.RawMessage
		if json.Unmarshal(doc, &list) != nil {
			return doc, index == 0 // MySQL: $[0] of a scalar is the scalar
		}
		if index >= len(list) {
			return nil, false
		}
		return list[index], true
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(doc, &members) != nil {
		return nil, false
	}
	v, ok := members[name]
	return v, ok
}

func jsonExtractRow(r *row) error {
	part, ok, err := jsonAt(r.text(0), string(r.text(1)))
	if err == nil && ok {
		r.setBytes(part)
	}
	return err
}

func jsonUnquoteRow(r *row) error {
	s := r.text(0)
	var text string
	if len(s) > 1 && s[0] == '"' && json.Unmarshal(s, &text) == nil {
		r.setText(text)
		return nil
	}
	r.setBytes(s)
	return nil
}

func jsonValueRow(r *row) error {
	part, ok, err := jsonAt(r.text(0), string(r.text(1)))
	if err != nil || !ok {
		return err
	}
	var text string
	switch {
	case len(part) == 0 || part[0] == '{' || part[0] == '[' || string(part) == "null":
		return nil
	case json.Unmarshal(part, &text) == nil:
		r.setText(text)
	default:
		r.setBytes(part)
	}
	return nil
}

func jsonLengthRow(r *row) error {
	s := bytes.TrimSpace(r.text(0))
	var list []json.RawMessage
	var members map[string]json.RawMessage
	switch {
	case json.Unmarshal(s, &list) == nil && len(s) > 0 && s[0] == '[':
		r.setI(int64(len(list)))
	case json.Unmarshal(s, &members) == nil && len(s) > 0 && s[0] == '{':
		r.setI(int64(len(members)))
	case json.Valid(s):
		r.setI(1)
	}
	return nil
}

func jsonTypeRow(r *row) error {
	s := bytes.TrimSpace(r.text(0))
	if !json.Valid(s) {
		return nil
	}
	switch s[0] {
	case '{':
		r.setText("OBJECT")
	case '[':
		r.setText("ARRAY")
	case '"':
		r.setText("STRING")
	case 't', 'f':
		r.setText("BOOLEAN")
	case 'n':
		r.setText("NULL")
	default:
		if bytes.ContainsAny(s, ".eE") {
			r.setText("DOUBLE")
		} else {
			r.setText("INTEGER")
		}
	}
	return nil
}
