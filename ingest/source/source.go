package source

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Limits bounds a body. Zero values mean the defaults.
type Limits struct {
	MaxBytes int64 // decoded bytes
	MaxRatio int64 // decoded to encoded bytes, beyond the first RatioFree decoded ones
}

// Defaults of Limits.
const (
	DefaultMaxBytes = 1 << 40
	DefaultMaxRatio = 200
	RatioFree       = 64 << 20 // decoded bytes before MaxRatio is looked at
	maxWindow       = 16 << 20 // of a zstd frame, which the decoder holds in memory: what "zstd -19" uses, and twice as much
	maxLayers       = 2        // a .gz file sent with a Content-Encoding
)

// Reader gives the decoded bytes of a body. After io.EOF, Digest and Bytes describe all of them.
type Reader struct {
	in      *counter
	r       io.Reader
	front   *bufio.Reader // r, once it is known
	closers []func()
	limits  Limits
	sum     hash.Hash
	bytes   int64
	layers  int
	err     error
}

// Open begins decoding. encoding is the Content-Encoding; magic bytes are honoured beside it.
func Open(body io.Reader, encoding string, limits Limits) (*Reader, error) {
	if limits.MaxBytes <= 0 {
		limits.MaxBytes = DefaultMaxBytes
	}
	if limits.MaxRatio <= 0 {
		limits.MaxRatio = DefaultMaxRatio
	}
	s := &Reader{in: &counter{r: body}, limits: limits, sum: sha256.New()}
	declared := strings.ToLower(strings.TrimSpace(encoding))
	switch declared {
	case "", "identity", "gzip", "x-gzip", "zstd":
	default:
		return nil, errs.New(errs.MediaType, "bad-encoding", "Content-Encoding %q is not known", encoding).WithHint("send gzip, zstd or plain bytes")
	}
	if err := s.unwrap(strings.TrimPrefix(declared, "x-")); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// unwrap puts a decoder over the body for the declared encoding, and for a compressed file within.
func (s *Reader) unwrap(declared string) error {
	s.r = s.in
	for layer := 0; ; layer++ {
		buffered := bufio.NewReaderSize(s.r, 64<<10)
		s.r = buffered
		head, err := buffered.Peek(magicBytes)
		if err != nil && err != io.EOF {
			return s.explain(err)
		}
		magic := magicOf(head)
		if declared != "" && declared != "identity" && magic != declared && len(head) > 0 {
			return errs.New(errs.MediaType, "bad-encoding", "the body does not begin like %s, which its Content-Encoding says it is", declared)
		}
		declared = ""
		if magic == "" {
			s.front = buffered
			return notText(head)
		}
		if layer == maxLayers {
			return errs.New(errs.MediaType, "bad-encoding", "the upload is compressed more than %d times over", maxLayers).WithHint("send gzip, zstd or plain bytes")
		}
		if err := s.push(magic, buffered); err != nil {
			return err
		}
	}
}

func magicOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	}
	return ""
}

func (s *Reader) push(encoding string, r io.Reader) error {
	s.layers++
	if encoding == "gzip" {
		z, err := gzip.NewReader(r)
		if err != nil {
			return s.explain(err)
		}
		s.r = z
		return nil
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return s.explain(err)
	}
	s.r = z
	s.closers = append(s.closers, z.Close)
	return nil
}

// Format says what the decoded bytes look like. Before the first Read.
func (s *Reader) Format() (Format, error) {
	head, err := s.front.Peek(formatBytes)
	if err != nil && err != io.EOF {
		return "", s.explain(err)
	}
	return detectFormat(head)
}

// Read gives decoded bytes. An error is permanent.
func (s *Reader) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.sum.Write(p[:n])
	s.bytes += int64(n)
	switch {
	case s.bytes > s.limits.MaxBytes:
		s.err = errs.New(errs.TooLarge, "upload-too-large", "the upload is larger than %d decoded bytes (max-decoded)", s.limits.MaxBytes).WithHint("split the file; the node's setting --max-decoded raises the limit")
	case s.layers > 0 && s.bytes > RatioFree && s.bytes/s.limits.MaxRatio > s.in.n:
		s.err = errs.New(errs.TooLarge, "decompression-ratio", "the upload grows more than %d-fold when decompressed (max-ratio)", s.limits.MaxRatio).WithHint("send it plain or less compressed; the node's setting --max-ratio raises the limit")
	case err != nil:
		s.err = s.explain(err)
	}
	if s.err != nil && s.err != io.EOF {
		return 0, s.err
	}
	return n, s.err
}

// explain tells a body that broke off from one that is damaged and from one that could not be received.
func (s *Reader) explain(err error) error {
	switch {
	case err == io.EOF:
		return io.EOF
	case s.in.err != nil && s.in.err != io.EOF:
		return fmt.Errorf("receive the upload: %w", s.in.err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errs.New(errs.Invalid, "truncated", "the compressed upload ends in the middle, behind %d bytes", s.in.n).WithHint("the file was cut: send it again")
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return errs.New(errs.TooLarge, "zstd-window", "the zstd upload needs a window above %d bytes: %w", maxWindow, err).WithHint("compress it with zstd -19 or less and without --long")
	}
	return errs.New(errs.Invalid, "damaged", "the compressed upload is damaged near byte %d: %w", s.in.n, err)
}

// Digest is the SHA-256 of the decoded bytes so far.
func (s *Reader) Digest() schema.Digest { return schema.Digest(s.sum.Sum(nil)) }

// Bytes counts the decoded bytes so far.
func (s *Reader) Bytes() int64 { return s.bytes }

// Close frees the decoders; it does not close the body.
func (s *Reader) Close() {
	for _, f := range s.closers {
		f()
	}
	s.closers = nil
}

// counter counts the encoded bytes and remembers how the body ended.
type counter struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil {
		c.err = err
	}
	return n, err
}
