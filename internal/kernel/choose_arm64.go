package kernel

import "unsafe"

// available lists the sets that this processor runs: every arm64 one has NEON.
func available() []*set { return []*set{neon, portable} }

var neon = &set{
	name: "neon",
	p32: product[float32]{rows: 8, cols: 12, depth: 320, height: 128, width: 3072,
		tile: product32NEON, mixed: mixedNEON, transpose: transpose32, copyRows: copyRows[float32], gather: gather32},
	p64: product[float64]{rows: 8, cols: 6, depth: 256, height: 96, width: 3072,
		tile: product64NEON, transpose: transpose64, copyRows: copyRows[float64], gather: gatherPortable[float64]},
	depthwise: depthwise32, second: second32, vector: vectorNEON,
}

// transpose32 packs count rows of k values: dst[p*width+i] = src[i*ld+p].
func transpose32(dst []float32, width int, src []float32, ld, count, k int) {
	rows, blocks := count/4*4, k/4
	for i := 0; i < rows && blocks > 0; i += 4 {
		transpose32NEON(&dst[i], width, &src[i*ld], ld, blocks)
	}
	if blocks*4 < k && rows > 0 {
		transposePortable(dst[4*blocks*width:], width, src[4*blocks:], ld, rows, k-4*blocks)
	}
	if rows < count {
		transposePortable(dst[rows:], width, src[rows*ld:], ld, count-rows, k)
	}
}

// transpose64 is transpose32 for float64, two rows and columns at a time.
func transpose64(dst []float64, width int, src []float64, ld, count, k int) {
	rows, blocks := count/2*2, k/2
	for i := 0; i < rows && blocks > 0; i += 2 {
		transpose64NEON(&dst[i], width, &src[i*ld], ld, blocks)
	}
	if blocks*2 < k && rows > 0 {
		transposePortable(dst[2*blocks*width:], width, src[2*blocks:], ld, rows, k-2*blocks)
	}
	if rows < count {
		transposePortable(dst[rows:], width, src[rows*ld:], ld, count-rows, k)
	}
}

// copyRows packs k rows of count values, ld apart, width apart.
func copyRows[T float](dst []T, width int, src []T, ld, count, k int) {
	size := int(unsafe.Sizeof(dst[0]))
	if count < width || width*size%16 != 0 {
		copyPortable(dst, width, src, ld, count, k)
		return
	}
	copyChunksNEON(unsafe.Pointer(&dst[0]), unsafe.Pointer(&src[0]), ld*size, k, width*size/16)
}

func gather32(dst []float32, width int, src []float32, offsets []int, runs []run) {
	gatherNEON(&dst[0], width, &src[0], &offsets[0], len(offsets), &runs[0].at, len(runs))
}

func depthwise32(dst []float32, pitch, width int, src []float32, srcPitch int, offsets []int, w []float32, rows int) {
	depthwiseNEON(&dst[0], pitch, &src[0], srcPitch, &offsets[0], &w[0], len(w), rows, width/8)
}

// second32 leaves the last value to Go: the assembly reads one value more than it needs.
func second32(dst, src []float32) {
	n := max(0, len(dst)-1) / 4 * 4
	if n > 0 {
		everySecondNEON(&dst[0], &src[0], n/4)
	}
	secondPortable(dst[n:], src[2*n:])
}
