package kernel

import "golang.org/x/sys/cpu"

// haveSIMD tells whether this processor has what the kernels of select_amd64.s need.
var haveSIMD = cpu.X86.HasAVX2 && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT

// selectInt64AVX2 writes the rows among blocks of eight for which a^sign compares with c as kind says: 0 equal, 1 greater, 2
// less, each turned round by flip 255. It returns how many it wrote. blocks is at least one; so below.
//
//go:noescape
func selectInt64AVX2(dst *int32, a *int64, blocks int, c, sign int64, kind int, flip uint64, lanes *[256]uint64) int

// selectRangeAVX2 writes the rows whose code lies between lo and lo+most, and which are valid; valid nil: all are.
//
//go:noescape
func selectRangeAVX2(dst, codes *int32, blocks int, lo int32, most uint32, valid *byte, lanes *[256]uint64) int

// selectBitsAVX2 writes the rows whose code, below 256, has its bit set, and which are valid.
//
//go:noescape
func selectBitsAVX2(dst, codes *int32, blocks int, bits *[8]uint32, valid *byte, lanes *[256]uint64) int
