package similarity

import (
	"math"

	"gonum.org/v1/gonum/mathext"

	"github.com/stratascope/stratascope/infer"
)

// The sums over a symmetric n x n matrix A with row sums and trace of zero that fix the first three moments of
// sum A_ij B_p(i)p(j) over permutations p (Kazi-Aoual et al. 1995, where three more come with the trace).
const (
	sumSquare   = iota // sum A_ij^2
	sumDiagonal        // sum A_ii^2
	sumTriangle        // tr A^3
	sumLoops           // sum A_ii^3
	sumTriple          // sum A_ij^3
	sumHooked          // sum A_ii A_ij^2
	sumBarbell         // sum A_ii A_ij A_jj
	sumKinds
)

// moments turns the sums of two matrices into the variance and third moment of their permuted product,
// whose mean is 0.
type moments [sumKinds][sumKinds]float64

// newMoments enumerates how the 4 or 6 indices of a product of entries can coincide. A sum over distinct
// samples is one over all less those where more coincide (Moebius inversion over the partitions of a set;
// Rota 1964), and each of those over all samples is one of the sums above or 0.
func newMoments(n int) moments {
	var m moments
	for _, ends := range []int{4, 6} {
		partitions(ends, func(p []int, blocks int) {
			ways := 1.0
			for k := range blocks {
				ways *= float64(n - k)
			}
			if ways == 0 {
				return
			}
			var c [sumKinds]float64
			graph := make([]int, ends)
			partitions(blocks, func(merged []int, _ int) {
				for i, b := range p {
					graph[i] = merged[b]
				}
				if k := kindOf(graph); k >= 0 {
					c[k] += inversion(merged)
				}
			})
			for a, u := range c {
				for b, v := range c {
					m[a][b] += u * v / ways
				}
			}
		})
	}
	return m
}

func (m moments) of(a, b []float64, kinds ...int) float64 {
	var s float64
	for _, i := range kinds {
		for _, j := range kinds {
			s += m[i][j] * a[i] * b[j]
		}
	}
	return s
}

func (m moments) variance(a, b []float64) float64 { return m.of(a, b, sumSquare, sumDiagonal) }

func (m moments) skewness(a, b []float64) float64 {
	return m.of(a, b, sumTriangle, sumLoops, sumTriple, sumHooked, sumBarbell) / math.Pow(m.variance(a, b), 1.5)
}

// partitions gives every partition of n things once, as the block of each.
func partitions(n int, use func(block []int, blocks int)) {
	block := make([]int, n)
	var place func(i, blocks int)
	place = func(i, blocks int) {
		if i == n {
			use(block, blocks)
			return
		}
		for b := range blocks + 1 {
			block[i] = b
			place(i+1, max(blocks, b+1))
		}
	}
	place(0, 0)
}

// inversion returns the Moebius function of the lattice of partitions: over merged blocks, (-1)^(k-1) (k-1)!.
func inversion(merged []int) float64 {
	var size [6]int
	for _, b := range merged {
		size[b]++
	}
	f := 1.0
	for _, k := range size {
		for i := 1; i < k; i++ {
			f *= -float64(i)
		}
	}
	return f
}

// kindOf returns the sum that the product of entries A[ends[0]][ends[1]] A[ends[2]][ends[3]] ... is, summed over all
// samples at each vertex, or -1 for 0: a vertex with one end is a row sum, a loop apart is the trace.
func kindOf(ends []int) int {
	var degree, looped [6]int
	loops, vertices := 0, 0
	for e := 0; e < len(ends); e += 2 {
		a, b := ends[e], ends[e+1]
		degree[a]++
		degree[b]++
		if a == b {
			loops++
			looped[a]++
		}
		vertices = max(vertices, a+1, b+1)
	}
	for v := range vertices {
		if degree[v] < 2 || vertices > 1 && degree[v] == 2*looped[v] {
			return -1
		}
	}
	if len(ends) == 4 {
		return [...]int{sumDiagonal, sumSquare}[vertices-1]
	}
	switch vertices {
	case 1:
		return sumLoops
	case 2:
		return [...]int{sumTriple, sumHooked, sumBarbell}[loops]
	}
	return sumTriangle
}

// pearsonTail returns P(Z >= z) of Pearson's type III distribution with mean 0, variance 1 and a skewness.
func pearsonTail(z, skew float64) float64 {
	if math.Abs(skew) < 1e-3 {
		return infer.NormalTail(z)
	}
	k := 4 / (skew * skew)
	at := k + 2*z/skew // of a gamma variable of shape k, whose order turns with the sign of the skewness
	switch {
	case skew > 0:
		return mathext.GammaIncRegComp(k, math.Max(0, at))
	case at <= 0:
		return 0
	}
	return mathext.GammaIncReg(k, at)
}
