package similarity

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// Cross is the mergeable state of linear HSIC between two streams of rows of the same samples.
// With a = |x|^2 and b = |y|^2 it keeps M = sum x y', sum x, sum y, sum a, sum b, sum ab,
// sum a y and sum b x, from which both the biased and the exactly debiased value follow without
// the Gram matrix: sums that merge by addition.
type Cross struct {
	N              int
	dx, dy         int
	shiftX, shiftY []float64
	m              []float64 // [dx][dy]
	sx, sy, v, w   []float64 // v = sum a y, w = sum b x
	ax, ay, ab     float64
	x, y           []float64 // scratch
}

// NewCross starts a state for rows of len(shiftX) and len(shiftY) units. The shifts, such as the
// means of a first batch, are subtracted from all rows; they do not change the value but keep it
// from drowning in a large mean. States merge only if they have the same shifts.
func NewCross(shiftX, shiftY []float64) (*Cross, error) {
	dx, dy := len(shiftX), len(shiftY)
	if dx == 0 || dy == 0 {
		return nil, fmt.Errorf("rows of %d and %d units: %w", dx, dy, infer.ErrTooFew)
	}
	for _, s := range [][]float64{shiftX, shiftY} {
		if err := infer.Finite(s); err != nil {
			return nil, fmt.Errorf("shift: %w", err)
		}
	}
	return &Cross{
		dx: dx, dy: dy, shiftX: slices.Clone(shiftX), shiftY: slices.Clone(shiftY),
		m: make([]float64, dx*dy), sx: make([]float64, dx), sy: make([]float64, dy), v: make([]float64, dy), w: make([]float64, dx),
	}, nil
}

// Add adds rows of both streams, sample by sample. Nothing is added if a value is not finite.
func (c *Cross) Add(x, y Matrix) error {
	if x.N != y.N || x.D != c.dx || y.D != c.dy || len(x.X) != x.N*x.D || len(y.X) != y.N*y.D {
		return fmt.Errorf("rows are %d x %d and %d x %d, want widths %d and %d and as many of both: %w", x.N, x.D, y.N, y.D, c.dx, c.dy, infer.ErrRange)
	}
	for _, m := range []Matrix{x, y} {
		for _, v := range m.X {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return m.notFinite()
			}
		}
	}
	n := x.N
	c.x, c.y = shifted(c.x, x, c.shiftX), shifted(c.y, y, c.shiftY)
	kernel.Gemm64(1, true, false, c.dx, c.dy, n, 1, c.x, c.dx, c.y, c.dy, 1, c.m, c.dy)
	for i := range n {
		xi, yi := c.x[i*c.dx:(i+1)*c.dx], c.y[i*c.dy:(i+1)*c.dy]
		a, b := dot(xi, xi), dot(yi, yi)
		addTo(c.sx, xi, 1)
		addTo(c.sy, yi, 1)
		addTo(c.v, yi, a)
		addTo(c.w, xi, b)
		c.ax += a
		c.ay += b
		c.ab += a * b
	}
	c.N += n
	return nil
}

// Merge adds another state of the same streams.
func (c *Cross) Merge(o *Cross) error {
	if !slices.Equal(c.shiftX, o.shiftX) || !slices.Equal(c.shiftY, o.shiftY) {
		return fmt.Errorf("states have other widths or shifts: %w", infer.ErrRange)
	}
	for _, p := range [][2][]float64{{c.m, o.m}, {c.sx, o.sx}, {c.sy, o.sy}, {c.v, o.v}, {c.w, o.w}} {
		addTo(p[0], p[1], 1)
	}
	c.ax += o.ax
	c.ay += o.ay
	c.ab += o.ab
	c.N += o.N
	return nil
}

// HSIC returns the debiased value (Song et al. 2012, eq. 5) in feature space; it needs 4 samples.
func (c *Cross) HSIC() (float64, error) {
	if c.N < 4 {
		return 0, fmt.Errorf("%d samples, want at least 4: %w", c.N, infer.ErrTooFew)
	}
	n := float64(c.N)
	a := dot(c.m, c.m) - c.ab
	kx, ly := dot(c.sx, c.sx)-c.ax, dot(c.sy, c.sy)-c.ay
	r := c.bilinear() - dot(c.v, c.sy) - dot(c.w, c.sx) + c.ab
	return (a + kx*ly/((n-1)*(n-2)) - 2*r/(n-2)) / (n * (n - 3)), nil
}

// BiasedHSIC returns |X'Y|_F^2 / (n-1)^2 of the centred rows.
func (c *Cross) BiasedHSIC() (float64, error) {
	if c.N < 2 {
		return 0, fmt.Errorf("%d samples, want at least 2: %w", c.N, infer.ErrTooFew)
	}
	n := float64(c.N)
	var s float64
	for i, x := range c.sx {
		for j, y := range c.sy {
			d := c.m[i*c.dy+j] - x*y/n
			s += d * d
		}
	}
	return s / ((n - 1) * (n - 1)), nil
}

// bilinear returns sx' M sy.
func (c *Cross) bilinear() float64 {
	var s float64
	for i, x := range c.sx {
		s += x * dot(c.m[i*c.dy:(i+1)*c.dy], c.sy)
	}
	return s
}

func shifted(dst []float64, m Matrix, shift []float64) []float64 {
	dst = slices.Grow(dst[:0], len(m.X))[:len(m.X)]
	for i := range m.N {
		for j, v := range m.row(i) {
			dst[i*m.D+j] = float64(v) - shift[j]
		}
	}
	return dst
}

func dot(a, b []float64) float64 {
	var s float64
	for i, v := range a {
		s += v * b[i]
	}
	return s
}
