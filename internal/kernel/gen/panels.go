//go:build generate

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// panels writes what works on panels of 32 rows, value after value.
func panels() {
	panelTile("panelTileAVX2", 4, 32, ymm, func(r Op) { VXORPS(r, r, r) })
	panelTile("panelTileAVX512", 8, 64, zmm, func(r Op) { VPXORD(r, r, r) })
	panelRows()
	panelSums()
	panelDots()
	panelPowers()
}

// panelTile writes a micro-kernel: rows x two vectors of c, the values of a where its strides say, those of b in a panel.
func panelTile(name string, rows, width int, regs []VecPhysical, zero func(Op)) {
	function(name, "func(k int, a *float32, row, step int, b, c *float32, ldc int, add uint64)")
	k := Load(Param("k"), RCX)
	a := Load(Param("a"), RAX)
	row := Load(Param("row"), R8)
	step := Load(Param("step"), R9)
	b := Load(Param("b"), RBX)
	c := Load(Param("c"), RDI)
	ldc := Load(Param("ldc"), RSI)
	for _, r := range []Register{row, step, ldc} {
		SHLQ(U8(2), r)
	}
	bases := []Register{a, R11}[:rows/4]
	LEAQ(Mem{Base: row, Index: row, Scale: 2}, R10)
	if rows > 4 {
		LEAQ(Mem{Base: a, Index: row, Scale: 4}, R11)
	}
	for _, r := range regs[:2*rows] {
		zero(r)
	}
	value := func(i int) Mem {
		m := Mem{Base: bases[i/4]}
		switch i % 4 {
		case 1:
			m.Index, m.Scale = row, 1
		case 2:
			m.Index, m.Scale = row, 2
		case 3:
			m.Index, m.Scale = R10, 1
		}
		return m
	}
	right, left := regs[2*rows:2*rows+2], regs[2*rows+2:2*rows+6]
	steps := func(n int) func() {
		return func() {
			for u := 0; u < n; u++ {
				for j, r := range right {
					VMOVUPS(Mem{Base: b, Disp: 128*u + width*j}, r)
				}
				for i := 0; i < rows; i++ {
					VBROADCASTSS(value(i), left[i%4])
					for j, r := range right {
						VFMADD231PS(r, left[i%4], regs[2*i+j])
					}
				}
				for _, r := range bases {
					ADDQ(step, r)
				}
			}
			ADDQ(U32(uint64(128*n)), b)
		}
	}
	loop("four", k, 4, steps(4))
	loop("one", k, 1, steps(1))
	add := Load(Param("add"), RDX)
	TESTQ(add, add)
	JZ(LabelRef("store"))
	MOVQ(c, R8)
	for i := 0; i < rows; i++ {
		for j := 0; j < 2; j++ {
			VADDPS(Mem{Base: R8, Disp: width * j}, regs[2*i+j], regs[2*i+j])
		}
		ADDQ(ldc, R8)
	}
	Label("store")
	for i := 0; i < rows; i++ {
		for j := 0; j < 2; j++ {
			VMOVUPS(regs[2*i+j], Mem{Base: c, Disp: width * j})
		}
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
}

// panelRows writes the filling of one half of a panel: 16 rows, 16 values of each at a time, multiplied, shifted
// and transposed, while the rows that follow are on their way from memory.
func panelRows() {
	function("panelRowsAVX512", "func(dst *float32, rows, next **float32, shift *float32, scale float32, blocks int)")
	dst := Load(Param("dst"), RDI)
	rows := Load(Param("rows"), RSI)
	next := Load(Param("next"), RDX)
	shift := Load(Param("shift"), RBX)
	blocks := Load(Param("blocks"), RCX)
	scale, err := Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	XORQ(R8, R8)
	loop("block", blocks, 1, func() {
		VBROADCASTSS(scale.Addr, Z31)
		VMOVUPS(Mem{Base: shift, Index: R8, Scale: 1}, Z30)
		for i := 0; i < 16; i++ {
			at := []Register{R9, R10, R11, R12}[i%4]
			MOVQ(Mem{Base: next, Disp: 8 * i}, at)
			PREFETCHT1(Mem{Base: at, Index: R8, Scale: 1})
			MOVQ(Mem{Base: rows, Disp: 8 * i}, at)
			VMOVAPS(Z30, zmm[i])
			VFMADD231PS(Mem{Base: at, Index: R8, Scale: 1}, Z31, zmm[i])
		}
		for i := 0; i < 16; i += 2 {
			VUNPCKLPS(zmm[i+1], zmm[i], zmm[16+i])
			VUNPCKHPS(zmm[i+1], zmm[i], zmm[17+i])
		}
		for i := 0; i < 16; i += 4 {
			for h := 0; h < 2; h++ {
				VUNPCKLPD(zmm[18+i+h], zmm[16+i+h], zmm[i+2*h])
				VUNPCKHPD(zmm[18+i+h], zmm[16+i+h], zmm[i+2*h+1])
			}
		}
		for i := 0; i < 4; i++ {
			for h := 0; h < 2; h++ {
				VSHUFF32X4(U8(0x88), zmm[8*h+4+i], zmm[8*h+i], zmm[16+8*h+i])
				VSHUFF32X4(U8(0xdd), zmm[8*h+4+i], zmm[8*h+i], zmm[20+8*h+i])
			}
		}
		for i := 0; i < 8; i++ { // i: value i of the block and value 8+i
			VSHUFF32X4(U8(0x88), zmm[24+i], zmm[16+i], Z0)
			VSHUFF32X4(U8(0xdd), zmm[24+i], zmm[16+i], Z1)
			VMOVUPS(Z0, Mem{Base: dst, Disp: 128 * i})
			VMOVUPS(Z1, Mem{Base: dst, Disp: 128 * (8 + i)})
		}
		ADDQ(U8(64), R8)
		ADDQ(U32(2048), dst)
	})
	VZEROUPPER()
	RET()
}

// fold16 writes the sums of the 16 lanes of each of 16 vectors, from vector first on, to that one.
func fold16(first int) {
	v := zmm[first : first+16]
	for i := 0; i < 16; i += 2 {
		VUNPCKLPS(v[i+1], v[i], Z30)
		VUNPCKHPS(v[i+1], v[i], Z31)
		VADDPS(Z31, Z30, v[i])
	}
	for i := 0; i < 16; i += 4 {
		VUNPCKLPD(v[i+2], v[i], Z30)
		VUNPCKHPD(v[i+2], v[i], Z31)
		VADDPS(Z31, Z30, v[i])
	}
	for step := 4; step < 16; step *= 2 {
		for i := 0; i < 16; i += 2 * step {
			VSHUFF32X4(U8(0x88), v[i+step], v[i], Z30)
			VSHUFF32X4(U8(0xdd), v[i+step], v[i], Z31)
			VADDPS(Z31, Z30, v[i])
		}
	}
}

// panelSums writes the addition of the sums of the rows and columns of a block of 32 x 32 to two lines of 32.
func panelSums() {
	function("panelSumsAVX512", "func(block, rows, cols *float32)")
	block := Load(Param("block"), RSI)
	rows := Load(Param("rows"), RDI)
	cols := Load(Param("cols"), RBX)
	VMOVUPS(Mem{Base: cols}, Z28)
	VMOVUPS(Mem{Base: cols, Disp: 64}, Z29)
	for half := 0; half < 2; half++ {
		for i := 0; i < 16; i++ {
			VMOVUPS(Mem{Base: block, Disp: 128 * i}, zmm[i])
			VMOVUPS(Mem{Base: block, Disp: 128*i + 64}, Z31)
			VADDPS(zmm[i], Z28, Z28)
			VADDPS(Z31, Z29, Z29)
			VADDPS(Z31, zmm[i], zmm[i])
		}
		fold16(0)
		VADDPS(Mem{Base: rows, Disp: 64 * half}, Z0, Z0)
		VMOVUPS(Z0, Mem{Base: rows, Disp: 64 * half})
		ADDQ(U32(2048), block)
	}
	VMOVUPS(Z28, Mem{Base: cols})
	VMOVUPS(Z29, Mem{Base: cols, Disp: 64})
	VZEROUPPER()
	RET()
}

// panelDots writes the products of five rows of a with five of b, stride bytes apart, 16 values at a time, added to
// 32 sums of which the last 7 mean nothing.
func panelDots() {
	function("panelDotsAVX512", "func(a, b *float32, stride, blocks int, out *float64)")
	a := Load(Param("a"), RAX)
	b := Load(Param("b"), RBX)
	stride := Load(Param("stride"), R8)
	blocks := Load(Param("blocks"), RCX)
	out := Load(Param("out"), RDI)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, R9)
	row := func(base Register, i int) Mem {
		m := Mem{Base: base}
		switch i {
		case 1:
			m.Index, m.Scale = stride, 1
		case 2:
			m.Index, m.Scale = stride, 2
		case 3:
			m.Index, m.Scale = R9, 1
		case 4:
			m.Index, m.Scale = stride, 4
		}
		return m
	}
	for i := 0; i < 25; i++ {
		VPXORD(zmm[i], zmm[i], zmm[i])
	}
	loop("block", blocks, 1, func() {
		for j := 0; j < 5; j++ {
			VMOVUPS(row(b, j), zmm[25+j])
		}
		for i := 0; i < 5; i++ {
			left := []VecPhysical{Z30, Z31}[i%2]
			VMOVUPS(row(a, i), left)
			for j := 0; j < 5; j++ {
				VFMADD231PS(zmm[25+j], left, zmm[5*i+j])
			}
		}
		ADDQ(U8(64), a)
		ADDQ(U8(64), b)
	})
	store := func(at int) {
		VCVTPS2PD(Y0, Z30)
		VEXTRACTF64X4(U8(1), Z0, Y31)
		VCVTPS2PD(Y31, Z31)
		for half, r := range []VecPhysical{Z30, Z31} {
			VADDPD(Mem{Base: out, Disp: at + 64*half}, r, r)
			VMOVUPD(r, Mem{Base: out, Disp: at + 64*half})
		}
	}
	fold16(0)
	store(0)
	for i := 16; i < 25; i++ { // the other nine, below the two vectors that fold16 needs
		VMOVAPS(zmm[i], zmm[i-16])
	}
	for i := 9; i < 16; i++ {
		VPXORD(zmm[i], zmm[i], zmm[i])
	}
	fold16(0)
	store(128)
	VZEROUPPER()
	RET()
}

// panelPowers writes the addition of the squares of a row, 16 values at a time, to cols, and sets sums to those of
// squares and of cubes, in 16 lanes each.
func panelPowers() {
	function("panelPowersAVX512", "func(row, cols *float32, blocks int, sums *float32)")
	row := Load(Param("row"), RSI)
	cols := Load(Param("cols"), RDI)
	blocks := Load(Param("blocks"), RCX)
	sums := Load(Param("sums"), RBX)
	VPXORD(Z0, Z0, Z0)
	VPXORD(Z1, Z1, Z1)
	loop("block", blocks, 1, func() {
		VMOVUPS(Mem{Base: row}, Z2)
		VMULPS(Z2, Z2, Z3)
		VADDPS(Mem{Base: cols}, Z3, Z4)
		VMOVUPS(Z4, Mem{Base: cols})
		VADDPS(Z3, Z0, Z0)
		VFMADD231PS(Z3, Z2, Z1)
		ADDQ(U8(64), row)
		ADDQ(U8(64), cols)
	})
	VMOVUPS(Z0, Mem{Base: sums})
	VMOVUPS(Z1, Mem{Base: sums, Disp: 64})
	VZEROUPPER()
	RET()
}
