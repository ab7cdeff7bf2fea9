//go:build generate

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func packing() {
	transpose32("transpose8", 8)
	transpose32("transpose6", 6)
	transpose64("transpose4", 4)
	transpose64("transpose2", 2)
	copyRows("copyLines32", "float32")
	copyWords("copyWords32", "float32")
	copyWords("copyWords64", "float64")
	copyRows("copyLines64", "float64")
	gatherRuns()
	depthwise()
	everySecond()
}

// rowsOf loads the arguments common to the transposes and gives the address of row i.
func rowsOf(shift uint64) (dst, stride, src, blocks Register, row func(i, disp int) Mem) {
	dst = Load(Param("dst"), RDI)
	stride = Load(Param("stride"), RDX)
	src = Load(Param("src"), RSI)
	ld := Load(Param("ld"), R8)
	blocks = Load(Param("blocks"), RCX)
	SHLQ(U8(shift), stride)
	SHLQ(U8(shift), ld)
	low, ld3 := R9, R10
	LEAQ(Mem{Base: ld, Index: ld, Scale: 2}, ld3)
	return dst, stride, src, blocks, func(i, disp int) Mem {
		base := src
		if i >= 4 {
			base = low
		}
		switch i % 4 {
		case 1:
			return Mem{Base: base, Index: ld, Scale: 1, Disp: disp}
		case 2:
			return Mem{Base: base, Index: ld, Scale: 2, Disp: disp}
		case 3:
			return Mem{Base: base, Index: ld3, Scale: 1, Disp: disp}
		}
		return Mem{Base: base, Disp: disp}
	}
}

// transpose32 writes a transpose of 8 columns of rows rows at a time; dst gets 8 values per
// column, the last ones zero where there are fewer rows.
func transpose32(name string, rows int) {
	function(name, "func(dst *float32, stride int, src *float32, ld, blocks int)")
	dst, stride, src, blocks, row := rowsOf(2)
	LEAQ(Mem{Base: src, Index: R8, Scale: 4}, R9)
	x := []VecPhysical{X0, X1, X2, X3}
	loop("block", blocks, 1, func() {
		for half := 0; half < 2; half++ {
			for i := 0; i < 4; i++ {
				VMOVUPS(row(i, 16*half), x[i])
				if i+4 < rows {
					VINSERTF128(U8(1), row(i+4, 16*half), ymm[i], ymm[i])
				}
			}
			VUNPCKLPS(Y1, Y0, Y4)
			VUNPCKHPS(Y1, Y0, Y5)
			VUNPCKLPS(Y3, Y2, Y6)
			VUNPCKHPS(Y3, Y2, Y7)
			for i, r := range [][2]VecPhysical{{Y4, Y6}, {Y4, Y6}, {Y5, Y7}, {Y5, Y7}} {
				VSHUFPS(U8([]uint64{0x44, 0xee}[i%2]), r[1], r[0], Y8)
				VMOVUPS(Y8, Mem{Base: dst})
				ADDQ(stride, dst)
			}
		}
		ADDQ(U8(32), src)
		ADDQ(U8(32), R9)
	})
	VZEROUPPER()
	RET()
}

// transpose64 writes a transpose of 4 columns of rows rows at a time.
func transpose64(name string, rows int) {
	function(name, "func(dst *float64, stride int, src *float64, ld, blocks int)")
	dst, stride, src, blocks, row := rowsOf(3)
	loop("block", blocks, 1, func() {
		for half := 0; half < 2; half++ {
			VMOVUPD(row(0, 16*half), X0)
			VMOVUPD(row(1, 16*half), X1)
			if rows == 4 {
				VINSERTF128(U8(1), row(2, 16*half), Y0, Y0)
				VINSERTF128(U8(1), row(3, 16*half), Y1, Y1)
				VUNPCKLPD(Y1, Y0, Y2)
				VUNPCKHPD(Y1, Y0, Y3)
				VMOVUPD(Y2, Mem{Base: dst})
				VMOVUPD(Y3, Mem{Base: dst, Index: stride, Scale: 1})
			} else {
				VUNPCKLPD(X1, X0, X2)
				VUNPCKHPD(X1, X0, X3)
				VMOVUPD(X2, Mem{Base: dst})
				VMOVUPD(X3, Mem{Base: dst, Index: stride, Scale: 1})
			}
			LEAQ(Mem{Base: dst, Index: stride, Scale: 2}, dst)
		}
		ADDQ(U8(32), src)
	})
	VZEROUPPER()
	RET()
}

