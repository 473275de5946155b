package catalog

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Load replaces the state by what Save wrote. Every byte is checked, the state hash is computed again, and an error names the
// frame and its place in the file; the machine is then as it was.
func (m *Machine) Load(r io.Reader) error {
	l := &loader{in: bufio.NewReaderSize(r, 1<<16), state: newState()}
	if err := l.run(); err != nil {
		return err
	}
	l.state.setGeneration(m.state.entries.gen + 1)
	m.state = l.state
	m.publish()
	return nil
}

// loader reads one snapshot file.
type loader struct {
	in      *bufio.Reader
	state   *state
	offset  int64 // of the frame under way
	number  uint64
	kind    frameKind
	version byte

	delivery Delivery // reused
}

// head reads what stands before the frames.
func (l *loader) head() error {
	head := make([]byte, len(snapshotMagic)+1)
	if _, err := io.ReadFull(l.in, head); err != nil {
		return l.cut(err)
	}
	if string(head[:len(snapshotMagic)]) != snapshotMagic {
		return l.corrupt(errors.New("these are not the first bytes of a catalog snapshot"))
	}
	if l.version = head[len(snapshotMagic)]; l.version < snapshotOldest || l.version > snapshotVersion {
		return errs.New(errs.Corrupt, "snapshot-version", "catalog snapshot has format version %d, this release reads %d to %d", l.version, snapshotOldest, snapshotVersion).
			WithHint("upgrade this node, or use another copy of the snapshot")
	}
	l.offset = int64(len(head))
	return nil
}

func (l *loader) run() error {
	if err := l.head(); err != nil {
		return err
	}
	for {
		payload, err := l.frame()
		if err != nil {
			return err
		}
		if l.kind == frameEnd {
			return l.end(payload)
		}
		if err := l.items(payload); err != nil {
			return l.corrupt(err)
		}
		l.number++
		l.offset += int64(frameHeadBytes + len(payload) + checksumBytes)
	}
}

// frame reads the next frame and checks it. A hostile length is refused or, within its bound, ends with the input.
func (l *loader) frame() (string, error) {
	var head [frameHeadBytes]byte
	if _, err := io.ReadFull(l.in, head[:]); err != nil {
		return "", l.cut(err)
	}
	n := binary.LittleEndian.Uint32(head[1:])
	if n > frameMaxBytes {
		return "", l.corrupt(fmt.Errorf("it announces %d bytes", n))
	}
	var b strings.Builder
	if _, err := io.CopyN(&b, l.in, int64(n)+checksumBytes); err != nil {
		return "", l.cut(err)
	}
	payload, sum := b.String()[:n], &reader{s: b.String()[n:]}
	if frameSum(head[:], payload, l.number) != sum.word() {
		return "", l.corrupt(errors.New("its checksum does not match"))
	}
	kind := l.kindOf(frameKind(head[0]))
	if kind < l.kind || kind == 0 || kind > frameFolds && kind != frameEnd {
		return "", l.corrupt(fmt.Errorf("a frame of kind %d after one of kind %d", kind, l.kind))
	}
	l.kind = kind
	return payload, nil
}

// kindOf translates a frame's kind from the file's version.
func (l *loader) kindOf(k frameKind) frameKind {
	switch {
	case l.version > snapshotOldest:
		if l.version == 3 && k == frameFolds {
			return 0
		}
		return k
	case k == frameEnd2:
		return frameEnd
	case k > frameEnd2:
		return 0
	}
	return k
}

// end checks the last frame: the number of frames, the hash of all they held, and that nothing follows.
func (l *loader) end(payload string) error {
	r := &reader{s: payload}
	n, hash := r.uvarint(), StateHash(r.id())
	if err := r.end(); err != nil {
		return l.corrupt(err)
	}
	if n != l.number {
		return l.corrupt(fmt.Errorf("%d frames announced, %d found", n, l.number))
	}
	if l.state.hash() != hash {
		return l.corrupt(errors.New("the state hash does not match"))
	}
	if _, err := l.in.ReadByte(); err != io.EOF {
		return l.corrupt(errors.New("bytes follow the last frame"))
	}
	return nil
}

