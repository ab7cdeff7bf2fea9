package cosine

import (
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
)

// participation is (sum e)^2 / sum e^2 of the covariance's eigenvalues e, from the Gram of centred rows: its
// trace squared over the sum of its squares. Groups are left out exactly, with the mean of what is left: of
// m rows with mean v and products S about the old mean, |S - m v v'|^2 = |S|^2 - 2m v'Sv + m^2 (v'v)^2.
func participation(gram []float64, groups []int) (infer.Estimate, error) {
	n := len(groups)
	squares := make([][]float64, infer.JackknifeGroups) // of the products between two groups
	for g := range squares {
		squares[g] = make([]float64, infer.JackknifeGroups)
	}
	counts, own := make([]int, infer.JackknifeGroups), make([]float64, infer.JackknifeGroups) // own: squared lengths
	along := make([]float64, n*infer.JackknifeGroups)                                         // of each row with the sum of a group
	for i, g := range groups {
		counts[g]++
		own[g] += gram[i*n+i]
		for j, v := range gram[i*n : (i+1)*n] {
			squares[g][groups[j]] += v * v
			along[i*infer.JackknifeGroups+groups[j]] += v
		}
	}
	var trace, square float64
	for g := range squares {
		trace += own[g]
		square += infer.Total(squares[g])
	}
	if !(square > 0) {
		return infer.Estimate{}, statistic.Unavailable("constant", "the layer's values do not vary")
	}
	left := make([]float64, infer.JackknifeGroups)
	for g := range left {
		m, rest, shift, inner := float64(n-counts[g]), square+squares[g][g], 0.0, 0.0
		for h := range squares {
			rest -= 2 * squares[g][h]
		}
		for i, of := range groups {
			a := along[i*infer.JackknifeGroups+g] / m
			if of == g {
				inner += a / m
			} else {
				shift += a * a
			}
		}
		t := trace - own[g] - m*inner
		rest += -2*m*shift + m*m*inner*inner
		if !(rest > 0) {
			return infer.Estimate{}, statistic.Unavailable("constant", "the layer's values do not vary")
		}
		left[g] = t * t / rest
	}
	return infer.Jackknife(trace*trace/square, left)
}
