package server

import (
	"net/http"

	"github.com/assaydb/assay/storage/errs"
)

// handleHealthz says that the process answers.
func (s *Server) handleHealthz(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// handleReadyz says whether the node can serve.
func (s *Server) handleReadyz(w http.ResponseWriter, _ *http.Request) error {
	if s.draining.Load() {
		return errs.New(errs.Unavailable, "draining", "this node is shutting down")
	}
	if err := s.parts.Keeper.Ready(); err != nil {
		return errs.New(errs.Unavailable, "not-ready", "this node cannot serve: %w", err)
	}
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}

func (s *Server) handleMetrics(w http.ResponseWriter, r *http.Request) error {
	s.metrics.handler().ServeHTTP(w, r)
	return nil
}

func (s *Server) handleConfig(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]any{"version": s.cfg.Version, "settings": s.cfg.Settings})
}

func (s *Server) handleCluster(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, s.parts.Keeper.Cluster())
}

func (s *Server) handlePeers(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]any{"items": s.parts.Keeper.Peers()})
}
