package kernel

import "math"

var portableVector = vector{
	exp: func(dst, src []float32, shift float32) {
		for i, v := range src {
			dst[i] = float32(math.Exp(float64(v - shift)))
		}
	},
	tanh:    each(math.Tanh),
	erf:     each(math.Erf),
	sigmoid: each(func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }),
	gelu:    each(func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }),
	add: func(dst, a, b []float32) {
		for i, v := range a {
			dst[i] = v + b[i]
		}
	},
	sub: func(dst, a, b []float32) {
		for i, v := range a {
			dst[i] = v - b[i]
		}
	},
	mul: func(dst, a, b []float32) {
		for i, v := range a {
			dst[i] = v * b[i]
		}
	},
	div: func(dst, a, b []float32) {
		for i, v := range a {
			dst[i] = v / b[i]
		}
	},
	larger: func(dst, a, b []float32) {
		for i, v := range a {
			dst[i] = max(v, b[i])
		}
	},
	pairs: pairsPortable,
	scale: func(dst, a []float32, s float32) {
		for i, v := range a {
			dst[i] = v * s
		}
	},
	addScalar: func(dst, a []float32, s float32) {
		for i, v := range a {
			dst[i] = v + s
		}
	},
	above: func(dst, a, b []float32, s float32) {
		for i, v := range a {
			if !(b[i] > s) {
				v = 0
			}
			dst[i] = v
		}
	},
	below: func(dst, a, b []float32, s float32) {
		for i, v := range a {
			if !(b[i] < s) {
				v = 0
			}
			dst[i] = v
		}
	},
	adam:       adamPortable,
	finish:     finishPortable,
	affine:     affinePortable,
	max:        maxPortable,
	moments:    momentsPortable,
	addMoments: addMomentsPortable,
	sum:        sumPortable,
	dot:        dotPortable,
	addTo: func(dst []float64, src []float32) {
		for i, v := range src {
			dst[i] += float64(v)
		}
	},
	centre: func(dst, src []float32, mean []float64, scale float64) {
		for i, v := range src {
			dst[i] = float32((float64(v) - mean[i]) * scale)
		}
	},
	distance:  distancePortable,
	axpy:      axpyPortable,
	symmetric: symmetricPortable,
	dots:      dotsPortable,
	poles:     polesPortable,
	ratios:    ratiosPortable,
	over:      overPortable,
	rotate:    rotatePortable,
}

func each(f func(float64) float64) func(dst, src []float32) {
	return func(dst, src []float32) {
		for i, v := range src {
			dst[i] = float32(f(float64(v)))
		}
	}
}

func adamPortable(w, g, mean, square []float32, c *Adam) {
	for i, x := range w {
		d := g[i] + float32(c.Decay*x)
		a := float32(c.B1*mean[i]) + float32(c.C1*d)
		b := float32(c.B2*square[i]) + float32(c.C2*float32(d*d))
		mean[i], square[i] = a, b
		w[i] = float32(c.Keep*x) - float32(c.Rate*a)/(float32(float32(math.Sqrt(float64(b)))*c.Root)+c.Epsilon)
	}
}

// finishPortable is dst = min(hi, max(lo, a + bias + extra)), NaN staying NaN; extra may be nil.
func finishPortable(dst, a, extra []float32, bias, lo, hi float32) {
	for i, v := range a {
		v += bias
		if extra != nil {
			v += extra[i]
		}
		if v < lo {
			v = lo
		}
		if v > hi {
			v = hi
		}
		dst[i] = v
	}
}

// affinePortable is dst = (src - shift) * factor * scale + bias.
func affinePortable(dst, src, scale, bias []float32, shift, factor float32) {
	for i, v := range src {
		dst[i] = (v-shift)*factor*scale[i] + bias[i]
	}
}

func momentsPortable(x []float32) Moments {
	m := Moments{Sum: sumPortable(x), Square: dotPortable(x, x)}
	m.extend(x)
	return m
}

// extend sets the range to that of x.
func (m *Moments) extend(x []float32) {
	m.Low, m.High = x[0], x[0]
	for _, v := range x[1:] {
		m.Low, m.High = min(m.Low, v), max(m.High, v)
	}
}

