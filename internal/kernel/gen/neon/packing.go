//go:build generate

package main

func packing() {
	transpose32()
	transpose64()
	copyRows()
	gatherRuns()
	depthwise()
	everySecond()
}

// transpose32 writes a transpose of 4 columns of 4 rows at a time; dst gets 4 values per column.
func transpose32() {
	function("transpose32NEON", "dst *float32, stride int, src *float32, ld, blocks int", "")
	addresses("2", 4)
	loop("block", "R4", 1, func() {
		for i := range 4 {
			emit("VLD1.P 16(R%d), %s", 5+i, list(i, 1, "S4"))
		}
		for i, first := range []string{"VZIP1", "VZIP2"} {
			emit("%s V2.S4, V0.S4, V4.S4", first)
			emit("%s V3.S4, V1.S4, V5.S4", first)
			emit("VZIP1 V5.S4, V4.S4, V%d.S4", 6+2*i)
			emit("VZIP2 V5.S4, V4.S4, V%d.S4", 7+2*i)
		}
		for i := range 4 {
			emit("VST1 %s, (R0)", list(6+i, 1, "S4"))
			emit("ADD R1, R0")
		}
	})
	emit("RET")
}

// transpose64 writes a transpose of 2 columns of 2 rows at a time.
func transpose64() {
	function("transpose64NEON", "dst *float64, stride int, src *float64, ld, blocks int", "")
	addresses("3", 2)
	loop("block", "R4", 1, func() {
		emit("VLD1.P 16(R5), %s", list(0, 1, "D2"))
		emit("VLD1.P 16(R6), %s", list(1, 1, "D2"))
		for i, zip := range []string{"VZIP1", "VZIP2"} {
			emit("%s V1.D2, V0.D2, V%d.D2", zip, 2+i)
			emit("VST1 %s, (R0)", list(2+i, 1, "D2"))
			emit("ADD R1, R0")
		}
	})
	emit("RET")
}

// addresses loads the arguments of a transpose, row i at R(5+i).
func addresses(shift string, count int) {
	load("dst", "R0")
	load("stride", "R1")
	load("src", "R5")
	load("ld", "R3")
	load("blocks", "R4")
	emit("LSL $%s, R1", shift)
	emit("LSL $%s, R3", shift)
	for i := range count - 1 {
		emit("ADD R3, R%d, R%d", 5+i, 6+i)
	}
}

// copyRows writes a copy of rows rows of chunks times 16 bytes, ld bytes apart, end to end.
func copyRows() {
	function("copyChunksNEON", "dst, src unsafe.Pointer, ld, rows, chunks int", "")
	load("dst", "R0")
	load("src", "R1")
	load("ld", "R2")
	load("rows", "R3")
	load("chunks", "R4")
	loop("row", "R3", 1, func() {
		emit("MOVD R1, R5")
		emit("MOVD R4, R6")
		label("chunk")
		emit("VLD1.P 16(R5), [V0.B16]")
		emit("VST1.P [V0.B16], 16(R0)")
		emit("SUB $1, R6")
		emit("CBNZ R6, chunk")
		emit("ADD R2, R1")
	})
	emit("RET")
}

// gatherRuns writes, for each of n offsets, a row of width values of dst: run by run 8 values from src at
// the offset plus the run's own, later runs over the surplus of earlier ones.
func gatherRuns() {
	function("gatherNEON", "dst *float32, width int, src *float32, offsets *int, n int, runs *int, count int", "")
	for i, name := range []string{"dst", "width", "src", "offsets", "n", "runs", "count"} {
		load(name, []string{"R0", "R1", "R2", "R3", "R4", "R5", "R6"}[i])
	}
	loop("row", "R4", 1, func() {
		emit("MOVD.P 8(R3), R7")
		emit("ADD R7<<2, R2, R7")
		emit("MOVD R5, R8")
		emit("MOVD R6, R9")
		label("run")
		emit("MOVD (R8), R11")
		emit("MOVD 8(R8), R12")
		emit("ADD R12<<2, R7, R12")
		emit("ADD R11<<2, R0, R11")
		emit("VLD1 (R12), %s", list(0, 2, "S4"))
		emit("VST1 %s, (R11)", list(0, 2, "S4"))
		emit("ADD $24, R8")
		emit("SUB $1, R9")
		emit("CBNZ R9, run")
		emit("ADD R1<<2, R0, R0")
	})
	emit("RET")
}

// depthwise writes rows of blocks times 8 values: each the sum over taps of a weight times the value of
// src at the tap's offset.
func depthwise() {
	function("depthwiseNEON", "dst *float32, dstPitch int, src *float32, srcPitch int, offsets *int, w *float32, taps, rows, blocks int", "")
	for i, name := range []string{"dst", "dstPitch", "src", "srcPitch", "offsets", "w", "taps", "rows", "blocks"} {
		load(name, []string{"R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"}[i])
	}
	loop("row", "R7", 1, func() {
		emit("MOVD R0, R11")
		emit("MOVD R2, R12")
		emit("MOVD R8, R13")
		loop("block", "R13", 1, func() {
			emit("VEOR V0.B16, V0.B16, V0.B16")
			emit("VEOR V1.B16, V1.B16, V1.B16")
			emit("MOVD R4, R14")
			emit("MOVD R5, R15")
			emit("MOVD R6, R16")
			label("tap")
			emit("MOVD.P 8(R14), R17")
			emit("ADD R17<<2, R12, R17")
			emit("VLD1R.P 4(R15), [V4.S4]")
			emit("VLD1 (R17), %s", list(2, 2, "S4"))
			emit("VFMLA V2.S4, V4.S4, V0.S4")
			emit("VFMLA V3.S4, V4.S4, V1.S4")
			emit("SUB $1, R16")
			emit("CBNZ R16, tap")
			emit("VST1.P %s, 32(R11)", list(0, 2, "S4"))
			emit("ADD $32, R12")
		})
		emit("ADD R1<<2, R0, R0")
		emit("ADD R3<<2, R2, R2")
	})
	emit("RET")
}

// everySecond writes every second of 8 values at a time.
func everySecond() {
	function("everySecondNEON", "dst, src *float32, blocks int", "")
	load("dst", "R0")
	load("src", "R1")
	load("blocks", "R2")
	loop("block", "R2", 1, func() {
		emit("VLD2.P 32(R1), %s", list(0, 2, "S4"))
		emit("VST1.P %s, 16(R0)", list(0, 1, "S4"))
	})
	emit("RET")
}
