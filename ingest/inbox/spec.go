package inbox

import (
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/naming"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// Spec says what an inbox watches and what becomes of it.
type Spec struct {
	Location string            `json:"location"` // file:///DIR or s3://BUCKET/PREFIX?...
	Pattern  string            `json:"pattern"`  // of the keys below it; names the slot
	Table    string            `json:"table"`
	Params   map[string]string `json:"params,omitempty"` // of the loads
	Every    string            `json:"every,omitempty"`  // between two looks; default 30s
	Settle   string            `json:"settle,omitempty"` // how long an object must not have changed; default 10s for folders, none for S3
}

// Limits of an inbox.
const (
	DefaultEvery  = 30 * time.Second
	MinEvery      = time.Second
	DefaultSettle = 10 * time.Second
	// MaxObjects is how many objects one inbox may show at once.
	MaxObjects = 200_000
	// MaxTries is how often an object is tried before it is dead.
	MaxTries = 8
)

// checked is a Spec that has been read.
type checked struct {
	Spec
	pattern       *naming.Pattern
	every, settle time.Duration
}

// Check refuses what cannot be meant. Folders must lie below one of the roots that the operator allows.
func (s *Spec) Check(roots []string) (*checked, error) {
	c := &checked{Spec: *s, every: DefaultEvery}
	var err error
	if c.pattern, err = naming.Parse(s.Pattern); err != nil {
		return nil, err
	}
	if err := schema.ValidateName("table", s.Table); err != nil {
		return nil, err
	}
	if _, err := ingest.ParseRequest(func(name string) string { return s.Params[name] }); err != nil {
		return nil, err
	}
	u, err := url.Parse(s.Location)
	if err != nil {
		return nil, errs.New(errs.Invalid, "bad-location", "location %q is no URL", s.Location)
	}
	switch u.Scheme {
	case "file":
		c.settle = DefaultSettle
		err = allowed(u, roots)
	case "s3":
		_, err = object.ParseS3(u)
	default:
		err = errs.New(errs.Invalid, "bad-location", "location %q is neither file:///DIR nor s3://BUCKET/PREFIX", s.Location)
	}
	if err != nil {
		return nil, err
	}
	if err := duration("every", s.Every, MinEvery, &c.every); err != nil {
		return nil, err
	}
	return c, duration("settle", s.Settle, 0, &c.settle)
}

func duration(name, text string, least time.Duration, into *time.Duration) error {
	if text == "" {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > 24*time.Hour {
		return errs.New(errs.Invalid, "bad-parameter", "%s=%q is no duration from %s to 24h", name, text, least)
	}
	*into = d
	return nil
}

// allowed reports whether a folder lies below a root, with every symbolic link followed.
func allowed(u *url.URL, roots []string) error {
	dir, err := object.FolderPath(u)
	if err != nil {
		return err
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return errs.New(errs.Meaning, "bad-location", "the folder %q cannot be read: %w", dir, err)
	}
	for _, root := range roots {
		if base, err := filepath.EvalSymlinks(root); err == nil && (resolved == base || strings.HasPrefix(resolved, strings.TrimSuffix(base, "/")+"/")) {
			return nil
		}
	}
	return errs.New(errs.Denied, "location-denied", "inboxes may not read %q", dir).WithHint("the operator allows folders with --inbox-roots")
}
