package consensus

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/assaydb/assay/storage/errs"
	"github.com/zeebo/xxh3"
)

// head stands before the catalog in a Raft snapshot: which entry it includes last. Raft keeps its own note of that beside the
// file, without a checksum.
//
// Format: magic, version byte, index and term (8 bytes each, little-endian), XXH3-64 of these.
type head struct{ index, term uint64 }

const (
	headMagic   = "ASSAYRFT"
	headVersion = 1
	headBytes   = len(headMagic) + 1 + 8 + 8 + 8
)

func appendHead(b []byte, h head) []byte {
	b = append(append(b, headMagic...), headVersion)
	b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, h.index), h.term)
	return binary.LittleEndian.AppendUint64(b, xxh3.Hash(b))
}

func readHead(r io.Reader) (h head, err error) {
	b := make([]byte, headBytes)
	if _, err := io.ReadFull(r, b); err != nil {
		return h, fmt.Errorf("read the head of a raft snapshot: %w", err)
	}
	body := b[:headBytes-8]
	if string(b[:len(headMagic)]) != headMagic || xxh3.Hash(body) != binary.LittleEndian.Uint64(b[headBytes-8:]) {
		return h, errs.New(errs.Corrupt, "corrupt-snapshot", "the head of a raft snapshot does not match its checksum")
	}
	if v := b[len(headMagic)]; v != headVersion {
		return h, errs.New(errs.Corrupt, "snapshot-version", "raft snapshot has format version %d, this release reads %d", v, headVersion)
	}
	numbers := b[len(headMagic)+1:]
	return head{binary.LittleEndian.Uint64(numbers), binary.LittleEndian.Uint64(numbers[8:])}, nil
}
