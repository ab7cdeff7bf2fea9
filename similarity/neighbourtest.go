package similarity

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// graphSums are what the variance of an overlap over permutations takes from a graph of neighbours, less its mean
// entry: sums of a_ij^2, of a_ij a_ji, and of squared column sums. Rows sum to 0.
type graphSums struct{ square, mutual, columns float64 }

func (h neighbourhoods) graphSums(k int) graphSums {
	n := len(h.ends) - 1
	var square, mutual, columns infer.Sum
	column := make([]float64, n)
	for i := range n {
		for e := h.ends[i]; e < h.ends[i+1]; e++ {
			v, j := float64(h.share[e]), int(h.at[e])
			square.AddProduct(v, v)
			column[j] += v
			back := h.at[h.ends[j]:h.ends[j+1]]
			if at, ok := slices.BinarySearch(back, int32(i)); ok {
				mutual.Add(v * float64(h.share[h.ends[j]+at]))
			}
		}
	}
	for _, c := range column {
		columns.Add((c - float64(k)) * (c - float64(k)))
	}
	mean := float64(n*k) * float64(k) / float64(n-1) // n (n-1) times the mean entry squared
	return graphSums{square.Value() - mean, mutual.Value() - mean, columns.Value()}
}

// overlapTail returns P(S >= overlap) of S = sum a_ij b_p(i)p(j) over permutations p. Its variance sums over how two
// ordered pairs of samples can coincide (Hubert 1987, 4.2, for matrices that need not be symmetric).
func overlapTail(overlap float64, n, k int, a, b graphSums) float64 {
	N, mean := float64(n), float64(n*k)*float64(k)/float64(n-1)
	two := N * (N - 1)
	three, four := two*(N-2), two*(N-2)*(N-3)
	v := (a.square*b.square + a.mutual*b.mutual) / two
	v += (a.square*b.square + (a.columns-a.square)*(b.columns-b.square) + 2*a.mutual*b.mutual) / three
	v += (a.columns - a.square - a.mutual) * (b.columns - b.square - b.mutual) / four
	if !(v > 0) {
		return 1 // every sample neighbours all, or all alike: nothing can be seen
	}
	sd := math.Sqrt(v)
	return max(math.Exp(-lgamma(N+1)), pearsonTail((overlap-mean)/sd, sd/mean))
}
