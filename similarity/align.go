package similarity

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/gonum"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/metric"
)

// A Rotation maps one layer's values to another's: y is about Scale (x - MeanX) Q + MeanY.
type Rotation struct {
	Q            []float64 // dx x dy, with orthonormal rows or columns, whichever are fewer
	DX, DY       int
	Scale        float64
	MeanX, MeanY []float64
	Residual     float64 // |Scale X Q - Y|_F / |Y|_F of centred values, 0 to 1
}

// Rotate returns the rotation, scale and offset of x that come nearest to y in least squares: Q = UV' of
// the singular value decomposition of X'Y (Schoenemann 1966), Scale = |X'Y|_* / |X|_F^2. Where X'Y has no
// full rank Q is not the only one. Few samples fit any rotation: judge it by Apply on samples it has not
// seen. The cost is n d d' + 20 min(d, d')^3 without our kernels; above 1,000 units it takes minutes.
func Rotate(x, y Matrix) (*Rotation, error) {
	a, b, err := two(centred, x, y)
	if err != nil {
		return nil, err
	}
	k := min(a.d, b.d)
	m, s := products(a, b), make([]float64, k)
	u, vt, size := make([]float64, a.d*k), make([]float64, k*b.d), make([]float64, 1)
	var g gonum.Implementation
	g.Dgesvd(lapack.SVDStore, lapack.SVDStore, a.d, b.d, m, b.d, s, u, k, vt, b.d, size, -1)
	if !g.Dgesvd(lapack.SVDStore, lapack.SVDStore, a.d, b.d, m, b.d, s, u, k, vt, b.d, make([]float64, int(size[0])), int(size[0])) {
		return nil, errors.New("singular values did not converge, want a finite matrix")
	}
	r := &Rotation{Q: linalg.Mul(1, false, false, a.d, b.d, k, u, vt), DX: a.d, DY: b.d}
	all := func(int) bool { return true }
	if r.MeanX, err = x.mean(all); err != nil {
		return nil, err
	}
	if r.MeanY, err = y.mean(all); err != nil {
		return nil, err
	}
	fx, err := frameOf(x)
	if err != nil {
		return nil, err
	}
	fy, err := frameOf(y)
	if err != nil {
		return nil, err
	}
	xx, yy, xy := a.norm(), b.norm(), infer.Total(s)
	r.Scale = xy / (xx * xx) * fx.scale / fy.scale
	r.Residual = math.Sqrt(math.Max(0, 1-xy*xy/(xx*xx*yy*yy)))
	return r, nil
}

// Apply returns the rows of x as those of y.
func (r *Rotation) Apply(x Matrix) (Matrix, error) {
	in, err := inMemory([]Matrix{x})
	if err != nil {
		return Matrix{}, err
	}
	if x = in[0]; x.D != r.DX || len(x.X) != x.N*x.D {
		return Matrix{}, fmt.Errorf("rows of %d units, want %d: %w", x.D, r.DX, infer.ErrRange)
	}
	v := linalg.Mul(1, false, false, x.N, r.DY, r.DX, shifted(nil, x, r.MeanX), r.Q)
	out := Matrix{X: make([]float32, x.N*r.DY), N: x.N, D: r.DY}
	for i, w := range v {
		out.X[i] = float32(r.Scale*w + r.MeanY[i%r.DY])
	}
	return out, nil
}

// A Matching pairs the units of two layers.
type Matching struct {
	Unit        []int     // per unit of x its partner in y, -1 for none
	Correlation []float64 // with the partner; 0 for none
	Mean        float64   // over the pairs
}

// Match pairs units one to one so that the sum of their correlations is largest (Li et al. 2016),
// -1 to 1 on average; of layers of different widths some of the wider stay single, and so do units
// that do not vary. It ignores the order of units and the scale (above 0) and offset of each. Chance rises
// as d grows and n falls: compare with the mean on permuted samples. The cost is n d d' + d^3.
func Match(x, y Matrix) (*Matching, error) {
	a, b, err := two(centred, x, y)
	if err != nil {
		return nil, err
	}
	ua, ub := a.varying(), b.varying()
	r, side := products(a.normalised(), b.normalised()), max(len(ua), len(ub))
	weight := make([]float64, side*side)
	for i, u := range ua {
		for j, v := range ub {
			weight[i*side+j] = r[u*b.d+v]
		}
	}
	partner, total, err := metric.Assign(weight, side)
	if err != nil {
		return nil, err
	}
	m := &Matching{slices.Repeat([]int{-1}, a.d), make([]float64, a.d), total / float64(min(len(ua), len(ub)))}
	for i, u := range ua {
		if j := partner[i]; j < len(ub) {
			m.Unit[u], m.Correlation[u] = ub[j], r[u*b.d+ub[j]]
		}
	}
	return m, nil
}

// varying returns the columns that are not all 0.
func (r rows) varying() []int {
	var at []int
	for j := range r.d {
		for i := range r.n {
			if r.v[i*r.d+j] != 0 {
				at = append(at, j)
				break
			}
		}
	}
	return at
}
