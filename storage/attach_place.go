package storage

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
)

// AttachPolicy says which files of others may be attached to tables. The zero value allows none: whoever may attach can read every
// Parquet file that this process can.
type AttachPolicy struct {
	Anywhere bool     // any file and bucket
	Roots    []string // else what lies below one of these: folders, or s3 URLs of buckets and prefixes
}

// attachPlace is one file of others, wherever it lies.
type attachPlace interface {
	// stamp tells what the file looks like now; two stamps of an unchanged file are equal.
	stamp(ctx context.Context) (attachStamp, error)
	open(ctx context.Context) (attachHandle, error)
}

// attachHandle is an open file of others.
type attachHandle interface {
	io.ReaderAt
	io.Closer
}

// attachStamp is what changes with a file.
type attachStamp struct {
	bytes    int64
	modified time.Time
	info     fs.FileInfo // of a local file, nil for an object
}

func (s attachStamp) equal(o attachStamp) bool {
	return s.bytes == o.bytes && s.modified.Equal(o.modified) && (s.info == nil || o.info != nil && os.SameFile(s.info, o.info))
}

// attachURL reads the location of a file or folder.
func attachURL(location string) (*url.URL, error) {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "file" && u.Scheme != "s3" {
		return nil, errs.New(errs.Invalid, "bad-location", "the location %q is neither a file nor an s3 URL", location).
			WithHint("write file:///DIR/, file:///DIR/NAME.parquet or s3://BUCKET/PREFIX/")
	}
	return u, nil
}

// place finds a file whose location was recorded when it was attached. The policy is asked again: it may be stricter by now.
func (s *Store) place(ctx context.Context, location string) (attachPlace, error) {
	u, err := attachURL(location)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "file" {
		name, err := object.FolderPath(u)
		if err != nil {
			return nil, err
		}
		root, err := s.cfg.Attach.allowsFile(name)
		return localPlace{root: root, name: name}, err
	}
	store, key, err := s.bucket(ctx, u)
	return objectPlace{store: store, key: key}, err
}

func notAllowed(location string) error {
	return errs.New(errs.Denied, "attach-not-allowed", "%s may not be attached: it lies below no root that this server's operator allows", location).
		WithHint("start the server with --attach-root DIR or --attach-root s3://BUCKET/PREFIX")
}

// allowsFile returns the root that a local file lies below, "" where every file is allowed. Links are followed before the comparison, so
// that none leads out of a root.
func (p AttachPolicy) allowsFile(name string) (string, error) {
	if p.Anywhere {
		return "", nil
	}
	for _, root := range p.Roots {
		if strings.HasPrefix(root, "s3://") {
			continue
		}
		resolved, err := filepath.EvalSymlinks(filepath.FromSlash(strings.TrimPrefix(root, "file://")))
		if err != nil {
			continue
		}
		if target, err := evalExisting(name); err == nil && below(target, resolved) {
			return resolved, nil
		}
	}
	return "", notAllowed(name)
}

// evalExisting follows the links of the part of a path that exists, so that a missing file is told from a forbidden one.
func evalExisting(name string) (string, error) {
	resolved, err := filepath.EvalSymlinks(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return resolved, err
	}
	dir, base := filepath.Split(filepath.Clean(name))
	if base == "" {
		return name, nil
	}
	dir, err = evalExisting(filepath.Clean(dir))
	return filepath.Join(dir, base), err
}

func below(name, root string) bool {
	rel, err := filepath.Rel(root, name)
	return err == nil && (rel == "." || filepath.IsLocal(rel))
}

// localPlace is a file of this machine.
type localPlace struct{ root, name string }

func (l localPlace) stamp(context.Context) (attachStamp, error) {
	info, err := os.Stat(l.name)
	if err == nil && !info.Mode().IsRegular() {
		err = errs.New(errs.Invalid, "not-a-file", "%s is no regular file", l.name)
	}
	if err != nil {
		return attachStamp{}, err
	}
	return attachStamp{bytes: info.Size(), modified: info.ModTime(), info: info}, nil
}

// open opens the file below its root, where the operating system itself refuses links that lead out.
func (l localPlace) open(context.Context) (attachHandle, error) {
	if l.root == "" {
		return os.Open(l.name)
	}
	resolved, err := filepath.EvalSymlinks(l.name)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(l.root, resolved)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(l.root)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // it was only looked through
	return root.Open(rel)
}

// bucket opens the store of an s3 location and returns the key or prefix within it. What the location does not say of endpoint and
// region, the root does that allows it.
func (s *Store) bucket(ctx context.Context, u *url.URL) (object.Store, string, error) {
	key := strings.TrimPrefix(u.Path, "/")
	bare := *u
	bare.Path = ""
	conf, err := object.ParseS3(&bare)
	if err != nil {
		return nil, "", err
	}
	conf, ok := s.cfg.Attach.allowsObject(conf, u, key)
	if !ok {
		return nil, "", notAllowed(u.Redacted())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.buckets[conf]; b != nil {
		return b, key, nil
	}
	b, err := object.OpenS3(ctx, conf)
	if err == nil {
		s.buckets[conf] = b
	}
	return b, key, err
}

// allowsObject completes the configuration of a bucket by the root that allows a key.
func (p AttachPolicy) allowsObject(conf object.S3Config, u *url.URL, key string) (object.S3Config, bool) {
	for _, root := range p.Roots {
		r, err := url.Parse(root)
		if err != nil || r.Scheme != "s3" || r.Host != conf.Bucket {
			continue
		}
		prefix := strings.Trim(r.Path, "/")
		if path.Clean("/"+key) != "/"+strings.TrimSuffix(key, "/") || prefix != "" && key != prefix && !strings.HasPrefix(key, prefix+"/") {
			continue
		}
		allowed, err := object.ParseS3(r)
		if allowed.Prefix = ""; err == nil && (u.RawQuery == "" || allowed == conf) {
			return allowed, true
		}
	}
	return conf, p.Anywhere
}

// objectPlace is an object of a bucket.
type objectPlace struct {
	store object.Store
	key   string
}

func (o objectPlace) stamp(ctx context.Context) (attachStamp, error) {
	info, err := o.store.Head(ctx, o.key)
	if err != nil {
		return attachStamp{}, err
	}
	return attachStamp{bytes: info.Bytes, modified: info.Modified}, nil
}

func (o objectPlace) open(context.Context) (attachHandle, error) { return objectHandle(o), nil }

// objectHandle reads ranges of an object.
type objectHandle objectPlace

// objectReadTimeout bounds one range: a scan must not hang on a server that does.
const objectReadTimeout = 2 * time.Minute

// ReadAt implements io.ReaderAt. A read that breaks off is repeated once; the store repeats requests by itself.
func (o objectHandle) ReadAt(p []byte, off int64) (n int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), objectReadTimeout)
	defer cancel()
	for range 2 {
		var body io.ReadCloser
		if body, err = o.store.GetRange(ctx, o.key, off, int64(len(p))); err != nil {
			return 0, err
		}
		n, err = io.ReadFull(body, p)
		body.Close()
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && ctx.Err() != nil {
			break
		}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Close implements io.Closer.
func (objectHandle) Close() error { return nil }
