package kernel

// MulVec64 sets dst to the product of a, rows x len(x) with stride lda, and x.
func MulVec64(dst, a []float64, lda, rows int, x []float64) {
	i := 0
	if len(x) > 0 {
		for ; i+4 <= rows; i += 4 {
			current.dots(a[i*lda:], lda, x, dst[i:i+4])
		}
	}
	for ; i < rows; i++ {
		var s float64
		for j, v := range a[i*lda : i*lda+len(x)] {
			s += v * x[j]
		}
		dst[i] = s
	}
}

// RotateRows64 applies a chain of plane rotations to columns [at, at+16) of z, whose rows are
// stride apart: from row first on, upwards if up and downwards otherwise, each pair (c, s) of cs
// makes row = c*row + s*next and next = c*next - s*row, and next is the following row.
func RotateRows64(z []float64, stride, at, first int, up bool, cs []float64) {
	step := -stride
	if up {
		step = stride
	}
	current.rotate(z, first*stride+at, step, cs)
}
