package csvscan

import "golang.org/x/sys/cpu"

// haveSIMD tells whether this processor has what markSIMD needs.
var haveSIMD = cpu.X86.HasAVX2

// markSIMD marks whole blocks of 64 bytes, 32 at a time.
func markSIMD(data []byte, delimiter, quote byte, ends, quotes []uint64) content {
	return content(markAVX2(&data[0], len(ends), delimiter, quote, &ends[0], &quotes[0]))
}

// markAVX2 is markSIMD of n > 0 blocks.
//
//go:noescape
func markAVX2(data *byte, n int, delimiter, quote byte, ends, quotes *uint64) uint8
