package kernel

var vectorAVX2 = vector{
	exp: func(dst, src []float32, shift float32) {
		if len(src) > 0 {
			expShifted(&dst[0], &src[0], len(src), shift)
		}
	},
	tanh:    unary(tanhAVX2),
	erf:     unary(erfAVX2),
	sigmoid: unary(sigmoidAVX2),
	gelu:    unary(geluAVX2),
	add:     binary(addAVX2),
	sub:     binary(subAVX2),
	mul:     binary(mulAVX2),
	div:     binary(divAVX2),
	larger:  binary(largerAVX2),
	pairs: func(dst, src []float32, pitch, n, rows int) {
		if n > 0 && rows > 0 {
			poolPairs(&dst[0], &src[0], pitch, n, rows)
		}
	},
	scale:     scalar(scaleAVX2),
	addScalar: scalar(addScalarAVX2),
	above:     gate(aboveAVX2),
	below:     gate(belowAVX2),
	adam: func(w, g, mean, square []float32, c *Adam) {
		if len(w) > 0 {
			adamRow(&w[0], &g[0], &mean[0], &square[0], len(w), &c.Keep)
		}
	},
	finish: func(dst, a, extra []float32, bias, lo, hi float32) {
		if len(a) == 0 {
			return
		}
		var e *float32
		if extra != nil {
			e = &extra[:len(a)][0]
		}
		finishRow(&dst[0], &a[0], e, len(a), bias, lo, hi)
	},
	affine: func(dst, src, scale, bias []float32, shift, factor float32) {
		if len(src) > 0 {
			affineRow(&dst[0], &src[0], &scale[0], &bias[0], len(src), shift, factor)
		}
	},
	max: func(x []float32) float32 {
		n := len(x) &^ 7
		if n == 0 {
			return maxPortable(x)
		}
		var lanes, nan [8]float32
		maxAVX2(&x[0], n/8, &lanes[0], &nan[0])
		for _, v := range nan {
			if v != 0 { // the mask of a comparison is itself NaN
				return v
			}
		}
		m := maxPortable(lanes[:])
		if rest := maxPortable(x[n:]); !(rest <= m) {
			return rest
		}
		return m
	},
	moments: momentsOf(momentsAVX2),
	addMoments: func(total, square []float64, low, high, row []float32) {
		n := len(row) &^ 3
		if n > 0 {
			addMomentsAVX2(&total[0], &square[0], &low[0], &high[0], &row[0], n/4)
		}
		addMomentsPortable(total[n:], square[n:], low[n:], high[n:], row[n:])
	},
	sum: func(x []float32) float64 {
		n, total := len(x)&^15, 0.0
		if n > 0 {
			total = sumAVX2(&x[0], n/16)
		}
		for _, v := range x[n:] {
			total += float64(v)
		}
		return total
	},
	dot: func(x, y []float32) float64 {
		n, total := len(x)&^15, 0.0
		if n > 0 {
			total = dotAVX2(&x[0], &y[0], n/16)
		}
		for i, v := range x[n:] {
			total += float64(v) * float64(y[n+i])
		}
		return total
	},
	addTo: func(dst []float64, src []float32) {
		n := len(src) &^ 3
		if n > 0 {
			addToAVX2(&dst[0], &src[0], n/4)
		}
		portableVector.addTo(dst[n:], src[n:])
	},
	centre: func(dst, src []float32, mean []float64, scale float64) {
		n := len(src) &^ 3
		if n > 0 {
			centreAVX2(&dst[0], &src[0], &mean[0], n/4, scale)
		}
		portableVector.centre(dst[n:], src[n:], mean[n:], scale)
	},
	distance: func(x []float32, mean []float64) float64 {
		n, total := len(x)&^15, 0.0
		if n > 0 {
			total = distanceAVX2(&x[0], &mean[0], n/16)
		}
		return total + distancePortable(x[n:], mean[n:])
	},
	axpy: func(dst []float64, a float64, x []float64) {
		n := len(x) &^ 7
		if n > 0 {
			axpyAVX2(&dst[0], &x[0], n/8, a)
		}
		axpyPortable(dst[n:], a, x[n:])
	},
	dots: func(a []float64, lda int, x []float64) (out [4]float64) {
		n := len(x) &^ 7
		_ = a[3*lda+len(x)-1]
		if n > 0 {
			dotsAVX2(&a[0], lda, &x[0], n/8, &out[0])
		}
		for i := range out {
			for j := n; j < len(x); j++ {
				out[i] += a[i*lda+j] * x[j]
			}
		}
		return out
	},
	symmetric: symmetricRowsAVX2,
	poles:     polesOfAVX2,
	ratios: func(w, d []float64, origin, x, pole float64) {
		n := len(d) &^ 3
		if n > 0 {
			distanceRatiosAVX2(&w[0], &d[0], n/4, origin, x, pole)
		}
		ratiosPortable(w[n:], d[n:], origin, x, pole)
	},
	over: func(dst, w, d []float64, origin, x float64) {
		n := len(d) &^ 3
		if n > 0 {
			overDistancesAVX2(&dst[0], &w[0], &d[0], n/4, origin, x)
		}
		overPortable(dst[n:], w[n:], d[n:], origin, x)
	},
	rotate: rotateRowsAVX2,
}

