package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
)

// A Dissimilarity is how the samples of one layer are told apart.
type Dissimilarity int

// Euclid is the distance between two samples' rows. Correlation is 1 less the Pearson correlation of the rows over
// units, which sees the pattern and not its size; it needs 3 units and changes with an offset per unit.
const (
	Euclid Dissimilarity = iota
	Correlation
)

// RSA returns the Spearman correlation of the dissimilarities of all pairs of samples in two layers
// (Kriegeskorte et al. 2008), -1 to 1. By Euclid it ignores rotation, scale and offset of either layer, and
// any monotone change of the distances. Distances equal up to rounding tie. The cost is n^2 (d + log n),
// its n at most GramSamples.
func RSA(x, y Matrix, by Dissimilarity) (float64, error) {
	a, b, err := dissimilarities(x, y, by)
	if err != nil {
		return 0, err
	}
	return pearson(a, b)
}

// RSATau is RSA by Kendall's tau-b, which counts pairs of pairs in the same order.
func RSATau(x, y Matrix, by Dissimilarity) (float64, error) {
	a, b, err := dissimilarities(x, y, by)
	if err != nil {
		return 0, err
	}
	return kendall(a, b)
}

// dissimilarities returns the ranks of the entries above the diagonal of both matrices.
func dissimilarities(x, y Matrix, by Dissimilarity) (a, b []float64, err error) {
	if x.N != y.N {
		return nil, nil, fmt.Errorf("%d and %d samples, want as many: %w", x.N, y.N, infer.ErrRange)
	}
	if a, err = by.ranks(x); err != nil {
		return nil, nil, fmt.Errorf("first layer: %w", err)
	}
	if b, err = by.ranks(y); err != nil {
		return nil, nil, fmt.Errorf("second layer: %w", err)
	}
	return a, b, nil
}

func (by Dissimilarity) ranks(m Matrix) ([]float64, error) {
	var d []float64
	var err error
	size := 1.0
	switch by {
	case Euclid:
		var r rows
		if r, err = framed(m); err != nil {
			return nil, err
		}
		d, err = r.squares()
		size = float64(r.d)
	case Correlation:
		d, err = uncorrelated(m)
	default:
		return nil, fmt.Errorf("dissimilarity %d is unknown: %w", by, infer.ErrRange)
	}
	if err != nil {
		return nil, err
	}
	return midranks(upper(d, m.N), func(a, b float64) bool { return b-a <= rounding*math.Max(b, size) }), nil
}

// uncorrelated returns 1 - r of all pairs of rows.
func uncorrelated(m Matrix) ([]float64, error) {
	if m.D < 3 {
		return nil, fmt.Errorf("correlation of samples over %d units, want at least 3: %w", m.D, infer.ErrTooFew)
	}
	in, err := inMemory([]Matrix{m})
	if err != nil {
		return nil, err
	}
	if _, err := frameOf(in[0]); err != nil {
		return nil, err
	}
	r := rows{m.N, m.D, shifted(nil, in[0], make([]float64, m.D))}
	for i := range r.n {
		row := r.row(i)
		mean := infer.Total(row) / float64(r.d)
		for j := range row {
			row[j] -= mean
		}
		norm := math.Sqrt(dot(row, row))
		if norm == 0 {
			return nil, fmt.Errorf("all units of sample %d: %w", i, infer.ErrConstant)
		}
		for j := range row {
			row[j] /= norm
		}
	}
	k, err := r.gram()
	for i := range k {
		k[i] = 1 - k[i]
	}
	return k, err
}
