package storagetest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/vfs"
)

// Disk is a file system in memory that forgets what was not synced. Like POSIX, and unlike most real file systems, it promises
// nothing beyond that: after a power cut each unsynced name and each unsynced file may be old, new, or cut short.
type Disk struct {
	mu      sync.Mutex
	root    *node
	calls   int
	failAt  int // the call that fails, counted from 1; 0 for none
	failure error
	cut     bool // from failAt on everything fails
	open    map[*diskFile]bool
}

var _ vfs.FS = (*Disk)(nil)

// ErrPower is what every call gives once the power is gone.
var ErrPower = errors.New("the power is gone")

type node struct {
	entries, durable map[string]*node // of a folder
	data, synced     []byte           // of a file
}

// NewDisk returns an empty disk with one durable folder.
func NewDisk(dir string) *Disk {
	d := &Disk{root: newFolder(), open: map[*diskFile]bool{}}
	at := d.root
	for _, name := range parts(dir) {
		next := newFolder()
		at.entries[name], at.durable[name] = next, next
		at = next
	}
	return d
}

func newFolder() *node { return &node{entries: map[string]*node{}, durable: map[string]*node{}} }

func parts(name string) []string {
	return strings.FieldsFunc(path.Clean(name), func(r rune) bool { return r == '/' })
}

// FailAt makes the n-th call from now fail with err; with cut, the power goes there: that call and all later ones fail.
func (d *Disk) FailAt(n int, err error, cut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls, d.failAt, d.failure, d.cut = 0, n, err, cut
}

// Opened lists the files that are open: after a store is closed, each is one that it forgot.
func (d *Disk) Opened() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for f := range d.open {
		out = append(out, f.name)
	}
	return out
}

func (d *Disk) handle(n *node, name string) *diskFile {
	f := &diskFile{disk: d, node: n, name: name}
	d.open[f] = true
	return f
}

// Calls counts the calls since FailAt.
func (d *Disk) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// PowerCut returns the disk as it may be found after the power came back.
func (d *Disk) PowerCut(seed uint64) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &Disk{root: d.root.survive(rand.New(rand.NewPCG(seed, 3))), open: map[*diskFile]bool{}}
}

func (n *node) survive(rnd *rand.Rand) *node {
	if n.entries == nil {
		data := n.synced
		if !bytes.Equal(n.data, n.synced) && rnd.IntN(2) == 0 {
			data = n.data[:rnd.IntN(len(n.data)+1)]
		}
		return &node{data: bytes.Clone(data), synced: bytes.Clone(data)}
	}
	out := newFolder()
	names := maps.Clone(n.entries)
	maps.Copy(names, n.durable)
	for name := range names {
		kept := n.durable[name]
		if n.entries[name] != kept && rnd.IntN(2) == 0 {
			kept = n.entries[name]
		}
		if kept != nil {
			s := kept.survive(rnd)
			out.entries[name], out.durable[name] = s, s
		}
	}
	return out
}

// call counts a call and fails it when its turn has come. mu is held by the caller.
func (d *Disk) call() error {
	d.calls++
	if d.failAt > 0 && (d.calls == d.failAt || d.cut && d.calls > d.failAt) {
		return d.failure
	}
	return nil
}

func (d *Disk) find(name string) (*node, error) {
	at := d.root
	for _, p := range parts(name) {
		next := at.entries[p]
		if next == nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		at = next
	}
	return at, nil
}

// do runs a call on the folder of a name.
func (d *Disk) do(name string, fn func(folder *node, base string) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call(); err != nil {
		return err
	}
	folder, err := d.find(path.Dir(name))
	if err != nil {
		return err
	}
	return fn(folder, path.Base(name))
}

// Create implements vfs.FS.
func (d *Disk) Create(name string) (f vfs.File, err error) {
	err = d.do(name, func(folder *node, base string) error {
		if folder.entries[base] != nil {
			return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist}
		}
		folder.entries[base] = &node{data: []byte{}}
		f = d.handle(folder.entries[base], base)
		return nil
	})
	return f, err
}

