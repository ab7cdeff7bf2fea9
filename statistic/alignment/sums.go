package alignment

import (
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
)

// sums are what gain and cosine are made of, added up over groups of channels.
type sums struct {
	weights  float64 // |M|^2
	rounding float64 // what of it may be rounding
	null     float64 // variance of tr(MS) when W is turned at random
	parts    []part  // of all samples, then without each group of them
}

// A part is what depends on the samples.
type part struct {
	read   float64 // tr(W S W')
	turned float64 // its mean when W is turned at random: tr(W'W) tr(S) / d
	values float64 // tr(S)
	spread float64 // |S - tr(S)/d|^2, without bias
}

func newSums(parts int) *sums { return &sums{parts: make([]part, parts)} }

// inputs are n samples of d values, with what no weight changes.
type inputs struct {
	centred  []float32
	groups   []int
	n, d     int
	values   *trace
	products *products
}

// newInputs takes the traces from the samples themselves, and |S|^2 from the products of two samples each, as in
// debiased CKA (Song et al. 2012), so that no d x d matrix is kept.
func newInputs(workers int, x []float32, groups []int, n, d, parts int) *inputs {
	mean := linalg.ColumnMeans(workers, x, n, d)
	c := make([]float32, len(x))
	for i, v := range x {
		c[i] = float32(float64(v) - mean[i%d])
	}
	return &inputs{c, groups, n, d, newTrace(c, groups, n, parts), newProducts(workers, c, groups, n, d, parts)}
}

// add takes in one group of channels: its weights, rows of d values, and what they read.
func (s *sums) add(workers int, w []float32, in *inputs) {
	size, D := kernel.SumSq64(w), float64(in.d)
	m := spectral(workers, w, len(w)/in.d, in.d) - size*size/D
	read := newTrace(product(workers, w, in.centred, in.n, in.d), in.groups, in.n, len(s.parts)-1)
	for k := range s.parts {
		p := &s.parts[k]
		t := in.values.without(k - 1)
		spread := in.products.without(k-1) - t*t/D
		p.read += read.without(k - 1)
		p.turned += size * t / D
		p.values += t
		p.spread += spread
		if k == 0 {
			s.null += turnedVariance(m, spread, in.d)
		}
	}
	s.weights += m
	s.rounding += flat * size * size / D
}

// flat is the share of |W'W|^2 below which W reads all directions alike but for rounding.
const flat = 1e-5

// turnedVariance returns the variance of tr(Q'MQS) over rotations Q drawn at random, for d x d matrices
// of trace 0 with the squared norms m and s (METHODS 5.5).
func turnedVariance(m, s float64, d int) float64 {
	return 2 * m * s / float64((d-1)*(d+2))
}

// spectral returns |W'W|^2, the sum of the fourth powers of the singular values.
func spectral(workers int, w []float32, rows, d int) float64 {
	var g []float64
	if rows <= d {
		g = linalg.Gram(workers, w, rows, d, make([]float64, d))
	} else {
		g = linalg.CovarianceSums(workers, w, rows, d, make([]float64, d))
	}
	var sum float64
	for _, v := range g {
		sum += v * v
	}
	return sum
}

// product returns x W', n rows.
func product(workers int, w, x []float32, n, d int) []float32 {
	o := len(w) / d
	y := make([]float32, n*o)
	kernel.Gemm32(workers, false, true, n, o, d, 1, x, d, w, d, 0, y, o)
	return y
}

// A trace is the trace of a covariance, of all samples or without a group.
type trace struct {
	n      []int       // samples by group
	square []float64   // sums of squares by group
	sum    [][]float64 // sums by group
}

func newTrace(y []float32, groups []int, n, parts int) *trace {
	width := len(y) / n
	t := &trace{make([]int, parts), make([]float64, parts), make([][]float64, parts)}
	for g := range t.sum {
		t.sum[g] = make([]float64, width)
	}
	for i, g := range groups {
		row := y[i*width : (i+1)*width]
		t.n[g]++
		t.square[g] += kernel.SumSq64(row)
		kernel.AddTo64(t.sum[g], row)
	}
	return t
}

// without returns the trace without a group, of all for group -1.
func (t *trace) without(group int) float64 {
	n, square := 0, 0.0
	sum := make([]float64, len(t.sum[0]))
	for g := range t.n {
		if g == group {
			continue
		}
		n += t.n[g]
		square += t.square[g]
		for j, v := range t.sum[g] {
			sum[j] += v
		}
	}
	for _, v := range sum {
		square -= v * v / float64(n)
	}
	return square / float64(n-1)
}

// products are the sums that the unbiased estimate of |S|^2 is made of.
type products struct {
	groups []int
	n      []int       // samples by group
	square []float64   // by sample: sum over all samples of the squared product with it
	own    []float64   // by sample: its squared length
	inside []float64   // by group: the squared products of its samples
	row    [][]float64 // by sample: its products with the sums of every group
}

func newProducts(workers int, c []float32, groups []int, n, d, parts int) *products {
	p := &products{groups: groups, n: make([]int, parts), square: make([]float64, n), own: make([]float64, n), inside: make([]float64, parts), row: make([][]float64, n)}
	zero := make([]float64, d)
	members := make([][]float32, parts)
	totals := make([]float64, parts*d)
	for i, g := range groups {
		row := c[i*d : (i+1)*d]
		p.n[g]++
		p.own[i] = kernel.SumSq64(row)
		members[g] = append(members[g], row...)
		kernel.AddTo64(totals[g*d:(g+1)*d], row)
	}
	for g, x := range members {
		if p.n[g] > 0 {
			for _, v := range linalg.Gram(workers, x, p.n[g], d, zero) {
				p.inside[g] += v * v
			}
		}
	}
	wide := make([]float64, len(c))
	for i, v := range c {
		wide[i] = float64(v)
	}
	rows := linalg.Mul(workers, false, true, n, parts, d, wide, totals)
	for i := range n {
		p.row[i] = rows[i*parts : (i+1)*parts]
	}
	if d < n {
		s := linalg.CovarianceSums(workers, c, n, d, zero)
		y := linalg.Mul(workers, false, false, n, d, d, wide, s)
		for i := range n {
			for j := range d {
				p.square[i] += wide[i*d+j] * y[i*d+j]
			}
		}
		return p
	}
	for i, v := range linalg.Gram(workers, c, n, d, zero) {
		p.square[i/n] += v * v
	}
	return p
}

// without returns the unbiased estimate of |S|^2 without a group, of all for group -1: for K with a
// diagonal of zeros, [tr(KK) + (1'K1)^2/((n-1)(n-2)) - 2 1'KK1/(n-2)] / (n(n-3)).
func (p *products) without(group int) float64 {
	n := 0
	for g, k := range p.n {
		if g != group {
			n += k
		}
	}
	var squares, total, lines float64
	for i, g := range p.groups {
		if g == group {
			squares -= p.square[i]
			continue
		}
		squares += p.square[i] - p.own[i]*p.own[i]
		line := -p.own[i]
		for h, v := range p.row[i] {
			if h != group {
				line += v
			}
		}
		total += line
		lines += line * line
	}
	if group >= 0 {
		squares += p.inside[group]
	}
	N := float64(n)
	return (squares + total*total/((N-1)*(N-2)) - 2*lines/(N-2)) / (N * (N - 3))
}
