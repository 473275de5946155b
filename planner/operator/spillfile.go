package operator

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/pierrec/lz4/v4"
	"github.com/zeebo/xxh3"
)

// spillPrefix begins the names of the folders that queries spill into. What a crash leaves of them the node removes when it starts.
const spillPrefix = "spill-"

// spillDir is the folder of one query's spill files, made when the first is.
type spillDir struct {
	root  string
	query schema.ID
	mu    sync.Mutex
	path  string
	files []*spillFile
}

// create opens a new spill file; the name only helps whoever looks into the folder.
func (d *spillDir) create(name string) (*spillFile, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.root == "" {
		return nil, errs.New(errs.Limit, "memory-limit-exceeded", "the query needs more memory than its grant, and this node has no folder to spill to")
	}
	if d.path == "" {
		if err := os.MkdirAll(d.root, 0o700); err != nil {
			return nil, fmt.Errorf("make spill folder: %w", err)
		}
		p, err := os.MkdirTemp(d.root, spillPrefix+d.query.String()+"-")
		if err != nil {
			return nil, fmt.Errorf("make spill folder: %w", err)
		}
		d.path = p
	}
	f, err := os.Create(filepath.Join(d.path, fmt.Sprintf("%06d-%s", len(d.files), name)))
	if err != nil {
		return nil, fmt.Errorf("create spill file: %w", err)
	}
	s := &spillFile{f: f, w: bufio.NewWriterSize(f, spillBuffer)}
	d.files = append(d.files, s)
	return s, nil
}

// remove closes and deletes everything.
func (d *spillDir) remove() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.files {
		s.f.Close()
	}
	if d.path == "" {
		return nil
	}
	return os.RemoveAll(d.path)
}

// A spill file is a sequence of frames, each a batch: 4 bytes length of the LZ4 block, 4 bytes length of the encoded batch, 8
// bytes XXH3 of the block, all little-endian, then the block (stored plain when the lengths are equal). It lives no longer than
// its query and so carries no version.
type spillFile struct {
	mu   sync.Mutex
	f    *os.File
	w    *bufio.Writer
	rows int64
	size int64
}

// frameBuffer is scratch for writing frames; every writer has its own, so that many files do not hold many buffers.
type frameBuffer struct{ raw, block []byte }

const (
	spillBuffer   = 8 << 10
	spillHeader   = 16
	spillMaxFrame = 1 << 30
)

// write appends a batch; any goroutine may.
func (s *spillFile) write(b *batch.Batch, buf *frameBuffer) (int64, error) {
	buf.raw = appendBatch(buf.raw[:0], b)
	if len(buf.raw) > spillMaxFrame {
		return 0, errs.New(errs.Limit, "memory-limit-exceeded", "a spilled batch of %d bytes is too large", len(buf.raw))
	}
	buf.block = sized(buf.block, lz4.CompressBlockBound(len(buf.raw)))
	n, err := lz4.CompressBlock(buf.raw, buf.block, nil)
	block := buf.block[:n]
	if err != nil || n == 0 || n >= len(buf.raw) {
		block = buf.raw
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var head [spillHeader]byte
	binary.LittleEndian.PutUint32(head[0:], uint32(len(block)))
	binary.LittleEndian.PutUint32(head[4:], uint32(len(buf.raw)))
	binary.LittleEndian.PutUint64(head[8:], xxh3.Hash(block))
	if _, err := s.w.Write(head[:]); err != nil {
		return 0, spillFailed(err)
	}
	if _, err := s.w.Write(block); err != nil {
		return 0, spillFailed(err)
	}
	s.rows += int64(b.Alive())
	s.size += int64(spillHeader + len(block))
	return int64(spillHeader + len(block)), nil
}

func spillFailed(err error) error {
	return fmt.Errorf("write spill file: %w", err)
}

// rewind ends writing and returns a reader from the start.
func (s *spillFile) rewind() (*spillReader, error) {
	if err := s.w.Flush(); err != nil {
		return nil, spillFailed(err)
	}
	if _, err := s.f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read spill file: %w", err)
	}
	return &spillReader{r: bufio.NewReaderSize(s.f, spillBuffer), name: s.f.Name()}, nil
}

// discard frees the disk as soon as the file was read.
func (s *spillFile) discard() {
	s.f.Close()
	os.Remove(s.f.Name())
}

// spillReader gives the batches of a spill file, each with memory of its own until the next.
type spillReader struct {
	r     *bufio.Reader
	name  string
	block []byte
	raw   []byte
}

func (s *spillReader) next() (*batch.Batch, error) {
	var head [spillHeader]byte
	if _, err := io.ReadFull(s.r, head[:]); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, s.corrupt(err)
	}
	n, m := int(binary.LittleEndian.Uint32(head[0:])), int(binary.LittleEndian.Uint32(head[4:]))
	if n > m || m > spillMaxFrame {
		return nil, s.corrupt(errors.New("bad frame length"))
	}
	s.block, s.raw = sized(s.block, n), sized(s.raw, m)
	if _, err := io.ReadFull(s.r, s.block); err != nil {
		return nil, s.corrupt(err)
	}
	if xxh3.Hash(s.block) != binary.LittleEndian.Uint64(head[8:]) {
		return nil, s.corrupt(errors.New("checksum mismatch"))
	}
	if n == m {
		copy(s.raw, s.block)
	} else if k, err := lz4.UncompressBlock(s.block, s.raw); err != nil || k != m {
		return nil, s.corrupt(errors.New("bad LZ4 block"))
	}
	b, err := decodeBatch(s.raw)
	if err != nil {
		return nil, s.corrupt(err)
	}
	return b, nil
}

func (s *spillReader) corrupt(err error) error {
	return errs.New(errs.Corrupt, "corrupt-spill", "spill file %s: %w", filepath.Base(s.name), err)
}

func sized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}