// Open implements vfs.FS.
func (d *Disk) Open(name string) (f vfs.File, err error) {
	err = d.do(name, func(folder *node, base string) error {
		n := folder.entries[base]
		if n == nil {
			return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		f = d.handle(n, base)
		return nil
	})
	return f, err
}

// Rename implements vfs.FS.
func (d *Disk) Rename(from, to string) error {
	return d.do(to, func(folder *node, base string) error {
		source, err := d.find(path.Dir(from))
		if err != nil || source.entries[path.Base(from)] == nil {
			return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
		}
		folder.entries[base] = source.entries[path.Base(from)]
		delete(source.entries, path.Base(from))
		return nil
	})
}

// Remove implements vfs.FS.
func (d *Disk) Remove(name string) error {
	return d.do(name, func(folder *node, base string) error { delete(folder.entries, base); return nil })
}

// RemoveAll implements vfs.FS.
func (d *Disk) RemoveAll(name string) error {
	err := d.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// MkdirAll implements vfs.FS.
func (d *Disk) MkdirAll(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.call(); err != nil {
		return err
	}
	at := d.root
	for _, p := range parts(name) {
		if at.entries[p] == nil {
			at.entries[p] = newFolder()
		}
		at = at.entries[p]
	}
	return nil
}

// SyncDir implements vfs.FS.
func (d *Disk) SyncDir(name string) error {
	return d.do(path.Join(name, "x"), func(folder *node, _ string) error {
		folder.durable = maps.Clone(folder.entries)
		return nil
	})
}

// ReadDir implements vfs.FS.
func (d *Disk) ReadDir(name string) (list []fs.DirEntry, err error) {
	err = d.do(path.Join(name, "x"), func(folder *node, _ string) error {
		for base, n := range folder.entries {
			list = append(list, fs.FileInfoToDirEntry(diskInfo{base, n}))
		}
		return nil
	})
	return list, err
}

// Stat implements vfs.FS.
func (d *Disk) Stat(name string) (info fs.FileInfo, err error) {
	err = d.do(name, func(folder *node, base string) error {
		n := folder.entries[base]
		if n == nil {
			return &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
		}
		info = diskInfo{base, n}
		return nil
	})
	return info, err
}

type diskInfo struct {
	name string
	n    *node
}

func (i diskInfo) Name() string       { return i.name }
func (i diskInfo) Size() int64        { return int64(len(i.n.data)) }
func (i diskInfo) ModTime() time.Time { return time.Time{} }
func (i diskInfo) IsDir() bool        { return i.n.entries != nil }
func (i diskInfo) Sys() any           { return nil }
func (i diskInfo) Mode() fs.FileMode {
	if i.IsDir() {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

type diskFile struct {
	disk *Disk
	node *node
	name string
	at   int64
}

func (f *diskFile) locked(fn func() error) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.call(); err != nil {
		return err
	}
	return fn()
}

func (f *diskFile) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (f *diskFile) ReadAt(p []byte, off int64) (n int, err error) {
	err = f.locked(func() error {
		if off < int64(len(f.node.data)) {
			n = copy(p, f.node.data[off:])
		}
		if n < len(p) {
			return io.EOF
		}
		return nil
	})
	return n, err
}

func (f *diskFile) Write(p []byte) (n int, err error) {
	err = f.locked(func() error { f.node.data = append(f.node.data, p...); n = len(p); return nil })
	return n, err
}

func (f *diskFile) Sync() error {
	return f.locked(func() error { f.node.synced = bytes.Clone(f.node.data); return nil })
}

func (f *diskFile) Stat() (fs.FileInfo, error) { return diskInfo{f.name, f.node}, nil }

// Close lets go of the file even when it fails, as the system does.
func (f *diskFile) Close() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	delete(f.disk.open, f)
	return f.disk.call()
}