func symmetricRowsAVX2(a []float64, lda int, left *[4]float64, x, y []float64) (out [4]float64) {
	n := len(x) &^ 3
	_, _ = a[3*lda+len(x)-1], y[len(x)-1]
	if n > 0 {
		symmetricAVX2(&a[0], lda, &left[0], &x[0], &y[0], n/4, &out[0])
	}
	if n < len(x) {
		for i, v := range symmetricPortable(a[n:], lda, left, x[n:], y[n:]) {
			out[i] += v
		}
	}
	return out
}

// symmetricRowsAVX512 leaves the odd ones to AVX2 at the beginning: rows that end on a line's end are then read in lines.
func symmetricRowsAVX512(a []float64, lda int, left *[4]float64, x, y []float64) (out [4]float64) {
	odd := len(x) % 8
	if n := len(x) / 8; n > 0 {
		_, _ = a[3*lda+len(x)-1], y[len(x)-1]
		symmetricAVX512(&a[odd], lda, &left[0], &x[odd], &y[odd], n, &out[0])
	}
	if odd > 0 {
		for i, v := range symmetricRowsAVX2(a, lda, left, x[:odd], y[:odd]) {
			out[i] += v
		}
	}
	return out
}

func polesOfAVX2(d, w []float64, origin, x float64) (sum, slope float64) {
	var out [2]float64
	n := len(d) &^ 3
	if n > 0 {
		polesAVX2(&d[0], &w[0], n/4, origin, x, &out[0])
	}
	sum, slope = polesPortable(d[n:], w[n:], origin, x)
	return sum + out[0], slope + out[1]
}

func polesOfAVX512(d, w []float64, origin, x float64) (sum, slope float64) {
	var out [2]float64
	n := len(d) &^ 7
	if n > 0 {
		polesAVX512(&d[0], &w[0], n/8, origin, x, &out[0])
	}
	sum, slope = polesPortable(d[n:], w[n:], origin, x)
	return sum + out[0], slope + out[1]
}

func rotateRowsAVX2(z []float64, at, step int, cs []float64) {
	if len(cs) >= 2 {
		_, _ = z[at+15], z[at+len(cs)/2*step+15]
		rotateAVX2(&z[at], 8*step, &cs[0], len(cs)/2)
	}
}

// vectorAVX512 has what gains by wider vectors.
var vectorAVX512 = func() vector {
	v := vectorAVX2
	v.moments = momentsOf(momentsAVX512)
	v.symmetric = symmetricRowsAVX512
	v.poles = polesOfAVX512
	return v
}()

// momentsOf leaves what a kernel's blocks of 16 leave over to Go.
func momentsOf(f func(x *float32, blocks int, sums *[2]float64, bounds *[2]float32)) func([]float32) Moments {
	return func(x []float32) Moments {
		n := len(x) &^ 15
		if n == 0 {
			return momentsPortable(x)
		}
		var sums [2]float64
		var bounds [2]float32
		f(&x[0], n/16, &sums, &bounds)
		m := Moments{sums[0], sums[1], bounds[0], bounds[1]}
		m.add(x[n:])
		return m
	}
}

func unary(f func(dst, src *float32, n int)) func(dst, src []float32) {
	return func(dst, src []float32) {
		if len(src) > 0 {
			f(&dst[0], &src[0], len(src))
		}
	}
}

func binary(f func(dst, a, b *float32, n int)) func(dst, a, b []float32) {
	return func(dst, a, b []float32) {
		if len(a) > 0 {
			f(&dst[0], &a[0], &b[0], len(a))
		}
	}
}

func scalar(f func(dst, a *float32, n int, s float32)) func(dst, a []float32, s float32) {
	return func(dst, a []float32, s float32) {
		if len(a) > 0 {
			f(&dst[0], &a[0], len(a), s)
		}
	}
}

func gate(f func(dst, a, b *float32, n int, s float32)) func(dst, a, b []float32, s float32) {
	return func(dst, a, b []float32, s float32) {
		if len(a) > 0 {
			f(&dst[0], &a[0], &b[0], len(a), s)
		}
	}
}
