//go:build generate

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func sums() {
	sum("sumAVX2", "func(x *float32, blocks int) float64", "", 0, func(q int, _ Register) { VADDPD(ymm[4+q], ymm[q], ymm[q]) })
	sum("dotAVX2", "func(x, y *float32, blocks int) float64", "y", 64, func(q int, y Register) {
		VCVTPS2PD(Mem{Base: y, Disp: 16 * q}, ymm[8+q])
		VFMADD231PD(ymm[8+q], ymm[4+q], ymm[q])
	})
	sum("distanceAVX2", "func(x *float32, mean *float64, blocks int) float64", "mean", 128, func(q int, mean Register) {
		VSUBPD(Mem{Base: mean, Disp: 32 * q}, ymm[4+q], ymm[4+q])
		VFMADD231PD(ymm[4+q], ymm[4+q], ymm[q])
	})
	largest()
	walk("addToAVX2", "func(dst *float64, src *float32, blocks int)", addTo)
	walk("centreAVX2", "func(dst, src *float32, mean *float64, blocks int, scale float64)", centre)
	walk("distanceRatiosAVX2", "func(w, d *float64, blocks int, origin, x, pole float64)", func(blocks Register) { overDistances(blocks, true) })
	walk("overDistancesAVX2", "func(dst, w, d *float64, blocks int, origin, x float64)", func(blocks Register) { overDistances(blocks, false) })
	walk("axpyAVX2", "func(dst, x *float64, blocks int, a float64)", axpy)
	dots()
	symmetric("symmetricAVX2", ymm)
	symmetric("symmetricAVX512", zmm)
	poles("polesAVX2", ymm, func(one, x, r, _ VecPhysical) { VDIVPD(x, one, r) })
	poles("polesAVX512", zmm, func(one, x, r, tmp VecPhysical) {
		VRCP14PD(x, r)
		for i := 0; i < 2; i++ { // two of Newton's steps
			VMOVAPD(one, tmp)
			VFNMADD231PD(x, r, tmp)
			VFMADD231PD(r, tmp, r)
		}
	})
	rotate()
}

