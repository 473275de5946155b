package server

import (
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/coverage"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// readJSON reads a whole JSON body strictly.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSONBytes))
	if err != nil {
		return err
	}
	return decodeJSON(body, into)
}

func (s *Server) handleDeleteDocument(kind string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		_, t, err := s.tableOf(r)
		if err != nil {
			return err
		}
		if err := s.putDocument(r, catalog.Document{Kind: kind, Table: t.ID, Body: ""}); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// expectationOf reads what is expected of a table, nil for nothing.
func expectationOf(snap *catalog.Snapshot, t *schema.Table) (*coverage.Expectation, error) {
	doc, ok := snap.Document(coverage.Kind, t.ID, "")
	if !ok {
		return nil, nil
	}
	return coverage.Parse(doc.Body)
}

func (s *Server) handleExpectations(w http.ResponseWriter, r *http.Request) error {
	snap, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	e, err := expectationOf(snap, t)
	if err != nil {
		return err
	}
	if e == nil {
		return errs.New(errs.NotFound, "no-expectations", "nothing is expected of table %q in particular", t.Name)
	}
	return writeJSON(w, http.StatusOK, e)
}

func (s *Server) handlePutExpectations(w http.ResponseWriter, r *http.Request) error {
	_, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	e := &coverage.Expectation{}
	if err := readJSON(w, r, e); err != nil {
		return err
	}
	if err := e.Check(); err != nil {
		return err
	}
	if err := s.putDocument(r, catalog.Document{Kind: coverage.Kind, Table: t.ID, Body: e.Body()}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, e)
}

// checksView is a table's checks, and whether they are its own.
type checksView struct {
	ingest.Checks
	Default bool `json:"default"`
}

func (s *Server) handleChecks(w http.ResponseWriter, r *http.Request) error {
	snap, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	c, own, err := ingest.ChecksOf(snap, t.ID)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, checksView{c, !own})
}

// handlePutChecks takes the checks; what the body leaves out is as it is by default.
func (s *Server) handlePutChecks(w http.ResponseWriter, r *http.Request) error {
	_, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	c := ingest.DefaultChecks()
	if err := readJSON(w, r, &c); err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return err
	}
	if err := s.putDocument(r, catalog.Document{Kind: ingest.ChecksKind, Table: t.ID, Body: c.Body()}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, checksView{c, false})
}

func (s *Server) handleCoverage(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	state, source, period := q.text("state"), q.text("source"), q.text("period")
	if state != "" && !slices.Contains(coverage.States(), state) {
		return errs.New(errs.Invalid, "bad-parameter", "state=%q is not known", state).WithHint("use one of %s", strings.Join(coverage.States(), ", "))
	}
	slots, err := s.slots(q.text("table"))
	if err != nil {
		return err
	}
	wanted := func(yield func(*coverage.Slot) bool) {
		for slot := range slots {
			if (state == "" || slot.Is(state)) && (source == "" || slot.Source == source) && (period == "" || slot.Period == period) && !yield(slot) {
				return
			}
		}
	}
	out, err := pageOf(q, wanted, func(s *coverage.Slot) string { return s.Table + "\x00" + s.Key() }, func(s *coverage.Slot) any { return s })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// slots reports on one table, or on every one that something is expected of.
func (s *Server) slots(name string) (iter.Seq[*coverage.Slot], error) {
	snap, now := s.parts.Catalog.Snapshot(), time.Now()
	var tables []*schema.Table
	if name != "" {
		t, ok := snap.Table(name)
		if !ok {
			return nil, errs.New(errs.NotFound, "unknown-table", "there is no table %q", name)
		}
		tables = append(tables, t)
	} else {
		tables = slices.SortedFunc(slices.Values(snap.Tables()), func(a, b *schema.Table) int { return strings.Compare(a.Name, b.Name) })
	}
	var all []iter.Seq[*coverage.Slot]
	for _, t := range tables {
		e, err := expectationOf(snap, t)
		if err != nil {
			return nil, err
		}
		if e == nil && name == "" {
			continue
		}
		one, err := coverage.Report(snap, t, e, now)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return func(yield func(*coverage.Slot) bool) {
		for _, one := range all {
			for slot := range one {
				if !yield(slot) {
					return
				}
			}
		}
	}, nil
}

func (s *Server) handleApprove(w http.ResponseWriter, r *http.Request) error {
	id, err := deliveryID(r)
	if err != nil {
		return err
	}
	receipt, err := s.parts.Loader.Approve(r.Context(), id, whoOf(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, receipt)
}

func (s *Server) handleReject(w http.ResponseWriter, r *http.Request) error {
	id, err := deliveryID(r)
	if err != nil {
		return err
	}
	receipt, err := s.parts.Loader.Reject(r.Context(), id, paramsOf(r).text("reason"), whoOf(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, receipt)
}
