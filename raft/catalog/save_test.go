package catalog_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/zeebo/xxh3"
)

// history is a machine that has been through everything a snapshot must hold.
func history(t testing.TB) *catalog.Machine {
	m := withTable(t)
	apply(t, m, &catalog.PutMember{Member: catalog.Member{ID: "n1", Address: "a:1", Role: "all"}})
	apply(t, m, commit(1, 10, "H1", "2025-01", day))
	apply(t, m, commit(1, 11, "H1", "2025-01", 2*day))
	apply(t, m, &catalog.PurgeExpired{Now: 9 * day})
	apply(t, m, commit(1, 12, "H1", "2025-01", 9*day))
	apply(t, m, &catalog.RevertDelivery{Delivery: id(12), At: 9 * day})
	apply(t, m, commit(1, 13, "", "", 9*day))
	apply(t, m, &catalog.PutTable{Table: labs("old"), At: 9 * day})
	apply(t, m, commit(2, 14, "H2", "2025-02", 9*day))
	apply(t, m, &catalog.PutDocument{Document: catalog.Document{Kind: "mapping", Table: 2, Name: "H2", Body: "gone"}, At: 9 * day})
	apply(t, m, &catalog.DropTable{Name: "old", At: 9 * day})
	apply(t, m, &catalog.PutDocument{Document: catalog.Document{Kind: "mapping", Table: 1, Name: "H1", Body: "first"}, At: 9 * day})
	apply(t, m, &catalog.PutDocument{Document: catalog.Document{Kind: "mapping", Table: 1, Name: "H1", Body: "kept"}, At: 9 * day})
	apply(t, m, amending(1, 15, 11))
	apply(t, m, commit(1, 16, "H1", "2025-03", 9*day))
	apply(t, m, compaction(1, 91, 660, map[int]int64{11: 10, 15: 10, 16: 10}))
	return m
}

func save(t testing.TB, m *catalog.Machine) []byte {
	var b bytes.Buffer
	if err := m.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSnapshotGolden(t *testing.T) {
	m := history(t)
	b := save(t, m)
	golden(t, "snapshot", b)
	other := catalog.New()
	if err := other.Load(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	if other.Snapshot().StateHash() != m.Snapshot().StateHash() || !bytes.Equal(save(t, other), b) {
		t.Fatal("the loaded state is another")
	}
	other.BumpEpoch()
	if other.Snapshot().Epoch() != 2 || other.Snapshot().StateHash() == m.Snapshot().StateHash() {
		t.Fatal("a new epoch has the same state hash")
	}
}

// TestSnapshotOfTheLastVersion reads a file that the release before documents and ledgers wrote.
func TestSnapshotOfTheLastVersion(t *testing.T) {
	text, err := os.ReadFile("testdata/snapshot-v2.hex")
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	m := catalog.New()
	if err := m.Load(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	if d, ok := m.Snapshot().Delivery(id(11)); !ok || d.Accepted != 10 || !d.Ledger.IsZero() {
		t.Fatalf("%+v", d)
	}
	apply(t, m, amending(1, 60, 11))
	if got := m.Snapshot().Amendments(id(11)); len(got) != 1 || got[0].Ledger.Aside != 2 {
		t.Fatalf("%+v", got)
	}
}

// TestSnapshotBeforeCompactions reads a file of version 3, and compacts what it holds.
func TestSnapshotBeforeCompactions(t *testing.T) {
	text, err := os.ReadFile("testdata/snapshot-v3.hex")
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	m := catalog.New()
	if err := m.Load(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	apply(t, m, compaction(1, 91, 660, map[int]int64{11: 10, 15: 10}))
	if got := m.Snapshot().Totals(1); got.Segments != 2 || got.Rows != 30 {
		t.Fatalf("%+v", got)
	}
}

func TestEveryFlippedBitOfASnapshotIsFound(t *testing.T) {
	b := save(t, history(t))
	m := catalog.New()
	empty := m.Snapshot().StateHash()
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		err := m.Load(bytes.NewReader(b))
		if !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "catalog snapshot") {
			t.Fatalf("bit %d flipped: %v", i, err)
		}
		b[i/8] ^= 1 << (i % 8)
	}
	for n := range len(b) {
		if err := m.Load(bytes.NewReader(b[:n])); !errs.Is(err, errs.Corrupt) {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
	}
	if m.Snapshot().StateHash() != empty {
		t.Fatal("a failed load changed the state")
	}
}

// FuzzLoad feeds snapshots whose checksums are right and whose contents are anything: an error or a state, never a panic.
func FuzzLoad(f *testing.F) {
	f.Add(unsummed(save(f, history(f))))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := catalog.New()
		if err := m.Load(bytes.NewReader(summed(b))); err != nil && !errs.Is(err, errs.Corrupt) {
			t.Fatal(err)
		}
	})
}

// A snapshot is eight bytes of magic and one of version, then frames: kind, length (u32), payload, and a checksum of all that and of the
// frame's number.
const (
	magicBytes = len("ASSAYCAT") + 1
	headBytes  = 5
	sumBytes   = 8
)

// unsummed drops the frames' checksums, so that a mutation need not hit them.
func unsummed(b []byte) []byte {
	out, b := bytes.Clone(b[:magicBytes]), b[magicBytes:]
	for len(b) > 0 {
		n := headBytes + int(binary.LittleEndian.Uint32(b[1:]))
		out, b = append(out, b[:n]...), b[n+sumBytes:]
	}
	return out
}

// summed puts right checksums behind the frames as far as they go.
func summed(b []byte) []byte {
	if len(b) < magicBytes {
		return b
	}
	out, b := bytes.Clone(b[:magicBytes]), b[magicBytes:]
	for number := uint64(0); len(b) >= headBytes; number++ {
		n := uint64(binary.LittleEndian.Uint32(b[1:])) + headBytes
		if n > uint64(len(b)) {
			break
		}
		sum := xxh3.HashSeed(b[headBytes:n], xxh3.HashSeed(b[:headBytes], number))
		out, b = binary.LittleEndian.AppendUint64(append(out, b[:n]...), sum), b[n:]
	}
	return append(out, b...)
}

func TestSummedSnapshotLoads(t *testing.T) {
	b := save(t, history(t))
	if !bytes.Equal(summed(unsummed(b)), b) {
		t.Fatal("the fuzz target's checksums are not the snapshot's")
	}
}
