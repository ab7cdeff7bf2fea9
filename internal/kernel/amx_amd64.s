#include "textflag.h"

// Written by hand: Go's assembler does not know AMX and AVX512_BF16, so their instructions stand as their bytes
// (Intel SDM, volume 2). A tile is 16 rows of 64 bytes.

// LEFT and RIGHT are tileloadd of tile t from AX or CX plus BX lines and off bytes; DOT is tdpbf16ps, which adds to tile
// c the products of tiles a and b.
#define LEFT(t, off) BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $(0x84|t<<3); BYTE $0x18; LONG $off

// STREAM is LEFT of what is used once: it stays out of the first cache, to which right operands belong (tileloaddt1).
#define STREAM(t, off) BYTE $0xC4; BYTE $0xE2; BYTE $0x79; BYTE $0x4B; BYTE $(0x84|t<<3); BYTE $0x18; LONG $off

#define RIGHT(t, off) BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $(0x84|t<<3); BYTE $0x19; LONG $off

#define DOT(c, a, b) BYTE $0xC4; BYTE $0xE2; BYTE $((15-b)<<3|2); BYTE $0x5C; BYTE $(0xC0|c<<3|a)

// func panelTilesAMX(parts, count, steps int, a, b *uint16, c *float32, next, ldc int, add uint64, config *byte)
//
// count blocks of c, 32 x 32, next bytes apart, are set to, or with add get added, the products of as many panels of a, one after the other, with one
// of b; steps counts 32 bfloat16 values, ldc is in bytes. A panel holds, step after step, a tile of 16 rows and one
// of the other 16 and, if parts is 2, two such tiles of what rounding left of the values, whose products with each
// other are left out.
TEXT ·panelTilesAMX(SB), NOSPLIT, $0-80
	MOVQ config+72(FP), DX
	BYTE $0xC4; BYTE $0xE2; BYTE $0x78; BYTE $0x49; BYTE $0x02 // ldtilecfg [rdx]
	MOVQ count+8(FP), R10
	MOVQ a+24(FP), AX
	MOVQ c+40(FP), R11
	MOVQ $64, BX
	MOVQ ldc+56(FP), R9

block:
	MOVQ steps+16(FP), R8
	MOVQ b+32(FP), CX
	CMPQ add+64(FP), $0
	JNE  more
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xC0 // tilezero tmm0
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xC8 // tilezero tmm1
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xD0 // tilezero tmm2
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x49; BYTE $0xD8 // tilezero tmm3
	JMP  sum

more:
	MOVQ R9, BX
	MOVQ R9, SI
	SHLQ $4, SI
	ADDQ R11, SI
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7B; BYTE $0x4B; BYTE $0x04; BYTE $0x1B             // tileloadd tmm0, [r11+rbx]
	BYTE $0xC4; BYTE $0xC2; BYTE $0x7B; BYTE $0x4B; BYTE $0x4C; BYTE $0x1B; BYTE $0x40 // tileloadd tmm1, [r11+rbx+64]
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x14; BYTE $0x1E             // tileloadd tmm2, [rsi+rbx]
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7B; BYTE $0x4B; BYTE $0x5C; BYTE $0x1E; BYTE $0x40 // tileloadd tmm3, [rsi+rbx+64]
	MOVQ $64, BX

sum:

	CMPQ parts+0(FP), $1
	JNE  both

	// Tiles of the next step are asked for as soon as those of this one are not needed any more.
	STREAM(4, 0)
	RIGHT(6, 0)
	RIGHT(7, 1024)
	STREAM(5, 1024)
	JMP  count

one:
	DOT(0, 4, 6)
	DOT(1, 4, 7)
	STREAM(4, 2048)
	DOT(2, 5, 6)
	RIGHT(6, 2048)
	DOT(3, 5, 7)
	RIGHT(7, 3072)
	STREAM(5, 3072)
	ADDQ $2048, AX
	ADDQ $2048, CX

