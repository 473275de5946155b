package storage

import (
	"bufio"
	"crypto/sha256"
	"hash"
	"io"

	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/vfs"
)

// outFile writes a new file once, from start to end, counting and hashing what goes in.
type outFile struct {
	name string
	file vfs.File
	buf  *bufio.Writer
	sum  hash.Hash // nil in a segment's file, whose writer hashes what it writes
	n    int64

	asked  int64      // of them, that a sync was asked for
	early  chan error // of a sync under way; nil: none
	failed error      // of one that is over
}

// writeBuffer gathers the small writes; column chunks are larger and go past it.
const writeBuffer = 64 << 10

func (s *Store) create(name string) (*outFile, error) {
	f, err := s.fs.Create(name)
	if err != nil {
		return nil, diskError("create", name, err)
	}
	return &outFile{name: name, file: f, buf: bufio.NewWriterSize(f, writeBuffer), sum: sha256.New()}, nil
}

// Write implements io.Writer.
func (o *outFile) Write(p []byte) (int, error) {
	n, err := o.buf.Write(p)
	if o.sum != nil {
		o.sum.Write(p[:n])
	}
	o.n += int64(n)
	o.syncAhead()
	return n, diskError("write", o.name, err)
}

func (o *outFile) digest() (d schema.Digest) {
	o.sum.Sum(d[:0])
	return d
}

// finish makes the content durable and closes the file. The name is durable only once its folder is synced.
func (o *outFile) finish() error {
	early := o.awaitSync()
	err := o.buf.Flush()
	o.buf = nil
	if err != nil {
		o.file.Close()
		return diskError("write", o.name, err)
	}
	if early != nil {
		o.file.Close()
		return diskError("sync", o.name, early)
	}
	failpoint.Hit("draft/file-written")
	if err := o.file.Sync(); err != nil {
		o.file.Close()
		return diskError("sync", o.name, err)
	}
	failpoint.Hit("draft/file-synced")
	return diskError("close", o.name, o.file.Close())
}

// abandon closes the file without caring for its content.
func (o *outFile) abandon() {
	_ = o.awaitSync() // the descriptor is in use until then
	o.file.Close()
}

// digestOf hashes a whole stream.
func digestOf(r io.Reader) (d schema.Digest, n int64, err error) {
	h := sha256.New()
	n, err = io.CopyBuffer(h, r, make([]byte, 256<<10))
	h.Sum(d[:0])
	return d, n, err
}
