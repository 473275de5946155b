package jsonscan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/ingest/jsonscan"
	"github.com/assaydb/assay/storage/errs"
)

// scan gives every record as "line: cells" with the cells by |, ~ for none, or "line! reason".
func scan(t testing.TB, s *jsonscan.Scanner) (out []string, err error) {
	t.Helper()
	var c csvscan.Chunk
	bytes := int64(0)
	for {
		if err = s.Next(&c); err != nil {
			break
		}
		bytes += c.BlankBytes
		for i := range c.Records {
			rec := &c.Records[i]
			bytes += rec.Span
			text := fmt.Sprintf("%d:", rec.Line)
			switch rec.Fault {
			case csvscan.NoFault:
				for _, f := range c.Row(rec) {
					cell := string(c.Bytes(f))
					if cell == "" && !f.Quoted() {
						cell = "~"
					}
					text += " |" + cell
				}
			case csvscan.FaultTold:
				text = fmt.Sprintf("%d! %s: %s", rec.Line, c.Told[int32(i)].Column, c.Told[int32(i)].Reason)
			default:
				text = fmt.Sprintf("%d! %s", rec.Line, rec.Fault)
			}
			out = append(out, text)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
		if bytes != s.Offset() {
			t.Fatalf("%d bytes in records and blank lines, %d scanned", bytes, s.Offset())
		}
	}
	return out, err
}

func TestLines(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		cfg  jsonscan.Config
		want string
	}{
		"plain":           {`{"a":1,"b":"x"}` + "\n" + `{"b":"y","a":2}`, jsonscan.Config{}, "1: |1 |x\n2: |2 |y"},
		"missing, null":   {"{\"a\":1,\"b\":2}\n{\"a\":null}\n{}", jsonscan.Config{}, "1: |1 |2\n2: |~ |~\n3: |~ |~"},
		"a new key":       {"{\"a\":1}\n{\"a\":2}\n{\"b\":3}\n{\"a\":4}", jsonscan.Config{}, "1: |1\n2: |2\n3: |~ |3\n4: |4 |~"},
		"blank lines":     {"\n  \n{\"a\":1}\r\n\t\n", jsonscan.Config{}, "3: |1"},
		"numbers":         {`{"a":-0,"b":1.50,"c":1E+05,"d":123456789012345678901234567890.123}`, jsonscan.Config{}, "1: |-0 |1.50 |1E+05 |123456789012345678901234567890.123"},
		"decimal comma":   {`{"a":1.5,"b":"1.5"}`, jsonscan.Config{Point: ','}, "1: |1,5 |1.5"},
		"words":           {`{"a":true,"b":false}`, jsonscan.Config{}, "1: |true |false"},
		"escapes":         {`{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`, jsonscan.Config{}, "1: |\"\\/\b\f\n\r\té😀"},
		"empty text":      {`{"a":"","b":null}`, jsonscan.Config{}, "1: | |~"},
		"escaped key":     {`{"\u0061":1}` + "\n" + `{"a":2}`, jsonscan.Config{}, "1: |1\n2: |2"},
		"case of keys":    {`{"ID":1}` + "\n" + `{"id":2}` + "\n" + `{"Id":3,"iD":4}`, jsonscan.Config{}, "1: |1\n2: |2\n3! ID: the key \"ID\" stands twice in the line"},
		"twice":           {`{"a":1,"a":1}`, jsonscan.Config{}, `1! a: the key "a" stands twice in the line`},
		"nested":          {`{"a":{"x":[1,{}]}}` + "\n" + `{"a":[]}`, jsonscan.Config{}, "1! a: the value is an object, which only a JSON column takes\n2! a: the value is a list, which only a JSON column takes"},
		"as JSON":         {`{"a": {"x": [1]} ,"b":1}` + "\n" + `{"a":"t"}` + "\n" + `{"a":null}`, jsonscan.Config{Nested: only("a", jsonscan.AsJSON)}, "1: |{\"x\": [1]} |1\n2: |\"t\" |~\n3: |~ |~"},
		"passed over":     {`{"a":{"x":1},"b":1}`, jsonscan.Config{Nested: only("a", jsonscan.PassOver)}, "1: |~ |1"},
		"half a pair":     {`{"a":"\ud83d"}`, jsonscan.Config{}, "1! a: the text holds half of a surrogate pair, which is no character"},
		"a NUL":           {`{"a":"x\u0000"}`, jsonscan.Config{}, "1! a: the text holds a NUL byte"},
		"no object":       {"[1]\n1\n{\"a\":1", jsonscan.Config{}, "1! : the line is not one JSON object: no { is at its byte 1\n2! : the line is not one JSON object: no { is at its byte 1\n3! : the line is not one JSON object: neither , nor } is at its byte 7"},
		"two objects":     {`{"a":1}{"a":2}`, jsonscan.Config{}, "1! : the line is not one JSON object: something behind the object is at its byte 8"},
		"no JSON no keys": {`{"zzz":1,}` + "\n" + `{"a":2}`, jsonscan.Config{}, "1! : the line is not one JSON object: no key in quotes is at its byte 10\n2: |2"},
		"leading zero":    {`{"a":01}`, jsonscan.Config{}, "1! : the line is not one JSON object: a value that is no JSON is at its byte 8"},
		"known keys":      {`{"b":1}`, jsonscan.Config{Keys: []string{"a", "b"}}, "1: |~ |1"},
		"a long line":     {`{"a":"` + strings.Repeat("x", 100) + `"}` + "\n" + `{"a":1}`, jsonscan.Config{LineBytes: 50}, "1! the line is longer than the record limit\n2: |1"},
	} {
		got, err := scan(t, jsonscan.New(strings.NewReader(c.in), c.cfg))
		if text := strings.Join(got, "\n"); err != nil || text != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, text, c.want)
		}
		got, _ = scan(t, jsonscan.New(iotest.OneByteReader(strings.NewReader(c.in)), c.cfg))
		if text := strings.Join(got, "\n"); text != c.want {
			t.Errorf("%s, byte by byte:\n%s\nwant\n%s", name, text, c.want)
		}
	}
}

