package server

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/bytesize"
	"github.com/assaydb/assay/storage/errs"
)

// query is the URL's parameters, read strictly: the first thing wrong is kept in err, so that a handler asks once.
type query struct {
	values url.Values
	err    error
}

// queryOf parses the URL and refuses parameters that are not among known: a misspelt limit must not be a missing one. Names that
// begin with param_ are the statement's own.
func queryOf(r *http.Request, known ...string) (*query, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errs.New(errs.Invalid, "bad-query-string", "the query string cannot be read: %w", err)
	}
	for name, given := range values {
		if strings.HasPrefix(name, "param_") && slices.Contains(known, "param_") {
			name = "param_"
		}
		if !slices.Contains(known, name) {
			return nil, unknownParameter(name, known)
		}
		if len(given) > 1 {
			return nil, repeatedParameter(name)
		}
	}
	return &query{values: values}, nil
}

func unknownParameter(name string, known []string) error {
	e := errs.New(errs.Invalid, "unknown-parameter", "there is no parameter %q here", name)
	if len(known) == 0 {
		return e.WithHint("this path takes none")
	}
	shown := strings.ReplaceAll(strings.Join(known, ", "), "param_", "param_NAME")
	return e.WithHint("known are: %s", shown).Suggest(sqlparse.Nearest(name, known)...)
}

// paramsOf returns the URL's parameters, which were checked against the route's list before its handler ran.
func paramsOf(r *http.Request) *query { return exchangeOf(r).query }

func repeatedParameter(name string) error {
	return errs.New(errs.Invalid, "repeated-parameter", "the parameter %q is given more than once", name)
}

func (q *query) fail(name, value, want string) {
	if q.err == nil {
		q.err = errs.New(errs.Invalid, "bad-parameter", "%s=%q is not %s", name, value, want)
	}
}

func (q *query) text(name string) string { return q.values.Get(name) }

func (q *query) flag(name string) bool {
	switch v := q.values.Get(name); v {
	case "":
		if q.values.Has(name) {
			q.fail(name, v, "1 or 0")
		}
		return false
	case "0", "false":
		return false
	case "1", "true":
		return true
	default:
		q.fail(name, v, "1 or 0")
		return false
	}
}

func (q *query) count(name string, fallback, most int64) int64 {
	v := q.values.Get(name)
	if v == "" {
		return fallback
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 || n > most {
		q.fail(name, v, "a whole number from 0 to "+strconv.FormatInt(most, 10))
	}
	return n
}

func (q *query) bytes(name string) int64 {
	v := q.values.Get(name)
	if v == "" {
		return 0
	}
	n, err := bytesize.Parse(v)
	if err != nil {
		q.fail(name, v, "a byte count like 50GB")
	}
	return n
}

func (q *query) duration(name string) time.Duration {
	v := q.values.Get(name)
	if v == "" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		q.fail(name, v, "a duration like 30s or 5m")
	}
	return d
}
