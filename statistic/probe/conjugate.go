package probe

import (
	"cmp"
	"slices"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// Where there are more units and more samples than wide, the penalty is chosen on wide of the samples and the
// regression solved by conjugate gradients from their weights on, so that neither a d x d nor an n x n matrix is
// held: until the residual is sharp times the right side, for mostRounds at most, as stopping early is a penalty, too
// (Hanke & Hansen 1993).
const (
	wide       = 1024
	sharp      = 1e-6
	mostRounds = 1000
)

// conjugate solves (Z'Z + penalty) w = Z'y of all classes side by side (Hestenes & Stiefel 1952).
func (m *model) conjugate(r rows, y []float64) error {
	if err := m.start(r, y); err != nil {
		return err
	}
	d, c := m.d, m.classes
	right, product := make([]float64, c*d), make([]float64, c*d)
	err := m.strips(r.Table, func(first, n int, z []float64) {
		kernel.Gemm64(1, true, false, c, d, n, 1, y[first*c:], c, z, d, 1, right, d)
	})
	if err != nil {
		return err
	}
	var open []int // classes whose residual is not small yet
	for k := range c {
		open = append(open, k)
	}
	if err := m.times(r.Table, open, m.weight, product); err != nil {
		return err
	}
	residual := slices.Clone(right)
	kernel.AddScaled64(residual, -1, product)
	direction, size := slices.Clone(residual), make([]float64, c)
	for k := range c {
		size[k] = sumSquares(residual[k*d : (k+1)*d])
	}
	small := func(k int) bool { return size[k] <= sharp*sharp*sumSquares(right[k*d:(k+1)*d]) }
	open = slices.DeleteFunc(open, small)
	for round := 0; round < mostRounds && len(open) > 0; round++ {
		if err := m.times(r.Table, open, direction, product); err != nil {
			return err
		}
		for _, k := range open {
			p, q, rest := direction[k*d:(k+1)*d], product[k*d:(k+1)*d], residual[k*d:(k+1)*d]
			step := size[k] / dot(p, q)
			kernel.AddScaled64(m.weight[k*d:(k+1)*d], step, p)
			kernel.AddScaled64(rest, -step, q)
			now := sumSquares(rest)
			for i, v := range rest {
				p[i] = v + now/size[k]*p[i]
			}
			size[k] = now
		}
		open = slices.DeleteFunc(open, small)
	}
	return nil
}

// start takes penalty and weights from some of the samples, the same whatever their order.
func (m *model) start(r rows, y []float64) error {
	seed := infer.Seed(0, "probe-penalty")
	at := make([]int, r.N)
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int {
		return cmp.Compare(infer.SampleHash(seed, r.hash[i]), infer.SampleHash(seed, r.hash[j]))
	})
	at = at[:wide]
	slices.Sort(at)
	some := make([]float64, 0, wide*m.classes)
	for _, i := range at {
		some = append(some, y[i*m.classes:(i+1)*m.classes]...)
	}
	return m.dual(r.Select(at), some)
}

// times sets out to (Z'Z + penalty) x for the vectors of some classes in x.
func (m *model) times(t capture.Table, of []int, x, out []float64) error {
	d := m.d
	for i, v := range x {
		out[i] = m.penalty * v
	}
	return m.strips(t, func(_, n int, z []float64) {
		for i := range n {
			row := z[i*d : (i+1)*d]
			for _, k := range of {
				kernel.AddScaled64(out[k*d:(k+1)*d], kernel.DotDouble(row, x[k*d:(k+1)*d]), row)
			}
		}
	})
}