count:
	DECQ R8
	JNZ  one
	DOT(0, 4, 6)
	DOT(1, 4, 7)
	DOT(2, 5, 6)
	DOT(3, 5, 7)
	ADDQ $2048, AX
	JMP  store

both:
	LEFT(4, 2048) // low by high
	RIGHT(6, 0)
	DOT(0, 4, 6)
	RIGHT(7, 1024)
	DOT(1, 4, 7)
	LEFT(5, 3072)
	DOT(2, 5, 6)
	DOT(3, 5, 7)
	LEFT(4, 0) // high by high
	DOT(0, 4, 6)
	DOT(1, 4, 7)
	LEFT(5, 1024)
	DOT(2, 5, 6)
	DOT(3, 5, 7)
	RIGHT(6, 2048) // high by low
	DOT(0, 4, 6)
	DOT(2, 5, 6)
	RIGHT(7, 3072)
	DOT(1, 4, 7)
	DOT(3, 5, 7)
	ADDQ $4096, AX
	ADDQ $4096, CX
	DECQ R8
	JNZ  both

store:
	MOVQ R11, DI
	MOVQ R9, BX
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x04; BYTE $0x1F             // tilestored [rdi+rbx], tmm0
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x4C; BYTE $0x1F; BYTE $0x40 // tilestored [rdi+rbx+64], tmm1
	MOVQ BX, SI
	SHLQ $4, SI
	ADDQ SI, DI
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x14; BYTE $0x1F             // tilestored [rdi+rbx], tmm2
	BYTE $0xC4; BYTE $0xE2; BYTE $0x7A; BYTE $0x4B; BYTE $0x5C; BYTE $0x1F; BYTE $0x40 // tilestored [rdi+rbx+64], tmm3
	MOVQ $64, BX
	ADDQ next+48(FP), R11
	DECQ R10
	JNZ  block
	BYTE $0xC4; BYTE $0xE2; BYTE $0x78; BYTE $0x49; BYTE $0xC0 // tilerelease
	RET

// ROW rounds 32 values of row i, times Z31 plus Z29 and Z30, to a row of a tile, and asks for those of the row that
// follows. The bytes are vcvtne2ps2bf16 zmm16, zmm17, zmm18.
#define ROW(i, z) \
	MOVQ 8*i(DX), R9;                                                             \
	PREFETCHT1 (R9)(R8*1);                                                        \
	PREFETCHT1 64(R9)(R8*1);                                                      \
	MOVQ 8*i(SI), R9;                                                             \
	VMOVAPS Z29, Z18;                                                             \
	VMOVAPS Z30, Z17;                                                             \
	VFMADD231PS (R9)(R8*1), Z31, Z18;                                             \
	VFMADD231PS 64(R9)(R8*1), Z31, Z17;                                           \
	BYTE $0x62; BYTE $0xA2; BYTE $0x77; BYTE $0x40; BYTE $0x72; BYTE $0xC2;       \
	VMOVDQA64 Z16, z;                                                             \
	VMOVDQU64 Z16, 64*i(DI)

// ROWS is ROW and writes what rounding leaves, rounded, to the row of a tile 2 KiB further on.
#define ROWS(i, z) \
	ROW(i, z);                                                                    \
	VPMOVZXWD Y16, Z19;                                                           \
	VEXTRACTI64X4 $1, Z16, Y20;                                                   \
	VPMOVZXWD Y20, Z20;                                                           \
	VPSLLD $16, Z19, Z19;                                                         \
	VPSLLD $16, Z20, Z20;                                                         \
	VSUBPS Z19, Z18, Z18;                                                         \
	VSUBPS Z20, Z17, Z17;                                                         \
	BYTE $0x62; BYTE $0xA2; BYTE $0x77; BYTE $0x40; BYTE $0x72; BYTE $0xC2;       \
	VMOVDQU64 Z16, 2048+64*i(DI)

#define SINGLES(a, b, low, high) \
	VUNPCKLPS b, a, low; \
	VUNPCKHPS b, a, high

#define DOUBLES(a, b, low, high) \
	VUNPCKLPD b, a, low; \
	VUNPCKHPD b, a, high