// sum writes a sum in 16 float64 lanes, folded at the end: four vectors in pairs, then halves. add adds
// values of x in vector 4+q, with those of the other operand, step bytes a block, to vector q.
func sum(name, signature, other string, step uint64, add func(q int, other Register)) {
	function(name, signature)
	x := Load(Param("x"), RSI)
	var y Register
	if other != "" {
		y = Load(Param(other), RDI)
	}
	blocks := Load(Param("blocks"), RCX)
	for q := 0; q < 4; q++ {
		VXORPD(ymm[q], ymm[q], ymm[q])
	}
	loop("block", blocks, 1, func() {
		for q := 0; q < 4; q++ {
			VCVTPS2PD(Mem{Base: x, Disp: 16 * q}, ymm[4+q])
			add(q, y)
		}
		ADDQ(U8(64), x)
		if other != "" {
			ADDQ(U32(step), y)
		}
	})
	VADDPD(Y1, Y0, Y0)
	VADDPD(Y3, Y2, Y2)
	VADDPD(Y2, Y0, Y0)
	fold(Y0, X0, X1)
	Store(X0, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// fold adds the four values of y into the lowest of x, its lower half.
func fold(y, x, tmp VecPhysical) {
	VEXTRACTF128(U8(1), y, tmp)
	VADDPD(tmp, x, x)
	VUNPCKHPD(x, x, tmp)
	VADDSD(tmp, x, x)
}

// largest writes the largest value in each of 8 lanes, and a mask of the lanes that saw NaN.
func largest() {
	function("maxAVX2", "func(x *float32, blocks int, lanes, nan *float32)")
	x := Load(Param("x"), RSI)
	blocks := Load(Param("blocks"), RCX)
	VMOVUPS(Mem{Base: x}, Y0)
	VXORPS(Y1, Y1, Y1)
	loop("block", blocks, 1, func() {
		VMOVUPS(Mem{Base: x}, Y2)
		VCMPPS(U8(3), Y2, Y2, Y3)
		VORPS(Y3, Y1, Y1)
		VMAXPS(Y2, Y0, Y0)
		ADDQ(U8(32), x)
	})
	VMOVUPS(Y0, Mem{Base: Load(Param("lanes"), RDI)})
	VMOVUPS(Y1, Mem{Base: Load(Param("nan"), RDI)})
	VZEROUPPER()
	RET()
}

// walk writes a walk over blocks of values, four at a time where float32 meets float64.
func walk(name, signature string, body func(blocks Register)) {
	function(name, signature)
	body(Load(Param("blocks"), RCX))
	VZEROUPPER()
	RET()
}

func addTo(blocks Register) {
	dst := Load(Param("dst"), RDI)
	src := Load(Param("src"), RSI)
	loop("block", blocks, 1, func() {
		VCVTPS2PD(Mem{Base: src}, Y0)
		VADDPD(Mem{Base: dst}, Y0, Y0)
		VMOVUPD(Y0, Mem{Base: dst})
		ADDQ(U8(16), src)
		ADDQ(U8(32), dst)
	})
}

// axpy does eight values at a time.
func axpy(blocks Register) {
	dst := Load(Param("dst"), RDI)
	x := Load(Param("x"), RSI)
	wideParameter("a", Y15)
	loop("block", blocks, 1, func() {
		for i := 0; i < 2; i++ {
			VMOVUPD(Mem{Base: dst, Disp: 32 * i}, ymm[i])
			VFMADD231PD(Mem{Base: x, Disp: 32 * i}, Y15, ymm[i])
			VMOVUPD(ymm[i], Mem{Base: dst, Disp: 32 * i})
		}
		ADDQ(U8(64), dst)
		ADDQ(U8(64), x)
	})
}

// wideParameter fills r with a float64 argument.
func wideParameter(name string, r VecPhysical) {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(p.Addr, r)
}

func centre(blocks Register) {
	dst := Load(Param("dst"), RDI)
	src := Load(Param("src"), RSI)
	mean := Load(Param("mean"), RDX)
	wideParameter("scale", Y15)
	loop("block", blocks, 1, func() {
		VCVTPS2PD(Mem{Base: src}, Y0)
		VSUBPD(Mem{Base: mean}, Y0, Y0)
		VMULPD(Y15, Y0, Y0)
		VCVTPD2PSY(Y0, X0)
		VMOVUPS(X0, Mem{Base: dst})
		ADDQ(U8(16), src)
		ADDQ(U8(16), dst)
		ADDQ(U8(32), mean)
	})
}

// dots writes the products of four rows with a vector, eight values at a time.
func dots() {
	function("dotsAVX2", "func(a *float64, lda int, x *float64, blocks int, out *float64)")
	a := Load(Param("a"), RSI)
	lda := Load(Param("lda"), R8)
	x := Load(Param("x"), RDI)
	blocks := Load(Param("blocks"), RCX)
	out := Load(Param("out"), RDX)
	SHLQ(U8(3), lda)
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, R9)
	for i := 0; i < 8; i++ {
		VXORPD(ymm[i], ymm[i], ymm[i])
	}
	rows := []Mem{{Base: a}, {Base: a, Index: lda, Scale: 1}, {Base: a, Index: lda, Scale: 2}, {Base: a, Index: R9, Scale: 1}}
	loop("block", blocks, 1, func() {
		VMOVUPD(Mem{Base: x}, Y8)
		VMOVUPD(Mem{Base: x, Disp: 32}, Y9)
		for i, m := range rows {
			VFMADD231PD(m, Y8, ymm[i])
			m.Disp = 32
			VFMADD231PD(m, Y9, ymm[4+i])
		}
		ADDQ(U8(64), x)
		ADDQ(U8(64), a)
	})
	low := []VecPhysical{X0, X1, X2, X3}
	for i := range rows {
		VADDPD(ymm[4+i], ymm[i], ymm[i])
		fold(ymm[i], low[i], X8)
		VMOVSD(low[i], Mem{Base: out, Disp: 8 * i})
	}
	VZEROUPPER()
	RET()
}

// symmetric writes, for four rows and as many columns at a time as a vector has, y += left*rows and the rows' products
// with x.
func symmetric(name string, v []VecPhysical) {
	function(name, "func(a *float64, lda int, left, x, y *float64, blocks int, out *float64)")
	a := Load(Param("a"), RSI)
	lda := Load(Param("lda"), R8)
	left := Load(Param("left"), RAX)
	x := Load(Param("x"), RDI)
	y := Load(Param("y"), RBX)
	blocks := Load(Param("blocks"), RCX)
	out := Load(Param("out"), RDX)
	SHLQ(U8(3), lda)
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, R9)
	for i := 0; i < 4; i++ {
		VXORPD(ymm[i], ymm[i], ymm[i])
		VBROADCASTSD(Mem{Base: left, Disp: 8 * i}, v[12+i])
	}
	rows := []Mem{{Base: a}, {Base: a, Index: lda, Scale: 1}, {Base: a, Index: lda, Scale: 2}, {Base: a, Index: R9, Scale: 1}}
	loop("block", blocks, 1, func() {
		VMOVUPD(Mem{Base: x}, v[4])
		VMOVUPD(Mem{Base: y}, v[5])
		for i, m := range rows {
			VMOVUPD(m, v[6+i])
			VFMADD231PD(v[6+i], v[12+i], v[5])
			VFMADD231PD(v[6+i], v[4], v[i])
		}
		VMOVUPD(v[5], Mem{Base: y})
		for _, p := range []Register{x, y, a} {
			ADDQ(U8(v[0].Size()), p)
		}
	})
	for i, low := range []VecPhysical{X0, X1, X2, X3} {
		foldAll(v[i], ymm[i], low)
		VMOVSD(low, Mem{Base: out, Disp: 8 * i})
	}
	VZEROUPPER()
	RET()
}

