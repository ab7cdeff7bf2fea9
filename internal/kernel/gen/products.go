//go:build generate

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// precision names one element type and its instructions.
type precision struct {
	name  string // of the Go type
	size  int    // in bytes
	bcast func(...Op)
	fma   func(...Op)
	add   func(...Op)
	load  func(...Op)
}

var (
	single = precision{"float32", 4, VBROADCASTSS, VFMADD231PS, VADDPS, VMOVUPS}
	double = precision{"float64", 8, VBROADCASTSD, VFMADD231PD, VADDPD, VMOVUPD}
)

var (
	ymm = []VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15}
	zmm = []VecPhysical{Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
		Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31}
)

func products() {
	product("product32avx2", single, 6, 32, ymm, func(r Op) { VXORPS(r, r, r) }, false)
	product("product64avx2", double, 6, 32, ymm, func(r Op) { VXORPD(r, r, r) }, false)
	product("product32avx512", single, 14, 64, zmm, func(r Op) { VPXORD(r, r, r) }, false)
	product("product64avx512", double, 14, 64, zmm, func(r Op) { VPXORQ(r, r, r) }, false)
	product("finished32avx2", single, 6, 32, ymm, func(r Op) { VXORPS(r, r, r) }, true)
	product("finished32avx512", single, 14, 64, zmm, func(r Op) { VPXORD(r, r, r) }, true)
	mixed("mixedAVX2", 6, 32, ymm, func(r Op) { VXORPS(r, r, r) })
	mixed("mixedAVX512", 14, 64, zmm, func(r Op) { VPXORD(r, r, r) })
}

// product writes a micro-kernel: rows x two vectors of c, over k steps of packed panels a and b. If finished, it ends
// as finishRow: a bias per row, extra, laid out as c, unless that is nil, and two bounds.
func product(name string, p precision, rows, width int, regs []VecPhysical, zero func(Op), finished bool) {
	end := ""
	if finished {
		end = ", bias, extra, bounds *float32"
	}
	function(name, fmt.Sprintf("func(k int, a, b, c *%s, ldc int, add uint64%s)", p.name, end))
	c, ldc := multiply(p, rows, width, regs, map[int]uint64{4: 2, 8: 3}[p.size], zero)
	add := Load(Param("add"), RDX)
	TESTQ(add, add)
	JZ(LabelRef("store"))
	row := R8
	MOVQ(c, row)
	for i := 0; i < rows; i++ {
		for j := 0; j < 2; j++ {
			r := regs[2*i+j]
			p.add(Mem{Base: row, Disp: j * width}, r, r)
		}
		if i < rows-1 {
			ADDQ(ldc, row)
		}
	}
	Label("store")
	if finished {
		finish(p, rows, width, regs, ldc)
	}
	for i := 0; i < rows; i++ {
		for j := 0; j < 2; j++ {
			p.load(regs[2*i+j], Mem{Base: c, Disp: j * width})
		}
		if i < rows-1 {
			ADDQ(ldc, c)
		}
	}
	VZEROUPPER()
	RET()
}

// finish writes the epilogue of a micro-kernel's sums.
func finish(p precision, rows, width int, regs []VecPhysical, ldc Register) {
	bias := Load(Param("bias"), RDX)
	extra := Load(Param("extra"), R8)
	bounds := Load(Param("bounds"), RAX)
	lo, hi, shift := regs[2*rows], regs[2*rows+1], regs[2*rows+2]
	for i := 0; i < rows; i++ {
		p.bcast(Mem{Base: bias, Disp: i * p.size}, shift)
		p.add(regs[2*i], shift, regs[2*i])
		p.add(regs[2*i+1], shift, regs[2*i+1])
	}
	TESTQ(extra, extra)
	JZ(LabelRef("bounds"))
	for i := 0; i < rows; i++ {
		for j := 0; j < 2; j++ {
			p.add(Mem{Base: extra, Disp: j * width}, regs[2*i+j], regs[2*i+j])
		}
		ADDQ(ldc, extra)
	}
	Label("bounds")
	p.bcast(Mem{Base: bounds}, lo)
	p.bcast(Mem{Base: bounds, Disp: p.size}, hi)
	for _, r := range regs[:2*rows] {
		VMAXPS(r, lo, r)
		VMINPS(r, hi, r)
	}
}

// mixed writes a micro-kernel that adds its float32 sums to a tile of float64.
func mixed(name string, rows, width int, regs []VecPhysical, zero func(Op)) {
	function(name, "func(k int, a, b *float32, c *float64, ldc int)")
	c, ldc := multiply(single, rows, width, regs, 3, zero)
	for i := 0; i < rows; i++ {
		for j := 0; j < 2; j++ {
			r := 2*i + j
			for half := 0; half < 2; half++ {
				at := Mem{Base: c, Disp: (2*j + half) * width}
				wide := regs[2*rows+2*j+half]
				if width == 32 {
					lower, low := []VecPhysical{X0, X1, X2, X3, X4, X5, X6, X7, X8, X9, X10, X11}[r], X15
					if half == 1 {
						VEXTRACTF128(U8(1), regs[r], low)
						lower = low
					}
					VCVTPS2PD(lower, wide)
				} else {
					lower := wideLower[r]
					if half == 1 {
						VEXTRACTF64X4(U8(1), regs[r], Y31)
						lower = Y31
					}
					VCVTPS2PD(lower, wide)
				}
				VADDPD(at, wide, wide)
				VMOVUPD(wide, at)
			}
		}
		if i < rows-1 {
			ADDQ(ldc, c)
		}
	}
	VZEROUPPER()
	RET()
}

var wideLower = []VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15,
	Y16, Y17, Y18, Y19, Y20, Y21, Y22, Y23, Y24, Y25, Y26, Y27}

// multiply writes the sums of a micro-kernel into regs, row by row, and gives the registers that
// hold c and its stride in bytes.
func multiply(p precision, rows, width int, regs []VecPhysical, shift uint64, zero func(Op)) (c, ldc Register) {
	k := Load(Param("k"), RCX)
	a := Load(Param("a"), RAX)
	b := Load(Param("b"), RBX)
	c = Load(Param("c"), RDI)
	ldc = Load(Param("ldc"), RSI)
	SHLQ(U8(shift), ldc)

	sum := func(i, j int) VecPhysical { return regs[2*i+j] }
	right, left := regs[2*rows:2*rows+2], regs[2*rows+2:2*rows+4]
	for i := 0; i < rows; i++ {
		zero(sum(i, 0))
		zero(sum(i, 1))
	}
	row := R8
	MOVQ(c, row)
	for i := 0; i < rows; i++ {
		PREFETCHT0(Mem{Base: row})
		PREFETCHT0(Mem{Base: row, Disp: 2*width - 1})
		if i < rows-1 {
			ADDQ(ldc, row)
		}
	}
	step := func(u int) {
		for j, r := range right {
			p.load(Mem{Base: b, Disp: (2*u + j) * width}, r)
		}
		for i := 0; i < rows; i++ {
			l := left[i%2]
			p.bcast(Mem{Base: a, Disp: (u*rows + i) * p.size}, l)
			p.fma(right[0], l, sum(i, 0))
			p.fma(right[1], l, sum(i, 1))
		}
	}
	steps := func(n int) func() {
		return func() {
			for u := 0; u < n; u++ {
				step(u)
			}
			ADDQ(U32(uint64(n*rows*p.size)), a)
			ADDQ(U32(uint64(n*2*width)), b)
		}
	}
	loop("four", k, 4, steps(4))
	loop("one", k, 1, steps(1))
	return c, ldc
}
