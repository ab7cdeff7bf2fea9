package density

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// A Projection holds the leading principal components of rows.
type Projection struct {
	D, K   int       // values a row, components
	Mean   []float64 // D
	Axes   []float64 // K x D, orthonormal
	Values []float64 // variance along each axis, falling, with n-1 in the denominator
	Total  float64   // variance in all
	N      int
}

const (
	heldShare = 0.95
	mostAxes  = 32
	// negligible is the share of the largest variance below which an axis is float32 rounding.
	negligible = 1e-10
)

// Project returns the principal components of n rows that hold a share of their variance, 0 meaning 0.95,
// at most so many, 0 meaning 32. The cost is n d min(n, d) + min(n, d)^3.
func Project(ctx context.Context, workers int, x []float32, n, d int, share float64, most int) (*Projection, error) {
	if share == 0 {
		share = heldShare
	}
	if most == 0 {
		most = mostAxes
	}
	if !(share > 0 && share <= 1) || most < 1 {
		return nil, fmt.Errorf("share of the variance %v in %d components, want above 0 to 1 and at least 1: %w", share, most, infer.ErrRange)
	}
	if err := checkRows(x, n, d); err != nil {
		return nil, err
	}
	if n < 4 {
		return nil, fmt.Errorf("%d samples, want at least 4: %w", n, infer.ErrTooFew)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &Projection{D: d, N: n, Mean: linalg.ColumnMeans(workers, x, n, d)}
	side := min(n, d)
	values, vectors, err := linalg.EigenSym(workers, p.products(workers, x), side, true)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		values[i] = math.Max(0, v) / float64(n-1)
		p.Total += values[i]
	}
	if !(p.Total > 0) {
		return nil, fmt.Errorf("%d samples are alike: %w", n, infer.ErrConstant)
	}
	held := 0.0
	for p.K < min(most, side) && values[p.K] > negligible*values[0] && (share == 1 || held < share*p.Total) {
		held += values[p.K]
		p.K++
	}
	p.Values = values[:p.K]
	p.Axes = vectors[:p.K*side]
	if d > n {
		p.Axes = axesOf(x, p, vectors)
	}
	return p, nil
}

const strip = 256 // rows in float64 at a time

// centred returns rows [lo, hi) less the mean.
func (p *Projection) centred(x []float32, lo, hi int) []float64 {
	v := make([]float64, (hi-lo)*p.D)
	for i, w := range x[lo*p.D : hi*p.D] {
		v[i] = float64(w) - p.Mean[i%p.D]
	}
	return v
}

// products returns X'X, or XX' where that is smaller, in float64: units of huge variance must not drown the others.
func (p *Projection) products(workers int, x []float32) []float64 {
	n, d := p.N, p.D
	if d > n {
		v := p.centred(x, 0, n)
		return linalg.Mul(workers, false, true, n, n, d, v, v)
	}
	sums := make([]float64, d*d)
	for lo := 0; lo < n; lo += strip {
		hi := min(n, lo+strip)
		v := p.centred(x, lo, hi)
		for i, s := range linalg.Mul(workers, true, false, d, d, hi-lo, v, v) {
			sums[i] += s
		}
	}
	return sums
}

// axesOf turns eigenvectors u of the Gram matrix into axes X'u / |X'u|.
func axesOf(x []float32, p *Projection, u []float64) []float64 {
	axes := make([]float64, p.K*p.D)
	for i := range p.N {
		row := p.centred(x, i, i+1)
		for k := range p.K {
			w := u[k*p.N+i]
			for j, v := range row {
				axes[k*p.D+j] += w * v
			}
		}
	}
	for k := range p.K {
		axis := axes[k*p.D : (k+1)*p.D]
		norm := math.Sqrt(dot(axis, axis))
		for j := range axis {
			axis[j] /= norm
		}
	}
	return axes
}

// Coordinates returns the rows along the axes, n x K, and the squared length of what lies beside them.
func (p *Projection) Coordinates(x []float32, n int) (along, beside []float64, err error) {
	if err := checkRows(x, n, p.D); err != nil {
		return nil, nil, err
	}
	along, beside = make([]float64, 0, n*p.K), make([]float64, n)
	for lo := 0; lo < n; lo += strip {
		m := min(strip, n-lo)
		v := p.centred(x, lo, lo+m)
		z := linalg.Mul(1, false, true, m, p.K, p.D, v, p.Axes)
		for i := range m {
			row, c := v[i*p.D:(i+1)*p.D], z[i*p.K:(i+1)*p.K]
			for k, w := range c {
				for j, a := range p.Axes[k*p.D : (k+1)*p.D] {
					row[j] -= w * a
				}
			}
			beside[lo+i] = dot(row, row)
		}
		along = append(along, z...)
	}
	return along, beside, nil
}

// Residual returns |h - U U'h| / |h| of each row h less the mean, with U the axes: 0 on them, 1 square to them
// (Jackson & Mudholkar 1979). A row that is the mean has 0.
func (p *Projection) Residual(x []float32, n int) ([]float64, error) {
	along, beside, err := p.Coordinates(x, n)
	if err != nil {
		return nil, err
	}
	for i, b := range beside {
		c := along[i*p.K : (i+1)*p.K]
		if b > 0 {
			beside[i] = math.Sqrt(b / (b + dot(c, c)))
		}
	}
	return beside, nil
}

func checkRows(x []float32, n, d int) error {
	if n < 0 || d < 1 || len(x) != n*d {
		return fmt.Errorf("%d values of %d x %d: %w", len(x), n, d, infer.ErrRange)
	}
	for i, v := range x {
		if v-v != 0 {
			return fmt.Errorf("sample %d unit %d is %v: %w", i/d, i%d, v, infer.ErrNotFinite)
		}
	}
	return nil
}

func dot(a, b []float64) float64 {
	var s float64
	for i, v := range a {
		s += v * b[i]
	}
	return s
}