#define LANES(a, b, even, odd) \
	VSHUFF32X4 $0x88, b, a, even; \
	VSHUFF32X4 $0xdd, b, a, odd

// TURN writes Z0 to Z15 to a tile with rows and columns exchanged, pairs of values as one.
#define TURN(to) \
	SINGLES(Z0, Z1, Z16, Z17); \
	SINGLES(Z2, Z3, Z18, Z19); \
	SINGLES(Z4, Z5, Z20, Z21); \
	SINGLES(Z6, Z7, Z22, Z23); \
	SINGLES(Z8, Z9, Z24, Z25); \
	SINGLES(Z10, Z11, Z26, Z27); \
	SINGLES(Z12, Z13, Z28, Z29); \
	SINGLES(Z14, Z15, Z30, Z31); \
	DOUBLES(Z16, Z18, Z0, Z1); \
	DOUBLES(Z17, Z19, Z2, Z3); \
	DOUBLES(Z20, Z22, Z4, Z5); \
	DOUBLES(Z21, Z23, Z6, Z7); \
	DOUBLES(Z24, Z26, Z8, Z9); \
	DOUBLES(Z25, Z27, Z10, Z11); \
	DOUBLES(Z28, Z30, Z12, Z13); \
	DOUBLES(Z29, Z31, Z14, Z15); \
	LANES(Z0, Z4, Z16, Z20); \
	LANES(Z8, Z12, Z24, Z28); \
	LANES(Z1, Z5, Z17, Z21); \
	LANES(Z9, Z13, Z25, Z29); \
	LANES(Z2, Z6, Z18, Z22); \
	LANES(Z10, Z14, Z26, Z30); \
	LANES(Z3, Z7, Z19, Z23); \
	LANES(Z11, Z15, Z27, Z31); \
	LANES(Z16, Z24, Z0, Z8); \
	LANES(Z17, Z25, Z1, Z9); \
	LANES(Z18, Z26, Z2, Z10); \
	LANES(Z19, Z27, Z3, Z11); \
	LANES(Z20, Z28, Z4, Z12); \
	LANES(Z21, Z29, Z5, Z13); \
	LANES(Z22, Z30, Z6, Z14); \
	LANES(Z23, Z31, Z7, Z15); \
	VMOVDQU64 Z0, 0(to); \
	VMOVDQU64 Z1, 64(to); \
	VMOVDQU64 Z2, 128(to); \
	VMOVDQU64 Z3, 192(to); \
	VMOVDQU64 Z4, 256(to); \
	VMOVDQU64 Z5, 320(to); \
	VMOVDQU64 Z6, 384(to); \
	VMOVDQU64 Z7, 448(to); \
	VMOVDQU64 Z8, 512(to); \
	VMOVDQU64 Z9, 576(to); \
	VMOVDQU64 Z10, 640(to); \
	VMOVDQU64 Z11, 704(to); \
	VMOVDQU64 Z12, 768(to); \
	VMOVDQU64 Z13, 832(to); \
	VMOVDQU64 Z14, 896(to); \
	VMOVDQU64 Z15, 960(to)

// func panelRowsAMX(a, b *uint16, rows, next **float32, shift *float32, scale float32, blocks int)
//
// a gets tiles, 2 KiB apart, of 32 bfloat16 values of 16 rows each, values times scale plus shift; b gets the same
// tiles transposed, pairs of values as one. blocks counts tiles; next are the rows that follow.
TEXT ·panelRowsAMX(SB), NOSPLIT, $0-56
	MOVQ a+0(FP), DI
	MOVQ b+8(FP), R10
	MOVQ rows+16(FP), SI
	MOVQ next+24(FP), DX
	MOVQ shift+32(FP), BX
	MOVQ blocks+48(FP), CX
	XORQ R8, R8

