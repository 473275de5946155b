package batch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// Between nodes batches travel in frames, each a complete Arrow IPC stream of one record (schema included, so that a frame stands by
// itself):
//
//	| version 1 | 3 zero bytes | length u32 | XXH3-64 of the payload u64 | payload |
//
// all little-endian. A frame of length zero ends the stream: one that merely stops was cut.
const (
	frameVersion = 1
	frameHeader  = 16
)

// MaxFrameBytes is the longest payload a FrameReader accepts.
const MaxFrameBytes = 256 << 20

// FrameWriter writes batches as frames.
type FrameWriter struct {
	w      io.Writer
	schema *arrow.Schema
	buf    bytes.Buffer
}

// NewFrameWriter returns a writer of batches with the given columns.
func NewFrameWriter(w io.Writer, fields []Field) *FrameWriter {
	return &FrameWriter{w: w, schema: ArrowSchema(fields)}
}

// Write sends the living rows of b in one frame, or in several when one would be too long.
func (f *FrameWriter) Write(b *Batch) error {
	f.buf.Reset()
	f.buf.Write(make([]byte, frameHeader))
	rec, err := ToArrow(f.schema, b)
	if err != nil {
		return err
	}
	defer rec.Release()
	w := ipc.NewWriter(&f.buf, ipc.WithSchema(f.schema))
	if err := w.Write(rec); err != nil {
		return fmt.Errorf("encode arrow: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("encode arrow: %w", err)
	}
	if f.buf.Len()-frameHeader <= MaxFrameBytes {
		return f.send(f.buf.Bytes())
	}
	return f.halves(b.Compact())
}

func (f *FrameWriter) halves(b *Batch) error {
	if b.Len < 2 {
		return errs.New(errs.Limit, "frame-too-large", "one row is larger than %d bytes", MaxFrameBytes)
	}
	for _, cut := range [][2]int{{0, b.Len / 2}, {b.Len / 2, b.Len}} {
		part := &Batch{Len: cut[1] - cut[0]}
		for _, c := range b.Cols {
			part.Cols = append(part.Cols, c.Slice(cut[0], cut[1]))
		}
		if err := f.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func (f *FrameWriter) send(frame []byte) error {
	payload := frame[frameHeader:]
	frame[0] = frameVersion
	binary.LittleEndian.PutUint32(frame[4:], uint32(len(payload)))
	binary.LittleEndian.PutUint64(frame[8:], xxh3.Hash(payload))
	_, err := f.w.Write(frame)
	return err
}

// Close writes the end of the stream. It does not close the underlying writer.
func (f *FrameWriter) Close() error { return f.send(make([]byte, frameHeader)) }

// FrameReader reads what a FrameWriter wrote. Arrow's reader trusts lengths inside a message, so frames are to be taken only from
// authenticated peers; their own length is bounded, and their checksum and columns are checked before Arrow sees them.
type FrameReader struct {
	r      io.Reader
	fields []Field
	done   bool
	frame  []byte
}

// NewFrameReader returns a reader of batches with the given columns.
func NewFrameReader(r io.Reader, fields []Field) *FrameReader {
	return &FrameReader{r: r, fields: fields}
}

// Next returns the next batch, which owns its memory; nil at the end and for ever after.
func (f *FrameReader) Next() (*Batch, error) {
	if f.done {
		return nil, nil
	}
	payload, err := f.payload()
	if err != nil || payload == nil {
		return nil, err
	}
	return DecodeFrame(payload, f.fields)
}

func (f *FrameReader) payload() ([]byte, error) {
	var head [frameHeader]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		return nil, fmt.Errorf("read frame: %w", noEOF(err))
	}
	n := int(binary.LittleEndian.Uint32(head[4:]))
	switch {
	case head[0] != frameVersion || head[1]|head[2]|head[3] != 0:
		return nil, errs.New(errs.Corrupt, "bad-frame", "a frame has version %d, this node reads %d", head[0], frameVersion)
	case n > MaxFrameBytes:
		return nil, errs.New(errs.Corrupt, "bad-frame", "a frame of %d bytes is longer than %d", n, MaxFrameBytes)
	}
	if err := f.fill(n); err != nil {
		return nil, err
	}
	if xxh3.Hash(f.frame) != binary.LittleEndian.Uint64(head[8:]) {
		return nil, errs.New(errs.Corrupt, "bad-frame", "a frame does not match its checksum")
	}
	if n == 0 {
		f.done = true
		return nil, nil
	}
	return f.frame, nil
}

// fill reads n bytes in steps, so that a lying length costs no more memory than bytes that really came.
func (f *FrameReader) fill(n int) error {
	const step = 1 << 20
	f.frame = f.frame[:0]
	for len(f.frame) < n {
		at := len(f.frame)
		f.frame = append(f.frame, make([]byte, min(step, n-at))...)
		if _, err := io.ReadFull(f.r, f.frame[at:]); err != nil {
			return fmt.Errorf("read frame: %w", noEOF(err))
		}
	}
	return nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// DecodeFrame reads the one record of a frame's payload. Arrow panics on some malformed messages.
func DecodeFrame(payload []byte, fields []Field) (b *Batch, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, errs.New(errs.Corrupt, "bad-frame", "malformed Arrow message: %v", p)
		}
	}()
	if !bytes.HasPrefix(payload, schemaMessage(fields)) {
		// Arrow's reader believes every length inside a schema, so it sees only the one that is expected.
		return nil, errs.New(errs.Corrupt, "bad-frame", "a frame has other columns than the fragment's")
	}
	bound := ipc.WithAllocator(&boundedAllocator{left: 4*len(payload) + 1<<16})
	r, err := ipc.NewReaderFromMessageReader(newBoundedMessages(payload, bound), bound)
	if err != nil {
		return nil, errs.New(errs.Corrupt, "bad-frame", "malformed Arrow message: %w", err)
	}
	defer r.Release()
	rec, err := r.Read()
	if err != nil {
		return nil, errs.New(errs.Corrupt, "bad-frame", "malformed Arrow message: %w", err)
	}
	stored := func(f Field) bool { return f.Type.Kind != schema.Null } // takes a bit a row at least
	if slices.ContainsFunc(fields, stored) && rec.NumRows() > 8*int64(len(payload)) {
		return nil, errs.New(errs.Corrupt, "bad-frame", "a frame of %d bytes says that it has %d rows", len(payload), rec.NumRows())
	}
	return FromArrow(rec, fields)
}

// schemaMessage is how a frame of these columns begins.
func schemaMessage(fields []Field) []byte {
	var buf bytes.Buffer
	// A stream of no records is the schema and the mark of the end, eight bytes; writing to memory does not fail.
	_ = ipc.NewWriter(&buf, ipc.WithSchema(ArrowSchema(fields))).Close()
	return buf.Bytes()[:max(0, buf.Len()-8)]
}

// boundedMessages reads the messages of one payload. Arrow's own reader makes room for as many bytes of metadata as a message
// claims; this one looks first whether they can be there.
type boundedMessages struct {
	ipc.MessageReader
	rest *bytes.Reader
	all  []byte
}

func newBoundedMessages(payload []byte, opts ...ipc.Option) *boundedMessages {
	rest := bytes.NewReader(payload)
	return &boundedMessages{ipc.NewMessageReader(rest, opts...), rest, payload}
}

// Message is part of ipc.MessageReader.
func (m *boundedMessages) Message() (*ipc.Message, error) {
	next := m.all[len(m.all)-m.rest.Len():]
	if len(next) < 8 || binary.LittleEndian.Uint32(next) != math.MaxUint32 || uint64(binary.LittleEndian.Uint32(next[4:])) > uint64(len(next)-8) {
		return nil, errors.New("a message is longer than its frame")
	}
	return m.MessageReader.Message()
}

// boundedAllocator panics where a lying length asks for far more memory than the payload could fill.
type boundedAllocator struct {
	memory.GoAllocator
	left int
}

func (a *boundedAllocator) take(n int) {
	if a.left -= n; n < 0 || a.left < 0 {
		panic("a buffer is larger than its message")
	}
}

// Allocate is part of memory.Allocator.
func (a *boundedAllocator) Allocate(n int) []byte {
	a.take(n)
	return a.GoAllocator.Allocate(n)
}

// Reallocate is part of memory.Allocator.
func (a *boundedAllocator) Reallocate(n int, b []byte) []byte {
	a.take(n)
	return a.GoAllocator.Reallocate(n, b)
}
