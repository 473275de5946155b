package mirror

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/assaydb/assay/storage/errs"
)

// A log entry in the store: "ASCL", version byte 1, uint64 catalog index, uint32 length, the command as raft/catalog encodes
// it, the SHA-256 of everything before; integers little-endian. Snapshots are as raft/catalog writes them, checksums included.
const (
	logMagic   = "ASCL"
	logVersion = 1
	logHead    = len(logMagic) + 1 + 8 + 4
)

// AppendEntry appends the stored form of a log entry.
func AppendEntry(dst []byte, index uint64, command []byte) []byte {
	start := len(dst)
	dst = append(append(dst, logMagic...), logVersion)
	dst = binary.LittleEndian.AppendUint64(dst, index)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(command)))
	dst = append(dst, command...)
	sum := sha256.Sum256(dst[start:])
	return append(dst, sum[:]...)
}

// DecodeEntry reads what AppendEntry wrote. The command shares memory with b.
func DecodeEntry(b []byte) (index uint64, command []byte, err error) {
	bad := func(why string) (uint64, []byte, error) {
		return 0, nil, errs.New(errs.Corrupt, "bad-log-entry", "mirrored log entry: %s", why)
	}
	if len(b) < logHead+sha256.Size || string(b[:len(logMagic)]) != logMagic {
		return bad("not a log entry")
	}
	if b[len(logMagic)] != logVersion {
		return bad("unknown version")
	}
	body := b[:len(b)-sha256.Size]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], b[len(body):]) {
		return bad("checksum mismatch")
	}
	if n := binary.LittleEndian.Uint32(body[logHead-4:]); uint64(n) != uint64(len(body)-logHead) {
		return bad("wrong length")
	}
	return binary.LittleEndian.Uint64(body[len(logMagic)+1:]), body[logHead:], nil
}
