//go:build generate

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func moments() {
	momentsOf("momentsAVX2", 4)
	momentsOf("momentsAVX512", 8)
	addMoments()
}

// momentsOf writes, over 16 finite values at a time, what sum and dot do, lane by lane, for x and its squares, and the
// smallest and the largest value; lanes are the float64 of a vector.
func momentsOf(name string, lanes int) {
	function(name, "func(x *float32, blocks int, sums *[2]float64, bounds *[2]float32)")
	x := Load(Param("x"), RSI)
	blocks := Load(Param("blocks"), RCX)
	regs, parts := ymm, 16/lanes
	if lanes == 8 {
		regs = zmm
	}
	total, square, wide, low, high := regs[0:], regs[4:], regs[8], regs[10], regs[12]
	for q := 0; q < parts; q++ {
		VXORPD(ymm[q], ymm[q], ymm[q])
		VXORPD(ymm[4+q], ymm[4+q], ymm[4+q])
	}
	halves := parts / 2 // float32 vectors of a block
	for i := 0; i < halves; i++ {
		VMOVUPS(Mem{Base: x, Disp: 32 * i}, regs[10+i])
		VMOVUPS(Mem{Base: x, Disp: 32 * i}, regs[12+i])
	}
	loop("block", blocks, 1, func() {
		for q := 0; q < parts; q++ {
			VCVTPS2PD(Mem{Base: x, Disp: 4 * lanes * q}, wide)
			VADDPD(wide, total[q], total[q])
			VFMADD231PD(wide, wide, square[q])
		}
		for i := 0; i < halves; i++ {
			VMOVUPS(Mem{Base: x, Disp: 32 * i}, regs[14+i])
			VMINPS(regs[14+i], regs[10+i], regs[10+i])
			VMAXPS(regs[14+i], regs[12+i], regs[12+i])
		}
		ADDQ(U8(64), x)
	})
	sums := Load(Param("sums"), RDI)
	for i, r := range []int{0, 4} {
		if lanes == 8 { // a vector is the two that AVX2 has
			for q := 1; q >= 0; q-- {
				VEXTRACTF64X4(U8(1), zmm[r+q], Y9)
				VADDPD(Y9, ymm[r+q], ymm[r+2*q])
			}
		} else {
			VADDPD(ymm[r+1], ymm[r], ymm[r])
			VADDPD(ymm[r+3], ymm[r+2], ymm[r+2])
		}
		VADDPD(ymm[r+2], ymm[r], ymm[r])
		fold(ymm[r], []VecPhysical{X0, 4: X4}[r], X9)
		VMOVSD([]VecPhysical{X0, 4: X4}[r], Mem{Base: sums, Disp: 8 * i})
	}
	bounds := Load(Param("bounds"), RDI)
	extreme(low, []VecPhysical{X10, X11}, Y11, lanes, VMINPS, Mem{Base: bounds})
	extreme(high, []VecPhysical{X12, X13}, Y13, lanes, VMAXPS, Mem{Base: bounds, Disp: 4})
	VZEROUPPER()
	RET()
}

// extreme stores the least or greatest value of a vector of 16, or of two of 8, the second next.
func extreme(r VecPhysical, x []VecPhysical, next VecPhysical, lanes int, op func(...Op), to Mem) {
	whole := map[VecPhysical]VecPhysical{X10: Y10, X12: Y12}[x[0]]
	if lanes == 8 {
		VEXTRACTF64X4(U8(1), r, next)
	}
	op(next, whole, whole)
	VEXTRACTF128(U8(1), whole, x[1])
	op(x[1], x[0], x[0])
	VPERMILPS(U8(0x4e), x[0], x[1])
	op(x[1], x[0], x[0])
	VPERMILPS(U8(0xb1), x[0], x[1])
	op(x[1], x[0], x[0])
	VMOVSS(x[0], to)
}

// addMoments writes sums and extremes of columns: of a row of blocks times four finite values.
func addMoments() {
	function("addMomentsAVX2", "func(total, square *float64, low, high, row *float32, blocks int)")
	total := Load(Param("total"), RDI)
	square := Load(Param("square"), RSI)
	low := Load(Param("low"), RDX)
	high := Load(Param("high"), RAX)
	row := Load(Param("row"), RBX)
	blocks := Load(Param("blocks"), RCX)
	loop("block", blocks, 1, func() {
		VMOVUPS(Mem{Base: row}, X0)
		VCVTPS2PD(X0, Y1)
		VADDPD(Mem{Base: total}, Y1, Y2)
		VMULPD(Y1, Y1, Y1)
		VADDPD(Mem{Base: square}, Y1, Y1)
		VMOVUPD(Y2, Mem{Base: total})
		VMOVUPD(Y1, Mem{Base: square})
		VMINPS(Mem{Base: low}, X0, X2)
		VMAXPS(Mem{Base: high}, X0, X3)
		VMOVUPS(X2, Mem{Base: low})
		VMOVUPS(X3, Mem{Base: high})
		for _, p := range []Register{low, high, row} {
			ADDQ(U8(16), p)
		}
		ADDQ(U8(32), total)
		ADDQ(U8(32), square)
	})
	VZEROUPPER()
	RET()
}
