package object

import (
	"context"
	"io"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// Store keeps objects by key. Errors carry kinds: NotFound for an absent key, Conflict for a PutIfAbsent that lost, Denied,
// DiskFull, Unavailable for everything that may work later. After Unavailable the outcome of a write is unknown: read it back.
type Store interface {
	// Put writes an object in place of any other under its key. The body is read from its start, more than once if an
	// attempt fails.
	Put(ctx context.Context, key string, body io.ReadSeeker) error
	// PutIfAbsent writes an object only where none is: Conflict otherwise. A lost reply can turn one's own success into
	// Conflict; whoever must know compares what is there.
	PutIfAbsent(ctx context.Context, key string, body io.ReadSeeker) error
	// Upload writes an object of unknown size from a stream, in parts when it is large, within bounded memory.
	Upload(ctx context.Context, key string, body io.Reader) error
	// Get opens an object for reading.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// GetRange opens n bytes from off; the range is cut at the object's end.
	GetRange(ctx context.Context, key string, off, n int64) (io.ReadCloser, error)
	// Head returns size and time.
	Head(ctx context.Context, key string) (Info, error)
	// List returns objects whose key begins with prefix in ascending order of keys, from the cursor on ("" begins).
	List(ctx context.Context, prefix, cursor string) (Page, error)
	// Copy copies an object within the store, in place of any other.
	Copy(ctx context.Context, from, to string) error
	// Delete removes an object; an absent one is no error.
	Delete(ctx context.Context, key string) error
	// String names the place for people, without credentials.
	String() string
}

// Info describes an object.
type Info struct {
	Key      string
	Bytes    int64
	Modified time.Time
	ETag     string // names the version's content; "" where the store has none
}

// Page is one piece of a listing. Next is the cursor of the following piece, "" at the end.
type Page struct {
	Items []Info
	Next  string
}

// Each calls fn for every object under prefix.
func Each(ctx context.Context, s Store, prefix string, fn func(Info) error) error {
	for cursor := ""; ; {
		page, err := s.List(ctx, prefix, cursor)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := fn(item); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		cursor = page.Next
	}
}

// MaxKeyBytes is the longest key: what S3 takes less room for a prefix.
const MaxKeyBytes = 900

// CheckKey refuses keys that some implementation could not keep safely.
func CheckKey(key string) error {
	bad := func(why string) error { return errs.New(errs.Invalid, "bad-object-key", "object key %q %s", key, why) }
	switch {
	case key == "":
		return bad("is empty")
	case len(key) > MaxKeyBytes:
		return bad("is longer than 900 bytes")
	case key[0] == '/' || key[len(key)-1] == '/':
		return bad("begins or ends with a slash")
	}
	return checkParts(key, bad)
}

// checkParts looks at each path component: none may be empty, dots, or hold what a file system or URL would read differently.
func checkParts(key string, bad func(string) error) error {
	start := 0
	for i := 0; i <= len(key); i++ {
		if i < len(key) && key[i] != '/' {
			if key[i] < ' ' || key[i] == 0x7f || key[i] == '\\' {
				return bad("holds a control character or a backslash")
			}
			continue
		}
		part := key[start:i]
		if part == "" || part == "." || part == ".." {
			return bad("has an empty or dotted component")
		}
		if len(part) > 255 {
			return bad("has a component longer than 255 bytes")
		}
		start = i + 1
	}
	return nil
}

func notFound(s Store, key string) error {
	return errs.New(errs.NotFound, "object-not-found", "no object %q in %s", key, s)
}

func exists(s Store, key string) error {
	return errs.New(errs.Conflict, "object-exists", "object %q exists already in %s", key, s)
}
