package upload

import (
	"encoding/hex"
	"testing"
)

// TestOffsetFormat holds the offset file to its bytes: a change needs a new version.
func TestOffsetFormat(t *testing.T) {
	raw := appendSlot(appendSlot(nil, 0, 0x10000), 1, 0x20000)
	const golden = "01000000000000000000010000000000aeb4613f36733264" + "01000000000000000000020000000000b7af16e22ad501db"
	if got := hex.EncodeToString(raw); got != golden {
		t.Errorf("the slots are %s, want %s", got, golden)
	}
	if at, next, err := readOffset(raw); at != 0x20000 || next != 0 || err != nil {
		t.Errorf("read %d, next slot %d, %v", at, next, err)
	}
}

// TestOffsetDamage turns every bit and cuts at every byte: what is read is an offset that was written, or nothing.
func TestOffsetDamage(t *testing.T) {
	raw := appendSlot(appendSlot(nil, 0, 7), 1, 9)
	for n := range len(raw) * 8 {
		b := append([]byte{}, raw...)
		b[n/8] ^= 1 << (n % 8)
		if at, _, err := readOffset(b); err == nil && at != 7 && at != 9 {
			t.Errorf("with bit %d turned the offset is %d", n, at)
		}
	}
	for n := range raw {
		if at, _, err := readOffset(raw[:n]); err == nil && at != 7 {
			t.Errorf("cut to %d bytes the offset is %d", n, at)
		}
	}
}

func FuzzOffset(f *testing.F) {
	f.Add(appendSlot(appendSlot(nil, 0, 7), 1, 9))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if at, next, err := readOffset(raw); err == nil && (at < 0 || next > 1) {
			t.Errorf("offset %d, next slot %d", at, next)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add("filename d29ybGQ=,is_confidential")
	f.Fuzz(func(t *testing.T, text string) {
		u := &upload{record: record{Metadata: text}}
		if name, _ := u.hints(); len(name) > 255 {
			t.Errorf("a name of %d bytes", len(name))
		}
		if m, err := ParseMetadata(text); err == nil && len(m) > len(text) {
			t.Errorf("%d keys in %d bytes", len(m), len(text))
		}
	})
}
