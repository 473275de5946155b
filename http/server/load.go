package server

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/storage/errs"
)

// loadParams are the parameters of an upload.
func loadParams() []string { return ingest.RequestParameters() }

// handleLoad takes one file and answers with its receipt.
func (s *Server) handleLoad(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	leave, err := s.loads.Enter(r.Context())
	if err != nil {
		return err
	}
	defer leave()
	r.Body = http.MaxBytesReader(w, r.Body, s.cfg.MaxUpload)
	body, name, err := uploadBody(r, q)
	if err != nil {
		return err
	}
	req, err := loadRequest(r, q)
	if err != nil {
		return err
	}
	req.Body, req.FileName = body, name
	receipt, err := s.parts.Loader.Load(r.Context(), req)
	s.metrics.load(receipt, err)
	if err != nil {
		return err
	}
	if receipt.Duplicate || receipt.Rehearsal {
		return writeJSON(w, http.StatusOK, receipt)
	}
	w.Header().Set("Location", "/v1/deliveries/"+receipt.DeliveryID.String())
	if receipt.State == ingest.StateHeld {
		return writeJSON(w, http.StatusAccepted, receipt)
	}
	return writeJSON(w, http.StatusCreated, receipt)
}

func loadRequest(r *http.Request, q *query) (*ingest.Request, error) {
	req, err := ingest.ParseRequest(q.text)
	if err != nil {
		return nil, err
	}
	req.Table, req.Encoding = r.PathValue("t"), r.Header.Get("Content-Encoding")
	return req, nil
}

// uploadBody is the file itself: the body, or the first file of a multipart form. Form fields before the file are parameters too.
func uploadBody(r *http.Request, q *query) (io.Reader, string, error) {
	header := r.Header.Get("Content-Type")
	if !strings.HasPrefix(strings.ToLower(header), "multipart/") {
		return r.Body, q.text("filename"), nil
	}
	kind, params, err := mime.ParseMediaType(header)
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		// Taken as the body, the form's own lines would become rows of the table.
		return nil, "", errs.New(errs.MediaType, "bad-content-type", "Content-Type %q is not taken here", header).
			WithHint("send the file as the body, or as multipart/form-data with its boundary")
	}
	form := multipart.NewReader(r.Body, params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, "", errs.New(errs.Invalid, "no-file", "the form has no file")
		}
		if err != nil {
			return nil, "", errs.New(errs.Invalid, "bad-form", "the multipart form cannot be read: %w", err)
		}
		if part.FileName() != "" {
			return &formFile{Part: part, form: form}, part.FileName(), nil
		}
		if err := formField(part, q.values); err != nil {
			return nil, "", err
		}
	}
}

// formFile is the file of a form. It must be the form's last part: the load has begun when a later one comes, and a slot named
// there, or a second file, would be passed over without a word. So such a form fails before anything is committed.
type formFile struct {
	*multipart.Part
	form *multipart.Reader
	err  error
}

// Read gives the file's bytes.
func (f *formFile) Read(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.Part.Read(p)
	if errors.Is(err, io.EOF) {
		err = f.last()
	}
	f.err = err
	return n, err
}

// last looks at what follows the file: io.EOF when nothing does.
func (f *formFile) last() error {
	part, err := f.form.NextPart()
	switch {
	case err == nil && part.FileName() == "":
		return errs.New(errs.Invalid, "late-field", "the form's field %q stands behind the file; nothing was loaded", part.FormName()).WithHint("put every field before the file")
	case err == nil:
		return errs.New(errs.Invalid, "second-file", "the form holds more than one file; nothing was loaded").WithHint("send one file at a time")
	case errors.Is(err, io.EOF):
		return io.EOF
	}
	return errs.New(errs.Invalid, "bad-form", "the multipart form breaks off: %w", err)
}

func formField(part *multipart.Part, values url.Values) error {
	name := part.FormName()
	if !slices.Contains(loadParams(), name) {
		return unknownParameter(name, loadParams())
	}
	if values.Has(name) {
		return repeatedParameter(name)
	}
	text, err := io.ReadAll(&bounded{r: part, left: maxFieldBytes, limit: maxFieldBytes})
	if err != nil {
		return err
	}
	values.Set(name, string(text))
	return nil
}
