package segment

import (
	"fmt"
	"hash/crc32"
	"sort"
	"sync/atomic"
)

// foreignChunk is where the pages of a column chunk by another writer lie, and how they are read.
type foreignChunk struct {
	leaf       *leaf
	codec      int32
	start, end int64 // of its pages, the dictionary's first
	rows       int64

	bloomOffset               int64
	offsetIndex, columnIndex  int64
	offsetLength, columnBytes int32

	distinct atomic.Uint64 // XXH3 of a dictionary page whose entries were found to be all different, 0 none
}

// foreignPages walks the pages of one chunk. It reads ahead: a small chunk in one go, a large one by windows, so that pages that
// nobody wants are passed over by their headers.
type foreignPages struct {
	r      *ChunkReader
	fc     *foreignChunk
	places []foreignPlace // of the offset index; nil when there is none
	at     int64          // of the next page's header
	first  int64          // row of the next page
	window []byte
	from   int64 // place of window in the file
	body   []byte
	unpack unpacker
}

const (
	wholeChunkBytes = 1 << 20   // a chunk of up to this is read in one go
	readAheadBytes  = 256 << 10 // else at least this much at a time
	maxHeaderBytes  = 1 << 20   // a page header with long statistics
	maxPageBytes    = 256 << 20 // of one page, unpacked
)

func (p *foreignPages) reset(r *ChunkReader, fc *foreignChunk) {
	p.r, p.fc, p.places = r, fc, nil
	p.at, p.first = fc.start, 0
	p.window, p.from = p.window[:0], fc.start
}

// bytes returns n stored bytes from an offset on, valid until the next call. Fewer come at the chunk's end if short says so.
func (p *foreignPages) bytes(offset int64, n int, short bool) ([]byte, error) {
	if int64(n) > p.fc.end-offset {
		if !short || offset > p.fc.end {
			return nil, fmt.Errorf("%d bytes at offset %d lie beyond the column chunk, which ends at %d", n, offset, p.fc.end)
		}
		n = int(p.fc.end - offset)
	}
	if have := p.from + int64(len(p.window)); offset < p.from || offset+int64(n) > have {
		if err := p.read(offset, n); err != nil {
			return nil, err
		}
	}
	return p.window[offset-p.from : offset-p.from+int64(n)], nil
}

func (p *foreignPages) read(offset int64, n int) error {
	ahead := int64(readAheadBytes)
	if p.fc.end-p.fc.start <= wholeChunkBytes {
		ahead = p.fc.end - offset
	}
	size := int(min(max(int64(n), ahead), p.fc.end-offset))
	if cap(p.window) < size+unpackSlack {
		p.window = make([]byte, size+unpackSlack, size+unpackSlack+size/4)
	}
	p.window, p.from = p.window[:size], offset
	if err := readAt(p.r.f.r, p.window, offset); err != nil {
		p.window = p.window[:0]
		return err
	}
	p.r.read += int64(size)
	return nil
}

// header reads the header of the next page.
func (p *foreignPages) header() (foreignHeader, error) {
	for n := 256; ; n *= 16 {
		b, err := p.bytes(p.at, n, true)
		if err != nil {
			return foreignHeader{}, err
		}
		h, err := decodeHeader(b)
		if err == nil || len(b) < n || n > maxHeaderBytes {
			if err != nil {
				err = fmt.Errorf("page header at offset %d: %w", p.at, err)
			}
			return h, err
		}
	}
}

// stored returns the bytes of the page whose header is h.
func (p *foreignPages) stored(h *foreignHeader) ([]byte, error) {
	b, err := p.bytes(p.at+int64(h.size), int(h.stored), false)
	if err == nil && h.checked && crc32.ChecksumIEEE(b) != h.crc {
		err = fmt.Errorf("the page at offset %d does not match its CRC", p.at)
	}
	return b, err
}

// pass goes on to the page behind the one with header h.
func (p *foreignPages) pass(h *foreignHeader) {
	p.at += int64(h.size) + int64(h.stored)
	if h.kind == pageData || h.kind == pageDataV2 {
		p.first += int64(h.rows)
	}
}

// expand unpacks the values of a page to the size due. They have unpackSlack behind them.
func (p *foreignPages) expand(stored []byte, raw int64, packed bool) ([]byte, error) {
	if !packed || p.fc.codec == parquetPlain {
		if int64(len(stored)) != raw {
			return nil, fmt.Errorf("%d bytes where %d are due", len(stored), raw)
		}
		return stored, nil
	}
	if raw < 0 || raw > maxPageBytes {
		return nil, fmt.Errorf("a page of %d bytes unpacked: the limit max_page_bytes is %d", raw, maxPageBytes)
	}
	if raw > maxExpansion*int64(len(stored))+1<<16 {
		return nil, fmt.Errorf("%d bytes claim to expand to %d", len(stored), raw)
	}
	if cap(p.body) < int(raw)+unpackSlack {
		p.body = make([]byte, raw+unpackSlack, raw+unpackSlack+raw/4)
	}
	p.body = p.body[:raw]
	if raw == 0 {
		return p.body, nil
	}
	return p.body, p.unpack.unpack(p.fc.codec, p.body, stored)
}

// jump goes straight to the page of a row of a large chunk, where an offset index tells its place.
func (p *foreignPages) jump(row int64) {
	if p.places == nil && p.fc.offsetLength > 0 && p.fc.end-p.fc.start > wholeChunkBytes {
		p.places = p.offsets()
	}
	i := sort.Search(len(p.places), func(i int) bool { return p.places[i].first > row }) - 1
	if i >= 0 && p.places[i].first > p.first {
		p.at, p.first = p.places[i].offset, p.places[i].first
	}
}

// offsets reads the offset index; empty when it is not sound: the headers tell the same, more slowly.
func (p *foreignPages) offsets() []foreignPlace {
	raw := make([]byte, p.fc.offsetLength)
	if readAt(p.r.f.r, raw, p.fc.offsetIndex) != nil {
		return []foreignPlace{}
	}
	p.r.read += int64(len(raw))
	places, err := decodeOffsetIndex(raw)
	for i, e := range places {
		if err != nil || e.offset < p.fc.start || e.offset >= p.fc.end || e.first < 0 || e.first >= p.fc.rows || i > 0 && (e.first < places[i-1].first || e.offset <= places[i-1].offset) {
			return []foreignPlace{}
		}
	}
	return places
}
