package kernel

var vectorNEON = vector{
	exp: func(dst, src []float32, shift float32) {
		whole(dst, src, func(d, s *float32, n int) { expNEON(d, s, n, shift) })
	},
	tanh:    func(dst, src []float32) { whole(dst, src, tanhNEON) },
	erf:     func(dst, src []float32) { whole(dst, src, erfNEON) },
	sigmoid: func(dst, src []float32) { whole(dst, src, sigmoidNEON) },
	gelu:    func(dst, src []float32) { whole(dst, src, geluNEON) },

	add:       binary(addNEON, portableVector.add),
	sub:       binary(subNEON, portableVector.sub),
	mul:       binary(mulNEON, portableVector.mul),
	div:       binary(divNEON, portableVector.div),
	larger:    binary(largerNEON, portableVector.larger),
	pairs:     pairsPortable,
	scale:     scalar(scaleNEON, portableVector.scale),
	addScalar: scalar(addScalarNEON, portableVector.addScalar),
	above:     portableVector.above,
	below:     portableVector.below,
	adam:      adamPortable,
	finish: func(dst, a, extra []float32, bias, lo, hi float32) {
		n := len(a) &^ 3
		switch {
		case n > 0 && extra == nil:
			finishNEON(&dst[0], &a[0], n, bias, lo, hi)
		case n > 0:
			finishBothNEON(&dst[0], &a[0], &extra[:len(a)][0], n, bias, lo, hi)
		}
		if extra != nil {
			extra = extra[n:]
		}
		finishPortable(dst[n:], a[n:], extra, bias, lo, hi)
	},
	affine: func(dst, src, scale, bias []float32, shift, factor float32) {
		n := len(src) &^ 3
		if n > 0 {
			affineNEON(&dst[0], &src[0], &scale[0], &bias[0], n, shift, factor)
		}
		affinePortable(dst[n:], src[n:], scale[n:], bias[n:], shift, factor)
	},
	moments: func(x []float32) Moments {
		m := Moments{Sum: sumFour(x), Square: dotFour(x, x)}
		m.extend(x)
		return m
	},
	addMoments: addMomentsPortable,
	max: func(x []float32) float32 {
		n := len(x) &^ 3
		if n == 0 {
			return maxPortable(x)
		}
		var lanes [4]float32
		var ordered [4]uint32
		maxNEON(&x[0], n/4, &lanes[0], &ordered[0])
		for _, v := range ordered {
			if v == 0 {
				return maxPortable(x)
			}
		}
		m := maxPortable(lanes[:])
		if rest := maxPortable(x[n:]); !(rest <= m) {
			return rest
		}
		return m
	},
	sum: sumFour,
	dot: dotFour,
	addTo: func(dst []float64, src []float32) {
		n := len(src) &^ 3
		if n > 0 {
			addToNEON(&dst[0], &src[0], n/4)
		}
		portableVector.addTo(dst[n:], src[n:])
	},
	centre: func(dst, src []float32, mean []float64, scale float64) {
		n := len(src) &^ 3
		if n > 0 {
			centreNEON(&dst[0], &src[0], &mean[0], n/4, scale)
		}
		portableVector.centre(dst[n:], src[n:], mean[n:], scale)
	},
	distance: func(x []float32, mean []float64) float64 {
		n, total := len(x)&^15, 0.0
		if n > 0 {
			total = distanceNEON(&x[0], &mean[0], n/16)
		}
		return total + distancePortable(x[n:], mean[n:])
	},
	axpy: func(dst []float64, a float64, x []float64) {
		n := len(x) &^ 3
		if n > 0 {
			axpyNEON(&dst[0], &x[0], n/4, a)
		}
		axpyPortable(dst[n:], a, x[n:])
	},
	dots: func(a []float64, lda int, x []float64) (out [4]float64) {
		n := len(x) &^ 7
		_ = a[3*lda+len(x)-1]
		if n > 0 {
			dotsNEON(&a[0], lda, &x[0], n/8, &out[0])
		}
		for i := range out {
			for j := n; j < len(x); j++ {
				out[i] += a[i*lda+j] * x[j]
			}
		}
		return out
	},
	symmetric: func(a []float64, lda int, left *[4]float64, x, y []float64) (out [4]float64) {
		n := len(x) &^ 3
		_, _ = a[3*lda+len(x)-1], y[len(x)-1]
		if n > 0 {
			symmetricNEON(&a[0], lda, &left[0], &x[0], &y[0], n/4, &out[0])
		}
		for i, v := range symmetricPortable(a[n:], lda, left, x[n:], y[n:]) {
			out[i] += v
		}
		return out
	},
	rotate: rotateRowsNEON,
	poles:  polesPortable,
	ratios: ratiosPortable,
	over:   overPortable,
}

func sumFour(x []float32) float64 {
	n, total := len(x)&^15, 0.0
	if n > 0 {
		total = sumNEON(&x[0], n/16)
	}
	for _, v := range x[n:] {
		total += float64(v)
	}
	return total
}

func dotFour(x, y []float32) float64 {
	n, total := len(x)&^15, 0.0
	if n > 0 {
		total = dotNEON(&x[0], &y[0], n/16)
	}
	for i, v := range x[n:] {
		total += float64(v) * float64(y[n+i])
	}
	return total
}

func rotateRowsNEON(z []float64, at, step int, cs []float64) {
	if len(cs) >= 2 {
		_, _ = z[at+15], z[at+len(cs)/2*step+15]
		rotateNEON(&z[at], 8*step, &cs[0], len(cs)/2)
	}
}

// whole calls f for values in fours, the last ones in four of their own: a value's result does not depend
// on its place.
func whole(dst, src []float32, f func(dst, src *float32, n int)) {
	n := len(src) &^ 3
	if n > 0 {
		f(&dst[0], &src[0], n)
	}
	if n < len(src) {
		var rest [4]float32
		copy(rest[:], src[n:])
		f(&rest[0], &rest[0], 4)
		copy(dst[n:], rest[:])
	}
}

func binary(f func(dst, a, b *float32, n int), rest func(dst, a, b []float32)) func(dst, a, b []float32) {
	return func(dst, a, b []float32) {
		n := len(a) &^ 3
		if n > 0 {
			f(&dst[0], &a[0], &b[0], n)
		}
		rest(dst[n:], a[n:], b[n:])
	}
}

func scalar(f func(dst, a *float32, n int, s float32), rest func(dst, a []float32, s float32)) func(dst, a []float32, s float32) {
	return func(dst, a []float32, s float32) {
		n := len(a) &^ 3
		if n > 0 {
			f(&dst[0], &a[0], n, s)
		}
		rest(dst[n:], a[n:], s)
	}
}
