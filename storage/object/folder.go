package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/google/uuid"
)

// Folder is a store in a local folder, one file an object: what a plain Parquet reader can be pointed at. Writes go to a
// temporary name in .tmp beside the objects, are synced and moved, and the folders synced, so an object that a Put
// acknowledged survives a power cut.
type Folder struct {
	dir string
}

var _ Store = (*Folder)(nil)

const folderTemp = ".tmp"

// OpenFolder opens a store in a folder, making it when new.
func OpenFolder(dir string) (*Folder, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	tmp := filepath.Join(dir, folderTemp)
	if err := os.MkdirAll(tmp, 0o750); err != nil {
		return nil, folderError("make folder", tmp, err)
	}
	clearTemp(tmp)
	return &Folder{dir: dir}, syncDir(dir)
}

// clearTemp removes what crashed writes left. Another process may be writing into the same folder now, so only what is older
// than any write goes; what cannot be removed does no harm.
func clearTemp(tmp string) {
	entries, _ := os.ReadDir(tmp)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			os.Remove(filepath.Join(tmp, e.Name()))
		}
	}
}

// String implements Store.
func (f *Folder) String() string { return "file://" + f.dir }

// Dir returns the folder.
func (f *Folder) Dir() string { return f.dir }

// path returns where an object lies. CheckKey has refused everything that would leave the folder; names that begin with a dot
// at the top are the store's own.
func (f *Folder) path(ctx context.Context, key string) (string, error) {
	if err := begin(ctx, key); err != nil {
		return "", err
	}
	if key[0] == '.' {
		return "", errs.New(errs.Invalid, "bad-object-key", "object key %q begins with a dot", key)
	}
	return filepath.Join(f.dir, filepath.FromSlash(key)), nil
}

// Put implements Store.
func (f *Folder) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	return f.put(ctx, key, body, os.Rename)
}

// PutIfAbsent implements Store: a hard link, unlike a rename, never replaces.
func (f *Folder) PutIfAbsent(ctx context.Context, key string, body io.ReadSeeker) error {
	err := f.put(ctx, key, body, func(tmp, path string) error {
		if err := os.Link(tmp, path); err != nil {
			return err
		}
		return os.Remove(tmp)
	})
	if errors.Is(err, fs.ErrExist) {
		return exists(f, key)
	}
	return err
}

// Upload implements Store.
func (f *Folder) Upload(ctx context.Context, key string, body io.Reader) error {
	return f.put(ctx, key, body, os.Rename)
}

func (f *Folder) put(ctx context.Context, key string, body io.Reader, place func(tmp, path string) error) error {
	path, err := f.path(ctx, key)
	if err != nil {
		return err
	}
	if err := rewind(body); err != nil {
		return err
	}
	tmp := filepath.Join(f.dir, folderTemp, uuid.NewString())
	defer os.Remove(tmp)
	if err := writeSynced(ctx, tmp, body); err != nil {
		return folderError("write", path, err)
	}
	if err := f.place(tmp, path, place); err != nil {
		return folderError("write", path, err)
	}
	return syncDir(filepath.Dir(path))
}

// place moves a complete file to its name. A Delete beside it may remove the folder that was just made: then make it again.
func (f *Folder) place(tmp, path string, place func(tmp, path string) error) error {
	for attempt := 0; ; attempt++ {
		if err := f.makeParents(path); err != nil {
			return err
		}
		err := place(tmp, path)
		if !errors.Is(err, fs.ErrNotExist) || attempt == 10 {
			return err
		}
	}
}

func writeSynced(ctx context.Context, name string, body io.Reader) error {
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{out}, contextReader{ctx, body}, make([]byte, 256<<10))
	if err == nil {
		err = out.Sync()
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return err
}

// contextReader stops a long copy when the caller has gone.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// makeParents makes the folders above path and syncs the parent of each new one.
func (f *Folder) makeParents(path string) error {
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err == nil || dir == f.dir {
		return nil
	}
	if err := f.makeParents(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed again by a Delete: nothing is left to be made durable
	}
	if err != nil {
		return folderError("sync folder", dir, err)
	}
	defer d.Close()
	return folderError("sync folder", dir, d.Sync())
}

func (f *Folder) open(ctx context.Context, key string) (*os.File, error) {
	path, err := f.path(ctx, key)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, notFound(f, key)
	}
	if err != nil {
		return nil, folderError("open", path, err)
	}
	if info, err := file.Stat(); err != nil || info.IsDir() {
		file.Close()
		return nil, notFound(f, key)
	}
	return file, nil
}

// Get implements Store.
func (f *Folder) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	file, err := f.open(ctx, key)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// GetRange implements Store.
func (f *Folder) GetRange(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	file, err := f.open(ctx, key)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		off, n, err = cut(key, off, n, info.Size())
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return section{io.NewSectionReader(file, off, n), file}, nil
}

type section struct {
	io.Reader
	io.Closer
}

// Head implements Store.
func (f *Folder) Head(ctx context.Context, key string) (Info, error) {
	file, err := f.open(ctx, key)
	if err != nil {
		return Info{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Info{}, folderError("stat", key, err)
	}
	return Info{Key: key, Bytes: info.Size(), Modified: info.ModTime().UTC()}, nil
}

// Copy implements Store.
func (f *Folder) Copy(ctx context.Context, from, to string) error {
	file, err := f.open(ctx, from)
	if err != nil {
		return err
	}
	defer file.Close()
	return f.Put(ctx, to, file)
}

// Delete implements Store. Folders that become empty go too, as they would not exist in a real object store.
func (f *Folder) Delete(ctx context.Context, key string) error {
	path, err := f.path(ctx, key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil
		}
		return folderError("remove", path, err)
	}
	for dir := filepath.Dir(path); dir != f.dir && os.Remove(dir) == nil; {
		dir = filepath.Dir(dir)
	}
	return nil
}

// folderError classifies an operating system's error.
func folderError(doing, path string, err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, fs.ErrExist):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errs.New(errs.DiskFull, "disk-full", "%s %s: %w", doing, path, err).WithHint("free space on the mirror's disk")
	case errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Denied, "object-denied", "%s %s: %w", doing, path, err)
	case errors.Is(err, syscall.ENAMETOOLONG), strings.Contains(err.Error(), "file name too long"):
		return errs.New(errs.Invalid, "bad-object-key", "%s %s: %w", doing, path, err)
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}
