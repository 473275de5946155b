package ingest

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/klauspost/compress/zstd"
)

// RejectFormat is how rejects are written out.
type RejectFormat uint8

// The formats of rejects.
const (
	RejectsNDJSON RejectFormat = iota
	RejectsCSV
)

// Rejects returns the rejected records of a delivery as text; the caller closes it. A delivery without rejects gives an empty
// list (CSV: the header alone).
func (l *Loader) Rejects(ctx context.Context, delivery schema.ID, format RejectFormat) (io.ReadCloser, error) {
	d, err := l.find(delivery)
	if err != nil {
		return nil, err
	}
	lines, err := l.rejectLines(ctx, d)
	if err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	go func() { in.CloseWithError(lines.copyTo(in, format)) }()
	return out, nil
}

// rejectLines opens the rejects file of a delivery; nil when nothing was rejected.
func (l *Loader) rejectLines(ctx context.Context, d *catalog.Delivery) (*rejectLines, error) {
	f, err := l.open(ctx, d, rejectsFile)
	if errs.Is(err, errs.NotFound) && d.Rejected == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newRejectLines(f)
}

// rejectLines reads a rejects file; nil is an empty one.
type rejectLines struct {
	file io.ReadCloser
	z    *zstd.Decoder
	r    *bufio.Reader
}

func newRejectLines(f io.ReadCloser) (*rejectLines, error) {
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		f.Close()
		return nil, err
	}
	l := &rejectLines{file: f, z: z, r: bufio.NewReaderSize(z, 64<<10)}
	head, err := l.r.ReadString('\n')
	if err != nil || head != rejectsVersion+"\n" {
		l.close()
		return nil, errs.New(errs.Corrupt, "bad-rejects", "the rejects file does not begin with its format version")
	}
	return l, nil
}

func (l *rejectLines) close() {
	l.z.Close()
	l.file.Close()
}

func (l *rejectLines) copyTo(w io.Writer, format RejectFormat) error {
	if l != nil {
		defer l.close()
	}
	if format == RejectsCSV {
		return l.copyCSV(w)
	}
	if l == nil {
		return nil
	}
	_, err := io.Copy(w, l.r)
	return err
}

// copyCSV writes line, byte_offset, column, reason, raw, and raw_base64 for what is not UTF-8.
func (l *rejectLines) copyCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"line", "byte_offset", "column", "reason", "raw", "raw_base64"}); err != nil {
		return err
	}
	if l != nil {
		for dec := json.NewDecoder(l.r); ; {
			var r Reject
			if err := dec.Decode(&r); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return errs.New(errs.Corrupt, "bad-rejects", "the rejects file cannot be read: %w", err)
			}
			row := []string{strconv.FormatInt(r.Line, 10), strconv.FormatInt(r.ByteOffset, 10), r.Column, r.Reason, r.Raw, base64.StdEncoding.EncodeToString(r.RawBase64)}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// EachReject calls fn with every rejected record of a delivery, in the order of the file. What is no UTF-8 comes in Base64.
func (l *Loader) EachReject(ctx context.Context, d *catalog.Delivery, fn func(struct {
	Line, ByteOffset    int64
	Column, Reason, Raw string
	RawBytes            int64
}) error,
) error {
	f, err := l.open(ctx, d, rejectsFile)
	if err != nil {
		return err
	}
	lines, err := newRejectLines(f)
	if err != nil {
		return err
	}
	defer lines.close()
	for dec := json.NewDecoder(lines.r); ; {
		var r Reject
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return errs.New(errs.Corrupt, "bad-rejects", "the rejects file cannot be read: %w", err)
		}
		raw := r.Raw
		if r.RawBase64 != nil {
			raw = base64.StdEncoding.EncodeToString(r.RawBase64)
		}
		one := struct {
			Line, ByteOffset    int64
			Column, Reason, Raw string
			RawBytes            int64
		}{r.Line, r.ByteOffset, r.Column, r.Reason, raw, max(r.RawBytes, int64(len(r.Raw)+len(r.RawBase64)))}
		if err := fn(one); err != nil {
			return err
		}
	}
}
