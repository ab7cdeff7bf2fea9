package singular

import (
	"math"

	"github.com/stratascope/stratascope/statistic"
)

// OverRandom returns the largest squared singular value of layers' weights over the one that 1 % of random
// matrices with independent elements of the same variance exceed: above 1 the weights are not random.
func OverRandom(r *statistic.Results, layers []string) (float64, error) {
	top := 0.0
	for _, name := range layers {
		s, err := At(r, name)
		if err != nil {
			return 0, err
		}
		var total float64
		for _, v := range s.Squares {
			total += v
		}
		if total == 0 {
			return 0, statistic.Unavailable("zero-weight", "the weight of layer %s is zero", name)
		}
		top = max(top, s.Squares[0]/(total/float64(s.Units*s.Reads)*edge(s.Units, s.Reads)))
	}
	return top, nil
}

// edge is the 99 % point of the largest eigenvalue of W'W for n x d independent elements of variance 1:
// the edge of the Marchenko-Pastur law plus the Tracy-Widom quantile of order 1 (Johnstone 2001).
func edge(n, d int) float64 {
	const quantile = 2.0234
	a, b := math.Sqrt(float64(max(2, n)-1)), math.Sqrt(float64(d))
	return (a+b)*(a+b) + quantile*(a+b)*math.Cbrt(1/a+1/b)
}
