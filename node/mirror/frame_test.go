package mirror_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/assaydb/assay/node/mirror"
)

// TestEntryGolden pins the stored form of a log entry, which must stay readable.
func TestEntryGolden(t *testing.T) {
	got := hex.EncodeToString(mirror.AppendEntry(nil, 0x0102030405060708, []byte("command")))
	want, err := os.ReadFile("testdata/entry.hex")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != got {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add(mirror.AppendEntry(nil, 7, []byte("command")))
	f.Add(mirror.AppendEntry(nil, 0, nil))
	f.Add([]byte("ASCL\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		index, command, err := mirror.DecodeEntry(b)
		if err == nil && !bytes.Equal(mirror.AppendEntry(nil, index, command), b) {
			t.Fatal("two forms of one entry")
		}
	})
}
