package kernel

// MulVec64 sets dst to the product of a, rows x len(x) with stride lda, and x. A row's bits do not
// depend on its place.
func MulVec64(dst, a []float64, lda, rows int, x []float64) {
	if len(x) == 0 {
		clear(dst[:rows])
		return
	}
	i := 0
	for ; i+4 <= rows; i += 4 {
		four := current.dots(a[i*lda:], lda, x)
		copy(dst[i:i+4], four[:])
	}
	for ; i < rows; i++ {
		dst[i] = DotDouble(a[i*lda:i*lda+len(x)], x)
	}
}

// SymMulVec64 adds to y rows [i0, i1) of the symmetric matrix of which a holds the upper triangle, with stride
// lda, and their columns, times x: added up over all rows, that is the matrix's product with x.
func SymMulVec64(y, a []float64, lda, i0, i1 int, x []float64) {
	n := len(x)
	i := i0
	for ; i+4 <= i1; i += 4 {
		for r := i; r < i+4; r++ {
			for c := r; c < i+4; c++ {
				v := a[r*lda+c]
				y[r] += v * x[c]
				if c > r {
					y[c] += v * x[r]
				}
			}
		}
		if i+4 == n {
			continue
		}
		left := [4]float64(x[i:])
		for r, v := range current.symmetric(a[i*lda+i+4:], lda, &left, x[i+4:], y[i+4:n]) {
			y[i+r] += v
		}
	}
	for ; i < i1; i++ {
		y[i] += DotDouble(a[i*lda+i:i*lda+n], x[i:])
		AddScaled64(y[i+1:n], x[i], a[i*lda+i+1:i*lda+n])
	}
}

// DotDouble is the sum of x[i]*y[i], as MulVec64 sums it.
func DotDouble(x, y []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	return current.dots(x, 0, y[:len(x)])[0] // four times the same row
}

// AddScaled64 adds a*x to dst.
func AddScaled64(dst []float64, a float64, x []float64) { current.axpy(dst[:len(x)], a, x) }

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
