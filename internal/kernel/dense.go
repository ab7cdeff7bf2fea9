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
		corner(y[i:], a[i*lda+i:], lda, x[i:])
		if i+4 == n {
			continue
		}
		for r, v := range current.symmetric(a[i*lda+i+4:], lda, (*[4]float64)(x[i:]), x[i+4:], y[i+4:n]) {
			y[i+r] += v
		}
	}
	for ; i < i1; i++ {
		y[i] += DotDouble(a[i*lda+i:i*lda+n], x[i:])
		AddScaled64(y[i+1:n], x[i], a[i*lda+i+1:i*lda+n])
	}
}

// corner is SymMulVec64 for a matrix of four rows.
func corner(y, a []float64, lda int, x []float64) {
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	r0, r1, r2 := a[:4], a[lda:lda+4], a[2*lda:2*lda+4]
	y[0] += r0[0]*x0 + r0[1]*x1 + (r0[2]*x2 + r0[3]*x3)
	y[1] += r0[1]*x0 + r1[1]*x1 + (r1[2]*x2 + r1[3]*x3)
	y[2] += r0[2]*x0 + r1[2]*x1 + (r2[2]*x2 + r2[3]*x3)
	y[3] += r0[3]*x0 + r1[3]*x1 + (r2[3]*x2 + a[3*lda+3]*x3)
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

// AddRows64 adds c[r] times row r of a, whose rows are lda apart and finite, to dst, for all r.
func AddRows64(dst, c, a []float64, lda int) {
	r := 0
	for ; r+4 <= len(c); r += 4 {
		row := a[r*lda:]
		current.symmetric(row, lda, (*[4]float64)(c[r:]), row[:len(dst)], dst)
	}
	if r == len(c) {
		return
	}
	if r > 0 { // four that end with the last, those that were added with a factor of 0
		var last [4]float64
		copy(last[4-len(c)+r:], c[r:])
		row := a[(len(c)-4)*lda:]
		current.symmetric(row, lda, &last, row[:len(dst)], dst)
		return
	}
	for ; r < len(c); r++ {
		AddScaled64(dst, c[r], a[r*lda:r*lda+len(dst)])
	}
}

// Poles64 adds up w[i]/(d[i]-origin-x), and w[i]/(d[i]-origin-x)^2. No distance is zero or too small for its inverse.
func Poles64(d, w []float64, origin, x float64) (sum, slope float64) {
	return current.poles(d, w[:len(d)], origin, x)
}

// DistanceRatios64 multiplies w[i] by (d[i]-origin-x)/(d[i]-pole).
func DistanceRatios64(w, d []float64, origin, x, pole float64) {
	current.ratios(w[:len(d)], d, origin, x, pole)
}

// OverDistances64 sets dst[i] to w[i]/(d[i]-origin-x).
func OverDistances64(dst, w, d []float64, origin, x float64) {
	current.over(dst[:len(d)], w[:len(d)], d, origin, x)
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
