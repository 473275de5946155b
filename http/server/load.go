package server

import (
	"io"
	"net/http"
	"strings"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/naming"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
)

// loadParams are the parameters of an upload.
func loadParams() []string { return ingest.RequestParameters() }

// bodyParams are those of an upload that is a request's body: pattern reads the slot out of a file's name.
func bodyParams() []string { return append(loadParams(), "pattern") }

// handleLoad takes one file and answers with its receipt, or the files of a form and answers with theirs.
func (s *Server) handleLoad(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	leave, err := s.loads.Enter(r.Context())
	if err != nil {
		return err
	}
	defer leave()
	r.Body = http.MaxBytesReader(w, r.Body, s.cfg.MaxUpload)
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "multipart/") {
		return s.loadForm(w, r, q)
	}
	receipt, err := s.loadFile(r, q, r.Body, q.text("filename"), r.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	failpoint.Hit("load/answering")
	err = writeReceipt(w, receipt)
	failpoint.Hit("load/answered")
	return err
}

// loadFile loads one file with the parameters of q.
func (s *Server) loadFile(r *http.Request, q *query, body io.Reader, name, contentType string) (*ingest.Receipt, error) {
	if err := slotOfName(q, name); err != nil {
		return nil, err
	}
	req, err := ingest.ParseRequest(q.text)
	if err != nil {
		return nil, err
	}
	req.Table, req.Encoding, req.Body, req.FileName = r.PathValue("t"), r.Header.Get("Content-Encoding"), body, name
	if req.Options.Format == "" {
		req.Options.Format = string(source.FormatOfType(contentType))
	}
	receipt, err := s.parts.Loader.Load(r.Context(), req)
	s.metrics.load(receipt, err)
	return receipt, err
}

// slotOfName reads source and period out of a file's name, where a pattern is given.
func slotOfName(q *query, name string) error {
	text := q.text("pattern")
	if text == "" {
		return nil
	}
	if q.values.Has("source") || q.values.Has("period") {
		return errs.New(errs.Invalid, "pattern-and-slot", "pattern reads the slot out of the file's name: leave out source and period")
	}
	p, err := naming.Parse(text)
	if err != nil {
		return err
	}
	slot, ok := p.MatchEnd(name)
	if !ok {
		return errs.New(errs.Invalid, "pattern-mismatch", "the file's name %q does not end like %s", name, p)
	}
	q.values.Set("source", slot.Source)
	q.values.Set("period", slot.Period)
	return nil
}

// receiptStatus is the status of a load that went well.
func receiptStatus(receipt *ingest.Receipt) int {
	switch {
	case receipt.Duplicate || receipt.Rehearsal:
		return http.StatusOK
	case receipt.State == ingest.StateHeld:
		return http.StatusAccepted
	}
	return http.StatusCreated
}

func writeReceipt(w http.ResponseWriter, receipt *ingest.Receipt) error {
	status := receiptStatus(receipt)
	if status != http.StatusOK {
		w.Header().Set("Location", "/v1/deliveries/"+receipt.DeliveryID.String())
	}
	return writeJSON(w, status, receipt)
}
