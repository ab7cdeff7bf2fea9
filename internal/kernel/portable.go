package kernel

import "unsafe"

// tilePortable is the micro-kernel in Go: a 4 x 4 tile of c, its sums in the order of the
// assembly's. It computes c = a*b, or c += a*b with add.
func tilePortable[T float](k int, a, b, c *T, ldc int, add uint64) {
	var s [16]T
	as, bs := unsafe.Slice(a, 4*k), unsafe.Slice(b, 4*k)
	for ; len(as) >= 4 && len(bs) >= 4; as, bs = as[4:], bs[4:] {
		a0, a1, a2, a3 := as[0], as[1], as[2], as[3]
		b0, b1, b2, b3 := bs[0], bs[1], bs[2], bs[3]
		s[0] += a0 * b0
		s[1] += a0 * b1
		s[2] += a0 * b2
		s[3] += a0 * b3
		s[4] += a1 * b0
		s[5] += a1 * b1
		s[6] += a1 * b2
		s[7] += a1 * b3
		s[8] += a2 * b0
		s[9] += a2 * b1
		s[10] += a2 * b2
		s[11] += a2 * b3
		s[12] += a3 * b0
		s[13] += a3 * b1
		s[14] += a3 * b2
		s[15] += a3 * b3
	}
	cs := unsafe.Slice(c, 3*ldc+4)
	for i := range 4 {
		row, sums := cs[i*ldc:i*ldc+4], s[4*i:4*i+4]
		for j, v := range sums {
			if add != 0 {
				v += row[j]
			}
			row[j] = v
		}
	}
}

// mixedPortable adds a tile of float32 sums to float64.
func mixedPortable(k int, a, b *float32, c *float64, ldc int) {
	var s [16]float32
	tilePortable(k, a, b, &s[0], 4, 0)
	cs := unsafe.Slice(c, 3*ldc+4)
	for i, v := range s {
		cs[i/4*ldc+i%4] += float64(v)
	}
}

// transposePortable packs count rows of k values: dst[p*width+i] = src[i*ld+p].
func transposePortable[T float](dst []T, width int, src []T, ld, count, k int) {
	for i := range count {
		for p, v := range src[i*ld : i*ld+k] {
			dst[p*width+i] = v
		}
	}
}

// copyPortable packs k rows of count values: dst[p*width+i] = src[p*ld+i].
func copyPortable[T float](dst []T, width int, src []T, ld, count, k int) {
	for p := range k {
		copy(dst[p*width:p*width+count], src[p*ld:p*ld+count])
	}
}

// gatherPortable packs, for each offset, a row of width values, run by run.
func gatherPortable[T float](dst []T, width int, src []T, offsets []int, runs []run) {
	for i, o := range offsets {
		row := dst[i*width : (i+1)*width]
		for _, r := range runs {
			copy(row[r.at:r.at+r.n], src[o+r.from:])
		}
	}
}

// depthwisePortable computes rows of width values, pitch apart: each the sum over taps of w times
// the value of src at the tap's offset. Rows may overlap, later ones over the surplus of earlier ones.
func depthwisePortable(dst []float32, pitch, width int, src []float32, srcPitch int, offsets []int, w []float32, rows int) {
	for h := range rows {
		row := dst[h*pitch : h*pitch+width]
		clear(row)
		for t, o := range offsets {
			line := src[h*srcPitch+o:]
			for i := range min(len(row), len(line)) {
				row[i] += w[t] * line[i]
			}
		}
	}
}

// secondPortable sets dst to every second value of src, from the first on.
func secondPortable(dst, src []float32) {
	for i := range dst {
		dst[i] = src[2*i]
	}
}
