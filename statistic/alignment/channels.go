package alignment

import (
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/linalg"
)

// taps returns how many values of one channel a row of the weight reads.
func (r *reader) taps() int {
	if r.window == nil {
		return 1
	}
	n := 1
	for _, k := range r.window.kernel {
		n *= k
	}
	return n
}

// channels returns the sum over pairs of channels c < d of m_cd s_cd, as spreads above its mean over permutations of the
// channels read: m_cd is the product of the weights of both channels, and s_cd of their values less the mean, summed over
// taps. Other than the cosine it does not see what fits within a channel, which stays where channels are exchanged. Mean
// and variance over all permutations are those of Mantel (1967).
func channels(workers int, w, x []float32, n, d, taps int) float64 {
	c := d / taps
	if c < 3 {
		return 0
	}
	m, s := make([]float64, c*c), make([]float64, c*c)
	for t := range taps {
		addProducts(workers, m, w, len(w)/d, d, t, taps, false)
		addProducts(workers, s, x, n, d, t, taps, true)
	}
	a, b := newPairwise(m, c), newPairwise(s, c)
	var seen infer.Sum
	for i := range c {
		for j := range i {
			seen.AddProduct(2*m[i*c+j], s[i*c+j])
		}
	}
	N := float64(c)
	two := N * (N - 1)
	mean := a.sum * b.sum / two
	v := 2 * a.square * b.square / two
	v += 4 * (a.rows - a.square) * (b.rows - b.square) / (two * (N - 2))
	if c > 3 {
		v += (a.sum*a.sum - 4*a.rows + 2*a.square) * (b.sum*b.sum - 4*b.rows + 2*b.square) / (two * (N - 2) * (N - 3))
	}
	if v -= mean * mean; !(v > 0) {
		return 0
	}
	return (seen.Value() - mean) / math.Sqrt(v)
}

// addProducts adds the products of channels, columns of one tap of rows, with or without their means.
func addProducts(workers int, to []float64, rows []float32, n, d, tap, taps int, centred bool) {
	c := d / taps
	v := make([]float32, n*c)
	for i := range n {
		for j := range c {
			v[i*c+j] = rows[i*d+j*taps+tap]
		}
	}
	mean := make([]float64, c)
	if centred {
		mean = linalg.ColumnMeans(workers, v, n, c)
	}
	for i, p := range linalg.CovarianceSums(workers, v, n, c, mean) {
		to[i] += p
	}
}

// pairwise holds sums over ordered pairs i, j of unlike channels: of entries, of their squares, and of squared row sums.
type pairwise struct{ sum, square, rows float64 }

func newPairwise(m []float64, c int) (p pairwise) {
	for i := range c {
		row := m[i*c : (i+1)*c]
		own := infer.Total(row) - row[i]
		p.sum, p.rows = p.sum+own, p.rows+own*own
		p.square += kernel.DotDouble(row, row) - row[i]*row[i]
	}
	return p
}
