package consensus

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// pageCheck walks the pages of a bbolt file before bbolt does. bbolt walks them in a goroutine of its own when it opens a file,
// and a damaged page would end the process there; no recover of ours can reach it.
//
// Format (bbolt, internal/common): a page has a head of id (8 bytes), flags (2), count (2), overflow (4), then count elements of
// 16 bytes: in a branch position, key length, page id; in a leaf flags, position, key length, value length. Positions count from
// the element. All words are in the machine's byte order.
type pageCheck struct {
	f    io.ReaderAt
	high uint64          // pages from here on are not in use
	seen map[uint64]bool // each page belongs to one parent
}

const (
	pageHead     = 16
	pageElement  = 16
	branchPage   = 1
	leafPage     = 2
	bucketFlag   = 1
	bucketHead   = 16 // root page id, sequence
	maxPageDepth = 32
)

// checkPages checks every page that the newest head leads to. The heads themselves must have been checked.
func checkPages(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var newest []byte
	for page := range int64(2) {
		meta := make([]byte, metaBytes)
		if _, err := f.ReadAt(meta, page*boltPageBytes+pageHead); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if newest == nil || binary.NativeEndian.Uint64(meta[metaTx:]) > binary.NativeEndian.Uint64(newest[metaTx:]) {
			newest = meta
		}
	}
	c := &pageCheck{f: f, high: binary.NativeEndian.Uint64(newest[metaHighWater:]), seen: map[uint64]bool{0: true, 1: true}}
	if err := c.tree(binary.NativeEndian.Uint64(newest[metaRoot:]), nil, nil, 0); err != nil {
		return corruptLog(path, "%v", err)
	}
	return nil
}

// read returns a page with its overflow.
func (c *pageCheck) read(id uint64) ([]byte, error) {
	if id >= c.high {
		return nil, fmt.Errorf("page %d lies behind the end", id)
	}
	b := make([]byte, boltPageBytes)
	if _, err := c.f.ReadAt(b, int64(id)*boltPageBytes); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	more := uint64(binary.NativeEndian.Uint32(b[12:]))
	if binary.NativeEndian.Uint64(b) != id || id+more >= c.high {
		return nil, fmt.Errorf("the head of page %d cannot be right", id)
	}
	for p := id; p <= id+more; p++ {
		if c.seen[p] {
			return nil, fmt.Errorf("page %d is used twice", p)
		}
		c.seen[p] = true
	}
	if more > 0 {
		b = append(b, make([]byte, more*boltPageBytes)...)
		if _, err := c.f.ReadAt(b[boltPageBytes:], int64(id+1)*boltPageBytes); err != nil {
			return nil, fmt.Errorf("page %d: %w", id, err)
		}
	}
	return b, nil
}

// tree checks the pages below id, whose keys must lie from low up to, but not including, high (nil: no bound).
func (c *pageCheck) tree(id uint64, low, high []byte, depth int) error {
	if depth > maxPageDepth {
		return fmt.Errorf("page %d lies too deep", id)
	}
	b, err := c.read(id)
	if err != nil {
		return err
	}
	switch flags := binary.NativeEndian.Uint16(b[8:]); flags {
	case branchPage:
		return c.branch(id, b, low, high, depth)
	case leafPage:
		return c.leaf(id, b, low, high, depth)
	default:
		return fmt.Errorf("page %d has unknown flags %#x", id, flags)
	}
}

func (c *pageCheck) branch(id uint64, b, low, high []byte, depth int) error {
	n := int(binary.NativeEndian.Uint16(b[10:]))
	if n == 0 || pageHead+n*pageElement > len(b) {
		return fmt.Errorf("page %d announces %d elements", id, n)
	}
	keys, kids := make([][]byte, n+1), make([]uint64, n)
	for i := range n {
		e := pageHead + i*pageElement
		key, ok := span(b, e, binary.NativeEndian.Uint32(b[e:]), binary.NativeEndian.Uint32(b[e+4:]))
		if !ok || !between(key, low, high) || i > 0 && bytes.Compare(keys[i-1], key) >= 0 {
			return fmt.Errorf("element %d of page %d cannot be right", i, id)
		}
		keys[i], kids[i] = key, binary.NativeEndian.Uint64(b[e+8:])
	}
	keys[n] = high
	for i, kid := range kids {
		if err := c.tree(kid, keys[i], keys[i+1], depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *pageCheck) leaf(id uint64, b, low, high []byte, depth int) error {
	n := int(binary.NativeEndian.Uint16(b[10:]))
	if pageHead+n*pageElement > len(b) {
		return fmt.Errorf("page %d announces %d elements", id, n)
	}
	var last []byte
	for i := range n {
		e := pageHead + i*pageElement
		pos, keyLen, valLen := binary.NativeEndian.Uint32(b[e+4:]), binary.NativeEndian.Uint32(b[e+8:]), binary.NativeEndian.Uint32(b[e+12:])
		key, ok := span(b, e, pos, keyLen)
		val, okVal := span(b, e+int(keyLen), pos, valLen)
		if !ok || !okVal || !between(key, low, high) || i > 0 && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("element %d of page %d cannot be right", i, id)
		}
		last = key
		if err := c.element(id, binary.NativeEndian.Uint32(b[e:]), val, depth); err != nil {
			return err
		}
	}
	return nil
}

// element follows an element that is a bucket: small ones lie in the value, as a leaf page without overflow.
func (c *pageCheck) element(id uint64, flags uint32, val []byte, depth int) error {
	switch {
	case flags == 0:
		return nil
	case flags != bucketFlag || len(val) < bucketHead || depth > 1:
		return fmt.Errorf("page %d holds an element with flags %#x", id, flags)
	}
	if root := binary.NativeEndian.Uint64(val); root != 0 {
		return c.tree(root, nil, nil, depth+1)
	}
	inline := val[bucketHead:]
	if len(inline) < pageHead || binary.NativeEndian.Uint16(inline[8:]) != leafPage {
		return fmt.Errorf("page %d holds a small bucket that cannot be right", id)
	}
	return c.leaf(id, inline, nil, nil, depth+1)
}

// span returns the bytes at base+pos, if they are inside b.
func span(b []byte, base int, pos, n uint32) ([]byte, bool) {
	from := uint64(base) + uint64(pos)
	if to := from + uint64(n); to <= uint64(len(b)) {
		return b[from:to:to], true
	}
	return nil, false
}

func between(key, low, high []byte) bool {
	return bytes.Compare(key, low) >= 0 && (high == nil || bytes.Compare(key, high) < 0)
}