func only(name string, n jsonscan.Nesting) func(string) jsonscan.Nesting {
	return func(k string) jsonscan.Nesting {
		if k == name {
			return n
		}
		return jsonscan.Refuse
	}
}

// TestManyKeys bounds keys and what a chunk holds when each line has a key of its own.
func TestManyKeys(t *testing.T) {
	var in strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&in, "{\"k%d\":%d}\n", i, i)
	}
	s := jsonscan.New(strings.NewReader(in.String()), jsonscan.Config{MaxKeys: 3000})
	var c csvscan.Chunk
	lines := 0
	for s.Next(&c) == nil {
		lines += len(c.Records)
		if len(c.Fields) > 128<<10 {
			t.Fatalf("a chunk of %d fields", len(c.Fields))
		}
	}
	if lines != 3000 || len(s.Keys()) != 3000 {
		t.Fatalf("%d lines, %d keys", lines, len(s.Keys()))
	}
	_, err := scan(t, jsonscan.New(strings.NewReader(in.String()), jsonscan.Config{MaxKeys: 99}))
	if e := errs.As(err); e == nil || e.Code != "too-many-columns" {
		t.Fatal(err)
	}
}

// FuzzLine holds the scanner against encoding/json: the same lines are objects, and the cells are their values.
func FuzzLine(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":"\ud800\u00e9","b":[{}]}`, `{"":1e5,"x":null}`, `{"a":1,"a":2}`, `{`, "{}\n{}", `{"a":{"b":{"c":[]}}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		s := jsonscan.New(strings.NewReader(in), jsonscan.Config{LineBytes: 1 << 16})
		var c csvscan.Chunk
		bytes := int64(0)
		for s.Next(&c) == nil {
			bytes += c.BlankBytes
			for i := range c.Records {
				bytes += c.Records[i].Span
				check(t, s, &c, i)
			}
		}
		if bytes != int64(len(in)) {
			t.Fatalf("%d bytes are accounted for, of %d", bytes, len(in))
		}
	})
}

func check(t *testing.T, s *jsonscan.Scanner, c *csvscan.Chunk, i int) {
	rec := &c.Records[i]
	raw := c.Raw(rec)
	var want map[string]json.RawMessage
	err := json.Unmarshal(raw, &want)
	isForm := rec.Fault == csvscan.FaultTold && strings.HasPrefix(c.Told[int32(i)].Reason, "the line is not one JSON object")
	if (err != nil || want == nil) != isForm && rec.Fault != csvscan.FaultTooLong && strings.Count(string(raw), "[")+strings.Count(string(raw), "{") < 500 {
		t.Fatalf("%q: encoding/json says %v, the scanner %v", raw, err, c.Told[int32(i)])
	}
	if rec.Fault != csvscan.NoFault {
		return
	}
	keys := s.Keys()
	for j, f := range c.Row(rec) {
		v, ok := want[keys[j]]
		var text string
		if !ok || json.Unmarshal(v, &text) != nil || string(v) == "null" || !strings.HasPrefix(string(v), `"`) {
			continue
		}
		if got := string(c.Bytes(f)); got != text && !strings.ContainsRune(text, '\uFFFD') {
			t.Fatalf("%q: key %q is %q, not %q", raw, keys[j], got, text)
		}
	}
}