// foldAll adds the values of v, whose lower parts are y and x, into the lowest; the eighth vector is lost.
func foldAll(v, y, x VecPhysical) {
	if v.Size() == 64 {
		VEXTRACTF64X4(U8(1), v, Y8)
		VADDPD(Y8, y, y)
	}
	fold(y, x, X8)
}

// poles writes the sums of w/(d-origin-x) and of w/(d-origin-x)^2.
func poles(name string, v []VecPhysical, reciprocal func(one, x, r, tmp VecPhysical)) {
	function(name, "func(d, w *float64, blocks int, origin, x float64, out *float64)")
	d := Load(Param("d"), RSI)
	w := Load(Param("w"), RDI)
	blocks := Load(Param("blocks"), RCX)
	out := Load(Param("out"), RDX)
	wideParameter("origin", v[13])
	wideParameter("x", v[14])
	VBROADCASTSD(ConstData(name+"one", F64(1)), v[15])
	VXORPD(Y0, Y0, Y0)
	VXORPD(Y1, Y1, Y1)
	loop("block", blocks, 1, func() {
		VMOVUPD(Mem{Base: d}, v[2])
		VSUBPD(v[13], v[2], v[2])
		VSUBPD(v[14], v[2], v[2])
		reciprocal(v[15], v[2], v[3], v[4])
		VMULPD(Mem{Base: w}, v[3], v[5])
		VADDPD(v[5], v[0], v[0])
		VFMADD231PD(v[3], v[5], v[1])
		ADDQ(U8(v[0].Size()), d)
		ADDQ(U8(v[0].Size()), w)
	})
	for i, low := range []VecPhysical{X0, X1} {
		foldAll(v[i], ymm[i], low)
		VMOVSD(low, Mem{Base: out, Disp: 8 * i})
	}
	VZEROUPPER()
	RET()
}

// overDistances does four values at a time of dst = w/(d-origin-x), or of w *= (d-origin-x)/(d-pole).
func overDistances(blocks Register, ratios bool) {
	w := Load(Param("w"), RDI)
	d := Load(Param("d"), RSI)
	pointers := []Register{w, d}
	if ratios {
		wideParameter("pole", Y15)
	} else {
		pointers = append(pointers, Load(Param("dst"), RDX))
	}
	wideParameter("origin", Y13)
	wideParameter("x", Y14)
	loop("block", blocks, 1, func() {
		VMOVUPD(Mem{Base: d}, Y0)
		VSUBPD(Y13, Y0, Y1)
		VSUBPD(Y14, Y1, Y1)
		if ratios {
			VSUBPD(Y15, Y0, Y0)
			VDIVPD(Y0, Y1, Y1)
			VMULPD(Mem{Base: w}, Y1, Y1)
			VMOVUPD(Y1, Mem{Base: w})
		} else {
			VMOVUPD(Mem{Base: w}, Y0)
			VDIVPD(Y1, Y0, Y0)
			VMOVUPD(Y0, Mem{Base: pointers[2]})
		}
		for _, p := range pointers {
			ADDQ(U8(32), p)
		}
	})
}

// rotate writes a chain of plane rotations on 16 columns: row = c*row + s*next, next = c*next -
// s*row, then the next row is the row; step apart, in bytes, which may be negative.
func rotate() {
	function("rotateAVX2", "func(z *float64, step int, cs *float64, count int)")
	z := Load(Param("z"), RDI)
	step := Load(Param("step"), RDX)
	cs := Load(Param("cs"), RSI)
	count := Load(Param("count"), RCX)
	for i := 0; i < 4; i++ {
		VMOVUPD(Mem{Base: z, Disp: 32 * i}, ymm[i])
	}
	loop("one", count, 1, func() {
		VBROADCASTSD(Mem{Base: cs}, Y14)
		VBROADCASTSD(Mem{Base: cs, Disp: 8}, Y15)
		for i := 0; i < 4; i++ {
			row, next, out := ymm[i], ymm[4+i], ymm[8+i]
			VMOVUPD(Mem{Base: z, Index: step, Scale: 1, Disp: 32 * i}, next)
			VMULPD(row, Y14, out)
			VFMADD231PD(next, Y15, out)
			VMULPD(row, Y15, row)
			VFMSUB231PD(next, Y14, row)
			VMOVUPD(out, Mem{Base: z, Disp: 32 * i})
		}
		ADDQ(step, z)
		ADDQ(U8(16), cs)
	})
	for i := 0; i < 4; i++ {
		VMOVUPD(ymm[i], Mem{Base: z, Disp: 32 * i})
	}
	VZEROUPPER()
	RET()
}