// copyRows writes a copy of rows rows of chunks times 64 bytes, ld elements apart, end to end.
func copyRows(name, typ string) {
	function(name, fmt.Sprintf("func(dst, src *%s, ld, rows, chunks int)", typ))
	dst := Load(Param("dst"), RDI)
	src := Load(Param("src"), RSI)
	ld := Load(Param("ld"), R8)
	rows := Load(Param("rows"), RCX)
	chunks := Load(Param("chunks"), RDX)
	SHLQ(U8(map[string]uint64{"float32": 2, "float64": 3}[typ]), ld)
	loop("row", rows, 1, func() {
		MOVQ(src, R9)
		MOVQ(chunks, R10)
		Label("chunk")
		VMOVUPS(Mem{Base: R9}, Y0)
		VMOVUPS(Mem{Base: R9, Disp: 32}, Y1)
		VMOVUPS(Y0, Mem{Base: dst})
		VMOVUPS(Y1, Mem{Base: dst, Disp: 32})
		ADDQ(U8(64), R9)
		ADDQ(U8(64), dst)
		DECQ(R10)
		JNZ(LabelRef("chunk"))
		ADDQ(ld, src)
	})
	VZEROUPPER()
	RET()
}

// gatherRuns writes, for each of n offsets, a row of width values of dst: run by run 8 values from
// src at the offset plus the run's own, later runs over the surplus of earlier ones. A run is three
// numbers: where it goes, where it comes from, and its length, which is not needed here.
func gatherRuns() {
	function("gatherRuns", "func(dst *float32, width int, src *float32, offsets *int, n int, runs *int, count int)")
	dst := Load(Param("dst"), RDI)
	width := Load(Param("width"), RDX)
	src := Load(Param("src"), RSI)
	offsets := Load(Param("offsets"), R8)
	n := Load(Param("n"), RCX)
	runs := Load(Param("runs"), R9)
	count := Load(Param("count"), R10)
	SHLQ(U8(2), width)
	CMPQ(count, U8(2))
	JNE(LabelRef("many"))
	for i, r := range []Register{RAX, RBX, R12, R13} {
		MOVQ(Mem{Base: runs, Disp: []int{0, 8, 24, 32}[i]}, r)
	}
	loop("pair", n, 1, func() {
		MOVQ(Mem{Base: offsets}, R11)
		LEAQ(Mem{Base: src, Index: R11, Scale: 4}, R11)
		VMOVUPS(Mem{Base: R11, Index: RBX, Scale: 4}, Y0)
		VMOVUPS(Mem{Base: R11, Index: R13, Scale: 4}, Y1)
		VMOVUPS(Y0, Mem{Base: dst, Index: RAX, Scale: 4})
		VMOVUPS(Y1, Mem{Base: dst, Index: R12, Scale: 4})
		ADDQ(width, dst)
		ADDQ(U8(8), offsets)
	})
	Label("many")
	loop("row", n, 1, func() {
		MOVQ(Mem{Base: offsets}, R11)
		LEAQ(Mem{Base: src, Index: R11, Scale: 4}, R11)
		MOVQ(runs, R12)
		MOVQ(count, R13)
		Label("run")
		MOVQ(Mem{Base: R12}, RAX)
		MOVQ(Mem{Base: R12, Disp: 8}, RBX)
		VMOVUPS(Mem{Base: R11, Index: RBX, Scale: 4}, Y0)
		VMOVUPS(Y0, Mem{Base: dst, Index: RAX, Scale: 4})
		ADDQ(U8(24), R12)
		DECQ(R13)
		JNZ(LabelRef("run"))
		ADDQ(width, dst)
		ADDQ(U8(8), offsets)
	})
	VZEROUPPER()
	RET()
}

