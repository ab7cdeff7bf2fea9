package spectra

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// Noise is the covariance X'X/Rows of a matrix of independent elements of mean 0. As both sides grow with
// the ratio of Columns to Rows held, its eigenvalues follow one law whatever the elements' distribution
// (Marchenko & Pastur 1967).
type Noise struct {
	Rows, Columns int
	Variance      float64 // of the elements
}

// Edges returns the ends Variance (1 -+ sqrt(Columns/Rows))^2 between which the law lies. Of more columns
// than rows, Columns-Rows eigenvalues are 0 beside. The largest eigenvalue of noise exceeds the upper edge now
// and then, by a share of it in the order of Rows^(-2/3) (Johnstone 2001).
func (m Noise) Edges() (low, high float64, err error) {
	if m.Rows < 1 || m.Columns < 1 {
		return 0, 0, fmt.Errorf("noise of %d x %d elements: %w", m.Rows, m.Columns, infer.ErrTooFew)
	}
	if !(m.Variance > 0) || math.IsInf(m.Variance, 0) {
		return 0, 0, fmt.Errorf("variance of noise is %v, want above 0: %w", m.Variance, infer.ErrRange)
	}
	s := math.Sqrt(float64(m.Columns) / float64(m.Rows))
	return m.Variance * (1 - s) * (1 - s), m.Variance * (1 + s) * (1 + s), nil
}

// Density returns the law's density at x: sqrt((high-x)(x-low)) / (2 pi Variance q x) between the edges, with
// q = Columns/Rows, 0 beyond. For q above 1 the part at 0 is not in it, so that it holds 1/q.
func (m Noise) Density(x float64) (float64, error) {
	low, high, err := m.Edges()
	if err != nil || !(x > low && x < high) {
		return 0, err
	}
	q := float64(m.Columns) / float64(m.Rows)
	return math.Sqrt((high-x)*(x-low)) / (2 * math.Pi * m.Variance * q * x), nil
}

// Above counts the eigenvalues beyond the upper edge: the directions in which there is more than noise.
func (m Noise) Above(eigenvalues []float64) (int, error) {
	_, high, err := m.Edges()
	if err != nil {
		return 0, err
	}
	if err := infer.Finite(eigenvalues); err != nil {
		return 0, fmt.Errorf("eigenvalues: %w", err)
	}
	n := 0
	for _, v := range eigenvalues {
		if v > high {
			n++
		}
	}
	return n, nil
}
