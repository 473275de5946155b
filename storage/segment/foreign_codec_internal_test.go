package segment

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	rawlz4 "github.com/pierrec/lz4/v4"
)

func lz4Block(t *testing.T, src []byte) []byte {
	t.Helper()
	dst := make([]byte, rawlz4.CompressBlockBound(len(src)))
	n, err := rawlz4.CompressBlock(src, dst, nil)
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	return dst[:n]
}

// TestHadoopLZ4 reads the framing of Hadoop, in one block and in two, and the bare block that some writers meant.
func TestHadoopLZ4(t *testing.T) {
	text := []byte(strings.Repeat("lab results ", 100))
	frame := func(pieces ...[]byte) (out []byte) {
		for _, p := range pieces {
			b := lz4Block(t, p)
			out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
			out = append(binary.BigEndian.AppendUint32(out, uint32(len(b))), b...)
		}
		return out
	}
	var u unpacker
	for name, src := range map[string][]byte{"one": frame(text), "two": frame(text[:500], text[500:]), "bare": lz4Block(t, text)} {
		dst := make([]byte, len(text))
		if err := u.unpack(parquetLZ4, dst, src); err != nil || !bytes.Equal(dst, text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := u.unpack(parquetLZ4, make([]byte, len(text)+1), frame(text)); err == nil {
		t.Error("a block of another size was taken")
	}
}

// TestUnpackIsBounded gives more and less than a page claims.
func TestUnpackIsBounded(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	if _, err := w.Write(make([]byte, 10<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var u unpacker
	for _, size := range []int{1000, 11 << 20} {
		if err := u.unpack(parquetGzip, make([]byte, size), bomb.Bytes()); err == nil {
			t.Errorf("10 MiB were taken for %d bytes", size)
		}
	}
}

// TestHybridInPieces decodes runs in pieces of every size: as a whole or not, the values are the same.
func TestHybridInPieces(t *testing.T) {
	codes := make([]int32, 0, 3000)
	for i := range 3000 {
		codes = append(codes, int32(i*i%1000)*int32(i/100%2))
	}
	raw, err := newValueEncoder().encodeCodes(codes)
	if err != nil {
		t.Fatal(err)
	}
	body := append(bytes.Clone(raw), make([]byte, unpackSlack)...)[:len(raw)]
	for piece := 1; piece < 70; piece++ {
		var h hybrid
		h.reset(body[1:], uint(body[0]))
		for at := 0; at < len(codes); {
			n := min(piece, len(codes)-at)
			if at/piece%3 == 1 {
				if err := h.skip(n); err != nil {
					t.Fatal(err)
				}
				at += n
				continue
			}
			got, err := h.append(nil, n)
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range got {
				if c != codes[at+i] {
					t.Fatalf("pieces of %d: value %d is %d, not %d", piece, at+i, c, codes[at+i])
				}
			}
			at += n
		}
	}
}

// TestLevelsInPieces does the same for levels, packed from either end.
func TestLevelsInPieces(t *testing.T) {
	const rows = 203
	old := make([]byte, (rows+7)/8)
	want := make([]byte, rows)
	for i := range want {
		if i%3 == 0 || i > 100 && i < 140 {
			want[i], old[i/8] = 1, old[i/8]|1<<(7-i%8)
		}
	}
	levels, rest, err := cutBitPacked(append(bytes.Clone(old), 'x'), rows)
	if err != nil || string(rest) != "x" {
		t.Fatal(err, rest)
	}
	for piece := 1; piece < 80; piece++ {
		var h, counter hybrid
		h.reset(levels, 1)
		counter.reset(levels, 1)
		for at := 0; at < rows; at += piece {
			n := min(piece, rows-at)
			got, ones, err := h.appendLevels(nil, n)
			if err != nil || !bytes.Equal(got, want[at:at+n]) || ones != bytes.Count(want[at:at+n], []byte{1}) {
				t.Fatalf("pieces of %d at %d: %v %v", piece, at, got, err)
			}
			if counted, err := counter.ones(n); err != nil || counted != ones {
				t.Fatalf("%d counted, not %d: %v", counted, ones, err)
			}
		}
	}
}
