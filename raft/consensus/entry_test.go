package consensus

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/hashicorp/raft"
	"github.com/zeebo/xxh3"
)

func sampleEntry() *raft.Log {
	return &raft.Log{Index: 7, Term: 3, Type: raft.LogCommand, Data: []byte("command"), Extensions: []byte{1, 2}, AppendedAt: time.Unix(0, 1_700_000_000_000_000_001)}
}

// TestEntryGolden pins the entries of the log file: a node must read the log that its last release wrote.
func TestEntryGolden(t *testing.T) {
	const want = "01" + "e49aeec7799d2e70" + "03" + "00" + "8280d0e2c6bfce972f" + "02" + "0102" + "636f6d6d616e64"
	l := sampleEntry()
	got := appendEntry(nil, l)
	if hex.EncodeToString(got) != want {
		t.Errorf("a log entry is now written as\n%x, it was\n%s\nA log written before could not be read: raise entryVersion and keep reading the old form.", got, want)
	}
	raw, err := hex.DecodeString(want)
	if err != nil {
		t.Fatal(err)
	}
	var back raft.Log
	if err := (&boltStore{}).entry(binary.BigEndian.AppendUint64(nil, 7), raw, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, l) {
		t.Fatalf("read as %+v", back)
	}
}

// FuzzEntry reads entries whose checksum is right and whose contents are anything.
func FuzzEntry(f *testing.F) {
	f.Add(appendEntry(nil, sampleEntry())[entryHead:], uint64(7))
	f.Add(appendEntry(nil, &raft.Log{Index: 1})[entryHead:], uint64(1))
	f.Fuzz(func(t *testing.T, body []byte, index uint64) {
		v := append(binary.LittleEndian.AppendUint64([]byte{entryVersion}, xxh3.HashSeed(body, index)), body...)
		key := binary.BigEndian.AppendUint64(nil, index)
		var l, again raft.Log
		s := &boltStore{path: "fuzz"}
		if err := s.entry(key, v, &l); err != nil {
			return
		}
		if err := s.entry(key, appendEntry(nil, &l), &again); err != nil || !bytes.Equal(l.Data, again.Data) || l.Term != again.Term || l.Type != again.Type {
			t.Fatalf("%+v became %+v, %v", l, again, err)
		}
	})
}

// TestEntryOfAnotherVersion names the version, so that whoever went back one release too far knows.
func TestEntryOfAnotherVersion(t *testing.T) {
	v := appendEntry(nil, sampleEntry())
	v[0] = 9
	err := (&boltStore{path: "raft.db"}).entry(binary.BigEndian.AppendUint64(nil, 7), v, &raft.Log{})
	if !errs.Is(err, errs.Corrupt) || !bytes.Contains([]byte(err.Error()), []byte("version 9")) {
		t.Fatal(err)
	}
}
