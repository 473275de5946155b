package catalog

import "github.com/assaydb/assay/storage/schema"

// record returns the delivery's own part of a packed delivery; which table it is in, and when it came and left, is the entry's.
func (s *state) record(blob string) (*Delivery, error) {
	d := new(Delivery)
	return d, s.recordInto(d, blob)
}

// recordInto is record into memory that is used again, lists included.
func (s *state) recordInto(d *Delivery, blob string) error {
	r := recordReader(blob)
	options := r.record(d)
	if r.err == nil && d.Compaction != (blob[0] == packVersionCompaction) {
		r.fail("a record of version %d that says compaction %v", blob[0], d.Compaction)
	}
	if options != 0 {
		var ok bool
		if d.Options, ok = s.options.get(uintKey(options)); !ok {
			r.fail("parse options of number %d are not listed", options)
		}
	}
	return r.end()
}

func recordReader(blob string) *reader {
	r := &reader{s: blob}
	v := r.byte()
	if v < packVersion || v > packVersionCompaction {
		r.fail("packed delivery of version %d", v)
	}
	r.s, r.off = r.string(), 0
	if len(r.s) > 16 && (r.s[16]&recordMore != 0) != (v != packVersion) {
		r.fail("packed delivery of version %d with flags %#x", v, r.s[16])
	}
	return r
}

// groupHead is what stands before the segments of a group.
type groupHead struct {
	partition string // encoded values
	segments  int
	mixed     bool // a segment holds rows of several deliveries
	rows      int64
	bytes     int64
	bounds    []schema.Bound
}

// group reads the head of a group and leaves r at its segments; bounds is reused memory.
func (r *reader) group(bounds []schema.Bound) (h groupHead, files string) {
	start := r.off
	r.skipValues()
	h.partition = r.s[start:r.off]
	n := r.uvarint()
	h.segments, h.mixed = int(n>>1), n&1 == 1
	if h.segments != 1 {
		h.rows, h.bytes = r.varint(), r.varint()
		h.bounds = r.bounds(bounds)
	}
	files = r.string()
	if h.segments < 1 || h.segments > len(files) {
		r.fail("a group of %d segments in %d bytes", h.segments, len(files))
	}
	if h.segments == 1 {
		one := &reader{s: files}
		one.take(16 + 32 + 1)
		h.rows, h.bytes = one.varint(), one.varint()
		h.bounds = one.bounds(bounds)
		if one.err != nil {
			r.fail("a segment: %v", one.err)
		}
	}
	return h, files
}

func (r *reader) skipValues() {
	for n := r.count(1); n > 0; n-- {
		r.value()
	}
}

// groups calls fn with every group of a packed delivery: its head, where it begins and its segments. The bounds in the head hold
// during the call alone.
func groups(blob string, fn func(h groupHead, offset uint32, files string)) error {
	r := &reader{s: blob}
	r.byte()
	_ = r.string()
	var bounds []schema.Bound
	for r.err == nil && r.left() > 0 {
		offset := uint32(r.off)
		h, files := r.group(bounds[:0])
		bounds = h.bounds
		if r.err == nil {
			fn(h, offset, files)
		}
	}
	return r.err
}