tile:
	VBROADCASTSS scale+40(FP), Z31
	VMOVUPS (BX)(R8*1), Z29
	VMOVUPS 64(BX)(R8*1), Z30
	ROW(0, Z0)
	ROW(1, Z1)
	ROW(2, Z2)
	ROW(3, Z3)
	ROW(4, Z4)
	ROW(5, Z5)
	ROW(6, Z6)
	ROW(7, Z7)
	ROW(8, Z8)
	ROW(9, Z9)
	ROW(10, Z10)
	ROW(11, Z11)
	ROW(12, Z12)
	ROW(13, Z13)
	ROW(14, Z14)
	ROW(15, Z15)

	TURN(R10)
	ADDQ $128, R8
	ADDQ $2048, DI
	ADDQ $2048, R10
	DECQ CX
	JNZ  tile
	VZEROUPPER
	RET

// func panelPartsAMX(a, b *uint16, rows, next **float32, shift *float32, scale float32, blocks int)
//
// a and b get the tiles of panelRowsAMX, 4 KiB apart, each followed by that of what rounding left of the values.
TEXT ·panelPartsAMX(SB), NOSPLIT, $0-56
	MOVQ a+0(FP), DI
	MOVQ b+8(FP), R10
	MOVQ rows+16(FP), SI
	MOVQ next+24(FP), DX
	MOVQ shift+32(FP), BX
	MOVQ blocks+48(FP), CX
	XORQ R8, R8

tile:
	VBROADCASTSS scale+40(FP), Z31
	VMOVUPS (BX)(R8*1), Z29
	VMOVUPS 64(BX)(R8*1), Z30
	ROWS(0, Z0)
	ROWS(1, Z1)
	ROWS(2, Z2)
	ROWS(3, Z3)
	ROWS(4, Z4)
	ROWS(5, Z5)
	ROWS(6, Z6)
	ROWS(7, Z7)
	ROWS(8, Z8)
	ROWS(9, Z9)
	ROWS(10, Z10)
	ROWS(11, Z11)
	ROWS(12, Z12)
	ROWS(13, Z13)
	ROWS(14, Z14)
	ROWS(15, Z15)
	TURN(R10)
	ADDQ $2048, R10
	VMOVDQU64 2048(DI), Z0
	VMOVDQU64 2112(DI), Z1
	VMOVDQU64 2176(DI), Z2
	VMOVDQU64 2240(DI), Z3
	VMOVDQU64 2304(DI), Z4
	VMOVDQU64 2368(DI), Z5
	VMOVDQU64 2432(DI), Z6
	VMOVDQU64 2496(DI), Z7
	VMOVDQU64 2560(DI), Z8
	VMOVDQU64 2624(DI), Z9
	VMOVDQU64 2688(DI), Z10
	VMOVDQU64 2752(DI), Z11
	VMOVDQU64 2816(DI), Z12
	VMOVDQU64 2880(DI), Z13
	VMOVDQU64 2944(DI), Z14
	VMOVDQU64 3008(DI), Z15
	TURN(R10)
	ADDQ $128, R8
	ADDQ $4096, DI
	ADDQ $2048, R10
	DECQ CX
	JNZ  tile
	VZEROUPPER
	RET

