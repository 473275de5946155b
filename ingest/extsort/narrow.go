package extsort

import "encoding/binary"

// Narrowed whole numbers are the least of them, the bytes that each takes (0, 1, 2, 4 or 8), and each one's distance from the least.

func appendNarrow[T int32 | int64](dst []byte, xs []T) []byte {
	lo, hi := int64(0), int64(0)
	for i, x := range xs {
		if i == 0 {
			lo, hi = int64(x), int64(x)
		}
		lo, hi = min(lo, int64(x)), max(hi, int64(x))
	}
	le, width := binary.LittleEndian, narrowWidth(uint64(hi)-uint64(lo))
	dst = append(le.AppendUint64(dst, uint64(lo)), width)
	switch width {
	case 1:
		for _, x := range xs {
			dst = append(dst, byte(int64(x)-lo))
		}
	case 2:
		for _, x := range xs {
			dst = le.AppendUint16(dst, uint16(int64(x)-lo))
		}
	case 4:
		for _, x := range xs {
			dst = le.AppendUint32(dst, uint32(int64(x)-lo))
		}
	case 8:
		for _, x := range xs {
			dst = le.AppendUint64(dst, uint64(int64(x)-lo))
		}
	}
	return dst
}

func narrowWidth(span uint64) byte {
	switch {
	case span == 0:
		return 0
	case span < 1<<8:
		return 1
	case span < 1<<16:
		return 2
	case span < 1<<32:
		return 4
	}
	return 8
}

// readNarrow is the inverse; it returns what follows.
func readNarrow[T int32 | int64](src []byte, xs []T) []byte {
	le := binary.LittleEndian
	lo, width := int64(le.Uint64(src)), int(src[8])
	src = src[9:]
	body, rest := src[:width*len(xs)], src[width*len(xs):]
	switch width {
	case 0:
		for i := range xs {
			xs[i] = T(lo)
		}
	case 1:
		for i, b := range body {
			xs[i] = T(lo + int64(b))
		}
	case 2:
		for i := range xs {
			xs[i] = T(lo + int64(le.Uint16(body[2*i:])))
		}
	case 4:
		for i := range xs {
			xs[i] = T(lo + int64(le.Uint32(body[4*i:])))
		}
	default:
		for i := range xs {
			xs[i] = T(lo + int64(le.Uint64(body[8*i:])))
		}
	}
	return rest
}