// depthwise writes rows of blocks times 8 values: each the sum over taps of a weight times the
// value of src at the tap's offset.
func depthwise() {
	function("depthwise", "func(dst *float32, dstPitch int, src *float32, srcPitch int, offsets *int, w *float32, taps, rows, blocks int)")
	dst := Load(Param("dst"), RDI)
	dstPitch := Load(Param("dstPitch"), RDX)
	src := Load(Param("src"), RSI)
	srcPitch := Load(Param("srcPitch"), R8)
	offsets := Load(Param("offsets"), R9)
	w := Load(Param("w"), R10)
	taps := Load(Param("taps"), R11)
	rows := Load(Param("rows"), RCX)
	SHLQ(U8(2), dstPitch)
	SHLQ(U8(2), srcPitch)
	loop("row", rows, 1, func() {
		blocks := Load(Param("blocks"), R12)
		MOVQ(dst, R13)
		MOVQ(src, R14)
		depthwiseBlocks(4, offsets, w, taps, blocks)
		depthwiseBlocks(1, offsets, w, taps, blocks)
		ADDQ(dstPitch, dst)
		ADDQ(srcPitch, src)
	})
	VZEROUPPER()
	RET()
}

// depthwiseBlocks writes the walk over count blocks at a time.
func depthwiseBlocks(count int, offsets, w, taps, blocks Register) {
	name := fmt.Sprintf("block%d", count)
	loop(name, blocks, uint64(count), func() {
		for i := 0; i < count; i++ {
			VXORPS(ymm[i], ymm[i], ymm[i])
		}
		XORQ(RAX, RAX)
		Label(name + "_tap")
		MOVQ(Mem{Base: offsets, Index: RAX, Scale: 8}, RBX)
		VBROADCASTSS(Mem{Base: w, Index: RAX, Scale: 4}, Y4)
		for i := 0; i < count; i++ {
			VFMADD231PS(Mem{Base: R14, Index: RBX, Scale: 4, Disp: 32 * i}, Y4, ymm[i])
		}
		INCQ(RAX)
		CMPQ(RAX, taps)
		JL(LabelRef(name + "_tap"))
		for i := 0; i < count; i++ {
			VMOVUPS(ymm[i], Mem{Base: R13, Disp: 32 * i})
		}
		ADDQ(U8(uint64(32*count)), R13)
		ADDQ(U8(uint64(32*count)), R14)
	})
}

// everySecond writes every second of 16 values at a time.
func everySecond() {
	function("everySecond", "func(dst, src *float32, blocks int)")
	dst := Load(Param("dst"), RDI)
	src := Load(Param("src"), RSI)
	blocks := Load(Param("blocks"), RCX)
	loop("block", blocks, 1, func() {
		VMOVUPS(Mem{Base: src}, Y0)
		VSHUFPS(U8(0x88), Mem{Base: src, Disp: 32}, Y0, Y0)
		VPERMPD(U8(0xd8), Y0, Y0)
		VMOVUPS(Y0, Mem{Base: dst})
		ADDQ(U8(64), src)
		ADDQ(U8(32), dst)
	})
	VZEROUPPER()
	RET()
}

// copyWords writes a copy of rows rows of words times 8 bytes, ld elements apart, end to end.
func copyWords(name, typ string) {
	function(name, fmt.Sprintf("func(dst, src *%s, ld, rows, words int)", typ))
	dst := Load(Param("dst"), RDI)
	src := Load(Param("src"), RSI)
	ld := Load(Param("ld"), R8)
	rows := Load(Param("rows"), RCX)
	words := Load(Param("words"), RDX)
	SHLQ(U8(map[string]uint64{"float32": 2, "float64": 3}[typ]), ld)
	loop("row", rows, 1, func() {
		XORQ(R9, R9)
		Label("word")
		MOVQ(Mem{Base: src, Index: R9, Scale: 8}, R10)
		MOVQ(R10, Mem{Base: dst, Index: R9, Scale: 8})
		INCQ(R9)
		CMPQ(R9, words)
		JL(LabelRef("word"))
		LEAQ(Mem{Base: dst, Index: words, Scale: 8}, dst)
		ADDQ(ld, src)
	})
	RET()
}
