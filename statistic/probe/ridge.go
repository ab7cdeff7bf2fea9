package probe

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/internal/scratch"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/statistic"
)

// A fit comes for every layer of every network that is tried.
var squares, standardised scratch.Pool[float64]

// A model is a fitted ridge regression on standardised values.
type model struct {
	mean, scale []float64
	weight      []float64 // classes x d
	bias        []float64
	classes, d  int
	penalty     float64
}

// fit regresses targets of 1 for the label and -1/C for the other classes on standardised values. The
// penalty is chosen among 13 values from 1e-6 to 1e6 times the mean eigenvalue by generalised
// cross-validation (Golub, Heath & Wahba 1979). Where there are fewer samples than units the n x n Gram
// stands for the covariance; of many units and many samples neither is formed: see conjugate.
func fit(r rows, classes int) (*model, error) {
	n := r.N
	counts := make([]int, classes)
	for _, l := range r.label {
		counts[l]++
	}
	for c, k := range counts {
		if k > 0 && k < perClass || n == 0 {
			return nil, statistic.Unavailable("too-few-samples", "class %d has %d samples to fit a probe on, want %d", c, k, perClass)
		}
	}
	m := &model{classes: classes, d: r.D}
	if err := m.standardise(r.Table); err != nil {
		return nil, err
	}
	y := targets(r.label, classes)
	m.bias = centre(y, n, classes)
	switch {
	case r.D > wide && n > wide:
		return m, m.conjugate(r, y)
	case r.D <= n:
		return m, m.primal(r.Table, y)
	}
	return m, m.dual(r.Table, y)
}

// standardise keeps mean and scale of each unit. A unit that does not vary becomes 0.
func (m *model) standardise(t capture.Table) (err error) {
	if m.mean, err = t.Means(); err != nil {
		return err
	}
	m.scale = make([]float64, m.d)
	err = t.Strips(func(_ int, x capture.Matrix) error {
		for i := range x.N {
			for u, v := range x.Row(i) {
				d := float64(v) - m.mean[u]
				m.scale[u] += d * d
			}
		}
		return nil
	})
	for u := range m.scale {
		sd := math.Sqrt(m.scale[u] / float64(t.N))
		m.scale[u] = 0
		if sd > 1e-6*math.Abs(m.mean[u]) && sd > 0 {
			m.scale[u] = 1 / sd
		}
	}
	return err
}

// standard writes rows, standardised, to z.
func (m *model) standard(z []float64, x capture.Matrix) {
	for i := range x.N {
		to := z[i*m.d : (i+1)*m.d]
		for u, v := range x.Row(i) {
			to[u] = (float64(v) - m.mean[u]) * m.scale[u]
		}
	}
}

// strips shows all rows in their order, standardised; z is valid during the visit only.
func (m *model) strips(t capture.Table, visit func(first, n int, z []float64)) error {
	strip := standardised.Borrow(min(t.N, capture.Strip) * m.d)
	defer standardised.Return(strip)
	return t.Strips(func(first int, x capture.Matrix) error {
		m.standard(*strip, x)
		visit(first, x.N, *strip)
		return nil
	})
}

func targets(labels []int32, classes int) []float64 {
	y := make([]float64, len(labels)*classes)
	for i, l := range labels {
		for c := range classes {
			y[i*classes+c] = -1 / float64(classes)
		}
		y[i*classes+int(l)] = 1
	}
	return y
}

// centre subtracts the column means from y and returns them.
func centre(y []float64, n, classes int) []float64 {
	mean := make([]float64, classes)
	for i := range n {
		for c := range classes {
			mean[c] += y[i*classes+c] / float64(n)
		}
	}
	for i := range n {
		for c := range classes {
			y[i*classes+c] -= mean[c]
		}
	}
	return mean
}

// primal solves in the space of units: (Z'Z + penalty) w = Z'y for each class.
func (m *model) primal(t capture.Table, y []float64) error {
	d, c := m.d, m.classes
	square, zy := squares.Borrow(d*d), make([]float64, c*d)
	defer squares.Return(square)
	a := *square
	clear(a)
	err := m.strips(t, func(first, n int, z []float64) {
		kernel.Gemm64(1, true, false, d, d, n, 1, z, d, z, d, 1, a, d)
		kernel.Gemm64(1, true, false, c, d, n, 1, y[first*c:], c, z, d, 1, zy, d)
	})
	if err != nil {
		return err
	}
	s, e, err := shifted(a, d)
	if err != nil {
		return err
	}
	s.Into(zy, c)
	w := make([]float64, c*d)
	total := sumSquares(y)
	m.penalty = choosePenalty(e, t.N, float64(d), func(p float64) float64 {
		copy(w, zy)
		s.Solve(p, w, c)
		return total - dot(zy, w) - p*sumSquares(w) // |y - Zw|^2, where Z'Zw is Z'y - p w
	})
	s.Solve(m.penalty, zy, c)
	s.OutOf(zy, c)
	m.weight = zy
	return nil
}

