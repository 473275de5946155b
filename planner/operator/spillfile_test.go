package operator

import (
	"bytes"
	"os"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// TestSpillDamage flips every byte of a spill file and cuts it everywhere: its frames' checksums and lengths tell, and never does a
// batch come back that was not written. A cut between two frames alone looks like the end.
func TestSpillDamage(t *testing.T) {
	b := batch.NewBuilder(schema.TypeVarchar, 100)
	for range 100 {
		b.Bytes([]byte("the same text again"))
	}
	written := []*batch.Batch{{Len: 100, Cols: []*batch.Vector{b.Finish()}}, spillSample()}
	d := &spillDir{root: t.TempDir()}
	file, err := d.create("test")
	if err != nil {
		t.Fatal(err)
	}
	var frames [][]byte
	var first int64
	for i, b := range written {
		n, err := file.write(b, &frameBuffer{})
		if err != nil {
			t.Fatal(err)
		}
		if frames = append(frames, appendBatch(nil, b)); i == 0 {
			first = n
		}
	}
	if first > int64(len(frames[0]))/4 {
		t.Errorf("a frame of repeated texts takes %d bytes of %d", first, len(frames[0]))
	}
	if _, err := file.rewind(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file.f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := readSpill(t, whole, frames); n != 2 || err != nil {
		t.Fatalf("%d frames of 2: %v", n, err)
	}
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 1 << (i % 8)
		if _, err := readSpill(t, damaged, frames); errs.KindOf(err) != errs.Corrupt {
			t.Errorf("byte %d flipped: %v", i, err)
		}
		if _, err := readSpill(t, whole[:i], frames); errs.KindOf(err) != errs.Corrupt && i != 0 && int64(i) != first {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
	if err := d.remove(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(d.root); err != nil || len(left) > 0 {
		t.Errorf("left after the query: %v %v", left, err)
	}
}

// readSpill reads a spill file of the given bytes and compares its batches with what was written.
func readSpill(t *testing.T, content []byte, frames [][]byte) (n int, err error) {
	d := &spillDir{root: t.TempDir()}
	file, err := d.create("test")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.remove(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := file.f.Write(content); err != nil {
		t.Fatal(err)
	}
	r, err := file.rewind()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; n++ {
		b, err := r.next()
		if b == nil || err != nil {
			return n, err
		}
		if n >= len(frames) || !bytes.Equal(appendBatch(nil, b), frames[n]) {
			t.Errorf("frame %d is not what was written", n)
		}
	}
}
