package server

import (
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
)

// anySource stands in a path for the mapping of all sources that have none of their own.
const anySource = "*"

// mappingView is a mapping as clients see it.
type mappingView struct {
	Table  string `json:"table"`
	Source string `json:"source"`
	*ingest.Mapping
}

func sourceOf(r *http.Request) string {
	if s := r.PathValue("source"); s != anySource {
		return s
	}
	return ""
}

func viewOfMapping(table string, d catalog.Document) (mappingView, error) {
	m, err := ingest.DecodeMapping(d.Body)
	if d.Name == "" {
		d.Name = anySource
	}
	return mappingView{table, d.Name, m}, err
}

func (s *Server) handleMappings(w http.ResponseWriter, r *http.Request) error {
	snap, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	var views []mappingView
	for _, d := range snap.Documents(ingest.MappingKind, t.ID) {
		v, err := viewOfMapping(t.Name, d)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	out, err := pageOf(paramsOf(r), slices.Values(views), func(v mappingView) string { return v.Source }, func(v mappingView) any { return v })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) handleMapping(w http.ResponseWriter, r *http.Request) error {
	snap, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	d, ok := snap.Document(ingest.MappingKind, t.ID, sourceOf(r))
	if !ok {
		return errs.New(errs.NotFound, "unknown-mapping", "table %q has no mapping for source %q", t.Name, r.PathValue("source"))
	}
	v, err := viewOfMapping(t.Name, d)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

func (s *Server) handlePutMapping(w http.ResponseWriter, r *http.Request) error {
	_, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	in, err := decoded(r, maxJSONBytes)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	m, err := ingest.ParseMapping(text)
	if err != nil {
		return err
	}
	d := catalog.Document{Kind: ingest.MappingKind, Table: t.ID, Name: sourceOf(r), Body: m.Encode()}
	if err := s.putDocument(r, d); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, mappingView{t.Name, r.PathValue("source"), m})
}

func (s *Server) handleDeleteMapping(w http.ResponseWriter, r *http.Request) error {
	_, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	if err := s.putDocument(r, catalog.Document{Kind: ingest.MappingKind, Table: t.ID, Name: sourceOf(r)}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) putDocument(r *http.Request, d catalog.Document) error {
	_, err := s.parts.Catalog.Propose(r.Context(), &catalog.PutDocument{Document: d, At: time.Now().UnixMicro()})
	return err
}
