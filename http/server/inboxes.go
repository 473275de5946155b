package server

import (
	"net/http"
	"slices"

	"github.com/assaydb/assay/ingest/inbox"
)

func (s *Server) handleInboxes(w http.ResponseWriter, r *http.Request) error {
	out, err := pageOf(paramsOf(r), slices.Values(s.parts.Inboxes.List()), func(v inbox.View) string { return v.Name }, func(v inbox.View) any { return v })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) handleInbox(w http.ResponseWriter, r *http.Request) error {
	v, err := s.parts.Inboxes.Get(r.PathValue("name"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

func (s *Server) handlePutInbox(w http.ResponseWriter, r *http.Request) error {
	var spec inbox.Spec
	if err := readJSON(w, r, &spec); err != nil {
		return err
	}
	v, err := s.parts.Inboxes.Put(r.PathValue("name"), spec)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

func (s *Server) handleDeleteInbox(w http.ResponseWriter, r *http.Request) error {
	if err := s.parts.Inboxes.Delete(r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// handleInboxObjects lists the objects of a state, of all states for "".
func (s *Server) handleInboxObjects(state string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		all, err := s.parts.Inboxes.Objects(r.PathValue("name"), state)
		if err != nil {
			return err
		}
		out, err := pageOf(paramsOf(r), slices.Values(all), func(o inbox.Object) string { return o.Key }, func(o inbox.Object) any { return o })
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, out)
	}
}

func (s *Server) handleRetryInbox(w http.ResponseWriter, r *http.Request) error {
	n, err := s.parts.Inboxes.Revive(r.PathValue("name"), paramsOf(r).text("key"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]int{"retried": n})
}
