//go:build generate

package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func vectors() {
	lanesTable()
	unary("expShifted", "shift", func(shift Op) { VSUBPS(shift, Y0, Y0); exp() })
	unary("tanhAVX2", "", func(Op) { tanh() })
	unary("erfAVX2", "", func(Op) { erf() })
	unary("sigmoidAVX2", "", func(Op) { sigmoid() })
	unary("geluAVX2", "", func(Op) { gelu() })
	unary("scaleAVX2", "s", func(s Op) { VMULPS(s, Y0, Y0) })
	unary("addScalarAVX2", "s", func(s Op) { VADDPS(s, Y0, Y0) })
	binary("addAVX2", VADDPS)
	binary("subAVX2", VSUBPS)
	binary("mulAVX2", VMULPS)
	binary("divAVX2", VDIVPS)
	gate("aboveAVX2", 0x1e)
	gate("belowAVX2", 0x11)
	adamRow()
	finishRow()
	affineRow()
}

var mask Mem

// lanesTable writes the table that masks are read from.
func lanesTable() {
	mask = GLOBL("lanes", RODATA|NOPTR)
	for i := 0; i < 16; i++ {
		v := U32(0)
		if i < 8 {
			v = ^v
		}
		DATA(4*i, v)
	}
}

var constants = map[uint32]Mem{}

// constant is the address of a number.
func constant(bits uint32) Mem {
	m, ok := constants[bits]
	if !ok {
		m = ConstData(fmt.Sprintf("bits%08x", bits), U32(bits))
		constants[bits] = m
	}
	return m
}

// set fills r with a number.
func set(v float64, r VecPhysical) { VBROADCASTSS(constant(math.Float32bits(float32(v))), r) }

// setBits fills r with a pattern.
func setBits(bits uint32, r VecPhysical) { VBROADCASTSS(constant(bits), r) }

// horner sets r to the polynomial with these coefficients, the constant one first, of x.
func horner(r, x, tmp VecPhysical, c ...float64) {
	set(c[len(c)-1], r)
	for i := len(c) - 2; i >= 0; i-- {
		set(c[i], tmp)
		VFMADD213PS(tmp, x, r)
	}
}

// parameter fills r with a scalar argument.
func parameter(name string, r VecPhysical) {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(p.Addr, r)
}

// lanes writes the walk over n values, eight at a time and the rest under a mask in Y15.
func lanes(name string, n Register, pointers []Register, body func(load func(int, VecPhysical), store func(VecPhysical, int))) {
	loop(name, n, 8, func() {
		body(func(i int, r VecPhysical) { VMOVUPS(Mem{Base: pointers[i]}, r) },
			func(r VecPhysical, i int) { VMOVUPS(r, Mem{Base: pointers[i]}) })
		for _, p := range pointers {
			ADDQ(U8(32), p)
		}
	})
	TESTQ(n, n)
	JZ(LabelRef(name + "_done"))
	NEGQ(n)
	LEAQ(mask, RAX)
	VMOVUPS(Mem{Base: RAX, Disp: 32, Index: n, Scale: 4}, Y15)
	body(func(i int, r VecPhysical) { VMASKMOVPS(Mem{Base: pointers[i]}, Y15, r) },
		func(r VecPhysical, i int) { VMASKMOVPS(r, Y15, Mem{Base: pointers[i]}) })
	Label(name + "_done")
}

// unary writes dst = f(src); the body works on Y0 and may use Y1 to Y13, its scalar is in Y14.
func unary(name, scalar string, body func(Op)) {
	signature := "func(dst, src *float32, n int)"
	if scalar != "" {
		signature = "func(dst, src *float32, n int, " + scalar + " float32)"
	}
	function(name, signature)
	dst := Load(Param("dst"), RDI)
	src := Load(Param("src"), RSI)
	n := Load(Param("n"), RCX)
	if scalar != "" {
		parameter(scalar, Y14)
	}
	lanes("eight", n, []Register{dst, src}, func(load func(int, VecPhysical), store func(VecPhysical, int)) {
		load(1, Y0)
		body(Y14)
		store(Y0, 0)
	})
	VZEROUPPER()
	RET()
}

// binary writes dst = a op b.
func binary(name string, op func(...Op)) {
	function(name, "func(dst, a, b *float32, n int)")
	dst := Load(Param("dst"), RDI)
	a := Load(Param("a"), RSI)
	b := Load(Param("b"), RDX)
	n := Load(Param("n"), RCX)
	lanes("eight", n, []Register{dst, a, b}, func(load func(int, VecPhysical), store func(VecPhysical, int)) {
		load(1, Y0)
		load(2, Y1)
		op(Y1, Y0, Y0)
		store(Y0, 0)
	})
	VZEROUPPER()
	RET()
}

