package similarity

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/internal/kernel"
)

// CKA returns the biased linear CKA of two layers, |Y'X|_F^2 / (|X'X|_F |Y'Y|_F) of centred
// values (Kornblith et al. 2019, eq. 3), equal to the RV coefficient. It grows with the number of
// units: only layers of one width may be compared by it. All arithmetic is float64.
func CKA(x, y Matrix) (float64, error) { return pair(x, y, true) }

// Debiased returns the debiased linear CKA of two layers, which compares across widths
// (Song et al. 2012; Nguyen et al. 2021). It can be slightly negative, and exceed 1 for very few
// samples. All arithmetic is float64.
func Debiased(x, y Matrix) (float64, error) { return pair(x, y, false) }

// pair takes the smaller of two forms, n x n or d x d.
func pair(x, y Matrix, biased bool) (float64, error) {
	if x.N != y.N {
		return 0, fmt.Errorf("%d and %d samples, want as many: %w", x.N, y.N, infer.ErrRange)
	}
	both, err := inMemory([]Matrix{x, y})
	if err != nil {
		return 0, err
	}
	x, y = both[0], both[1]
	fx, err := frameOf(x)
	if err != nil {
		return 0, fmt.Errorf("first layer: %w", err)
	}
	fy, err := frameOf(y)
	if err != nil {
		return 0, fmt.Errorf("second layer: %w", err)
	}
	between := crossHSIC
	if max(x.D, y.D) > x.N {
		between = gramHSIC
	}
	xy, err := between(x, y, fx, fy, biased)
	if err != nil {
		return 0, err
	}
	xx, err := between(x, x, fx, fx, biased)
	if err != nil {
		return 0, err
	}
	yy, err := between(y, y, fy, fy, biased)
	if err != nil {
		return 0, err
	}
	return ratio(xy, xx, yy)
}

// Ratio returns CKA from three states: of both streams, of the first with itself and of the
// second with itself.
func Ratio(xy, xx, yy *Cross, biased bool) (float64, error) {
	var h [3]float64
	for i, c := range []*Cross{xy, xx, yy} {
		var err error
		if h[i], err = c.hsic(biased); err != nil {
			return 0, err
		}
	}
	return ratio(h[0], h[1], h[2])
}

func ratio(xy, xx, yy float64) (float64, error) {
	if !(xx > 0 && yy > 0) {
		return 0, fmt.Errorf("HSIC of the layers with themselves is %.3g and %.3g, want above 0: %w", xx, yy, ErrDominated)
	}
	return xy / math.Sqrt(xx*yy), nil
}

func (c *Cross) hsic(biased bool) (float64, error) {
	if biased {
		return c.BiasedHSIC()
	}
	return c.HSIC()
}

func crossHSIC(x, y Matrix, fx, fy frame, biased bool) (float64, error) {
	c, err := NewCross(fx.shift, fy.shift)
	if err != nil {
		return 0, err
	}
	if err := c.Add(x, y); err != nil {
		return 0, err
	}
	return c.hsic(biased)
}

func gramHSIC(x, y Matrix, fx, fy frame, biased bool) (float64, error) {
	return kernelHSIC(gram64(x, fx), gram64(y, fy), x.N, biased)[1], nil
}

func gram64(m Matrix, f frame) []float64 {
	v := shifted(nil, m, f.shift)
	k := make([]float64, m.N*m.N)
	kernel.Gemm64(1, false, true, m.N, m.N, m.D, 1, v, m.D, v, m.D, 0, k, m.N)
	return k
}

// RV returns Escoufier's coefficient tr(KL) / sqrt(tr K^2 tr L^2) of the centred Gram matrices (Robert & Escoufier
// 1976), which is the biased linear CKA; AllPairs and Permutation speak of it by that name.
func RV(x, y Matrix) (float64, error) { return CKA(x, y) }
