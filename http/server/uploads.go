package server

import (
	"crypto/sha1" //nolint:gosec // tus names it; it guards against damage, not against people
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/upload"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// The protocol is tus 1.0.0 (https://tus.io/protocols/resumable-upload): core, creation, creation-with-upload, checksum, termination
// and expiration.
const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,checksum,termination,expiration"
	tusChecksums  = "sha1,sha256,sha512"
	offsetMedia   = "application/offset+octet-stream"

	statusChecksumMismatch = 460 // tus's own
)

// tus puts around a handler what every answer of the protocol has. Requests of the protocol must name its version; others, which only
// look, need not.
func (s *Server) tus(strict bool, handle func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		h := w.Header()
		h.Set("Tus-Resumable", tusVersion)
		h.Set("Cache-Control", "no-store")
		if v := r.Header.Get("Tus-Resumable"); v != tusVersion && (strict || v != "") {
			h.Set("Tus-Version", tusVersion)
			return statusError{http.StatusPreconditionFailed, errs.New(errs.Invalid, "tus-version", "Tus-Resumable is %q, this server speaks %s", v, tusVersion).
				WithHint("send the header Tus-Resumable: %s", tusVersion)}
		}
		return handle(w, r)
	}
}

// statusError is an error whose status its protocol prescribes.
type statusError struct {
	status int
	err    error
}

func (e statusError) Error() string { return e.err.Error() }
func (e statusError) Unwrap() error { return e.err }

func (s *Server) handleTusOptions(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Tus-Resumable", tusVersion)
	h.Set("Tus-Version", tusVersion)
	h.Set("Tus-Extension", tusExtensions)
	h.Set("Tus-Max-Size", strconv.FormatInt(s.parts.Uploads.Limit(), 10))
	h.Set("Tus-Checksum-Algorithm", tusChecksums)
	h.Set("Allow", "OPTIONS, GET, HEAD, POST, PATCH, DELETE")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func showUpload(h http.Header, u upload.Upload) {
	h.Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	h.Set("Upload-Expires", u.Expires.Format(http.TimeFormat))
}

func (s *Server) handleCreateUpload(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Upload-Concat") != "" || r.Header.Get("Upload-Defer-Length") != "" {
		return errs.New(errs.Invalid, "tus-extension", "Upload-Concat and Upload-Defer-Length are extensions that this server does not have").WithHint("it has %s", tusExtensions)
	}
	length, err := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
	if err != nil || length < 0 {
		return errs.New(errs.Invalid, "bad-upload-length", "Upload-Length %q is not the number of bytes to come", r.Header.Get("Upload-Length"))
	}
	metadata := r.Header.Get("Upload-Metadata")
	if _, err := upload.ParseMetadata(metadata); err != nil {
		return err
	}
	u, err := s.parts.Uploads.Create(length, metadata)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/uploads/"+u.ID.String())
	if r.Header.Get("Content-Type") == offsetMedia {
		// What breaks off here does not take the upload away: the client asks for its offset and goes on.
		got, err := s.appendPiece(w, r, u.ID, 0)
		if err != nil {
			s.log.Info("an upload broke off with its creation", "upload", u.ID.String(), "offset", got.Offset, "error", err)
			if statusOf(err) == statusChecksumMismatch {
				return err
			}
		}
		if got.ID == u.ID {
			u = got
		}
	}
	showUpload(w.Header(), u)
	w.WriteHeader(http.StatusCreated)
	return nil
}

func uploadID(r *http.Request) (schema.ID, error) { return schema.ParseID(r.PathValue("id")) }

