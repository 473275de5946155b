package planner

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// session is one statement from its acceptance to its end.
type session struct {
	*Engine
	req      *Request
	id       schema.ID
	started  time.Time
	ctx      context.Context
	end      func() // idempotent: cancels, leaves the registry, gives back the turn
	snap     *catalog.Snapshot
	env      *expr.Env
	warnings []Warning
	release  func() // the turn, nil when none was taken
}

// begin sets up the deadline and the registry.
func (e *Engine) begin(ctx context.Context, req *Request) (*session, error) {
	zone, err := location(req.Zone)
	if err != nil {
		return nil, err
	}
	if req.Cache != "" && req.Cache != "use" && req.Cache != "bypass" {
		return nil, errs.New(errs.Invalid, "bad-parameter", "cache=%q is not known", req.Cache).WithHint("use cache=use or cache=bypass")
	}
	now := e.now()
	s := &session{Engine: e, req: req, id: schema.NewID(), started: now, env: &expr.Env{Zone: zone, Now: now.UnixMicro()}}
	timeout := e.limits.Timeout
	if req.Timeout > 0 {
		timeout = min(timeout, req.Timeout)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, stop := context.WithTimeoutCause(ctx, timeout, errs.New(errs.Timeout, "query-timeout", "the query ran longer than its timeout of %s", timeout))
	s.ctx = ctx
	e.queries.add(Running{s.id, req.Principal.Name, req.SQL, now}, cancel)
	ended := false
	s.end = func() {
		if ended {
			return
		}
		ended = true
		stop()
		cancel(context.Canceled)
		e.queries.remove(s.id)
		if s.release != nil {
			s.release()
		}
	}
	return s, nil
}

func location(zone string) (*time.Location, error) {
	if zone == "" || strings.EqualFold(zone, "utc") {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(zone)
	if err != nil || strings.EqualFold(zone, "local") {
		return nil, errs.New(errs.Invalid, "bad-parameter", "tz=%q is not a time zone", zone).WithHint("use an IANA name such as Europe/Vienna")
	}
	return loc, nil
}

// explainError replaces a bare context error by the reason for which the context ended.
func (s *session) explainError(err error) error {
	if errs.As(err) != nil && errs.KindOf(err) != errs.Internal {
		return err
	}
	if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	cause := context.Cause(s.ctx)
	switch {
	case errs.As(cause) != nil:
		return cause
	case errors.Is(cause, context.DeadlineExceeded):
		return errs.New(errs.Timeout, "query-timeout", "the caller's deadline passed")
	}
	return errs.New(errs.Canceled, "query-canceled", "the caller went away")
}

// view takes the statement's one snapshot.
func (s *session) view() error {
	if s.req.MinIndex > 0 {
		if err := s.catalog.WaitIndex(s.ctx, s.req.MinIndex); err != nil {
			return err
		}
	}
	s.snap = s.catalog.Snapshot()
	if s.req.At == 0 {
		return nil
	}
	var err error
	s.snap, err = s.snap.At(s.req.At)
	return err
}

func (s *session) binder() *logical.Binder {
	return &logical.Binder{
		Text: s.req.SQL, Tables: s.snap, Policy: s.policy, Params: s.req.Params, Env: s.env,
		Principal: logical.Principal{Name: s.req.Principal.Name, Roles: s.req.Principal.Roles},
	}
}

// run parses the statement and does what it says.
func (s *session) run() (*Result, error) {
	stmt, err := sqlparse.Parse(s.req.SQL)
	if err != nil {
		return nil, err
	}
	if err := s.view(); err != nil {
		return nil, err
	}
	res, err := s.statement(stmt)
	if err != nil {
		return nil, err
	}
	if res.CatalogIndex == 0 {
		res.CatalogIndex = s.snap.Index()
	}
	return res, nil
}

func (s *session) statement(stmt sqlparse.Statement) (*Result, error) {
	switch n := stmt.(type) {
	case sqlparse.Query:
		return s.query(n)
	case *sqlparse.Explain:
		return s.explain(n)
	case *sqlparse.Show:
		return s.show(n)
	case *sqlparse.Use:
		return s.use(n)
	}
	if s.req.ReadOnly {
		return nil, readOnly()
	}
	switch n := stmt.(type) {
	case *sqlparse.CreateTable:
		return s.createTable(n)
	case *sqlparse.AlterTable:
		return s.alterTable(n)
	case *sqlparse.DropTable:
		return s.dropTable(n)
	}
	return nil, errs.New(errs.Internal, "bug", "BUG: no way to run %T", stmt)
}

func readOnly() error {
	e := errs.New(errs.Invalid, "read-only", "this request may only read, and the statement changes something").WithHint("send it with POST")
	e.MySQL = 1290
	return e
}

func (s *session) warn(list []logical.Warning) {
	for _, w := range list {
		out := Warning{Code: w.Code, Message: w.Message}
		if p := sqlparse.Locate(s.req.SQL, w.Pos); p != nil {
			out.Line, out.Column = p.Line, p.Column
		}
		s.warnings = append(s.warnings, out)
	}
}
