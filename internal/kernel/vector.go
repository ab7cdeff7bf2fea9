package kernel

import "math"

func map32(dst, src []float32, f func(float64) float64) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = float32(f(float64(v)))
	}
}

// Exp32 sets dst[i] = exp(src[i]).
func Exp32(dst, src []float32) { map32(dst, src, math.Exp) }

// Tanh32 sets dst[i] = tanh(src[i]).
func Tanh32(dst, src []float32) { map32(dst, src, math.Tanh) }

// Erf32 sets dst[i] to the error function of src[i].
func Erf32(dst, src []float32) { map32(dst, src, math.Erf) }

// Sigmoid32 sets dst[i] = 1 / (1 + exp(-src[i])).
func Sigmoid32(dst, src []float32) {
	map32(dst, src, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) })
}

// Gelu32 sets dst[i] = src[i]/2 * (1 + erf(src[i]/sqrt(2))) (Hendrycks and Gimpel 2016).
func Gelu32(dst, src []float32) {
	map32(dst, src, func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) })
}

// Relu32 sets dst[i] = max(0, src[i]); NaN stays NaN.
func Relu32(dst, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

// Clip32 sets dst[i] to src[i] held between lo and hi; NaN stays NaN.
func Clip32(dst, src []float32, lo, hi float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		if v < lo {
			v = lo
		}
		if v > hi {
			v = hi
		}
		dst[i] = v
	}
}

// Add32 sets dst[i] = a[i] + b[i].
func Add32(dst, a, b []float32) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, v := range a {
		dst[i] = v + b[i]
	}
}

// Sub32 sets dst[i] = a[i] - b[i].
func Sub32(dst, a, b []float32) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, v := range a {
		dst[i] = v - b[i]
	}
}

// Mul32 sets dst[i] = a[i] * b[i].
func Mul32(dst, a, b []float32) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, v := range a {
		dst[i] = v * b[i]
	}
}

// Div32 sets dst[i] = a[i] / b[i].
func Div32(dst, a, b []float32) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, v := range a {
		dst[i] = v / b[i]
	}
}

// Scale32 sets dst[i] = a[i] * s.
func Scale32(dst, a []float32, s float32) {
	dst = dst[:len(a)]
	for i, v := range a {
		dst[i] = v * s
	}
}

// AddScalar32 sets dst[i] = a[i] + s.
func AddScalar32(dst, a []float32, s float32) {
	dst = dst[:len(a)]
	for i, v := range a {
		dst[i] = v + s
	}
}

// Max32 is the largest value of x, NaN if one is NaN, and -Inf if x is empty.
func Max32(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		if v > m {
			m = v
		}
		if v != v {
			return v
		}
	}
	return m
}

// Sum64 is the sum of x in float64.
func Sum64(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v)
	}
	return s
}

// SumSq64 is the sum of the squares of x in float64.
func SumSq64(x []float32) float64 { return Dot64(x, x) }

// Dot64 is the sum of x[i]*y[i] in float64.
func Dot64(x, y []float32) float64 {
	y = y[:len(x)]
	var s float64
	for i, v := range x {
		s += float64(v) * float64(y[i])
	}
	return s
}
