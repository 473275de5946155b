package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// footersFile lists the footers of a delivery's segments with their digests. Parquet pages carry checksums, its footer does
// not, and the footer says where everything else lies: a flipped bit there could give wrong answers silently. Checking the
// digest of some kilobytes at open is cheap where hashing a whole segment is not.
//
// Format, little-endian: "ASFT", version byte 1, uint32 count, per segment 16 bytes id, int64 file bytes, uint32 footer bytes
// (with Parquet's own eight at the end), 32 bytes SHA-256 of these; at last the SHA-256 of everything before.
const footersFile = "footers"

const (
	footersMagic   = "ASFT"
	footersVersion = 1
	footerEntry    = 16 + 8 + 4 + 32
	maxFooterBytes = 64 << 20
)

// footer is what is known of one segment's footer.
type footer struct {
	id     schema.ID
	bytes  int64  // of the file
	length uint32 // of the footer, from its begin to the end of the file
	sum    schema.Digest
}

func encodeFooters(list []footer) []byte {
	b := append([]byte(footersMagic), footersVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
	for _, f := range list {
		b = append(b, f.id[:]...)
		b = binary.LittleEndian.AppendUint64(b, uint64(f.bytes))
		b = binary.LittleEndian.AppendUint32(b, f.length)
		b = append(b, f.sum[:]...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func decodeFooters(b []byte) ([]footer, error) {
	bad := func(why string) ([]footer, error) {
		return nil, errs.New(errs.Corrupt, "bad-footers", "footers file: %s", why)
	}
	const head = len(footersMagic) + 1 + 4
	if len(b) < head+sha256.Size || string(b[:4]) != footersMagic {
		return bad("not a footers file")
	}
	if b[4] != footersVersion {
		return bad("unknown version")
	}
	body := b[:len(b)-sha256.Size]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], b[len(body):]) {
		return bad("checksum mismatch")
	}
	n := binary.LittleEndian.Uint32(b[5:])
	if uint64(len(body)-head) != uint64(n)*footerEntry {
		return bad("wrong length")
	}
	list := make([]footer, n)
	for i := range list {
		e := body[head+i*footerEntry:]
		copy(list[i].id[:], e)
		list[i].bytes = int64(binary.LittleEndian.Uint64(e[16:]))
		list[i].length = binary.LittleEndian.Uint32(e[24:])
		copy(list[i].sum[:], e[28:])
	}
	return list, nil
}

// readFooter hashes the footer of a Parquet file, whose last eight bytes are its length and the magic.
func readFooter(r io.ReaderAt, size int64) (length uint32, sum schema.Digest, err error) {
	var tail [8]byte
	if size < 12 {
		return 0, sum, errs.New(errs.Corrupt, "bad-footer", "a file of %d bytes cannot be Parquet", size)
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil {
		return 0, sum, err
	}
	n := int64(binary.LittleEndian.Uint32(tail[:])) + 8
	if n > size-4 || n > maxFooterBytes {
		return 0, sum, errs.New(errs.Corrupt, "bad-footer", "the footer's length %d does not fit a file of %d bytes", n, size)
	}
	sum, _, err = digestOf(io.NewSectionReader(r, size-n, n))
	return uint32(n), sum, err
}
