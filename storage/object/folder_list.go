package object

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// List implements Store. It walks only folders that the prefix and cursor leave in question, in the order of keys, and stops
// when the page is full.
func (f *Folder) List(ctx context.Context, prefix, cursor string) (Page, error) {
	w := &folderWalk{ctx: ctx, dir: f.dir, prefix: prefix, cursor: cursor}
	err := w.walk("")
	if err != nil && !errors.Is(err, fs.SkipAll) {
		return Page{}, folderError("list", f.dir, err)
	}
	return firstPage(w.found), nil
}

type folderWalk struct {
	ctx            context.Context
	dir            string
	prefix, cursor string
	found          []Info
}

// walk visits one folder; base is its key with a slash at the end, or empty.
func (w *folderWalk) walk(base string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	entries, err := w.read(base)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := w.visit(base, e); err != nil {
			return err
		}
	}
	return nil
}

// read lists a folder in the order of keys: a folder sorts as if its name ended with a slash, which os.ReadDir does not know.
func (w *folderWalk) read(base string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(filepath.Join(w.dir, filepath.FromSlash(base)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // removed since its parent was read
	}
	sortEntries(entries)
	return entries, err
}

func (w *folderWalk) visit(base string, e fs.DirEntry) error {
	key := path.Join(base, e.Name())
	if base == "" && strings.HasPrefix(key, ".") {
		return nil
	}
	if e.IsDir() {
		return w.descend(key + "/")
	}
	if !strings.HasPrefix(key, w.prefix) || key <= w.cursor {
		return nil
	}
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	w.found = append(w.found, Info{Key: key, Bytes: info.Size(), Modified: info.ModTime().UTC()})
	if len(w.found) > pageKeys {
		return fs.SkipAll
	}
	return nil
}

// descend enters a folder unless nothing in it can match.
func (w *folderWalk) descend(key string) error {
	if !strings.HasPrefix(key, w.prefix) && !strings.HasPrefix(w.prefix, key) {
		return nil
	}
	if key < w.cursor && !strings.HasPrefix(w.cursor, key) {
		return nil // every key in it comes before the cursor
	}
	return w.walk(key)
}
