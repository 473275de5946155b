package server

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/storage/errs"
)

// maxFormFiles bounds the files of one form, and so its answer.
const maxFormFiles = 1000

// uploadForm reads a multipart form part by part. A field counts for the files behind it, and may be given anew between two files; fields
// behind the last file could only be passed over, so they fail it before it is committed.
type uploadForm struct {
	parts  *multipart.Reader
	url    url.Values // parameters of the URL, which no field repeats
	fields url.Values
	fresh  url.Values      // fields since the last file
	next   *multipart.Part // the file that comes next; nil when none does
	files  int
	err    error // the form cannot be read any further
}

func newUploadForm(r *http.Request, q *query) (*uploadForm, error) {
	header := r.Header.Get("Content-Type")
	kind, params, err := mime.ParseMediaType(header)
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		// Taken as the body, the form's own lines would become rows of the table.
		return nil, errs.New(errs.MediaType, "bad-content-type", "Content-Type %q is not taken here", header).
			WithHint("send the file as the body, or as multipart/form-data with its boundary")
	}
	f := &uploadForm{parts: multipart.NewReader(r.Body, params["boundary"]), url: q.values, fields: url.Values{}}
	if err := f.advance(); err != nil {
		return nil, err
	}
	if f.next == nil {
		return nil, errs.New(errs.Invalid, "no-file", "the form has no file")
	}
	return f, nil
}

// advance reads up to the next file.
func (f *uploadForm) advance() error {
	f.next, f.fresh = nil, url.Values{}
	for {
		part, err := f.parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			for name := range f.fresh {
				if f.files > 0 {
					return f.broken(errs.New(errs.Invalid, "late-field", "the form's field %q stands behind the last file, which was not loaded", name).WithHint("put every field before the files that it is for"))
				}
			}
			return nil
		case err != nil:
			return f.broken(errs.New(errs.Invalid, "bad-form", "the multipart form breaks off or cannot be read: %w", err))
		case part.FileName() != "":
			f.next = part
			return nil
		}
		if err := f.field(part); err != nil {
			return f.broken(err)
		}
	}
}

func (f *uploadForm) broken(err error) error {
	f.err = err
	return err
}

func (f *uploadForm) field(part *multipart.Part) error {
	name := part.FormName()
	if !slices.Contains(bodyParams(), name) {
		return unknownParameter(name, bodyParams())
	}
	if f.url.Has(name) || f.fresh.Has(name) {
		return repeatedParameter(name)
	}
	text, err := io.ReadAll(&bounded{r: part, left: maxFieldBytes, limit: maxFieldBytes})
	if err != nil {
		return err
	}
	f.fresh.Set(name, string(text))
	return nil
}

// take begins the next file and returns its parameters.
func (f *uploadForm) take() (*formFile, *query) {
	maps.Copy(f.fields, f.fresh)
	values := url.Values{}
	maps.Copy(values, f.url)
	maps.Copy(values, f.fields)
	f.files++
	return &formFile{Part: f.next, form: f}, &query{values: values}
}

// formFile is one file of a form. Its end is told only when what follows it is known to be in order.
type formFile struct {
	*multipart.Part
	form  *uploadForm
	ended bool
	err   error
}

// Read gives the file's bytes.
func (f *formFile) Read(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.Part.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		err = f.end()
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errs.New(errs.Invalid, "bad-form", "the multipart form breaks off: %w", err)
	}
	f.err = err
	return n, err
}

// end goes on to the next file, once.
func (f *formFile) end() error {
	if f.ended {
		return io.EOF
	}
	f.ended = true
	if err := f.form.advance(); err != nil {
		return err
	}
	return io.EOF
}

// formAnswer is how the files of a form went, in their order.
type formAnswer struct {
	Files  []fileAnswer `json:"files"`
	Loaded int          `json:"loaded"`
	Same   int          `json:"duplicates"`
	Failed int          `json:"failed"`
}

// fileAnswer is what the file would have been answered by itself.
type fileAnswer struct {
	Name    string          `json:"filename"`
	Status  int             `json:"status"`
	Receipt *ingest.Receipt `json:"receipt,omitempty"`
	Problem *problem        `json:"problem,omitempty"`
}

// loadForm loads the files of a form, each as a delivery of its own: one that fails does not stop the others. A form of one file is
// answered like that file.
func (s *Server) loadForm(w http.ResponseWriter, r *http.Request, q *query) error {
	form, err := newUploadForm(r, q)
	if err != nil {
		return err
	}
	var out formAnswer
	var first error
	slots := map[string]string{}
	for form.next != nil && form.err == nil {
		file, own := form.take()
		name := file.FileName()
		receipt, err := s.loadPart(r, file, own, slots)
		switch {
		case err != nil && form.files == 1 && (form.next == nil || form.err != nil):
			return err
		case err == nil && form.files == 1 && form.next == nil:
			return writeReceipt(w, receipt)
		}
		if err != nil && first == nil {
			first = fmt.Errorf("%s: %w", name, err)
		}
		out.add(name, receipt, err)
		if form.files == maxFormFiles && form.next != nil {
			first = errs.New(errs.Limit, "too-many-files", "the form has more than %d files; those behind were not loaded", maxFormFiles)
			break
		}
	}
	if first != nil {
		return &formError{first, &out}
	}
	status := http.StatusOK
	if out.Loaded > 0 {
		status = http.StatusCreated
	}
	return writeJSON(w, status, &out)
}

// loadPart loads one file and goes on to the next one, whatever became of it.
func (s *Server) loadPart(r *http.Request, file *formFile, q *query, slots map[string]string) (receipt *ingest.Receipt, err error) {
	defer func() {
		if e := file.end(); e != io.EOF && err == nil {
			receipt, err = nil, e
		}
	}()
	if err := slotOfName(q, file.FileName()); err != nil {
		return nil, err
	}
	q.values.Del("pattern")
	slot := fmt.Sprintf("%q %q", q.text("source"), q.text("period"))
	if other, taken := slots[slot]; taken && q.text("mode") != "append" && q.text("amends") == "" && slot != `"" ""` {
		return nil, errs.New(errs.Invalid, "same-slot", "%s and %s cannot replace one another in the slot %s", other, file.FileName(), slot).
			WithHint("give each file its source and period in fields before it, or by pattern; or load with mode=append")
	}
	slots[slot] = file.FileName()
	return s.loadFile(r, q, file, file.FileName(), file.Header.Get("Content-Type"))
}

func (a *formAnswer) add(name string, receipt *ingest.Receipt, err error) {
	one := fileAnswer{Name: name, Receipt: receipt}
	switch {
	case err != nil:
		p, o := problemOf(err)
		one.Problem, one.Status, one.Receipt = &p, o.status, nil
		a.Failed++
	case receipt.Duplicate:
		one.Status = receiptStatus(receipt)
		a.Same++
	default:
		one.Status = receiptStatus(receipt)
		a.Loaded++
	}
	a.Files = append(a.Files, one)
}

// formError is the first failure among the files of a form, with how all of them went.
type formError struct {
	first error
	all   *formAnswer
}

// Error tells the first failure.
func (e *formError) Error() string {
	return fmt.Sprintf("%d of %d files failed, the others are loaded; first %s", e.all.Failed, len(e.all.Files), e.first)
}

// Unwrap gives the first failure.
func (e *formError) Unwrap() error { return e.first }
