package probe

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/statistic"
)

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
// stands for the covariance.
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
	if r.D <= n {
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

// primal solves in the space of units: Z'Z = V diag(e) V'.
func (m *model) primal(t capture.Table, y []float64) error {
	d, c := m.d, m.classes
	a, zy := make([]float64, d*d), make([]float64, d*c)
	z := make([]float64, min(t.N, capture.Strip)*d)
	err := t.Strips(func(first int, x capture.Matrix) error {
		m.standard(z, x)
		kernel.Gemm64(1, true, false, d, d, x.N, 1, z, d, z, d, 1, a, d)
		kernel.Gemm64(1, true, false, d, c, x.N, 1, z, d, y[first*c:], c, 1, zy, c)
		return nil
	})
	if err != nil {
		return err
	}
	e, v, err := linalg.EigenSym(1, a, d, true) // eigenvectors are rows
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	g := make([]float64, d*c) // V' Z'Y: row i belongs to eigenvalue i
	kernel.Gemm64(1, false, false, d, c, d, 1, v, d, zy, c, 0, g, c)
	squares := rowSquares(g, d, c) // |v_i' Z'Y|^2 = e_i |u_i' Y|^2
	for i := range squares {
		if e[i] > 0 {
			squares[i] /= e[i]
		}
	}
	m.penalty = choosePenalty(e, squares, sumSquares(y), t.N, float64(d))
	for i := range d {
		for k := range c {
			g[i*c+k] /= max(e[i], 0) + m.penalty
		}
	}
	w := make([]float64, d*c)
	kernel.Gemm64(1, true, false, d, c, d, 1, v, d, g, c, 0, w, c)
	m.weight = transposed(w, d, c)
	return nil
}

// dual solves in the space of samples: ZZ' = U diag(e) U', weights Z' U diag(1/(e+penalty)) U' Y.
func (m *model) dual(t capture.Table, y []float64) error {
	n, d, c := t.N, m.d, m.classes
	z := make([]float64, n*d) // n rows, which are fewer than units
	err := t.Strips(func(first int, x capture.Matrix) error {
		m.standard(z[first*d:], x)
		return nil
	})
	if err != nil {
		return err
	}
	a := make([]float64, n*n)
	kernel.Gemm64(1, false, true, n, n, d, 1, z, d, z, d, 0, a, n)
	e, u, err := linalg.EigenSym(1, a, n, true)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	g := make([]float64, n*c)
	kernel.Gemm64(1, false, false, n, c, n, 1, u, n, y, c, 0, g, c)
	m.penalty = choosePenalty(e, rowSquares(g, n, c), sumSquares(y), n, float64(d))
	for i := range n {
		for k := range c {
			g[i*c+k] /= max(e[i], 0) + m.penalty
		}
	}
	alpha := make([]float64, n*c)
	kernel.Gemm64(1, true, false, n, c, n, 1, u, n, g, c, 0, alpha, c)
	w := make([]float64, d*c)
	kernel.Gemm64(1, true, false, d, c, n, 1, z, d, alpha, c, 0, w, c)
	m.weight = transposed(w, d, c)
	return nil
}

// choosePenalty returns the penalty with the least generalised cross-validation error
// (RSS / n) / (1 - tr H / n)^2. squares are |u_i' Y|^2 for the eigenvalues e; what Y has outside their
// span stays a residual. One degree of freedom is the mean's.
func choosePenalty(e, squares []float64, total float64, n int, units float64) float64 {
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
		rss, df := total, 1.0
		for i, v := range e {
			if v <= 0 {
				continue
			}
			h := v / (v + p)
			df += h
			rss -= squares[i] * h * (2 - h)
		}
		free := 1 - df/float64(n)
		if free <= 1e-9 {
			continue
		}
		if gcv := max(rss, 0) / (free * free); gcv < best {
			best, at = gcv, p
		}
	}
	return at
}

func rowSquares(g []float64, rows, cols int) []float64 {
	out := make([]float64, rows)
	for i := range rows {
		out[i] = sumSquares(g[i*cols : (i+1)*cols])
	}
	return out
}

func sumSquares(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v * v
	}
	return s
}

func transposed(w []float64, rows, cols int) []float64 {
	out := make([]float64, len(w))
	for i := range rows {
		for j := range cols {
			out[j*rows+i] = w[i*cols+j]
		}
	}
	return out
}

// score predicts the class of each sample: the largest of the regressed targets, the lowest class of
// equal ones.
func (m *model) score(r rows) (Score, error) {
	s := Score{Rows: r.at, Label: r.label}
	z := make([]float64, min(r.N, capture.Strip)*m.d)
	err := r.Strips(func(first int, x capture.Matrix) error {
		m.standard(z, x)
		for i := range x.N {
			best := m.answer(z[i*m.d : (i+1)*m.d])
			s.Class = append(s.Class, best)
			s.Right = append(s.Right, best == r.label[first+i])
		}
		return nil
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
