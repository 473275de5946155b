package errs

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure an error is. It is set where it is known, once; the edges map it to an HTTP status, a MySQL
// error code and a process exit code.
type Kind uint8

// The kinds. Internal is the zero value: an error nobody classified is our fault, never the user's.
const (
	Internal    Kind = iota
	Invalid          // malformed request, syntax, bad parameter (400)
	Meaning          // well-formed but wrong: unknown column, type, mapping (422)
	NotFound         // no such thing, or none the caller may see (404)
	Denied           // authenticated but not allowed (403)
	Unauthed         // no or wrong credentials (401)
	Conflict         // the state says no: superseded, exists, changed meanwhile (409)
	Gone             // it was there and has expired (410)
	TooLarge         // a body or text over its limit (413)
	MediaType        // content type or encoding not taken (415)
	Limit            // a stated limit of the query or load was exceeded (422)
	Busy             // try again later (429)
	Unavailable      // no leader, draining, cannot reach (503)
	DiskFull         // no room left on a disk (507)
	Corrupt          // bytes that do not match their checksum (500, names the file)
	Canceled         // the caller went away (499)
	Timeout          // the deadline passed (504 or 408)
)

// Error is a classified failure. Only Kind and Detail are always set.
type Error struct {
	Kind        Kind
	Code        string // stable kebab-case word for programs, for example "unknown-column"
	Detail      string // one sentence for the person who gets it: what, where, why
	Hint        string // what to do, one sentence; may be empty
	SQL         *SQLPos
	Suggestions []string
	MySQL       int // MySQL errno when the SQL layer knows one; 0 lets the edge choose by Kind
	Cause       error
	Estimate    *Estimate // of the scan that went over a limit
}

// Estimate is what a query would read, known before it runs.
type Estimate struct {
	Bytes         int64 `json:"bytes"`
	Segments      int64 `json:"segments"`
	SegmentsTotal int64 `json:"segments_total"`
}

// SQLPos is a place in a statement. Line and Column count from 1, Offset and Length are bytes from 0.
type SQLPos struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Offset  int    `json:"offset"`
	Length  int    `json:"length"`
	Excerpt string `json:"excerpt"`
}

// Error returns the detail and, where they exist, the cause and the hint.
func (e *Error) Error() string {
	s := e.Detail
	if e.Cause != nil {
		if c := e.Cause.Error(); c != "" {
			s += ": " + c
		}
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New returns an error of the given kind. A %w verb in format records the cause.
func New(kind Kind, code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Code: code, Detail: err.Error(), Cause: quiet(errors.Unwrap(err))}
}

// WithHint sets what the reader should do and returns e.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// At sets the place in the statement and returns e.
func (e *Error) At(pos *SQLPos) *Error {
	e.SQL = pos
	return e
}

// Suggest adds names the reader may have meant and returns e.
func (e *Error) Suggest(names ...string) *Error {
	e.Suggestions = append(e.Suggestions, names...)
	return e
}

// quiet keeps a cause for errors.Is and errors.As without printing it twice: New already formatted it into the detail.
func quiet(err error) error {
	if err == nil {
		return nil
	}
	return silent{err}
}

type silent struct{ error }

func (silent) Error() string   { return "" }
func (s silent) Unwrap() error { return s.error }

// KindOf returns the kind of the outermost classified error in err's chain, Internal when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is classified as kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// As returns the outermost classified error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
