package sqlparse

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/errs"
)

// Pos is a place in the statement's text, in bytes. Length 0 means that the place is not known.
type Pos struct{ Offset, Length int }

// Known reports whether the place is known.
func (p Pos) Known() bool { return p.Length > 0 }

// Position returns p; embedding a Pos makes a node positioned.
func (p Pos) Position() Pos { return p }

// maxExcerpt bounds the excerpt of an error, in bytes.
const maxExcerpt = 160

// Locate turns a place in text into lines and columns; nil when it is not known. Columns count characters.
func Locate(text string, p Pos) *errs.SQLPos {
	if !p.Known() || p.Offset > len(text) {
		return nil
	}
	start := strings.LastIndexByte(text[:p.Offset], '\n') + 1
	return &errs.SQLPos{
		Line:   strings.Count(text[:p.Offset], "\n") + 1,
		Column: utf8.RuneCountInString(text[start:p.Offset]) + 1,
		Offset: p.Offset, Length: p.Length,
		Excerpt: excerpt(text, start, p.Offset),
	}
}

// excerpt returns the line that holds offset, cut to what is near it.
func excerpt(text string, start, offset int) string {
	end := len(text)
	if i := strings.IndexByte(text[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	if end-start > maxExcerpt {
		start = max(start, offset-maxExcerpt/2)
		end = min(end, start+maxExcerpt)
	}
	return strings.ToValidUTF8(strings.TrimRight(text[start:end], "\r"), "")
}

// Errorf returns a classified error that points into text. errno is MySQL's.
func Errorf(text string, p Pos, kind errs.Kind, code string, errno int, format string, args ...any) *errs.Error {
	e := errs.New(kind, code, "%s", fmt.Sprintf(format, args...))
	e.MySQL = errno
	return e.At(Locate(text, p))
}
