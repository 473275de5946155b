package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/assaydb/assay/storage/errs"
)

// problem is an RFC 9457 body.
type problem struct {
	Type        string       `json:"type"`
	Title       string       `json:"title"`
	Status      int          `json:"status"`
	Detail      string       `json:"detail"`
	Code        string       `json:"code"`
	Hint        string       `json:"hint,omitempty"`
	SQL         *errs.SQLPos `json:"sql,omitempty"`
	Suggestions []string     `json:"suggestions,omitempty"`
	MySQL       *mysqlCode   `json:"mysql,omitempty"`

	Estimate *errs.Estimate `json:"estimate,omitempty"` // with scan-limit-exceeded

	*formAnswer // of a form with several files
}

type mysqlCode struct {
	Errno    int    `json:"errno"`
	SQLState string `json:"sqlstate"`
}

// outcome is how a kind of failure looks from outside.
type outcome struct {
	status int
	title  string
	code   string // when the error has none of its own
	retry  int    // seconds, 0 for no Retry-After
}

const statusClientClosed = 499 // nginx's number for a client that went away; only logs see it

func outcomeOf(kind errs.Kind) outcome {
	switch kind {
	case errs.Invalid:
		return outcome{http.StatusBadRequest, "Bad request", "bad-request", 0}
	case errs.Meaning:
		return outcome{http.StatusUnprocessableEntity, "Cannot be done as asked", "unprocessable", 0}
	case errs.NotFound:
		return outcome{http.StatusNotFound, "Not found", "not-found", 0}
	case errs.Denied:
		return outcome{http.StatusForbidden, "Not allowed", "denied", 0}
	case errs.Unauthed:
		return outcome{http.StatusUnauthorized, "Not authenticated", "unauthenticated", 0}
	case errs.Conflict:
		return outcome{http.StatusConflict, "Conflict", "conflict", 0}
	case errs.Gone:
		return outcome{http.StatusGone, "Gone", "gone", 0}
	case errs.TooLarge:
		return outcome{http.StatusRequestEntityTooLarge, "Too large", "too-large", 0}
	case errs.MediaType:
		return outcome{http.StatusUnsupportedMediaType, "Unsupported media type", "unsupported-media-type", 0}
	case errs.Limit:
		return outcome{http.StatusUnprocessableEntity, "Limit exceeded", "limit-exceeded", 0}
	case errs.Busy:
		return outcome{http.StatusTooManyRequests, "Too many requests", "busy", 1}
	case errs.Unavailable:
		return outcome{http.StatusServiceUnavailable, "Unavailable", "unavailable", 2}
	case errs.DiskFull:
		return outcome{http.StatusInsufficientStorage, "Disk full", "disk-full", 0}
	case errs.Canceled:
		return outcome{statusClientClosed, "Canceled", "canceled", 0}
	case errs.Timeout:
		return outcome{http.StatusGatewayTimeout, "Timed out", "timeout", 0}
	case errs.Corrupt:
		return outcome{http.StatusInternalServerError, "Corrupt data", "corrupt", 0}
	}
	return outcome{http.StatusInternalServerError, "Internal error", "internal", 0}
}

// classify gives a kind to the errors that the standard library makes at this edge.
func classify(err error) error {
	if errs.As(err) != nil {
		return err
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errs.New(errs.TooLarge, "body-too-large", "the body is larger than the limit of %d bytes", large.Limit).WithHint("of uploads, the node's setting --max-upload raises it")
	case errors.Is(err, context.DeadlineExceeded):
		return errs.New(errs.Timeout, "timeout", "the time limit passed")
	case errors.Is(err, context.Canceled):
		return errs.New(errs.Canceled, "canceled", "the request was canceled")
	}
	return err
}

// problemOf describes an error. The text of an unclassified one stays in the log: it may hold what is not the caller's.
func problemOf(err error) (problem, outcome) {
	err = classify(err)
	o := outcomeOf(errs.KindOf(err))
	p := problem{Type: "about:blank", Title: o.title, Status: o.status, Code: o.code}
	e := errs.As(err)
	if e == nil {
		p.Detail = "an internal error happened; the server's log has it"
		return p, o
	}
	plain := *e
	plain.Hint = ""
	p.Detail, p.Hint, p.SQL, p.Suggestions = plain.Error(), e.Hint, e.SQL, e.Suggestions
	p.Estimate = e.Estimate
	if e.Code != "" {
		p.Code = e.Code
	}
	var form *formError
	if errors.As(err, &form) {
		p.formAnswer, p.Detail = form.all, fmt.Sprintf("%d of %d files failed, the others are loaded; first %s", form.all.Failed, len(form.all.Files), p.Detail)
	}
	if own := statusOf(err); own != 0 {
		p.Status, o.status = own, own
	}
	if e.SQL != nil || e.MySQL != 0 {
		p.MySQL = mysqlOf(e)
	}
	return p, o
}

// statusOf is the status that a protocol prescribes for an error, 0 when none does.
func statusOf(err error) int {
	var own statusError
	if errors.As(err, &own) {
		return own.status
	}
	return 0
}

// mysqlOf is the MySQL code of an error: the one the SQL layer knew, else one chosen by kind.
func mysqlOf(e *errs.Error) *mysqlCode {
	errno := e.MySQL
	if errno == 0 {
		switch e.Kind {
		case errs.Invalid:
			errno = 1064
		case errs.NotFound:
			errno = 1146
		case errs.Denied:
			errno = 1142
		case errs.Timeout:
			errno = 3024
		case errs.Canceled:
			errno = 1317
		default:
			errno = 1105
		}
	}
	states := map[int]string{
		1064: "42000", 1146: "42S02", 1054: "42S22", 1142: "42000", 1050: "42S01", 1051: "42S02", 1055: "42000", 1060: "42S21",
		1305: "42000", 1317: "70100", 1264: "22003", 1365: "22012", 1292: "22007", 1690: "22003", 1046: "3D000", 1052: "23000",
	}
	state := states[errno]
	if state == "" {
		state = "HY000"
	}
	return &mysqlCode{Errno: errno, SQLState: state}
}

// writeProblem answers with an error.
func writeProblem(w http.ResponseWriter, err error) int {
	p, o := problemOf(err)
	h := w.Header()
	h.Del("Content-Encoding")
	h.Del("Content-Disposition")
	h.Set("Content-Type", "application/problem+json")
	if o.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(o.retry))
	}
	if o.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="assay"`)
	}
	w.WriteHeader(o.status)
	body, _ := json.Marshal(p)
	w.Write(append(body, '\n')) //nolint:errcheck // the client has gone; there is no one left to tell
	return o.status
}