// gate writes dst = a where b compares with s as the predicate says, and 0 elsewhere.
func gate(name string, predicate uint8) {
	function(name, "func(dst, a, b *float32, n int, s float32)")
	dst := Load(Param("dst"), RDI)
	a := Load(Param("a"), RSI)
	b := Load(Param("b"), RDX)
	n := Load(Param("n"), RCX)
	parameter("s", Y14)
	lanes("eight", n, []Register{dst, a, b}, func(load func(int, VecPhysical), store func(VecPhysical, int)) {
		load(1, Y0)
		load(2, Y1)
		VCMPPS(U8(predicate), Y14, Y1, Y1)
		VANDPS(Y1, Y0, Y0)
		store(Y0, 0)
	})
	VZEROUPPER()
	RET()
}

// adamRow writes adamPortable, every product and sum rounded as there.
func adamRow() {
	function("adamRow", "func(w, slope, mean, square *float32, n int, c *float32)")
	w := Load(Param("w"), RDI)
	slope := Load(Param("slope"), RSI)
	mean := Load(Param("mean"), RDX)
	square := Load(Param("square"), RBX)
	n := Load(Param("n"), RCX)
	c := Load(Param("c"), RAX)
	numbers := []VecPhysical{Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13}
	for i, r := range numbers {
		VBROADCASTSS(Mem{Base: c, Disp: 4 * i}, r)
	}
	keep, decay, b1, c1, b2, c2, rate, root, epsilon := Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13
	lanes("eight", n, []Register{w, slope, mean, square}, func(load func(int, VecPhysical), store func(VecPhysical, int)) {
		load(0, Y0)
		load(1, Y1)
		load(2, Y2)
		load(3, Y3)
		VMULPS(decay, Y0, Y4)
		VADDPS(Y4, Y1, Y1)
		VMULPS(b1, Y2, Y2)
		VMULPS(c1, Y1, Y4)
		VADDPS(Y4, Y2, Y2)
		store(Y2, 2)
		VMULPS(b2, Y3, Y3)
		VMULPS(Y1, Y1, Y4)
		VMULPS(c2, Y4, Y4)
		VADDPS(Y4, Y3, Y3)
		store(Y3, 3)
		VSQRTPS(Y3, Y4)
		VMULPS(root, Y4, Y4)
		VADDPS(epsilon, Y4, Y4)
		VMULPS(rate, Y2, Y2)
		VDIVPS(Y4, Y2, Y2)
		VMULPS(keep, Y0, Y0)
		VSUBPS(Y2, Y0, Y0)
		store(Y0, 0)
	})
	VZEROUPPER()
	RET()
}

// exp sets Y0 to e^Y0, using Y1 to Y4: x = n ln 2 + r, e^r by a polynomial, 2^n in two steps so
// that results below the normal range are rounded once. The bounds keep NaN: VMINPS and VMAXPS
// give their second source, here the value, when one is NaN.
func exp() {
	set(89, Y1)
	VMINPS(Y0, Y1, Y0)
	set(-104, Y1)
	VMAXPS(Y0, Y1, Y0)
	set(math.Log2E, Y1)
	VMULPS(Y0, Y1, Y1)
	VROUNDPS(U8(8), Y1, Y1)
	set(0.693359375, Y2)
	VFNMADD231PS(Y2, Y1, Y0)
	set(math.Ln2-0.693359375, Y2)
	VFNMADD231PS(Y2, Y1, Y0)
	horner(Y2, Y0, Y3, 0.50000001, 0.166665189, 0.041666206, 0.00836888243, 0.00139504768)
	VMULPS(Y0, Y0, Y3)
	VFMADD213PS(Y0, Y3, Y2)
	set(1, Y3)
	VADDPS(Y3, Y2, Y0)
	VCVTPS2DQ(Y1, Y1)
	VPSRAD(U8(1), Y1, Y2)
	VPSUBD(Y2, Y1, Y1)
	setBits(127, Y3)
	for _, r := range []VecPhysical{Y1, Y2} {
		VPADDD(Y3, r, r)
		VPSLLD(U8(23), r, r)
		VMULPS(r, Y0, Y0)
	}
}

// split moves the sign of Y0 to Y5 and its size to Y6.
func split() {
	setBits(1<<31, Y5)
	VANDNPS(Y0, Y5, Y6)
	VANDPS(Y0, Y5, Y5)
}

