//go:build generate

package main

const rows = 8 // of a tile, each of three vectors

func products() {
	product("product32NEON", "float32", 4)
	product("product64NEON", "float64", 8)
	mixed()
}

func kind(size int) string { return map[int]string{4: "S4", 8: "D2"}[size] }

// multiply writes the sums of a tile over k steps of packed panels into V0 to V23, row by row; R3 then
// holds c and R4 its stride in bytes of result elements of 1<<shift.
func multiply(size, shift int) {
	load("k", "R0")
	load("a", "R1")
	load("b", "R2")
	load("c", "R3")
	load("ldc", "R4")
	emit("LSL $%d, R4", shift)
	for v := range 3 * rows {
		emit("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v)
	}
	each := 16 / size // values of a vector
	step := func() {
		emit("VLD1.P 48(R2), %s", list(24, 3, kind(size)))
		emit("VLD1.P %d(R1), %s", rows*size, list(27, rows/each, kind(size)))
		for i := range rows {
			for j := range 3 {
				fma(size, 3*i+j, 24+j, 27+i/each, i%each)
			}
		}
	}
	loop("four", "R0", 4, func() {
		for range 4 {
			step()
		}
	})
	loop("one", "R0", 1, step)
}

func product(name, typ string, size int) {
	function(name, "k int, a, b, c *"+typ+", ldc int, add uint64", "")
	multiply(size, map[int]int{4: 2, 8: 3}[size])
	load("add", "R5")
	emit("CBZ R5, store")
	emit("MOVD R3, R6")
	for i := range rows {
		emit("VLD1 (R6), %s", list(24, 3, kind(size)))
		for j := range 3 {
			op(map[int]string{4: "fadd.4s", 8: "fadd.2d"}[size], 3*i+j, 3*i+j, 24+j)
		}
		emit("ADD R4, R6")
	}
	label("store")
	for i := range rows {
		emit("VST1 %s, (R3)", list(3*i, 3, kind(size)))
		emit("ADD R4, R3")
	}
	emit("RET")
}

// mixed adds float32 sums to a tile of float64.
func mixed() {
	function("mixedNEON", "k int, a, b *float32, c *float64, ldc int", "")
	multiply(4, 3)
	for i := range rows {
		emit("MOVD R3, R6")
		for j := range 3 {
			emit("VLD1 (R6), %s", list(24, 2, "D2"))
			op1("fcvtl.2d", 26, 3*i+j)
			op1("fcvtl2.2d", 27, 3*i+j)
			op("fadd.2d", 24, 24, 26)
			op("fadd.2d", 25, 25, 27)
			emit("VST1.P %s, 32(R6)", list(24, 2, "D2"))
		}
		emit("ADD R4, R3")
	}
	emit("RET")
}
