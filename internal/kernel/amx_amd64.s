#include "textflag.h"

// Written by hand: Go's assembler does not know AMX, so its instructions stand as their bytes (Intel SDM,
// volume 2). A tile is 16 rows of 64 bytes.

// func tileAMX(k int, a *uint16, lda int, b *uint16, c *float32, ldc int, config *byte)
//
// c, 32 x 32, is the product of 32 rows of a, lda bytes apart, and two panels of b of k KiB each; k counts
// 32 bfloat16 values, ldc is in bytes.
TEXT ·tileAMX(SB), NOSPLIT, $0-56
	MOVQ config+48(FP), DX
	BYTE $0xC4; BYTE $0xE2; BYTE $0x78; BYTE $0x49; BYTE $0x02 // ldtilecfg [rdx]
	MOVQ k+0(FP), R8
	MOVQ a+8(FP), AX
	MOVQ lda+16(FP), BX
	MOVQ b+24(FP), CX
	MOVQ $64, DI
	MOVQ BX, SI
	SHLQ $4, SI
	ADDQ AX, SI
	MOVQ R8, DX
	SHLQ $10, DX
	ADDQ CX, DX
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xC0 // tilezero tmm0
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xC8 // tilezero tmm1
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xD0 // tilezero tmm2
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xD8 // tilezero tmm3

step:
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x24; BYTE $0x18 // tileloadd tmm4, [rax+rbx]
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x34; BYTE $0x39 // tileloadd tmm6, [rcx+rdi]
	BYTE $0xC4; BYTE $0xE2; BYTE $0x4A; BYTE $0x5C; BYTE $0xC4             // tdpbf16ps tmm0, tmm4, tmm6
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x3C; BYTE $0x3A // tileloadd tmm7, [rdx+rdi]
	BYTE $0xC4; BYTE $0xE2; BYTE $0x42; BYTE $0x5C; BYTE $0xCC             // tdpbf16ps tmm1, tmm4, tmm7
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x2C; BYTE $0x1E // tileloadd tmm5, [rsi+rbx]
	BYTE $0xC4; BYTE $0xE2; BYTE $0x4A; BYTE $0x5C; BYTE $0xD5             // tdpbf16ps tmm2, tmm5, tmm6
	BYTE $0xC4; BYTE $0xE2; BYTE $0x42; BYTE $0x5C; BYTE $0xDD             // tdpbf16ps tmm3, tmm5, tmm7
	ADDQ $64, AX
	ADDQ $64, SI
	ADDQ $1024, CX
	ADDQ $1024, DX
	DECQ R8
	JNZ  step

	MOVQ c+32(FP), DI
	MOVQ ldc+40(FP), BX
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x04; BYTE $0x1F             // tilestored [rdi+rbx], tmm0
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x4C; BYTE $0x1F; BYTE $0x40 // tilestored [rdi+rbx+64], tmm1
	MOVQ BX, SI
	SHLQ $4, SI
	ADDQ SI, DI
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x14; BYTE $0x1F             // tilestored [rdi+rbx], tmm2
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x5C; BYTE $0x1F; BYTE $0x40 // tilestored [rdi+rbx+64], tmm3
	BYTE $0xC4; BYTE $0xE2; BYTE $0x78; BYTE $0x49; BYTE $0xC0                         // tilerelease
	RET

// func roundAVX512(dst *uint16, src *float32, blocks int)
//
// dst are the bfloat16 values nearest to 16 times blocks values of src, ties to even.
TEXT ·roundAVX512(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ blocks+16(FP), CX
	MOVL $0x7FFF, AX
	VPBROADCASTD AX, Z2
	MOVL $1, AX
	VPBROADCASTD AX, Z3

block:
	VMOVDQU32 (SI), Z0
	VPSRLD $16, Z0, Z1
	VPANDD Z3, Z1, Z1
	VPADDD Z2, Z0, Z0
	VPADDD Z1, Z0, Z0
	VPSRLD $16, Z0, Z0
	VPMOVDW Z0, (DI)
	ADDQ $64, SI
	ADDQ $32, DI
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET
