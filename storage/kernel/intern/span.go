package intern

import "encoding/binary"

// Span is where a text lies among the words of a key. It is that of a Key of so many words: a text that leaves room for its length
// plus one in the last byte lies there whole; of a longer one the first word has the XXH3 and the last one longMark and its place.
type Span struct{ At, Words int }

// SpanWords is the most words of a Span, MaxSpan the longest text that fits them.
const (
	SpanWords = 5
	MaxSpan   = 8*SpanWords - 1
)

func (s Span) last() int { return s.At + s.Words - 1 }

// PutSpan writes a text to the words of a Span, which are zero, and reports whether it is long, so that the last word is still to be
// Logged.
func PutSpan(words []uint64, b []byte) (long bool) {
	last := len(words) - 1
	if len(b) <= MaxInline || len(b) > 8*last+7 {
		k := KeyOf(b)
		words[0] = k[0]
		if k.Long() {
			words[last] = longMark
			return true
		}
		words[1] |= k[1] << 8 >> 8
		words[last] |= k[1] >> 56 << 56
		return false
	}
	whole := len(b) / 8
	for i := range whole {
		words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	if rest := uint(len(b) % 8); rest > 0 {
		words[whole] = binary.LittleEndian.Uint64(b[len(b)-8:]) >> (64 - 8*rest)
	}
	words[last] |= uint64(len(b)+1) << 56
	return false
}
