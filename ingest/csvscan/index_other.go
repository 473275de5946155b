//go:build !amd64

package csvscan

const haveSIMD = false

// markSIMD is markScalar where there is nothing better.
func markSIMD(data []byte, delimiter, quote byte, ends, quotes []uint64) content {
	return markScalar(data, delimiter, quote, ends, quotes)
}
