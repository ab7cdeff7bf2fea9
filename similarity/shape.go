package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
)

// Bures returns the normalised Bures similarity of two layers, tr (K^1/2 L K^1/2)^1/2 / sqrt(tr K tr L) of the
// centred Gram matrices (Tang et al. 2020), which is |X'Y|_* / (|X|_F |Y|_F) (Harvey et al. 2024):
// the cosine of ShapeDistance, 0 to 1. It ignores rotation, scale and offset of either layer; layers need not be
// of one width. Like the biased CKA it is near 1 for any two layers of far more units than samples. The cost
// is n d d' + min(d, d', n)^3, all in float64.
func Bures(x, y Matrix) (float64, error) {
	a, b, err := two(centred, x, y)
	if err != nil {
		return 0, err
	}
	return bures(a, b)
}

func bures(a, b rows) (float64, error) {
	a, b = a.narrow(), b.narrow()
	s, err := linalg.SVDValues(products(a, b), a.d, b.d)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", err, infer.ErrNotFinite)
	}
	return math.Min(1, infer.Total(s)/(a.norm()*b.norm())), nil
}

// ShapeDistance returns the angular distance arccos(|X'Y|_* / (|X|_F |Y|_F)) between layers after the best
// rotation (Williams et al. 2021; netrep's LinearMetric at alpha 1), 0 to pi/2. It is a metric on layers
// up to rotation, scale and offset; the narrower layer counts as padded with zeros. Rounding makes layers that
// are alike 1e-7 apart.
func ShapeDistance(x, y Matrix) (float64, error) {
	c, err := Bures(x, y)
	if err != nil {
		return 0, err
	}
	return math.Acos(c), nil
}

// Procrustes returns the distance |XQ - Y|_F of layers of unit norm after the best rotation Q (Schoenemann 1966),
// sqrt(2 - 2 cos) of the angle ShapeDistance: 0 to sqrt 2, a metric with the same invariances.
func Procrustes(x, y Matrix) (float64, error) {
	c, err := Bures(x, y)
	if err != nil {
		return 0, err
	}
	return math.Sqrt(2 - 2*c), nil
}
