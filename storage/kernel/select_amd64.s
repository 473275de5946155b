#include "textflag.h"

// Eight rows at a time: a comparison leaves one bit a row in AX, lanes gives the row numbers of the bits that are set, and as
// many slots of dst are used. All eight are written, so dst needs room for eight more.
//
// DI dst, SI values, CX blocks, R9 lanes, Y14 eight eights, Y15 the block's first row, eight times.
#define BEGIN \
	MOVQ DI, R12; \
	MOVL $8, AX; \
	VMOVD AX, X14; \
	VPBROADCASTD X14, Y14; \
	VPXOR Y15, Y15, Y15

#define COMPRESS \
	VPMOVZXBD (R9)(AX*8), Y5; \
	VPADDD Y15, Y5, Y5; \
	VMOVDQU Y5, (DI); \
	POPCNTL AX, AX; \
	LEAQ (DI)(AX*4), DI; \
	VPADDD Y14, Y15, Y15

// AND with eight bytes of validity at R8, when there are any. R11 is a 1 in every byte.
#define VALID(label) \
	TESTQ R8, R8; \
	JZ label; \
	MOVQ (R8), BX; \
	PEXTQ R11, BX, BX; \
	ANDL BX, AX; \
	ADDQ $8, R8

#define END(result) \
	SUBQ R12, DI; \
	SHRQ $2, DI; \
	MOVQ DI, result; \
	VZEROUPPER; \
	RET

#define MASK64 \
	VMOVMSKPD Y2, AX; \
	VMOVMSKPD Y3, BX; \
	SHLL $4, BX; \
	ORL BX, AX; \
	XORL R10, AX

// func selectInt64AVX2(dst *int32, a *int64, blocks int, c, sign int64, kind int, flip uint64, lanes *[256]uint64) int
TEXT ·selectInt64AVX2(SB), NOSPLIT, $0-72
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ blocks+16(FP), CX
	VPBROADCASTQ c+24(FP), Y0
	VPBROADCASTQ sign+32(FP), Y1
	MOVQ kind+40(FP), DX
	MOVQ flip+48(FP), R10
	MOVQ lanes+56(FP), R9
	BEGIN
	CMPQ DX, $1
	JEQ greater
	CMPQ DX, $2
	JEQ less

equal:
	VPXOR (SI), Y1, Y2
	VPXOR 32(SI), Y1, Y3
	VPCMPEQQ Y0, Y2, Y2
	VPCMPEQQ Y0, Y3, Y3
	MASK64
	COMPRESS
	ADDQ $64, SI
	DECQ CX
	JNZ equal
	END(ret+64(FP))

greater:
	VPXOR (SI), Y1, Y2
	VPXOR 32(SI), Y1, Y3
	VPCMPGTQ Y0, Y2, Y2
	VPCMPGTQ Y0, Y3, Y3
	MASK64
	COMPRESS
	ADDQ $64, SI
	DECQ CX
	JNZ greater
	END(ret+64(FP))

less:
	VPXOR (SI), Y1, Y2
	VPXOR 32(SI), Y1, Y3
	VPCMPGTQ Y2, Y0, Y2
	VPCMPGTQ Y3, Y0, Y3
	MASK64
	COMPRESS
	ADDQ $64, SI
	DECQ CX
	JNZ less
	END(ret+64(FP))

// func selectRangeAVX2(dst, codes *int32, blocks int, lo int32, most uint32, valid *byte, lanes *[256]uint64) int
TEXT ·selectRangeAVX2(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ codes+8(FP), SI
	MOVQ blocks+16(FP), CX
	MOVL lo+24(FP), AX
	VMOVD AX, X0
	VPBROADCASTD X0, Y0
	MOVL most+28(FP), AX
	VMOVD AX, X1
	VPBROADCASTD X1, Y1
	MOVQ valid+32(FP), R8
	MOVQ lanes+40(FP), R9
	MOVQ $0x0101010101010101, R11
	BEGIN

ranges:
	VMOVDQU (SI), Y2
	VPSUBD Y0, Y2, Y2
	VPMINUD Y1, Y2, Y3
	VPCMPEQD Y2, Y3, Y3
	VMOVMSKPS Y3, AX
	VALID(allvalid)

allvalid:
	COMPRESS
	ADDQ $32, SI
	DECQ CX
	JNZ ranges
	END(ret+48(FP))

// func selectBitsAVX2(dst, codes *int32, blocks int, bits *[8]uint32, valid *byte, lanes *[256]uint64) int
TEXT ·selectBitsAVX2(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ codes+8(FP), SI
	MOVQ blocks+16(FP), CX
	MOVQ bits+24(FP), DX
	VMOVDQU (DX), Y10
	MOVQ valid+32(FP), R8
	MOVQ lanes+40(FP), R9
	MOVQ $0x0101010101010101, R11
	MOVL $31, AX
	VMOVD AX, X11
	VPBROADCASTD X11, Y11
	BEGIN

bits:
	VMOVDQU (SI), Y2
	VPSRLD $5, Y2, Y3
	VPERMD Y10, Y3, Y4
	VPAND Y11, Y2, Y2
	VPSRLVD Y2, Y4, Y4
	VPSLLD $31, Y4, Y4
	VMOVMSKPS Y4, AX
	VALID(everyvalid)

everyvalid:
	COMPRESS
	ADDQ $32, SI
	DECQ CX
	JNZ bits
	END(ret+48(FP))