// tanh sets Y0 to its hyperbolic tangent: a polynomial below 0.625, 1 - 2/(e^2x + 1) above.
func tanh() {
	split()
	VADDPS(Y6, Y6, Y0)
	exp()
	set(1, Y1)
	VADDPS(Y1, Y0, Y0)
	set(2, Y2)
	VDIVPS(Y0, Y2, Y0)
	VSUBPS(Y0, Y1, Y0)
	VMULPS(Y6, Y6, Y7)
	horner(Y8, Y7, Y3, -0.333333309, 0.133332098, -0.0539472043, 0.0217029674, -0.00818267458, 0.00214753745)
	VMULPS(Y7, Y8, Y8)
	VFMADD213PS(Y6, Y6, Y8)
	set(0.625, Y2)
	VCMPPS(U8(1), Y2, Y6, Y2)
	VBLENDVPS(Y2, Y8, Y0, Y0)
	VORPS(Y5, Y0, Y0)
}

// erf sets Y0 to its error function: a polynomial below 1, 1 - e^(-x^2 + polynomial) above.
func erf() {
	split()
	set(4, Y1)
	VMINPS(Y6, Y1, Y7)
	horner(Y0, Y7, Y3, 0.000188040231, -1.12957842, 0.366780107, -0.108418577, 0.0252082567, -0.00420456188, 0.000441336377, -2.168685e-05)
	VFNMADD231PS(Y7, Y7, Y0)
	exp()
	set(1, Y1)
	VSUBPS(Y0, Y1, Y0)
	VMULPS(Y6, Y6, Y7)
	horner(Y8, Y7, Y3, 0.128379166, -0.376126258, 0.112835851, -0.0268538119, 0.00518832756, -0.000801019252, 7.8538577e-05)
	VFMADD213PS(Y6, Y6, Y8)
	VCMPPS(U8(1), Y1, Y6, Y2)
	VBLENDVPS(Y2, Y8, Y0, Y0)
	VORPS(Y5, Y0, Y0)
}

// sigmoid sets Y0 to 1/(1 + e^-x), as e^x/(1 + e^x) below zero so that nothing is lost there.
func sigmoid() {
	VMOVUPS(Y0, Y7)
	setBits(1<<31, Y5)
	VORPS(Y5, Y0, Y0)
	exp()
	set(1, Y1)
	VADDPS(Y1, Y0, Y2)
	VBLENDVPS(Y7, Y0, Y1, Y1)
	VDIVPS(Y2, Y1, Y0)
}

// gelu sets Y0 to x/2 (1 + erf(x/sqrt 2)).
func gelu() {
	set(0.5, Y1)
	VMULPS(Y0, Y1, Y9)
	set(math.Sqrt2/2, Y1)
	VMULPS(Y0, Y1, Y0)
	erf()
	VFMADD213PS(Y9, Y9, Y0)
}

// finishRow writes the epilogue: c = min(hi, max(lo, a + bias + extra)), NaN staying NaN; extra
// may be nil.
func finishRow() {
	function("finishRow", "func(c, a, extra *float32, n int, bias, lo, hi float32)")
	c := Load(Param("c"), RDI)
	a := Load(Param("a"), RDX)
	extra := Load(Param("extra"), RSI)
	n := Load(Param("n"), RCX)
	parameter("bias", Y12)
	parameter("lo", Y13)
	parameter("hi", Y14)
	walk := func(name string, pointers ...Register) {
		lanes(name, n, pointers, func(load func(int, VecPhysical), store func(VecPhysical, int)) {
			load(1, Y0)
			VADDPS(Y0, Y12, Y0)
			if len(pointers) == 3 {
				load(2, Y1)
				VADDPS(Y0, Y1, Y0)
			}
			VMAXPS(Y0, Y13, Y0)
			VMINPS(Y0, Y14, Y0)
			store(Y0, 0)
		})
		VZEROUPPER()
		RET()
	}
	TESTQ(extra, extra)
	JZ(LabelRef("plain"))
	walk("both", c, a, extra)
	Label("plain")
	walk("alone", c, a)
}

// affineRow writes dst = (src - shift) * factor * scale + bias.
func affineRow() {
	function("affineRow", "func(dst, src, scale, bias *float32, n int, shift, factor float32)")
	dst := Load(Param("dst"), RDI)
	src := Load(Param("src"), RSI)
	scale := Load(Param("scale"), RDX)
	bias := Load(Param("bias"), R8)
	n := Load(Param("n"), RCX)
	parameter("shift", Y13)
	parameter("factor", Y14)
	lanes("eight", n, []Register{dst, src, scale, bias}, func(load func(int, VecPhysical), store func(VecPhysical, int)) {
		load(1, Y0)
		load(2, Y1)
		load(3, Y2)
		VSUBPS(Y13, Y0, Y0)
		VMULPS(Y14, Y0, Y0)
		VFMADD213PS(Y2, Y1, Y0)
		store(Y0, 0)
	})
	VZEROUPPER()
	RET()
}
