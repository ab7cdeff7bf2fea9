package density

import (
	"context"
	"fmt"
	"math"

	"github.com/stratascope/stratascope/cluster"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// MixtureOptions sets how a mixture is fitted; the zero value is the default.
type MixtureOptions struct {
	Components int // 0: as many of 1 to Most as make BIC least
	Most       int // 0: 6
	Seed       uint64
}

// A Mixture of Gaussians lies along the axes of a projection; what lies beside them it does not see.
// Coordinates are scaled to unit variance before it is fitted.
type Mixture struct {
	*Projection
	Weight []float64
	BIC    float64 // -2 ln likelihood + parameters ln n, of scaled coordinates
	Fit    float64 // ln likelihood a row, of the rows fitted and of scaled coordinates
	parts  []gaussian
}

type gaussian struct {
	mean, chol []float64
	logDet     float64
}

const (
	mostParts = 6
	mostSteps = 300
	tolerance = 1e-6 // change of the mean ln likelihood at which EM rests
	ridge     = 1e-6 // added to each variance, as scikit-learn does
)

// NewMixture fits a mixture to n rows by EM from the clusters of k-means (Dempster et al. 1977), and
// chooses the number of components by BIC (Schwarz 1978). A number of components whose parts would hold
// fewer than 2 samples a dimension is not tried. A step costs n k K^2.
func NewMixture(ctx context.Context, workers int, p *Projection, x []float32, n int, opt MixtureOptions) (*Mixture, error) {
	if opt.Most == 0 {
		opt.Most = mostParts
	}
	if opt.Components < 0 || opt.Most < 1 {
		return nil, fmt.Errorf("%d of at most %d components: %w", opt.Components, opt.Most, infer.ErrRange)
	}
	z, err := p.scaled(x, n)
	if err != nil {
		return nil, err
	}
	first, last := 1, opt.Most
	if opt.Components > 0 {
		first, last = opt.Components, opt.Components
	}
	var best *Mixture
	for k := first; k <= last && n >= 2*k*max(2, p.K); k++ {
		m, err := fit(ctx, workers, p, z, n, k, opt.Seed)
		if err != nil {
			return nil, err
		}
		if m != nil && (best == nil || m.BIC < best.BIC) {
			best = m
		}
	}
	if best == nil {
		return nil, fmt.Errorf("%d samples of %d dimensions for %d components: %w", n, p.K, first, infer.ErrTooFew)
	}
	return best, nil
}

// scaled returns the coordinates of rows, each axis at unit variance.
func (p *Projection) scaled(x []float32, n int) ([]float64, error) {
	z, _, err := p.Coordinates(x, n)
	for i := range z {
		z[i] /= math.Sqrt(p.Values[i%p.K])
	}
	return z, err
}

// fit returns nil where a component is left without samples.
func fit(ctx context.Context, workers int, p *Projection, z []float64, n, k int, seed uint64) (*Mixture, error) {
	points := cluster.Points{X: make([]float32, len(z)), N: n, D: p.K}
	for i, v := range z {
		points.X[i] = float32(v)
	}
	part, err := cluster.KMeans(ctx, workers, points, k, cluster.KMeansOptions{Seed: infer.Seed(seed, "density", "mixture")})
	if err != nil {
		return nil, err
	}
	share := make([]float64, n*k)
	for i, l := range part.Labels {
		share[i*k+l] = 1
	}
	m := &Mixture{Projection: p, Weight: make([]float64, k), parts: make([]gaussian, k), Fit: math.Inf(-1)}
	for range mostSteps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !m.maximise(z, share, n) {
			return nil, nil
		}
		last := m.Fit
		if m.Fit = m.expect(z, share, n); math.Abs(m.Fit-last) < tolerance {
			break
		}
	}
	free := float64(k-1) + float64(k*p.K) + float64(k*p.K*(p.K+1))/2
	m.BIC = -2*m.Fit*float64(n) + free*math.Log(float64(n))
	return m, nil
}

// maximise sets the components from each row's shares in them.
func (m *Mixture) maximise(z, share []float64, n int) bool {
	d, k := m.K, len(m.parts)
	w := make([]float64, n*d)
	for c := range m.parts {
		var count float64
		mean := make([]float64, d)
		for i := range n {
			s := share[i*k+c]
			count += s
			for j, v := range z[i*d : (i+1)*d] {
				mean[j] += s * v
			}
		}
		if count < 2 {
			return false
		}
		for j := range mean {
			mean[j] /= count
		}
		for i := range n {
			root := math.Sqrt(share[i*k+c])
			for j, v := range z[i*d : (i+1)*d] {
				w[i*d+j] = root * (v - mean[j])
			}
		}
		cov := linalg.Mul(1, true, false, d, d, n, w, w)
		for j := range cov {
			cov[j] /= count
		}
		for j := range d {
			cov[j*d+j] += ridge
		}
		if linalg.Cholesky(1, cov, d) != nil {
			return false
		}
		g := gaussian{mean: mean, chol: cov}
		for j := range d {
			g.logDet += 2 * math.Log(cov[j*d+j])
		}
		m.parts[c], m.Weight[c] = g, count/float64(n)
	}
	return true
}

// expect sets the shares and returns the mean ln likelihood.
func (m *Mixture) expect(z, share []float64, n int) float64 {
	k := len(m.parts)
	m.logs(z, share, n)
	var total infer.Sum
	for i := range n {
		row := share[i*k : (i+1)*k]
		l := logSumExp(row)
		total.Add(l)
		for c, v := range row {
			row[c] = math.Exp(v - l)
		}
	}
	return total.Value() / float64(n)
}

// logs sets out, n x k, to ln of weight times density of each row under each component.
func (m *Mixture) logs(z, out []float64, n int) {
	d, k := m.K, len(m.parts)
	t := make([]float64, d*n)
	for c, g := range m.parts {
		for i := range n {
			for j, v := range z[i*d : (i+1)*d] {
				t[j*n+i] = v - g.mean[j]
			}
		}
		linalg.TriSolve(1, g.chol, d, false, t, n)
		base := math.Log(m.Weight[c]) - (float64(d)*math.Log(2*math.Pi)+g.logDet)/2
		for i := range n {
			var s float64
			for j := range d {
				s += t[j*n+i] * t[j*n+i]
			}
			out[i*k+c] = base - s/2
		}
	}
}

// Score returns -ln p of each of n rows along the axes, in nats.
func (m *Mixture) Score(x []float32, n int) ([]float64, error) {
	z, err := m.scaled(x, n)
	if err != nil {
		return nil, err
	}
	k := len(m.parts)
	logs, out := make([]float64, n*k), make([]float64, n)
	m.logs(z, logs, n)
	for i := range out {
		out[i] = m.halfLogScale() - logSumExp(logs[i*k:(i+1)*k])
	}
	return out, nil
}

// halfLogScale is what scaling the axes to unit variance takes from -ln p.
func (p *Projection) halfLogScale() float64 {
	var s float64
	for _, v := range p.Values {
		s += math.Log(v) / 2
	}
	return s
}

func logSumExp(v []float64) float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = math.Max(top, x)
	}
	var s float64
	for _, x := range v {
		s += math.Exp(x - top)
	}
	return top + math.Log(s)
}
