package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/storage/errs"
)

// Exit codes, as API.md lists them.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitDenied      = 4
	exitLimit       = 5
	exitRejects     = 6
	exitConflict    = 7
	exitTimeout     = 8
	exitUnavailable = 9
	exitInterrupted = 130
)

// Codes of the errors of a load whose rejects passed the limit; with on_bad_row=reject_file the first one does.
const (
	codeTooManyRejects = "too-many-rejects"
	codeBadRow         = "bad-row"
)

// usageError marks a command line that cannot be meant.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func exitCode(ctx context.Context, err error) int {
	var (
		usage   usageError
		problem *client.Problem
		down    *client.Unreachable
	)
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &problem):
		return exitOfProblem(problem)
	case errors.As(err, &down):
		return exitUnavailable
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	}
	return exitOfKind(err)
}

func exitOfProblem(p *client.Problem) int {
	switch p.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitDenied
	case http.StatusNotFound, http.StatusGone:
		return exitNotFound
	case http.StatusConflict:
		return exitConflict
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return exitTimeout
	case http.StatusServiceUnavailable:
		return exitUnavailable
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return exitLimit
	}
	switch p.Code {
	case codeTooManyRejects, codeBadRow:
		return exitRejects
	case "scan-limit-exceeded", "row-limit-exceeded", "memory-limit-exceeded", "limit-exceeded", "result-too-large":
		return exitLimit
	}
	return exitError
}

// exitOfKind covers what commands do without a server.
func exitOfKind(err error) int {
	e := errs.As(err)
	if e == nil {
		return exitError
	}
	if e.Code == codeTooManyRejects || e.Code == codeBadRow {
		return exitRejects
	}
	switch e.Kind {
	case errs.NotFound, errs.Gone:
		return exitNotFound
	case errs.Denied, errs.Unauthed:
		return exitDenied
	case errs.Limit, errs.TooLarge, errs.Busy:
		return exitLimit
	case errs.Conflict:
		return exitConflict
	case errs.Timeout:
		return exitTimeout
	case errs.Unavailable:
		return exitUnavailable
	}
	return exitError
}