// add takes in further values, one by one.
func (m *Moments) add(x []float32) {
	for _, v := range x {
		m.Sum += float64(v)
		m.Square += float64(v) * float64(v)
		m.Low, m.High = min(m.Low, v), max(m.High, v)
	}
}

func addMomentsPortable(total, square []float64, low, high, row []float32) {
	for i, v := range row {
		total[i] += float64(v)
		square[i] += float64(v) * float64(v)
		if v < low[i] {
			low[i] = v
		}
		if v > high[i] {
			high[i] = v
		}
	}
}

func maxPortable(x []float32) float32 {
	m := -infinity
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

func sumPortable(x []float32) float64 {
	var s [16]float64
	for ; len(x) >= 16; x = x[16:] {
		for i, v := range x[:16] {
			s[i] += float64(v)
		}
	}
	total := foldLanes(&s)
	for _, v := range x {
		total += float64(v)
	}
	return total
}

// dotPortable has the bits of the assembly: the product of two float32 is exact in float64.
func dotPortable(x, y []float32) float64 {
	var s [16]float64
	for ; len(x) >= 16; x, y = x[16:], y[16:] {
		for i, v := range x[:16] {
			s[i] += float64(v) * float64(y[i])
		}
	}
	total := foldLanes(&s)
	for i, v := range x {
		total += float64(v) * float64(y[i])
	}
	return total
}

func distancePortable(x []float32, mean []float64) float64 {
	var s [16]float64
	for ; len(x) >= 16; x, mean = x[16:], mean[16:] {
		for i, v := range x[:16] {
			d := float64(v) - mean[i]
			s[i] += d * d
		}
	}
	total := foldLanes(&s)
	for i, v := range x {
		d := float64(v) - mean[i]
		total += d * d
	}
	return total
}

// foldLanes adds 16 sums in the order of the assembly.
func foldLanes(s *[16]float64) float64 {
	var v [4]float64
	for i := range v {
		v[i] = (s[i] + s[4+i]) + (s[8+i] + s[12+i])
	}
	return (v[0] + v[2]) + (v[1] + v[3])
}

func axpyPortable(dst []float64, a float64, x []float64) {
	for i, v := range x {
		dst[i] += a * v
	}
}

// dotsPortable gives the products of four rows of a with x.
func dotsPortable(a []float64, lda int, x []float64) (out [4]float64) {
	for i := range out {
		for j, v := range a[i*lda : i*lda+len(x)] {
			out[i] += v * x[j]
		}
	}
	return out
}

// symmetricPortable adds left times four rows of a to y, and gives the rows' products with x.
func symmetricPortable(a []float64, lda int, left *[4]float64, x, y []float64) (out [4]float64) {
	for i, l := range left {
		row := a[i*lda : i*lda+len(x)]
		for j, v := range row {
			y[j] += l * v
			out[i] += v * x[j]
		}
	}
	return out
}

func polesPortable(d, w []float64, origin, x float64) (sum, slope float64) {
	for i, v := range d {
		r := 1 / (v - origin - x)
		t := w[i] * r
		sum += t
		slope += t * r
	}
	return sum, slope
}

func ratiosPortable(w, d []float64, origin, x, pole float64) {
	for i, v := range d {
		w[i] *= (v - origin - x) / (v - pole)
	}
}

func overPortable(dst, w, d []float64, origin, x float64) {
	for i, v := range d {
		dst[i] = w[i] / (v - origin - x)
	}
}

// rotatePortable rotates rows of 16 columns of z in a chain from the row that starts at at, step
// apart: row = c*row + s*next, next = c*next - s*row.
func rotatePortable(z []float64, at, step int, cs []float64) {
	for ; len(cs) >= 2; cs = cs[2:] {
		c, s := cs[0], cs[1]
		row, next := z[at:at+16], z[at+step:at+step+16]
		for i, v := range row {
			w := next[i]
			row[i] = c*v + s*w
			next[i] = c*w - s*v
		}
		at += step
	}
}
