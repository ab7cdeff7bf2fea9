package kernel

import "golang.org/x/sys/cpu"

// available lists the sets that this processor runs, the best one first.
func available() []*set {
	list := []*set{portable}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		list = append([]*set{avx2}, list...)
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ {
			list = append([]*set{avx512}, list...)
			if hasAMX() {
				list = append([]*set{amx}, list...)
			}
		}
	}
	return list
}

var avx2 = &set{
	name: "avx2",
	p32: product[float32]{rows: 6, cols: 16, depth: 384, height: 144, width: 4096,
		tile: product32avx2, finished: finished32avx2, mixed: mixedAVX2, transpose: transpose32, copyRows: copyRows32, gather: gather32},
	p64: product[float64]{rows: 6, cols: 8, depth: 256, height: 96, width: 4096,
		tile: product64avx2, transpose: transpose64, copyRows: copyRows64, gather: gatherPortable[float64]},
	depthwise: depthwise32, three: threeAVX2, second: second32, vector: vectorAVX2,
	panel: panelSet{rows: 4, cols: 16, tile: panelTileAVX2},
}

var avx512 = &set{
	name: "avx512",
	p32: product[float32]{rows: 14, cols: 32, depth: 384, height: 224, width: 4096,
		tile: product32avx512, finished: finished32avx512, mixed: mixedAVX512, transpose: transpose32, copyRows: copyRows32, gather: gather32},
	p64: product[float64]{rows: 14, cols: 16, depth: 256, height: 168, width: 4096,
		tile: product64avx512, transpose: transpose64, copyRows: copyRows64, gather: gatherPortable[float64]},
	depthwise: depthwise32, three: threeAVX512, second: second32, vector: vectorAVX512,
	panel: panelSet{rows: 8, cols: 32, tile: panelTileAVX512, fill: panelRowsAVX512, sums: panelSumsAVX512, dots: panelDotsAVX512, powers: panelPowersAVX512},
}

// amx is avx512 with tile registers of bfloat16.
var amx = func() *set {
	s := *avx512
	s.name = "amx"
	return &s
}()

// transpose32 packs count rows of k values: dst[p*width+i] = src[i*ld+p]. The eight-wide stores of
// the assembly overrun rows of six, so blocks of rows go from the last to the first and steps in
// rising order, each mending what the one before spoilt, and the last steps are plain Go.
func transpose32(dst []float32, width int, src []float32, ld, count, k int) {
	blocks := (k - 1) / 8
	done := count
	for done > 0 && blocks > 0 {
		i := (done - 1) / 8 * 8
		switch done - i {
		case 8:
			transpose8(&dst[i], width, &src[i*ld], ld, blocks)
		case 6:
			transpose6(&dst[i], width, &src[i*ld], ld, blocks)
		default:
			transposePortable(dst[i:], width, src[i*ld:], ld, done-i, 8*blocks)
		}
		done = i
	}
	tail := 8 * blocks
	transposePortable(dst[tail*width:], width, src[tail:], ld, count, k-tail)
}

// transpose64 is transpose32 for float64, four rows and columns at a time, without overrun.
func transpose64(dst []float64, width int, src []float64, ld, count, k int) {
	blocks := k / 4
	for i := 0; i < count && blocks > 0; i += 4 {
		switch min(count-i, 4) {
		case 4:
			transpose4(&dst[i], width, &src[i*ld], ld, blocks)
		case 2:
			transpose2(&dst[i], width, &src[i*ld], ld, blocks)
		default:
			transposePortable(dst[i:], width, src[i*ld:], ld, count-i, 4*blocks)
		}
	}
	if tail := 4 * blocks; tail < k {
		transposePortable(dst[tail*width:], width, src[tail:], ld, count, k-tail)
	}
}

// copyRows32 packs k rows of count values, ld apart, width apart.
func copyRows32(dst []float32, width int, src []float32, ld, count, k int) {
	if count == width && width%16 == 0 {
		copyLines32(&dst[0], &src[0], ld, k, width/16)
		return
	}
	if count == width && width%2 == 0 {
		copyWords32(&dst[0], &src[0], ld, k, width/2)
		return
	}
	copyPortable(dst, width, src, ld, count, k)
}

// copyRows64 is copyRows32 for float64.
func copyRows64(dst []float64, width int, src []float64, ld, count, k int) {
	if count == width && width%8 == 0 {
		copyLines64(&dst[0], &src[0], ld, k, width/8)
		return
	}
	if count == width {
		copyWords64(&dst[0], &src[0], ld, k, width)
		return
	}
	copyPortable(dst, width, src, ld, count, k)
}

func gather32(dst []float32, width int, src []float32, offsets []int, runs []run) {
	gatherRuns(&dst[0], width, &src[0], &offsets[0], len(offsets), &runs[0].at, len(runs))
}

func depthwise32(dst []float32, pitch, width int, src []float32, srcPitch int, offsets []int, w []float32, rows int) {
	depthwise(&dst[0], pitch, &src[0], srcPitch, &offsets[0], &w[0], len(w), rows, width/8)
}

// second32 leaves the last value to Go: the assembly reads one value more than it needs. What the
// blocks of eight leave over is covered by a block that overlaps them.
func second32(dst, src []float32) {
	last := len(dst) - 1
	if last < 8 {
		secondPortable(dst, src)
		return
	}
	everySecond(&dst[0], &src[0], last/8)
	everySecond(&dst[last-8], &src[2*(last-8)], 1)
	dst[last] = src[2*last]
}
