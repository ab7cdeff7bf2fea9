//go:build generate

package main

// vectors writes the functions on slices of a multiple of four values, except those of functions.
func vectors() {
	for _, f := range [][2]string{{"addNEON", "fadd.4s"}, {"subNEON", "fsub.4s"}, {"mulNEON", "fmul.4s"}, {"divNEON", "fdiv.4s"}, {"largerNEON", "fmax.4s"}} {
		function(f[0], "dst, a, b *float32, n int", "")
		lanes([]string{"dst", "a", "b"}, func() { op(f[1], 0, 1, 2) })
	}
	for _, f := range [][2]string{{"scaleNEON", "fmul.4s"}, {"addScalarNEON", "fadd.4s"}} {
		function(f[0], "dst, a *float32, n int, s float32", "")
		spread("s", 31)
		lanes([]string{"dst", "a"}, func() { op(f[1], 0, 1, 31) })
	}
	finish("finishNEON", "dst, a *float32, n int, bias, lo, hi float32", []string{"dst", "a"})
	finish("finishBothNEON", "dst, a, extra *float32, n int, bias, lo, hi float32", []string{"dst", "a", "extra"})
	function("affineNEON", "dst, src, scale, bias *float32, n int, shift, factor float32", "")
	spread("shift", 31)
	spread("factor", 30)
	lanes([]string{"dst", "src", "scale", "bias"}, func() {
		op("fsub.4s", 1, 1, 31)
		op("fmul.4s", 1, 1, 30)
		emit("VFMLA V1.S4, V2.S4, V3.S4")
		emit("VORR V3.B16, V3.B16, V0.B16")
	})
}

// lanes writes the walk over n values, four at a time: the body makes V0, the value of the first pointer,
// from V1, V2, ..., those of the others.
func lanes(pointers []string, body func()) {
	for i, p := range pointers {
		load(p, registers[i])
	}
	load("n", "R5")
	loop("lanes", "R5", 4, func() {
		for i := range pointers[1:] {
			emit("VLD1.P 16(%s), [V%d.S4]", registers[1+i], 1+i)
		}
		body()
		emit("VST1.P [V0.S4], 16(R0)")
	})
	emit("RET")
}

var registers = []string{"R0", "R1", "R2", "R3"}

// finish writes the epilogue: dst = min(hi, max(lo, a + bias + extra)), NaN staying NaN.
func finish(name, signature string, pointers []string) {
	function(name, signature, "")
	spread("bias", 31)
	spread("lo", 30)
	spread("hi", 29)
	lanes(pointers, func() {
		op("fadd.4s", 0, 1, 31)
		if len(pointers) == 3 {
			op("fadd.4s", 0, 0, 2)
		}
		op("fcmgt.4s", 3, 30, 0) // by comparison: -0 is not below 0
		emit("VBIT V3.B16, V30.B16, V0.B16")
		op("fcmgt.4s", 3, 0, 29)
		emit("VBIT V3.B16, V29.B16, V0.B16")
	})
}
