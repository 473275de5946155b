package server

import (
	"io"
	"net/http"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/storage/errs"
)

// attachBody is what a client asks for.
type attachBody struct {
	Location string   `json:"location"`
	Format   string   `json:"format"`
	Exclude  []string `json:"exclude"`
}

// attachView is the table with what was attached.
type attachView struct {
	tableView
	Files        int    `json:"files"`
	Unchanged    bool   `json:"unchanged"` // the very same files were attached already
	CatalogIndex uint64 `json:"catalog_index"`
}

// handleAttach makes a table of Parquet files that others wrote, or refreshes the list of files of one.
func (s *Server) handleAttach(w http.ResponseWriter, r *http.Request) error {
	in, err := decoded(r, maxJSONBytes)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var body attachBody
	if err := decodeJSON(text, &body); err != nil {
		return err
	}
	if body.Location == "" {
		return errs.New(errs.Invalid, "no-location", "the body names no location").
			WithHint(`send {"location":"file:///DIR/","format":"parquet"} or an s3://BUCKET/PREFIX/`)
	}
	out, err := s.parts.Loader.Attach(r.Context(), &ingest.AttachRequest{Table: r.PathValue("t"), Location: body.Location, Format: body.Format, Exclude: body.Exclude})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if out.Created {
		status = http.StatusCreated
	}
	v := attachView{tableView: viewOf(s.parts.Catalog.Snapshot(), out.Table), Files: out.Files, Unchanged: out.Unchanged, CatalogIndex: out.CatalogIndex}
	return writeJSON(w, status, v)
}
