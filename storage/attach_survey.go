package storage

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"golang.org/x/sync/errgroup"
)

// SurveyedFile is a file of others as it was found: what a table needs to know to read it.
type SurveyedFile struct {
	Location    string // of this file
	Bytes, Rows int64
	Footer      schema.Digest
	Columns     []schema.Column // without ids
	Refused     []segment.Refused
	ColumnBytes []int64
	Bounds      []schema.Bound // of columns where statistics tell; Column is the ordinal
	Path        []PathValue    // key=value folders below the location
}

// PathValue is one key=value folder of a Hive-style path.
type PathValue struct {
	Key, Value string
	Null       bool
}

// MaxAttachedFiles is the most files of one table.
const MaxAttachedFiles = 100_000

// surveyParallel is how many files are looked at at once: their footers wait for disks and networks.
const surveyParallel = 16

// Survey lists the Parquet files at a location, a file or a folder and what lies below it, in the order of their names, and reads the footer
// of each. In folders, files without the ending .parquet and names that begin with a dot or an underscore are passed over, as
// everyone does.
func (s *Store) Survey(ctx context.Context, location string) ([]SurveyedFile, error) {
	u, err := attachURL(location)
	if err != nil {
		return nil, err
	}
	list := s.surveyFolder
	if u.Scheme == "s3" {
		list = s.surveyBucket
	}
	files, err := list(ctx, u)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errs.New(errs.NotFound, "no-files", "there are no Parquet files at %s", u.Redacted()).
			WithHint("in a folder, files count whose names end with .parquet")
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(surveyParallel)
	for i := range files {
		g.Go(func() error { return s.surveyFile(ctx, &files[i]) })
	}
	return files, g.Wait()
}

// surveyFile reads one footer.
func (s *Store) surveyFile(ctx context.Context, f *SurveyedFile) error {
	seg := &schema.Segment{Location: f.Location}
	p, err := s.place(ctx, f.Location)
	if err != nil {
		return err
	}
	now, err := p.stamp(ctx)
	if err != nil {
		return missing(err, seg)
	}
	h, err := p.open(ctx)
	if err != nil {
		return missing(err, seg)
	}
	defer h.Close()
	file, err := segment.OpenForeign(ctx, h, now.bytes, f.Location)
	if err != nil {
		return unreadable(err)
	}
	f.Bytes, f.Rows, f.Footer = now.bytes, file.Rows(), file.FooterDigest()
	f.Columns, f.Refused, f.ColumnBytes = file.Columns(), file.Refused(), file.ColumnBytes()
	for k := range f.Columns {
		if b, ok := file.Bound(k); ok {
			f.Bounds = append(f.Bounds, b)
		}
	}
	return nil
}

// unreadable makes of a damaged file a mistake of whoever names it: nothing of ours is damaged.
func unreadable(err error) error {
	if e := errs.As(err); e != nil && e.Kind == errs.Corrupt {
		return errs.New(errs.Meaning, e.Code, "%w", err)
	}
	return err
}

// wanted reports whether a file below the location counts.
func wanted(rel string) bool {
	for _, part := range strings.Split(rel, "/") {
		if strings.HasPrefix(part, ".") || strings.HasPrefix(part, "_") {
			return false
		}
	}
	return strings.HasSuffix(strings.ToLower(rel), ".parquet")
}

func tooMany(u *url.URL) error {
	return errs.New(errs.Limit, "too-many-files", "there are more than %d Parquet files at %s", MaxAttachedFiles, u.Redacted()).
		WithHint("attach parts of them as tables of their own")
}

// surveyFolder lists a local file or folder.
func (s *Store) surveyFolder(ctx context.Context, u *url.URL) (files []SurveyedFile, err error) {
	name, err := object.FolderPath(u)
	if err != nil {
		return nil, err
	}
	if _, err := s.cfg.Attach.allowsFile(name); err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, surveyError(name, err)
	}
	if !info.IsDir() {
		return []SurveyedFile{{Location: fileURL(name)}}, nil
	}
	err = filepath.WalkDir(name, func(full string, e fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(name, full)
		if rel = filepath.ToSlash(rel); err != nil || !wanted(rel) {
			return err
		}
		if files = append(files, SurveyedFile{Location: fileURL(full), Path: pathValues(rel)}); len(files) > MaxAttachedFiles {
			return tooMany(u)
		}
		return nil
	})
	if err != nil {
		return nil, surveyError(name, err)
	}
	return files, nil
}

func surveyError(name string, err error) error {
	switch {
	case errs.As(err) != nil:
		return err
	case os.IsNotExist(err):
		return errs.New(errs.NotFound, "no-files", "there is no file or folder %s", name)
	case os.IsPermission(err):
		return errs.New(errs.Denied, "unreadable-folder", "%s may not be read by this server: %w", name, err)
	}
	return err
}

func fileURL(name string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(name)}).String()
}

// surveyBucket lists an object, or what begins with a prefix that ends with a slash.
func (s *Store) surveyBucket(ctx context.Context, u *url.URL) (files []SurveyedFile, err error) {
	store, key, err := s.bucket(ctx, u)
	if err != nil {
		return nil, err
	}
	at := func(key string) string {
		one := *u
		one.Path, one.RawPath = "/"+key, ""
		return one.String()
	}
	if key != "" && !strings.HasSuffix(key, "/") {
		_, err := store.Head(ctx, key)
		if err == nil {
			return []SurveyedFile{{Location: at(key)}}, nil
		}
		if !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		key += "/" // a folder whose slash was left out
	}
	err = object.Each(ctx, store, key, func(i object.Info) error {
		rel := strings.TrimPrefix(i.Key, key)
		if !wanted(rel) {
			return nil
		}
		if files = append(files, SurveyedFile{Location: at(i.Key), Path: pathValues(rel)}); len(files) > MaxAttachedFiles {
			return tooMany(u)
		}
		return nil
	})
	return files, err
}

// hiveNull is how Hive writes NULL in a path.
const hiveNull = "__HIVE_DEFAULT_PARTITION__"

// pathValues reads the key=value folders of a path.
func pathValues(rel string) (out []PathValue) {
	for _, part := range strings.Split(path.Dir(rel), "/") {
		key, value, ok := strings.Cut(part, "=")
		if !ok || key == "" {
			continue
		}
		v := PathValue{Key: unescaped(key), Value: unescaped(value)}
		if v.Value == hiveNull {
			v.Value, v.Null = "", true
		}
		out = append(out, v)
	}
	return out
}

func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}
