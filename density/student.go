package density

import "math"

// Student is the posterior predictive distribution of a Gaussian along the axes of a projection under a
// Normal-inverse-Wishart prior: heavier in the tails the fewer samples there were, for which reason it
// suits fewer than 10 a dimension (Murphy 2007).
type Student struct {
	*Projection
	DF     float64
	Square []float64 // scale along each axis, squared
}

// NewStudent returns the predictive for the rows of the projection. The prior weighs as one sample: the
// mean of the rows, and the mean variance of the axes in every direction, with K+2 degrees of freedom, the
// fewest that have a covariance.
func NewStudent(p *Projection) *Student {
	n, k := float64(p.N), float64(p.K)
	s := &Student{Projection: p, DF: n + 3, Square: make([]float64, p.K)}
	var mean float64
	for _, v := range p.Values {
		mean += v / k
	}
	for i, v := range p.Values {
		s.Square[i] = (mean + (n-1)*v) * (n + 2) / ((n + 1) * s.DF)
	}
	return s
}

// Score returns -ln p of each of n rows along the axes, in nats.
func (s *Student) Score(x []float32, n int) ([]float64, error) {
	along, out, err := s.Coordinates(x, n)
	if err != nil {
		return nil, err
	}
	k := float64(s.K)
	above, _ := math.Lgamma((s.DF + k) / 2)
	below, _ := math.Lgamma(s.DF / 2)
	base := below - above + k/2*math.Log(s.DF*math.Pi)
	for _, v := range s.Square {
		base += math.Log(v) / 2
	}
	for i := range out {
		var d float64
		for j, c := range along[i*s.K : (i+1)*s.K] {
			d += c * c / s.Square[j]
		}
		out[i] = base + (s.DF+k)/2*math.Log1p(d/s.DF)
	}
	return out, nil
}
