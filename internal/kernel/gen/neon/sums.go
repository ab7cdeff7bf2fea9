//go:build generate

package main

func sums() {
	sum("sumNEON", "x *float32, blocks int", "", func(into, _ int) { op("fadd.2d", into, into, 16) })
	sum("dotNEON", "x, y *float32, blocks int", "y", func(into, at int) {
		if at%2 == 0 {
			emit("VLD1.P 16(R1), [V18.S4]")
		}
		op1([]string{"fcvtl.2d", "fcvtl2.2d"}[at%2], 17, 18)
		emit("VFMLA V16.D2, V17.D2, V%d.D2", into)
	})
	sum("distanceNEON", "x *float32, mean *float64, blocks int", "mean", func(into, _ int) {
		emit("VLD1.P 16(R1), [V17.D2]")
		op("fsub.2d", 16, 16, 17)
		emit("VFMLA V16.D2, V16.D2, V%d.D2", into)
	})
	largest()
	walks()
	dots()
	symmetric()
	rotate()
}

// sum writes a sum in 16 float64 lanes, two a vector, folded as in gen/sums.go. add adds two values of x in
// V16, the at-th pair of a block, with those of the other operand at R1, to a vector.
func sum(name, signature, other string, add func(into, at int)) {
	function(name, signature, "float64")
	load("x", "R0")
	if other != "" {
		load(other, "R1")
	}
	load("blocks", "R2")
	for v := range 8 {
		emit("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v)
	}
	loop("block", "R2", 1, func() {
		emit("VLD1.P 64(R0), %s", list(8, 4, "S4"))
		for q := range 4 {
			for half, widen := range []string{"fcvtl.2d", "fcvtl2.2d"} {
				op1(widen, 16, 8+q)
				add(2*q+half, 2*q+half)
			}
		}
	})
	for half := range 2 {
		op("fadd.2d", half, half, 2+half)
		op("fadd.2d", 4+half, 4+half, 6+half)
		op("fadd.2d", half, half, 4+half)
	}
	op("fadd.2d", 0, 0, 1)
	op1("faddp.d", 0, 0)
	emit("FMOVD F0, ret+%d(FP)", arguments["ret"])
	emit("RET")
}

// largest writes the largest value in each of 4 lanes, and a mask of the lanes that saw no NaN.
func largest() {
	function("maxNEON", "x *float32, blocks int, lanes *float32, whole *uint32", "")
	load("x", "R0")
	load("blocks", "R1")
	load("lanes", "R2")
	load("whole", "R3")
	emit("VLD1 (R0), [V0.S4]")
	op("fcmeq.4s", 1, 0, 0)
	loop("block", "R1", 1, func() {
		emit("VLD1.P 16(R0), [V2.S4]")
		op("fcmeq.4s", 3, 2, 2)
		emit("VAND V3.B16, V1.B16, V1.B16")
		op("fcmgt.4s", 3, 2, 0)
		emit("VBIT V3.B16, V2.B16, V0.B16")
	})
	emit("VST1 [V0.S4], (R2)")
	emit("VST1 [V1.S4], (R3)")
	emit("RET")
}

// walks writes the walks over blocks of four values where float32 meets float64, and axpy.
func walks() {
	function("addToNEON", "dst *float64, src *float32, blocks int", "")
	load("dst", "R0")
	load("src", "R1")
	load("blocks", "R2")
	loop("block", "R2", 1, func() {
		wide()
		emit("VLD1 (R0), %s", list(4, 2, "D2"))
		op("fadd.2d", 4, 4, 2)
		op("fadd.2d", 5, 5, 3)
		emit("VST1.P %s, 32(R0)", list(4, 2, "D2"))
	})
	emit("RET")

	function("centreNEON", "dst, src *float32, mean *float64, blocks int, scale float64", "")
	load("dst", "R0")
	load("src", "R1")
	load("blocks", "R2")
	load("mean", "R3")
	emit("FMOVD scale+%d(FP), F31", arguments["scale"])
	emit("VDUP V31.D[0], V31.D2")
	loop("block", "R2", 1, func() {
		wide()
		emit("VLD1.P 32(R3), %s", list(4, 2, "D2"))
		op("fsub.2d", 2, 2, 4)
		op("fsub.2d", 3, 3, 5)
		op("fmul.2d", 2, 2, 31)
		op("fmul.2d", 3, 3, 31)
		op1("fcvtn.2s", 0, 2)
		op1("fcvtn2.4s", 0, 3)
		emit("VST1.P %s, 16(R0)", list(0, 1, "S4"))
	})
	emit("RET")

	function("axpyNEON", "dst, x *float64, blocks int, a float64", "")
	load("dst", "R0")
	load("x", "R1")
	load("blocks", "R2")
	emit("FMOVD a+%d(FP), F31", arguments["a"])
	emit("VDUP V31.D[0], V31.D2")
	loop("block", "R2", 1, func() {
		emit("VLD1 (R0), %s", list(0, 2, "D2"))
		emit("VLD1.P 32(R1), %s", list(2, 2, "D2"))
		emit("VFMLA V31.D2, V2.D2, V0.D2")
		emit("VFMLA V31.D2, V3.D2, V1.D2")
		emit("VST1.P %s, 32(R0)", list(0, 2, "D2"))
	})
	emit("RET")
}

// wide reads four values of R1 as float64 into V2 and V3.
func wide() {
	emit("VLD1.P 16(R1), [V0.S4]")
	op1("fcvtl.2d", 2, 0)
	op1("fcvtl2.2d", 3, 0)
}

// dots writes the products of four rows with a vector, eight values at a time.
func dots() {
	function("dotsNEON", "a *float64, lda int, x *float64, blocks int, out *float64", "")
	load("a", "R0")
	load("lda", "R1")
	load("x", "R2")
	load("blocks", "R3")
	load("out", "R4")
	emit("LSL $3, R1")
	for i := range 3 {
		emit("ADD R1, %s, R%d", []string{"R0", "R5", "R6"}[i], 5+i)
	}
	for v := range 16 {
		emit("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v)
	}
	rows := []string{"R0", "R5", "R6", "R7"}
	loop("block", "R3", 1, func() {
		emit("VLD1.P 64(R2), %s", list(16, 4, "D2"))
		for i, r := range rows {
			emit("VLD1.P 64(%s), %s", r, list(20, 4, "D2"))
			for j := range 4 {
				emit("VFMLA V%d.D2, V%d.D2, V%d.D2", 16+j, 20+j, 4*i+j)
			}
		}
	})
	for i := range rows {
		op("fadd.2d", 4*i, 4*i, 4*i+2)
		op("fadd.2d", 4*i+1, 4*i+1, 4*i+3)
		op("fadd.2d", 4*i, 4*i, 4*i+1)
		op1("faddp.d", 4*i, 4*i)
		emit("FMOVD F%d, %d(R4)", 4*i, 8*i)
	}
	emit("RET")
}

// symmetric writes, for four rows and four columns at a time, y += left*rows and the rows' products with x.
func symmetric() {
	function("symmetricNEON", "a *float64, lda int, left, x, y *float64, blocks int, out *float64", "")
	for i, name := range []string{"a", "lda", "x", "y", "blocks", "out", "left"} {
		load(name, []string{"R0", "R1", "R2", "R3", "R4", "R8", "R9"}[i])
	}
	emit("LSL $3, R1")
	rows := []string{"R0", "R5", "R6", "R7"}
	for i, r := range rows {
		if i > 0 {
			emit("ADD R1, %s, %s", rows[i-1], r)
		}
		emit("VEOR V%d.B16, V%d.B16, V%d.B16", i, i, i)
		emit("VLD1R.P 8(R9), [V%d.D2]", 28+i)
	}
	loop("block", "R4", 1, func() {
		emit("VLD1.P 32(R2), %s", list(4, 2, "D2"))
		emit("VLD1 (R3), %s", list(6, 2, "D2"))
		for i, r := range rows {
			emit("VLD1.P 32(%s), %s", r, list(8, 2, "D2"))
			for half := range 2 {
				emit("VFMLA V%d.D2, V%d.D2, V%d.D2", 28+i, 8+half, 6+half)
				emit("VFMLA V%d.D2, V%d.D2, V%d.D2", 4+half, 8+half, i)
			}
		}
		emit("VST1.P %s, 32(R3)", list(6, 2, "D2"))
	})
	for i := range rows {
		op1("faddp.d", i, i)
		emit("FMOVD F%d, %d(R8)", i, 8*i)
	}
	emit("RET")
}

// rotate writes a chain of plane rotations on 16 columns: row = c*row + s*next, next = c*next - s*row,
// then the next row is the row; step apart, in bytes, which may be negative.
func rotate() {
	function("rotateNEON", "z *float64, step int, cs *float64, count int", "")
	load("z", "R0")
	load("step", "R1")
	load("cs", "R2")
	load("count", "R3")
	four := func(instruction, r string, first int) {
		if instruction == "VLD1" {
			emit("VLD1 (%s), %s", r, list(first, 4, "D2"))
			return
		}
		emit("VST1 %s, (%s)", list(first, 4, "D2"), r)
	}
	emit("ADD $64, R0, R4")
	four("VLD1", "R0", 0)
	four("VLD1", "R4", 4)
	loop("one", "R3", 1, func() {
		emit("VLD1R.P 8(R2), [V24.D2]")
		emit("VLD1R.P 8(R2), [V25.D2]")
		emit("ADD R1, R0, R5")
		emit("ADD R1, R4, R6")
		four("VLD1", "R5", 8)
		four("VLD1", "R6", 12)
		for i := range 8 {
			op("fmul.2d", 16+i, i, 24)
			emit("VFMLA V25.D2, V%d.D2, V%d.D2", 8+i, 16+i)
			op("fmul.2d", 8+i, 8+i, 24)
			emit("VFMLS V25.D2, V%d.D2, V%d.D2", i, 8+i)
			move(8+i, i)
		}
		four("VST1", "R0", 16)
		four("VST1", "R4", 20)
		emit("MOVD R5, R0")
		emit("MOVD R6, R4")
	})
	four("VST1", "R0", 0)
	four("VST1", "R4", 4)
	emit("RET")
}
