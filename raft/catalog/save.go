package catalog

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// A snapshot file is a magic word, a version byte, and frames:
//
//	kind (1 byte), payload length (4, little-endian), payload, XXH3-64 of the frame seeded with its number
//
// The seed makes a frame valid at its own place only. The last frame ends the file and holds the number of frames before it and
// the state hash, which whoever loads the file computes again.
const (
	snapshotMagic   = "ASSAYCAT"
	snapshotVersion = 4 // 3 had no compactions, 2 no documents
	snapshotOldest  = 2
	frameHeadBytes  = 5
	frameTargetSize = 1 << 20   // a frame is closed once it is this long
	frameMaxBytes   = 128 << 20 // a frame holds at least one delivery, so it may be as long as a command
)

// Save writes the state behind the newest snapshot; commands may be applied meanwhile.
func (m *Machine) Save(w io.Writer) error { return m.Snapshot().Save(w) }

// Save writes the whole state behind the view in the snapshot format, streaming.
func (s *Snapshot) Save(w io.Writer) error {
	out := &frameWriter{w: bufio.NewWriterSize(w, 1<<16)}
	_, out.err = out.w.WriteString(snapshotMagic + string([]byte{snapshotVersion}))
	s.state.writeFrames(out)
	hash := s.state.hash()
	out.frame(frameEnd, append(binary.AppendUvarint(nil, out.number), hash[:]...))
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

// frameWriter gathers items into frames of one kind.
type frameWriter struct {
	w      *bufio.Writer
	number uint64
	kind   frameKind
	buf    []byte
	err    error
}

// item appends one item of a kind and reports whether to go on.
func (f *frameWriter) item(kind frameKind, appendTo func([]byte) []byte) bool {
	if kind != f.kind || len(f.buf) >= frameTargetSize {
		f.flush()
		f.kind = kind
	}
	f.buf = appendTo(f.buf)
	return f.err == nil
}

func (f *frameWriter) flush() {
	if len(f.buf) > 0 {
		f.frame(f.kind, f.buf)
		f.buf = f.buf[:0]
	}
}

func (f *frameWriter) frame(kind frameKind, payload []byte) {
	if f.err != nil {
		return
	}
	var head [frameHeadBytes]byte
	head[0] = byte(kind)
	binary.LittleEndian.PutUint32(head[1:], uint32(len(payload)))
	sum := binary.LittleEndian.AppendUint64(nil, frameSum(head[:], string(payload), f.number))
	for _, b := range [...][]byte{head[:], payload, sum} {
		if _, f.err = f.w.Write(b); f.err != nil {
			return
		}
	}
	f.number++
}

// frameSum is the checksum of a frame at its place in the file.
func frameSum(head []byte, payload string, number uint64) uint64 {
	return xxh3.HashStringSeed(payload, xxh3.HashSeed(head, number))
}

func (s *state) writeFrames(out *frameWriter) {
	out.item(frameScalars, func(b []byte) []byte { return appendScalars(b, &s.scalars) })
	s.tables.all(func(_ tableKey, e tableEntry) bool {
		return out.item(frameTables, func(b []byte) []byte { return appendTableEntry(b, &e) })
	})
	s.members.all(func(_ stringKey, m Member) bool {
		return out.item(frameMembers, func(b []byte) []byte { return appendMember(b, &m) })
	})
	s.parts.all(func(k partKey, p partition) bool {
		return out.item(framePartitions, func(b []byte) []byte { return appendPart(b, k, p) })
	})
	s.options.all(func(n uintKey, digest schema.Digest) bool {
		return out.item(frameOptions, func(b []byte) []byte { return appendOptions(b, uint32(n), digest) })
	})
	s.entries.all(func(k entryKey, e entry) bool {
		return out.item(frameEntries, func(b []byte) []byte { return appendString(appendEntryHead(b, k, &e), e.blob) })
	})
	s.removed.all(func(k removedKey, at int64) bool {
		return out.item(frameRemoved, func(b []byte) []byte { return appendRemoved(b, k, at) })
	})
	s.spans.all(func(k spanKey, end uint64) bool {
		return out.item(frameSpans, func(b []byte) []byte { return appendSpan(b, k, end) })
	})
	s.documents.all(func(k documentKey, body string) bool {
		d := Document{Kind: k.kind, Table: k.table, Name: k.name, Body: body}
		return out.item(frameDocuments, func(b []byte) []byte { return appendDocument(b, &d) })
	})
	s.folds.all(func(g groupKey, f folded) bool {
		return out.item(frameFolds, func(b []byte) []byte { return appendFold(b, g, f) })
	})
	out.flush()
}
