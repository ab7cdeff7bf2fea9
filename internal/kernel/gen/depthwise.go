//go:build generate

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func planes() {
	three("three1AVX2", narrow, 1)
	three("three2AVX2", narrow, 2)
	three("three1AVX512", wide, 1)
	three("three2AVX512", wide, 2)
}

// vectors of one length: how a block of them is masked, and where weights are.
type length struct {
	mask             string // Go's type of an element of the masks
	bytes, maskBytes int
	regs             []VecPhysical
	masks            []Register
	setMask          func(m Mem, mask Register)
	load             func(m Mem, mask Register, r VecPhysical)
	store            func(r VecPhysical, mask Register, m Mem)
	weights          int // the first of nine registers that keep the weights, 0 for none
}

var (
	narrow = length{"int32", 32, 32, ymm, []Register{Y8, Y9, Y10, Y11, Y12},
		func(m Mem, mask Register) { VMOVUPS(m, mask) },
		func(m Mem, mask Register, r VecPhysical) { VMASKMOVPS(m, mask, r) },
		func(r VecPhysical, mask Register, m Mem) { VMASKMOVPS(r, mask, m) }, 0}
	wide = length{"uint16", 64, 2, zmm, []Register{K1, K2, K3, K4, K5},
		func(m Mem, mask Register) { KMOVW(m, mask) },
		func(m Mem, mask Register, r VecPhysical) { VMOVUPS_Z(m, mask, r) },
		func(r VecPhysical, mask Register, m Mem) { VMOVUPS(r, mask, m) }, 16}
)

// three writes a plane of a 3 x 3 convolution of one channel, straight from the input, block by block of outputs.
// Masks tell what of each block's vectors lies inside a row, and what is stored; rows above row first and below row
// last are read from zero, which begins where a row's first vector does. w has nine weights, the bias and two bounds.
func three(name string, v length, stride int) {
	function(name, "func(dst, src, zero, w *float32, masks *"+v.mask+", pitch, start, advance, skip, rows, blocks, first, last int)")
	dst := Load(Param("dst"), RDI)
	src := Load(Param("src"), RSI)
	zero := Load(Param("zero"), R9)
	w := Load(Param("w"), RBX)
	pitch := Load(Param("pitch"), RDX)
	ADDQ(Load(Param("start"), RAX), src)
	rows := Load(Param("rows"), RCX)
	first := Load(Param("first"), R10)
	last := Load(Param("last"), R11)
	sum, bias, lo, hi := v.regs[0], v.regs[13], v.regs[14], v.regs[15]
	for i, r := range []VecPhysical{bias, lo, hi} {
		VBROADCASTSS(Mem{Base: w, Disp: 4 * (9 + i)}, r)
	}
	for i := 0; i < 9 && v.weights > 0; i++ {
		VBROADCASTSS(Mem{Base: w, Disp: 4 * i}, v.regs[v.weights+i])
	}
	if stride == 2 && v.bytes == 64 {
		order := GLOBL("order", RODATA|NOPTR)
		for i, q := range []uint64{0, 2, 4, 6, 1, 3, 5, 7} {
			DATA(8*i, U64(q))
		}
		VMOVUPS(order, Z12)
	}
	lines := []Register{R12, R13, R14}
	vectors := 2 + stride // of a row, each with its mask; one more is the outputs'
	XORQ(R15, R15)
	loop("row", rows, 1, func() {
		masks := Load(Param("masks"), R8)
		blocks := Load(Param("blocks"), RAX)
		MOVQ(src, R13)
		MOVQ(src, R12)
		SUBQ(pitch, R12)
		LEAQ(Mem{Base: src, Index: pitch, Scale: 1}, R14)
		CMPQ(R15, first)
		CMOVQLT(zero, R12)
		CMPQ(R15, last)
		CMOVQGE(zero, R14)
		loop("block", blocks, 1, func() {
			for i := 0; i <= vectors; i++ {
				v.setMask(Mem{Base: masks, Disp: i * v.maskBytes}, v.masks[i])
			}
			VXORPS(ymm[0], ymm[0], ymm[0])
			for ky, line := range lines {
				for kx, r := range v.row(line, stride) {
					weight := v.regs[7]
					if v.weights > 0 {
						weight = v.regs[v.weights+3*ky+kx]
					} else {
						VBROADCASTSS(Mem{Base: w, Disp: 4 * (3*ky + kx)}, weight)
					}
					VFMADD231PS(weight, r, sum)
				}
				ADDQ(U32(uint64(stride*v.bytes)), line)
			}
			if stride == 2 && v.bytes == 64 {
				VPERMPD(Z0, Z12, Z0)
			} else if stride == 2 {
				VPERMPD(U8(0xd8), Y0, Y0)
			}
			VADDPS(sum, bias, sum)
			VMAXPS(sum, lo, sum)
			VMINPS(sum, hi, sum)
			v.store(sum, v.masks[vectors], Mem{Base: dst})
			ADDQ(U32(uint64((vectors+1)*v.maskBytes)), masks)
			ADDQ(U32(uint64(v.bytes)), dst)
		})
		ADDQ(Load(Param("skip"), RAX), dst)
		ADDQ(Load(Param("advance"), RAX), src)
		INCQ(R15)
	})
	VZEROUPPER()
	RET()
}

// row loads what the three taps of a row see. With a stride of two that is every second value of two vectors, of
// each lane's two values from both in turn; the sums are put in order at the end.
func (v *length) row(line Register, stride int) []VecPhysical {
	r := v.regs
	if stride == 1 {
		for kx := 0; kx < 3; kx++ {
			v.load(Mem{Base: line, Disp: 4 * kx}, v.masks[kx], r[1+kx])
		}
		return r[1:4]
	}
	for i, at := range []int{0, v.bytes, 8, v.bytes + 8} {
		v.load(Mem{Base: line, Disp: at}, v.masks[i], r[1+i])
	}
	VSHUFPS(U8(0x88), r[2], r[1], r[5])
	VSHUFPS(U8(0xdd), r[2], r[1], r[6])
	VSHUFPS(U8(0x88), r[4], r[3], r[1])
	return []VecPhysical{r[5], r[6], r[1]}
}
