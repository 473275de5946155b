//go:build !amd64

package kernel

const haveSIMD = false

func selectInt64AVX2(*int32, *int64, int, int64, int64, int, uint64, *[256]uint64) int { return 0 }

func selectRangeAVX2(_, _ *int32, _ int, _ int32, _ uint32, _ *byte, _ *[256]uint64) int { return 0 }

func selectBitsAVX2(_, _ *int32, _ int, _ *[8]uint32, _ *byte, _ *[256]uint64) int { return 0 }
