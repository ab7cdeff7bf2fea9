//go:build generate

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func pool() {
	binary("largerAVX2", func(o ...Op) { larger(o[0], o[1], o[2], Y2, Y3) })
	poolPairs()
}

// larger sets r to the larger of a and b, NaN if one is NaN, and 0 of zeros with different signs. VMAXPS gives its
// second source for those: both orders and what they have in common settle zeros, all bits set is NaN.
func larger(b, a, r, tmp, nan Op) {
	VCMPPS(U8(3), b, a, nan)
	VMAXPS(a, b, tmp)
	VMAXPS(b, a, r)
	VANDPS(tmp, r, r)
	VORPS(nan, r, r)
}

// poolPairs writes, for each of rows rows of n values, the largest of two by two values of src, whose rows are pitch apart.
func poolPairs() {
	iota := GLOBL("iota", RODATA|NOPTR)
	for i := 0; i < 16; i++ {
		DATA(4*i, U32(uint32(i)))
	}
	function("poolPairs", "func(dst, src *float32, pitch, n, rows int)")
	dst := Load(Param("dst"), RDI)
	src := Load(Param("src"), RSI)
	pitch := Load(Param("pitch"), RDX)
	n := Load(Param("n"), RBX)
	rows := Load(Param("rows"), RCX)
	SHLQ(U8(2), pitch)
	// Masks of the pairs after the last eight, and of their results.
	MOVQ(n, R8)
	ANDQ(U8(7), R8)
	VMOVD(R8.As32(), X12)
	VPBROADCASTD(X12, Y12)
	VPADDD(Y12, Y12, Y11)
	LEAQ(iota, RAX)
	VPCMPGTD(Mem{Base: RAX, Disp: 32}, Y11, Y14)
	VPCMPGTD(Mem{Base: RAX}, Y11, Y13)
	VPCMPGTD(Mem{Base: RAX}, Y12, Y12)
	eight := func(load func(m Mem, mask, r VecPhysical)) {
		load(Mem{Base: R9}, Y13, Y0)
		load(Mem{Base: R9, Disp: 32}, Y14, Y1)
		load(Mem{Base: R9, Index: pitch, Scale: 1}, Y13, Y2)
		load(Mem{Base: R9, Index: pitch, Scale: 1, Disp: 32}, Y14, Y3)
		larger(Y2, Y0, Y0, Y4, Y5)
		larger(Y3, Y1, Y1, Y4, Y5)
		VSHUFPS(U8(0x88), Y1, Y0, Y2)
		VSHUFPS(U8(0xdd), Y1, Y0, Y3)
		larger(Y3, Y2, Y0, Y4, Y5)
		VPERMPD(U8(0xd8), Y0, Y0)
	}
	loop("row", rows, 1, func() {
		MOVQ(src, R9)
		MOVQ(n, R10)
		loop("eight", R10, 8, func() {
			eight(func(m Mem, _, r VecPhysical) { VMOVUPS(m, r) })
			VMOVUPS(Y0, Mem{Base: dst})
			ADDQ(U8(64), R9)
			ADDQ(U8(32), dst)
		})
		TESTQ(R8, R8)
		JZ(LabelRef("whole"))
		eight(func(m Mem, mask, r VecPhysical) { VMASKMOVPS(m, mask, r) })
		VMASKMOVPS(Y0, Y12, Mem{Base: dst})
		LEAQ(Mem{Base: dst, Index: R8, Scale: 4}, dst)
		Label("whole")
		LEAQ(Mem{Base: src, Index: pitch, Scale: 2}, src)
	})
	VZEROUPPER()
	RET()
}
