package catalog_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
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
	apply(t, m, &catalog.DropTable{Name: "old", At: 9 * day})
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

// FuzzLoad feeds any bytes: an error or a state, never a panic.
func FuzzLoad(f *testing.F) {
	f.Add(save(f, history(f)))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = catalog.New().Load(bytes.NewReader(b))
	})
}