func (l *loader) corrupt(err error) error {
	return errs.New(errs.Corrupt, "corrupt-snapshot", "catalog snapshot, frame %d (%s) at byte %d: %w", l.number, l.kind, l.offset, err).
		WithHint("use another copy of the snapshot: an older one, another node's, or the mirror's")
}

func (l *loader) cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return l.corrupt(errors.New("the file ends within it"))
	}
	return fmt.Errorf("read catalog snapshot at byte %d: %w", l.offset, err)
}

// items adds what a frame holds to the state.
func (l *loader) items(payload string) error {
	r := &reader{s: payload}
	for r.err == nil && r.left() > 0 {
		l.item(r)
	}
	return r.err
}

func (l *loader) item(r *reader) {
	s := l.state
	switch l.kind {
	case frameScalars:
		s.scalars = r.scalars()
	case frameTables:
		if e := r.tableEntry(); r.err == nil {
			s.putTable(e)
		}
	case frameMembers:
		if m := r.member(); r.err == nil {
			s.putMember(m)
		}
	case framePartitions:
		k, p := r.part()
		k.values = strings.Clone(k.values)
		s.putPart(k, p)
	case frameOptions:
		s.putOptions(r.uint32(), r.digest())
	case frameEntries:
		l.entry(r)
	case frameRemoved:
		k, at := r.removed()
		s.putRemoved(k, at)
	case frameSpans:
		k, end := r.span()
		s.putSpan(k, end)
	case frameFolds:
		l.fold(r)
	case frameDocuments:
		if d := r.document(); r.err == nil {
			s.putDocument(d)
		}
	}
}

// entry adds a delivery and builds its indexes anew, which proves that it can be unpacked.
func (l *loader) entry(r *reader) {
	s := l.state
	k, e := r.entryHead()
	e.blob = strings.Clone(r.string()) // not a window into the frame, so that a purge frees it
	if r.err != nil {
		return
	}
	d := &l.delivery
	err := s.recordInto(d, e.blob)
	if err != nil {
		r.fail("delivery %d of table %d: %v", k.seq, k.table, err)
		return
	}
	e.compaction = d.Compaction
	s.putEntry(k, e)
	err = groups(e.blob, func(h groupHead, offset uint32, files string) {
		if d.Compaction {
			l.mixed(r, files)
		}
		if p, ok := s.parts.get(partKey{k.table, h.partition}); ok {
			s.groups.set(groupKey{p.number, k.seq}, offset)
		} else {
			r.fail("delivery %s lies in a partition that is not listed", d.ID)
		}
	})
	if err != nil {
		r.fail("delivery %s: %v", d.ID, err)
	}
	if r.err != nil {
		return
	}
	s.indexEntry(k, &e, d)
	if e.removed == 0 && s.inForce(k.table) {
		s.count(k, &e, d, 1)
	}
}

// mixed checks a compaction's segments, which indexes are built from.
func (l *loader) mixed(r *reader, files string) {
	for f := (&reader{s: files}); f.left() > 0 && r.err == nil; {
		var seg schema.Segment
		if f.file(&seg); f.err != nil || len(seg.Parts) == 0 {
			r.fail("a compacted segment cannot be read, or is of no delivery: %v", f.err)
		}
	}
}

// fold marks a share as replaced by a compaction. The share must be there, and not be marked twice.
func (l *loader) fold(r *reader) {
	s := l.state
	g, f := r.fold()
	if r.err != nil {
		return
	}
	k := entryKey{f.table, g.seq}
	e, known := s.entries.get(k)
	_, there := s.groups.get(g)
	if _, twice := s.folds.get(g); !known || !there || twice || f.at == 0 || f.at > s.index {
		r.fail("delivery %d of table %d cannot have been compacted at index %d", g.seq, f.table, f.at)
		return
	}
	s.fold(g, k, f.at, e.removed == 0 && s.inForce(k.table))
}
