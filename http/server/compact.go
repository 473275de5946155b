package server

import (
	"context"
	"net/http"

	"github.com/assaydb/assay/ingest/job"
)

// handleCompact starts merging a table's small segments.
func (s *Server) handleCompact(w http.ResponseWriter, r *http.Request) error {
	_, t, err := s.tableOf(r)
	if err != nil {
		return err
	}
	if err := t.RefuseAttached("their segments are not merged"); err != nil {
		return err
	}
	spec := job.Spec{Kind: "compact", Subject: map[string]string{"table": t.Name}}
	j, err := s.parts.Jobs.Start(spec, func(ctx context.Context, rep *job.Reporter) (any, error) {
		return s.parts.Keeper.Compact(ctx, t.ID, rep.Count)
	})
	if err != nil {
		return err
	}
	return acceptJob(w, j)
}
