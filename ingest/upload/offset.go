package upload

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/assaydb/assay/storage/failpoint"
	"github.com/zeebo/xxh3"
)

// The offset file is two slots of 24 bytes: version (1 byte), 7 zero bytes, offset (8, little-endian), XXH3-64 of these 16 bytes seeded
// with the slot's number. They are written in turn, so that a write that is cut spoils the older offset and not the newest. Offsets
// grow; the largest readable one counts.
const (
	offsetVersion = 1
	slotBytes     = 24
)

func appendSlot(b []byte, slot uint64, offset int64) []byte {
	b = append(b, offsetVersion, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(offset))
	return binary.LittleEndian.AppendUint64(b, xxh3.HashSeed(b[len(b)-16:], slot))
}

// readOffset returns the largest offset that the slots hold, and the slot to write next.
func readOffset(raw []byte) (offset int64, next uint64, err error) {
	offset = -1
	for slot := range uint64(2) {
		if len(raw) < int(slot+1)*slotBytes {
			break
		}
		b := raw[slot*slotBytes : (slot+1)*slotBytes]
		if b[0] != offsetVersion || binary.LittleEndian.Uint64(b[16:]) != xxh3.HashSeed(b[:16], slot) {
			continue
		}
		if n := int64(binary.LittleEndian.Uint64(b[8:])); n > offset {
			offset, next = n, 1-slot
		}
	}
	if offset < 0 {
		return 0, 0, fmt.Errorf("the offset file (%d bytes) has no slot that can be read", len(raw))
	}
	return offset, next, nil
}

// note makes an offset durable.
func (u *upload) note(offset int64) error {
	f, err := os.OpenFile(u.store.path(u.ID, offsetSuffix), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return fmt.Errorf("note the offset: %w", err)
	}
	defer f.Close()
	if _, err := f.WriteAt(appendSlot(nil, u.slot, offset), int64(u.slot)*slotBytes); err != nil {
		return fmt.Errorf("note the offset: %w", err)
	}
	failpoint.Hit("upload/offset-written")
	if err := f.Sync(); err != nil {
		return fmt.Errorf("note the offset: %w", err)
	}
	u.slot = 1 - u.slot
	failpoint.Hit("upload/offset-noted")
	return nil
}

// openOffset reads how far an upload is after a start.
func (u *upload) openOffset() error {
	f, err := os.Open(u.store.path(u.ID, offsetSuffix))
	if err != nil {
		return fmt.Errorf("read the offset: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read the offset: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(f, 2*slotBytes))
	if err != nil {
		return fmt.Errorf("read the offset: %w", err)
	}
	u.offset, u.slot, err = readOffset(raw)
	u.touched = st.ModTime()
	return err
}