// handleUpload answers GET with JSON and, the same without its body, HEAD as tus wants it.
func (s *Server) handleUpload(w http.ResponseWriter, r *http.Request) error {
	id, err := uploadID(r)
	if err != nil {
		return err
	}
	u, err := s.parts.Uploads.Get(id)
	if err != nil {
		return err
	}
	h := w.Header()
	showUpload(h, u)
	h.Set("Upload-Length", strconv.FormatInt(u.Length, 10))
	if u.Metadata != "" {
		h.Set("Upload-Metadata", u.Metadata)
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	return writeJSON(w, http.StatusOK, u)
}

func (s *Server) handleUploads(w http.ResponseWriter, r *http.Request) error {
	out, err := pageOf(paramsOf(r), slices.Values(s.parts.Uploads.List()), func(u upload.Upload) string { return u.ID.String() }, func(u upload.Upload) any { return u })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) handlePatchUpload(w http.ResponseWriter, r *http.Request) error {
	id, err := uploadID(r)
	if err != nil {
		return err
	}
	if media := r.Header.Get("Content-Type"); media != offsetMedia {
		return errs.New(errs.MediaType, "bad-content-type", "Content-Type %q is not taken here", media).WithHint("send %s", offsetMedia)
	}
	offset, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || offset < 0 {
		return errs.New(errs.Invalid, "bad-upload-offset", "Upload-Offset %q is not a number of bytes", r.Header.Get("Upload-Offset"))
	}
	u, err := s.appendPiece(w, r, id, offset)
	if !u.ID.IsZero() {
		showUpload(w.Header(), u)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// appendPiece hands a request's body to the upload. A newer request for the same upload ends this one's waiting for more.
func (s *Server) appendPiece(w http.ResponseWriter, r *http.Request, id schema.ID, offset int64) (upload.Upload, error) {
	if r.Header.Get("Content-Encoding") != "" {
		return upload.Upload{}, errs.New(errs.MediaType, "bad-encoding", "the pieces of an upload are taken as they are, without Content-Encoding").WithHint("compress the file itself")
	}
	body := &interruptible{Reader: r.Body, control: http.NewResponseController(w), header: w.Header()}
	p := upload.Piece{Offset: offset, Body: body, Length: r.ContentLength, Interrupt: body.interrupt}
	var err error
	if p.Sum, p.Want, err = checksumOf(r.Header.Get("Upload-Checksum")); err != nil {
		return upload.Upload{}, err
	}
	u, err := s.parts.Uploads.Append(r.Context(), id, p)
	if errors.Is(err, upload.ErrChecksum) {
		err = statusError{statusChecksumMismatch, errs.New(errs.Invalid, "checksum-mismatch", "%s", err)}
	}
	return u, err
}

// interruptible is a body whose reading another request can end. Once it has been read to its end, the connection is net/http's again:
// a deadline set then would look like the client's leaving, to this request and to every later one of the connection.
type interruptible struct {
	io.Reader
	control *http.ResponseController
	mu      sync.Mutex
	header  http.Header
	done    bool
}

// Read gives the body's bytes.
func (b *interruptible) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil {
		b.mu.Lock()
		b.done = true
		b.mu.Unlock()
	}
	return n, err
}

func (b *interruptible) interrupt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.done {
		b.header.Set("Connection", "close")   // the end may have been read a moment ago
		b.control.SetReadDeadline(time.Now()) //nolint:errcheck // a connection without deadlines is a test's
	}
}

// checksumOf reads "sha1 Base64".
func checksumOf(text string) (hash.Hash, []byte, error) {
	if text == "" {
		return nil, nil, nil
	}
	name, encoded, _ := strings.Cut(text, " ")
	var h hash.Hash
	switch name {
	case "sha1":
		h = sha1.New() //nolint:gosec // as above
	case "sha256":
		h = sha256.New()
	case "sha512":
		h = sha512.New()
	default:
		return nil, nil, errs.New(errs.Invalid, "bad-checksum", "Upload-Checksum names %q; known are %s", name, tusChecksums)
	}
	want, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(want) != h.Size() {
		return nil, nil, errs.New(errs.Invalid, "bad-checksum", "Upload-Checksum is no %s in Base64", name)
	}
	return h, want, nil
}

func (s *Server) handleDeleteUpload(w http.ResponseWriter, r *http.Request) error {
	id, err := uploadID(r)
	if err != nil {
		return err
	}
	if err := s.parts.Uploads.Remove(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// handlePostUpload is for clients that can send GET and POST only.
func (s *Server) handlePostUpload(w http.ResponseWriter, r *http.Request) error {
	switch method := r.Header.Get("X-HTTP-Method-Override"); strings.ToUpper(method) {
	case http.MethodPatch:
		return s.handlePatchUpload(w, r)
	case http.MethodDelete:
		return s.handleDeleteUpload(w, r)
	case http.MethodHead:
		r.Method = http.MethodHead
		return s.handleUpload(w, r)
	default:
		return errs.New(errs.Invalid, "bad-method-override", "a POST to an upload needs X-HTTP-Method-Override: PATCH, DELETE or HEAD; it is %q", method).
			WithHint("to load the upload, POST to %s/commit", r.URL.Path)
	}
}

func (s *Server) handlePreview(w http.ResponseWriter, r *http.Request) error {
	id, err := uploadID(r)
	if err != nil {
		return err
	}
	opts, err := ingest.ParseOptions(paramsOf(r).text)
	if err != nil {
		return err
	}
	found, err := s.parts.Uploads.Preview(r.Context(), id, opts)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, found)
}

// handleCommitUpload begins the load of a finished upload. The parameters stand in the URL or in a form.
func (s *Server) handleCommitUpload(w http.ResponseWriter, r *http.Request) error {
	id, err := uploadID(r)
	if err != nil {
		return err
	}
	params, err := commitValues(w, r)
	if err != nil {
		return err
	}
	table := params["table"]
	if table == "" {
		return errs.New(errs.Invalid, "missing-table", "the commit names no table").WithHint("give table=")
	}
	delete(params, "table")
	j, err := s.parts.Uploads.Commit(r.Context(), id, table, params)
	if err != nil {
		return err
	}
	return acceptJob(w, j)
}

// commitValues are the parameters of a commit, from the URL and, as a form or as JSON, from the body.
func commitValues(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	known, out := append([]string{"table"}, loadParams()...), map[string]string{}
	for name, v := range paramsOf(r).values {
		out[name] = v[0]
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSONBytes))
	if err != nil {
		return nil, err
	}
	given := map[string]string{}
	switch media := r.Header.Get("Content-Type"); {
	case len(body) == 0:
	case strings.HasPrefix(media, jsonMedia):
		err = decodeJSON(body, &given)
	case strings.HasPrefix(media, "application/x-www-form-urlencoded"):
		var form url.Values
		if form, err = url.ParseQuery(string(body)); err != nil {
			err = errs.New(errs.Invalid, "bad-form", "the form cannot be read: %w", err)
		}
		for name, v := range form {
			given[name] = strings.Join(v, "")
		}
	default:
		err = errs.New(errs.MediaType, "bad-content-type", "Content-Type %q is not taken here", media).WithHint("give the parameters in the URL, as a form or as JSON")
	}
	for name, v := range given {
		if !slices.Contains(known, name) {
			return nil, unknownParameter(name, known)
		}
		if _, twice := out[name]; twice {
			return nil, repeatedParameter(name)
		}
		out[name] = v
	}
	return out, err
}