// dual solves in the space of samples: w = Z'(ZZ' + penalty)^-1 y.
func (m *model) dual(t capture.Table, y []float64) error {
	n, d, c := t.N, m.d, m.classes
	square, all := squares.Borrow(n*n), standardised.Borrow(n*d) // n rows, which are fewer than units
	defer squares.Return(square)
	defer standardised.Return(all)
	a, z := *square, *all
	err := t.Strips(func(first int, x capture.Matrix) error {
		m.standard(z[first*d:], x)
		return nil
	})
	if err != nil {
		return err
	}
	kernel.Gemm64(1, false, true, n, n, d, 1, z, d, z, d, 0, a, n)
	s, e, err := shifted(a, n)
	if err != nil {
		return err
	}
	yt := make([]float64, c*n)
	for i := range n {
		for k := range c {
			yt[k*n+i] = y[i*c+k]
		}
	}
	s.Into(yt, c)
	alpha := make([]float64, c*n)
	m.penalty = choosePenalty(e, n, float64(d), func(p float64) float64 {
		copy(alpha, yt)
		s.Solve(p, alpha, c)
		return p * p * sumSquares(alpha) // y - ZZ' alpha is p alpha
	})
	s.Solve(m.penalty, yt, c)
	s.OutOf(yt, c)
	m.weight = make([]float64, c*d)
	kernel.Gemm64(1, false, false, c, d, n, 1, yt, n, z, d, 0, m.weight, d)
	return nil
}

func shifted(a []float64, n int) (*linalg.Shifted, []float64, error) {
	s, err := linalg.NewShifted(1, a, n)
	if err != nil {
		return nil, nil, fmt.Errorf("probe: %w", err)
	}
	e, err := s.Values()
	if err != nil {
		return nil, nil, fmt.Errorf("probe: %w", err)
	}
	return s, e, nil
}

// choosePenalty returns the penalty with the least generalised cross-validation error
// (RSS / n) / (1 - tr H / n)^2. e are the eigenvalues, residual gives the RSS of a penalty. One degree of
// freedom is the mean's.
func choosePenalty(e []float64, n int, units float64, residual func(p float64) float64) float64 {
	var trace float64
	for _, v := range e {
		trace += max(v, 0)
	}
	unit := trace / units
	if unit <= 0 {
		return 1
	}
	best, at := math.Inf(1), unit
	for k := -6; k <= 6; k++ {
		p := unit * math.Pow(10, float64(k))
		df := 1.0
		for _, v := range e {
			if v > 0 {
				df += v / (v + p)
			}
		}
		free := 1 - df/float64(n)
		if free <= 1e-9 {
			continue
		}
		if gcv := max(residual(p), 0) / (free * free); gcv < best {
			best, at = gcv, p
		}
	}
	return at
}

func sumSquares(x []float64) float64 { return dot(x, x) }

func dot(x, y []float64) float64 {
	var s float64
	for i, v := range x {
		s += v * y[i]
	}
	return s
}

// score predicts the class of each sample: the largest of the regressed targets, the lowest class of
// equal ones.
func (m *model) score(r rows) (Score, error) {
	s := Score{Rows: r.at, Label: r.label}
	err := m.strips(r.Table, func(first, n int, z []float64) {
		for i := range n {
			best := m.answer(z[i*m.d : (i+1)*m.d])
			s.Class = append(s.Class, best)
			s.Right = append(s.Right, best == r.label[first+i])
		}
	})
	return s, err
}

func (m *model) answer(z []float64) int32 {
	best, top := int32(0), math.Inf(-1)
	for c := range m.classes {
		v := m.bias[c]
		for u, x := range m.weight[c*m.d : (c+1)*m.d] {
			v += x * z[u]
		}
		if v > top {
			best, top = int32(c), v
		}
	}
	return best
}
