package density

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// PPCA is the Gaussian with the variances of a projection along its axes and one variance across them
// (Tipping & Bishop 1999).
type PPCA struct {
	*Projection
	Noise float64 // variance of each direction beside the axes
	free  int     // how many those are
}

// NewPPCA returns the likeliest such Gaussian for the projection's rows (eq. 8). Directions that its
// samples cannot tell from nothing are left out: the density is that of a space of as many dimensions as
// samples span.
func NewPPCA(p *Projection) (*PPCA, error) {
	m := &PPCA{Projection: p, free: min(p.D, p.N-1) - p.K}
	if m.free == 0 {
		return m, nil
	}
	rest := p.Total
	for _, v := range p.Values {
		rest -= v
	}
	if m.Noise = rest / float64(m.free); !(m.Noise > negligible*p.Values[0]*1e-3) {
		return nil, fmt.Errorf("no variance beside %d components, want fewer of them: %w", p.K, infer.ErrConstant)
	}
	return m, nil
}

// Score returns -ln p of each of n rows, in nats.
func (m *PPCA) Score(x []float32, n int) ([]float64, error) {
	along, beside, err := m.Coordinates(x, n)
	if err != nil {
		return nil, err
	}
	base := float64(m.K+m.free) * math.Log(2*math.Pi)
	for _, v := range m.Values {
		base += math.Log(v)
	}
	if m.free > 0 {
		base += float64(m.free) * math.Log(m.Noise)
	}
	for i, b := range beside {
		s := base
		if m.free > 0 {
			s += b / m.Noise
		}
		for k, c := range along[i*m.K : (i+1)*m.K] {
			s += c * c / m.Values[k]
		}
		beside[i] = s / 2
	}
	return beside, nil
}
