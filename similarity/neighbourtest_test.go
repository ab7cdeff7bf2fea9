package similarity

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// The closed form of the overlap's spread against all permutations of six samples.
func TestOverlapSpreadIsThatOfAllPermutations(t *testing.T) {
	const n, k = 6, 2
	var lists []neighbourhoods
	for _, m := range noise(5, n, 2, 3) {
		group := make([]int, n)
		lists = append(lists, must(neighboursOf(m, k, group, 1))[0])
	}
	dense := func(h neighbourhoods) (d [n][n]float64) {
		for i := range n {
			for e := h.ends[i]; e < h.ends[i+1]; e++ {
				d[i][h.at[e]] = float64(h.share[e])
			}
		}
		return d
	}
	a, b := dense(lists[0]), dense(lists[1])
	var sum, square infer.Sum
	count := 0.0
	permute(n, func(p []int) {
		var s float64
		for i := range n {
			for j := range n {
				s += a[i][j] * b[p[i]][p[j]]
			}
		}
		sum.Add(s)
		square.AddProduct(s, s)
		count++
	})
	mean := sum.Value() / count
	sd := math.Sqrt(square.Value()/count - mean*mean)
	near(t, "mean", mean, float64(n*k*k)/(n-1), 1e-9)
	want := pearsonTail(1.5, sd/mean)
	near(t, "tail 1.5 deviations up", overlapTail(mean+1.5*sd, n, k, lists[0].graphSums(k), lists[1].graphSums(k)), want, 1e-9)
}

// Where all near samples lie in one group, such as frames of one film, those beyond are found when it is left out.
func TestNeighboursBeyondTheirGroup(t *testing.T) {
	const n, per = 120, 40
	xs := noise(9, n, 3, 4)
	groups := make([]int, n)
	for i := range n {
		groups[i] = i / per
		for l := range xs {
			xs[l].row(i)[0] += float32(50 * groups[i])
		}
	}
	p := must(MutualKNNPairs(t.Context(), 1, xs, 5, groups, 0.9))
	for g, got := range p.LeaveOut(0, 1) {
		var keep []int
		for i := range n {
			if groups[i] != g {
				keep = append(keep, i)
			}
		}
		near(t, "without a group", got, must(MutualKNN(must(xs[0].some(keep)), must(xs[1].some(keep)), 5)), 1e-6)
	}
	// Interleaved, every near sample but few is left out.
	for i := range n {
		groups[i] = 1
		if i%24 == 0 {
			groups[i] = 0
		}
	}
	p = must(MutualKNNPairs(t.Context(), 1, xs, 4, append([]int(nil), groups...), 0.9))
	var few []int
	for i := range n {
		if groups[i] == 0 {
			few = append(few, i)
		}
	}
	near(t, "the few alone", p.LeaveOut(0, 1)[1], must(MutualKNN(must(xs[0].some(few)), must(xs[1].some(few)), 4)), 1e-6)
}
