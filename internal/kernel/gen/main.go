//go:build generate

// Command gen writes the assembly of package kernel: micro-kernels of the matrix products,
// packing, and vector functions, for AVX2 with FMA and, for the products, AVX-512. It writes the
// same bytes every time; run it with go generate in the folder above.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	products()
	packing()
	vectors()
	sums()
	moments()
	pool()
	planes()
	panels()
	Generate()
}

// function starts a function whose pointers the garbage collector need not follow.
func function(name, signature string) {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
}

// loop writes a loop that runs while count, lowered by step each turn, stays above zero; count
// below step skips it.
func loop(name string, count Register, step uint64, body func()) {
	CMPQ(count, U32(step))
	JL(LabelRef(name + "_end"))
	Label(name)
	body()
	SUBQ(U32(step), count)
	CMPQ(count, U32(step))
	JGE(LabelRef(name))
	Label(name + "_end")
}