// func roundAMX(dst *uint16, src *float32, blocks int)
//
// Values, 32 a block, are rounded to bfloat16.
TEXT ·roundAMX(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ blocks+16(FP), CX

block:
	VMOVUPS (SI), Z18
	VMOVUPS 64(SI), Z17
	BYTE $0x62; BYTE $0xA2; BYTE $0x77; BYTE $0x40; BYTE $0x72; BYTE $0xC2 // vcvtne2ps2bf16 zmm16, zmm17, zmm18
	VMOVDQU64 Z16, (DI)
	ADDQ $128, SI
	ADDQ $64, DI
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET

// COPY copies 32 bfloat16 values of row i to a row of a tile.
#define COPY(i, z) \
	MOVQ 8*i(SI), R9;         \
	VMOVDQU64 (R9)(R8*1), z;  \
	VMOVDQU64 z, 64*i(DI)

// func panelCopyAMX(a, b *uint16, rows **uint16, blocks int)
//
// a and b get the tiles of panelRowsAMX of rows that are bfloat16 already.
TEXT ·panelCopyAMX(SB), NOSPLIT, $0-32
	MOVQ a+0(FP), DI
	MOVQ b+8(FP), R10
	MOVQ rows+16(FP), SI
	MOVQ blocks+24(FP), CX
	XORQ R8, R8

tile:
	COPY(0, Z0)
	COPY(1, Z1)
	COPY(2, Z2)
	COPY(3, Z3)
	COPY(4, Z4)
	COPY(5, Z5)
	COPY(6, Z6)
	COPY(7, Z7)
	COPY(8, Z8)
	COPY(9, Z9)
	COPY(10, Z10)
	COPY(11, Z11)
	COPY(12, Z12)
	COPY(13, Z13)
	COPY(14, Z14)
	COPY(15, Z15)
	TURN(R10)
	ADDQ $64, R8
	ADDQ $2048, DI
	ADDQ $2048, R10
	DECQ CX
	JNZ  tile
	VZEROUPPER
	RET

// PAIR interleaves rows 2*i and 2*i+1 of a tile of bfloat16 values to rows of two tiles, from row to on.
#define PAIR(i, at, to) \
	VMOVDQU64 128*i+at(SI), Z0;    \
	VMOVDQU64 128*i+at+64(SI), Z1; \
	VMOVDQA64 Z0, Z2;              \
	VPERMT2W Z1, Z30, Z0;          \
	VPERMT2W Z1, Z31, Z2;          \
	VMOVDQU64 Z0, 64*i+to(R10);    \
	VMOVDQU64 Z2, 64*i+to+1024(R10)

#define LOAD(i, z, at) VMOVDQU64 64*i+at(R10), z

#define LOADS(at) \
	LOAD(0, Z0, at);   \
	LOAD(1, Z1, at);   \
	LOAD(2, Z2, at);   \
	LOAD(3, Z3, at);   \
	LOAD(4, Z4, at);   \
	LOAD(5, Z5, at);   \
	LOAD(6, Z6, at);   \
	LOAD(7, Z7, at);   \
	LOAD(8, Z8, at);   \
	LOAD(9, Z9, at);   \
	LOAD(10, Z10, at); \
	LOAD(11, Z11, at); \
	LOAD(12, Z12, at); \
	LOAD(13, Z13, at); \
	LOAD(14, Z14, at); \
	LOAD(15, Z15, at)

// func panelColumnsAMX(a, b, src *uint16, count, from, to int, order *[64]uint16)
//
// The first values of a panel of left operands, from bytes between one 32 of them and the next, become steps of left
// and right operands, to bytes apart, of which they are the rows; count counts 32 of them.
TEXT ·panelColumnsAMX(SB), NOSPLIT, $0-56
	MOVQ a+0(FP), DI
	MOVQ b+8(FP), R10
	MOVQ src+16(FP), SI
	MOVQ count+24(FP), CX
	MOVQ from+32(FP), R8
	MOVQ to+40(FP), R9
	MOVQ order+48(FP), BX

tile:
	VMOVDQU64 (BX), Z30
	VMOVDQU64 64(BX), Z31
	PAIR(0, 0, 0)
	PAIR(1, 0, 0)
	PAIR(2, 0, 0)
	PAIR(3, 0, 0)
	PAIR(4, 0, 0)
	PAIR(5, 0, 0)
	PAIR(6, 0, 0)
	PAIR(7, 0, 0)
	PAIR(0, 1024, 512)
	PAIR(1, 1024, 512)
	PAIR(2, 1024, 512)
	PAIR(3, 1024, 512)
	PAIR(4, 1024, 512)
	PAIR(5, 1024, 512)
	PAIR(6, 1024, 512)
	PAIR(7, 1024, 512)
	LOADS(0)
	TURN(DI)
	ADDQ $1024, DI
	LOADS(1024)
	TURN(DI)
	LEAQ -1024(DI)(R9*1), DI
	ADDQ R9, R10
	ADDQ R8, SI
	DECQ CX
	JNZ  tile
	VZEROUPPER
	RET
