package kernel

import "math"

// vector holds the functions on slices of one set; dst and src have equal lengths.
type vector struct {
	exp                      func(dst, src []float32, shift float32) // of src - shift
	tanh, erf, sigmoid, gelu func(dst, src []float32)
	add, sub, mul, div       func(dst, a, b []float32)
	larger                   func(dst, a, b []float32)
	pairs                    func(dst, src []float32, pitch, n, rows int)
	scale, addScalar         func(dst, a []float32, s float32)
	above, below             func(dst, a, b []float32, s float32)
	adam                     func(w, g, mean, square []float32, c *Adam)
	finish                   func(dst, a, extra []float32, bias, lo, hi float32)
	affine                   func(dst, src, scale, bias []float32, shift, factor float32)
	max                      func(x []float32) float32
	moments                  func(x []float32) Moments
	addMoments               func(total, square []float64, low, high, row []float32)
	sum                      func(x []float32) float64
	dot                      func(x, y []float32) float64
	addTo                    func(dst []float64, src []float32)
	centre                   func(dst, src []float32, mean []float64, scale float64)
	distance                 func(x []float32, mean []float64) float64 // squared
	axpy                     func(dst []float64, a float64, x []float64)
	dots                     func(a []float64, lda int, x []float64) [4]float64                      // of four rows
	symmetric                func(a []float64, lda int, left *[4]float64, x, y []float64) [4]float64 // four rows: y += left*rows; rows*x
	poles                    func(d, w []float64, origin, x float64) (sum, slope float64)
	ratios                   func(w, d []float64, origin, x, pole float64)
	over                     func(dst, w, d []float64, origin, x float64)
	rotate                   func(z []float64, at, step int, cs []float64)
}

var infinity = float32(math.Inf(1))

// Exp32 sets dst[i] = exp(src[i]), within 1.03 units in the last place.
func Exp32(dst, src []float32) { current.exp(dst[:len(src)], src, 0) }

// Tanh32 sets dst[i] = tanh(src[i]), within 1.32 units in the last place.
func Tanh32(dst, src []float32) { current.tanh(dst[:len(src)], src) }

// Erf32 sets dst[i] to the error function of src[i], within 1.07 units in the last place.
func Erf32(dst, src []float32) { current.erf(dst[:len(src)], src) }

// Sigmoid32 sets dst[i] = 1 / (1 + exp(-src[i])), within 2.2 units in the last place.
func Sigmoid32(dst, src []float32) { current.sigmoid(dst[:len(src)], src) }

// Gelu32 sets dst[i] = src[i]/2 * (1 + erf(src[i]/sqrt(2))) (Hendrycks and Gimpel 2016), within
// 8e-8 of max(|src[i]|, 1); of -Inf it gives NaN, as the formula does.
func Gelu32(dst, src []float32) { current.gelu(dst[:len(src)], src) }

// Relu32 sets dst[i] = max(0, src[i]); NaN stays NaN.
func Relu32(dst, src []float32) { current.finish(dst[:len(src)], src, nil, 0, 0, infinity) }

// Clip32 sets dst[i] to src[i] held between lo and hi; NaN stays NaN.
func Clip32(dst, src []float32, lo, hi float32) {
	current.finish(dst[:len(src)], src, nil, 0, lo, hi)
}

// Add32 sets dst[i] = a[i] + b[i].
func Add32(dst, a, b []float32) { current.add(dst[:len(a)], a, b[:len(a)]) }

// Sub32 sets dst[i] = a[i] - b[i].
func Sub32(dst, a, b []float32) { current.sub(dst[:len(a)], a, b[:len(a)]) }

// Mul32 sets dst[i] = a[i] * b[i].
func Mul32(dst, a, b []float32) { current.mul(dst[:len(a)], a, b[:len(a)]) }

// Div32 sets dst[i] = a[i] / b[i].
func Div32(dst, a, b []float32) { current.div(dst[:len(a)], a, b[:len(a)]) }

// Scale32 sets dst[i] = a[i] * s.
func Scale32(dst, a []float32, s float32) { current.scale(dst[:len(a)], a, s) }

// AddScalar32 sets dst[i] = a[i] + s.
func AddScalar32(dst, a []float32, s float32) { current.addScalar(dst[:len(a)], a, s) }

// Above32 sets dst[i] = a[i] where b[i] > s, else 0, as it does where b[i] is NaN.
func Above32(dst, a, b []float32, s float32) { current.above(dst[:len(a)], a, b[:len(a)], s) }

// Below32 sets dst[i] = a[i] where b[i] < s, else 0, as it does where b[i] is NaN.
func Below32(dst, a, b []float32, s float32) { current.below(dst[:len(a)], a, b[:len(a)], s) }

// Adam holds the numbers of a step of Adam (Kingma and Ba 2015, algorithm 1) or AdamW.
type Adam struct {
	Keep, Decay    float32 // what the weight is multiplied by; what part of it is added to the gradient
	B1, C1, B2, C2 float32 // the shares that the mean and the square keep, and those of the new values
	Rate           float32 // divided by 1 - B1 to the power of the step
	Root           float32 // one over the root of 1 - B2 to the power of the step
	Epsilon        float32
}

// Step32 moves weights w by the gradient g and the running mean and mean square of it, which it updates.
func (c *Adam) Step32(w, g, mean, square []float32) {
	n := len(w)
	current.adam(w, g[:n], mean[:n], square[:n], c)
}

// Max32 is the largest value of x, NaN if one is NaN, and -Inf if x is empty.
func Max32(x []float32) float32 { return current.max(x) }

// Moments are the sums of finite values, in the order of Sum64, and their range; a zero's sign is open there.
type Moments struct {
	Sum, Square float64
	Low, High   float32
}

// Moments32 is the moments of x, which has at least one value; of values that are not finite the square is not either.
func Moments32(x []float32) Moments { return current.moments(x) }

// AddMoments32 takes a row into the sums, the sums of squares and the range of each of its columns, as Moments32 does.
func AddMoments32(total, square []float64, low, high, row []float32) {
	n := len(row)
	current.addMoments(total[:n], square[:n], low[:n], high[:n], row)
}

// Sum64 is the sum of x in float64: sixteen interleaved sums, then those.
func Sum64(x []float32) float64 { return current.sum(x) }

// SumSq64 is the sum of the squares of x in float64, in the order of Sum64.
func SumSq64(x []float32) float64 { return current.dot(x, x) }

// Dot64 is the sum of x[i]*y[i] in float64, in the order of Sum64.
func Dot64(x, y []float32) float64 { return current.dot(x, y[:len(x)]) }

// AddTo64 adds src to dst.
func AddTo64(dst []float64, src []float32) { current.addTo(dst[:len(src)], src) }

// Centre32 sets dst[i] = (src[i] - mean[i]) * scale, taken in float64 and rounded once.
func Centre32(dst, src []float32, mean []float64, scale float64) {
	current.centre(dst[:len(src)], src, mean[:len(src)], scale)
}

// Distance64 is the sum of (x[i] - mean[i])^2 in float64, in the order of Sum64.
func Distance64(x []float32, mean []float64) float64 { return current.distance(x, mean[:len(x)]) }
