package extsort

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/pierrec/lz4/v4"
	"github.com/zeebo/xxh3"
)

// run is one file of sorted rows: a frame with the dictionaries, then a frame per block. A frame is its lengths, packed and not,
// the XXH3-64 of the packed bytes, and those (LZ4, or plain when the lengths are equal). The file lives as long as its load on
// its machine, so it carries no format version.
type run struct {
	file  *os.File
	bytes int64
	dicts []*batch.Dictionary
	codec lz4.Compressor
}

const frameHead = 16

func (r *run) write(src rows) error {
	w := bufio.NewWriterSize(r.file, 256<<10)
	r.dicts = src.dictionaries()
	var raw, packed []byte
	for {
		b, err := src.next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		for lo := 0; lo < b.Len; lo += blockRows {
			var texts int
			raw, texts = appendBlock(raw[:0], b, lo, min(lo+blockRows, b.Len))
			if packed, err = r.frame(w, raw, packed, 2*texts > len(raw)); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// frame writes one frame. Numbers and codes are narrow already; only text is worth compressing.
func (r *run) frame(w *bufio.Writer, raw, packed []byte, compress bool) ([]byte, error) {
	body := raw
	if compress {
		if need := lz4.CompressBlockBound(len(raw)); cap(packed) < need {
			packed = make([]byte, need)
		}
		n, err := r.codec.CompressBlock(raw, packed[:cap(packed)])
		if err != nil {
			return packed, err
		}
		if n > 0 && n < len(raw) {
			body = packed[:n]
		}
	}
	var head [frameHead]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(body)))
	binary.LittleEndian.PutUint32(head[4:], uint32(len(raw)))
	binary.LittleEndian.PutUint64(head[8:], xxh3.Hash(body))
	r.bytes += int64(frameHead + len(body))
	if _, err := w.Write(head[:]); err != nil {
		return packed, err
	}
	_, err := w.Write(body)
	return packed, err
}

func (r *run) remove() {
	name := r.file.Name()
	r.file.Close()
	os.Remove(name)
}

// reader gives the blocks of a run.
type reader struct {
	run         *run
	r           *bufio.Reader
	raw, packed []byte
	types       []schema.Type
}

func (r *run) open(types []schema.Type) (*reader, error) {
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return &reader{run: r, r: bufio.NewReaderSize(r.file, 64<<10), types: types}, nil
}

// block returns the next block, nil at the end.
func (r *reader) block() ([]*batch.Vector, int, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r.r, head[:]); err == io.EOF {
		return nil, 0, nil
	} else if err != nil {
		return nil, 0, r.corrupt(err)
	}
	packed, raw := int(binary.LittleEndian.Uint32(head[:])), int(binary.LittleEndian.Uint32(head[4:]))
	r.packed = resize(r.packed, packed)
	if _, err := io.ReadFull(r.r, r.packed); err != nil {
		return nil, 0, r.corrupt(err)
	}
	if xxh3.Hash(r.packed) != binary.LittleEndian.Uint64(head[8:]) {
		return nil, 0, r.corrupt(errs.New(errs.Corrupt, "checksum-mismatch", "a block does not match its checksum"))
	}
	body := r.packed
	if packed != raw {
		r.raw = resize(r.raw, raw)
		if n, err := lz4.UncompressBlock(r.packed, r.raw); err != nil || n != raw {
			return nil, 0, r.corrupt(errs.New(errs.Corrupt, "bad-block", "a block does not unpack"))
		}
		body = r.raw
	}
	cols, rows := readBlock(body, r.types, r.run.dicts)
	return cols, rows, nil
}

func (r *reader) corrupt(err error) error {
	return errs.New(errs.Corrupt, "sort-run", "sort run %s cannot be read back: %w", r.run.file.Name(), err)
}

func resize(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}
