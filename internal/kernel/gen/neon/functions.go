//go:build generate

package main

import "math"

// functions writes exp and its kin, formulas and polynomials those of gen/vector.go, step by step.
func functions() {
	unary("expNEON", "shift", func() { op("fsub.4s", 0, 0, 31); exp() })
	unary("tanhNEON", "", tanh)
	unary("erfNEON", "", erf)
	unary("sigmoidNEON", "", sigmoid)
	unary("geluNEON", "", gelu)
}

// unary writes dst = f(src) over a multiple of four values; the body works on V0 and may use V1 to V9, its
// scalar is in V31.
func unary(name, scalar string, body func()) {
	signature := "dst, src *float32, n int"
	if scalar != "" {
		signature += ", " + scalar + " float32"
	}
	function(name, signature, "")
	if scalar != "" {
		spread(scalar, 31)
	}
	constantsAt()
	lanes([]string{"dst", "src"}, func() { move(1, 0); body() })
}

func move(from, to int) { emit("VORR V%d.B16, V%d.B16, V%d.B16", from, from, to) }

// horner sets r to the polynomial with these coefficients, the constant one first, of x.
func horner(r, x, tmp int, c ...float64) {
	set(c[len(c)-1], r)
	for i := len(c) - 2; i >= 0; i-- {
		set(c[i], tmp)
		emit("VFMLA V%d.S4, V%d.S4, V%d.S4", x, r, tmp)
		move(tmp, r)
	}
}

// exp sets V0 to e^V0, using V1 to V4.
func exp() {
	set(89, 1)
	op("fmin.4s", 0, 0, 1)
	set(-104, 1)
	op("fmax.4s", 0, 0, 1)
	set(math.Log2E, 1)
	op("fmul.4s", 1, 0, 1)
	op1("frintn.4s", 1, 1)
	for _, part := range []float64{0.693359375, math.Ln2 - 0.693359375} {
		set(part, 2)
		emit("VFMLS V2.S4, V1.S4, V0.S4")
	}
	horner(2, 0, 3, 0.50000001, 0.166665189, 0.041666206, 0.00836888243, 0.00139504768)
	op("fmul.4s", 3, 0, 0)
	emit("VFMLA V3.S4, V2.S4, V0.S4")
	set(1, 3)
	op("fadd.4s", 0, 0, 3)
	op1("fcvtns.4s", 1, 1)
	op1("sshr.4s #1", 2, 1)
	emit("VSUB V2.S4, V1.S4, V1.S4")
	setBits(127, 3)
	for _, r := range []int{1, 2} {
		emit("VADD V3.S4, V%d.S4, V%d.S4", r, r)
		op1("shl.4s #23", r, r)
		op("fmul.4s", 0, 0, r)
	}
}

// split moves the sign of V0 to V5 and its size to V6.
func split() {
	setBits(1<<31, 5)
	op("bic.16b", 6, 0, 5)
	emit("VAND V5.B16, V0.B16, V5.B16")
}

// below sets V0 to V8 where V6 is below the bound, and gives it the sign of V5.
func below(bound float64) {
	set(bound, 2)
	op("fcmgt.4s", 2, 2, 6)
	emit("VBIT V2.B16, V8.B16, V0.B16")
	emit("VORR V5.B16, V0.B16, V0.B16")
}

func tanh() {
	split()
	op("fadd.4s", 0, 6, 6)
	exp()
	set(1, 1)
	op("fadd.4s", 0, 0, 1)
	set(2, 2)
	op("fdiv.4s", 0, 2, 0)
	op("fsub.4s", 0, 1, 0)
	op("fmul.4s", 7, 6, 6)
	horner(8, 7, 3, -0.333333309, 0.133332098, -0.0539472043, 0.0217029674, -0.00818267458, 0.00214753745)
	op("fmul.4s", 8, 8, 7)
	scaled()
	below(0.625)
}

// scaled sets V8 to V6 + V6*V8.
func scaled() {
	move(6, 2)
	emit("VFMLA V6.S4, V8.S4, V2.S4")
	move(2, 8)
}

func erf() {
	split()
	set(4, 1)
	op("fmin.4s", 7, 6, 1)
	horner(0, 7, 3, 0.000188040231, -1.12957842, 0.366780107, -0.108418577, 0.0252082567, -0.00420456188, 0.000441336377, -2.168685e-05)
	emit("VFMLS V7.S4, V7.S4, V0.S4")
	exp()
	set(1, 1)
	op("fsub.4s", 0, 1, 0)
	op("fmul.4s", 7, 6, 6)
	horner(8, 7, 3, 0.128379166, -0.376126258, 0.112835851, -0.0268538119, 0.00518832756, -0.000801019252, 7.8538577e-05)
	scaled()
	below(1)
}

func sigmoid() {
	move(0, 7)
	setBits(1<<31, 5)
	emit("VORR V5.B16, V0.B16, V0.B16")
	exp()
	set(1, 1)
	op("fadd.4s", 2, 0, 1)
	op1("sshr.4s #31", 3, 7)
	emit("VBIT V3.B16, V0.B16, V1.B16")
	op("fdiv.4s", 0, 1, 2)
}

func gelu() {
	set(0.5, 1)
	op("fmul.4s", 9, 0, 1)
	set(math.Sqrt2/2, 1)
	op("fmul.4s", 0, 0, 1)
	erf()
	move(9, 1)
	emit("VFMLA V9.S4, V0.S4, V1.S4")
	move(1, 0)
}
