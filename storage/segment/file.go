package segment

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// File is an open segment. It is immutable and safe for concurrent use; it does not own the ReaderAt.
type File struct {
	r      io.ReaderAt
	name   string
	size   int64
	x      *index
	memory int64
	hot    *Hot // decoded pages that are kept; nil keeps none

	foreign *foreignFile // nil for segments
}

// tailBytes is what Open reads first: footer and index of a usual segment in one read.
const tailBytes = 128 << 10

// maxTailBytes bounds what a damaged length can make Open read: 10,000 columns in a hundred row groups take less.
const maxTailBytes = 256 << 20

// minFileBytes is magic, index tail, an empty footer's length and magic.
const minFileBytes = int64(len(parquetMagic) + indexTailBytes + footerTailBytes)

const footerTailBytes = 4 + len(parquetMagic)

// Open reads and verifies a segment's index and footer. name appears in errors: a path or the segment's id. Damage anywhere in
// what is read is errs.Corrupt.
func Open(ctx context.Context, r io.ReaderAt, size int64, name string) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f := &File{r: r, name: name, size: size}
	p := place{file: name, group: -1}
	if err := guard(p, func() error { return f.open(size) }); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) open(size int64) error {
	if size < minFileBytes {
		return fmt.Errorf("%d bytes are too few for a segment", size)
	}
	tail, err := f.tail(size, tailBytes)
	if err != nil {
		return err
	}
	footer, err := footerLength(tail, size)
	if err != nil {
		return err
	}
	if footer+int64(indexTailBytes) > int64(len(tail)) { // thousands of columns
		if tail, err = f.tail(size, footer+int64(indexTailBytes)); err != nil {
			return err
		}
	}
	body, err := indexLength(tail, size, footer)
	if err != nil {
		return err
	}
	need := footer + int64(indexTailBytes) + body
	if need > int64(len(tail)) {
		if tail, err = f.tail(size, need); err != nil {
			return err
		}
	}
	return f.load(tail[int64(len(tail))-need:], body, size-need)
}

// tail reads the last n bytes of the file, or all of a smaller one.
func (f *File) tail(size, n int64) ([]byte, error) {
	if n > maxTailBytes {
		return nil, fmt.Errorf("a footer and index of %d bytes are larger than any that Assay writes", n)
	}
	tail := make([]byte, min(size, n))
	return tail, readAt(f.r, tail, size-int64(len(tail)))
}

// footerLength returns the bytes of the Parquet footer with its tail.
func footerLength(tail []byte, size int64) (int64, error) {
	n := len(tail)
	if string(tail[n-len(parquetMagic):]) != parquetMagic {
		return 0, fmt.Errorf("no Parquet magic at the end")
	}
	length := int64(binary.LittleEndian.Uint32(tail[n-footerTailBytes:])) + int64(footerTailBytes)
	if length > size-int64(indexTailBytes) {
		return 0, fmt.Errorf("a footer of %d bytes in a file of %d", length, size)
	}
	return length, nil
}

// indexLength returns the bytes of the index body, which ends before the footer.
func indexLength(tail []byte, size, footer int64) (int64, error) {
	end := int64(len(tail)) - footer
	if string(tail[end-int64(len(indexMagic)):end]) != indexMagic {
		return 0, fmt.Errorf("no Assay index before the Parquet footer")
	}
	body := int64(binary.LittleEndian.Uint32(tail[end-int64(indexTailBytes):]))
	if body > size-footer-int64(indexTailBytes) {
		return 0, fmt.Errorf("an index of %d bytes in a file of %d", body, size)
	}
	return body, nil
}

// load verifies and decodes the tail: index body, index tail, footer.
func (f *File) load(tail []byte, body, dataEnd int64) error {
	sum := binary.LittleEndian.Uint64(tail[body+4:])
	if xxh3.Hash(tail[:body]) != sum {
		return fmt.Errorf("the index does not match its checksum")
	}
	x, err := decodeIndex(tail[:body], dataEnd)
	if err != nil {
		return err
	}
	if xxh3.Hash128(tail[body+int64(indexTailBytes):]) != x.footer {
		return fmt.Errorf("the Parquet footer does not match its checksum")
	}
	head := make([]byte, len(parquetMagic))
	if err := readAt(f.r, head, 0); err != nil {
		return err
	}
	if string(head) != parquetMagic {
		return fmt.Errorf("no Parquet magic at the start")
	}
	f.x = x
	f.memory = 4 * int64(len(tail)) // directories are kept, bounds and chunks decoded
	return nil
}

// Check compares the file with what the catalog says of it.
func (f *File) Check(s *schema.Segment) error {
	if f.x.segment != s.ID || f.x.rows != s.Rows || f.x.table != s.Table {
		return errs.New(errs.Corrupt, "wrong-segment", "segment %s: the file holds segment %s of table %d with %d rows, the catalog has table %d and %d rows",
			s.ID, f.x.segment, f.x.table, f.x.rows, s.Table, s.Rows)
	}
	return nil
}

// Rows returns the rows of the file.
func (f *File) Rows() int64 { return f.x.rows }

// ID returns the segment's id.
func (f *File) ID() schema.ID { return f.x.segment }

// Columns returns the stored columns: the table's at the version of writing, then _delivery.
func (f *File) Columns() []schema.Column { return f.x.columns }

// Column returns the ordinal of the column with the id, -1 when the file has none.
func (f *File) Column(id uint32) int {
	for i, c := range f.x.columns {
		if c.ID == id {
			return i
		}
	}
	return -1
}

// RowGroups returns the number of row groups.
func (f *File) RowGroups() int { return len(f.x.groups) }

// RowGroupRows returns the rows of one row group.
func (f *File) RowGroupRows(group int) int64 { return f.x.groups[group].rows }

// PageRows returns the rows of every page but the last of a row group.
func (f *File) PageRows() int { return f.x.pageRows }

// Pages returns the number of pages of each column in a row group.
func (f *File) Pages(group int) int {
	return int((f.x.groups[group].rows + int64(f.x.pageRows) - 1) / int64(f.x.pageRows))
}

// Stats returns what is known of a column in a row group.
func (f *File) Stats(group, column int) ChunkStats {
	return f.x.groups[group].chunks[column].ChunkStats
}

// MemBytes is what the parsed index holds in memory.
func (f *File) MemBytes() int64 { return f.memory }

func (f *File) place(group, column int) place {
	return place{file: f.name, group: group, column: f.x.columns[column].Name, foreign: f.foreign != nil}
}
