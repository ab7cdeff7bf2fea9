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
		lists = append(lists, must(neighboursOf(m, k)))
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

// The error is the spread over samples of one population, of which the jackknife with neighbours found anew gives twice
// the square and more.
func TestOverlapErrorIsItsSpread(t *testing.T) {
	const draws, n = 150, 160
	var sum, square, error2 [3]float64
	for d := range uint64(draws) {
		xs := noise(d, n, 3, 4, 12)
		for i := range n { // the second layer is near to the first, the third has nothing in common with it
			for j, v := range xs[0].row(i) {
				xs[1].row(i)[j] = v + 0.2*xs[1].row(i)[j]
			}
		}
		p := must(MutualKNNPairs(t.Context(), 2, xs, 10, nil, 0.9))
		for k, at := range []int{1, 2, 5} {
			sum[k] += p.Value[at] / draws
			square[k] += p.Value[at] * p.Value[at] / draws
			error2[k] += p.SE[at] * p.SE[at] / draws
		}
	}
	for k := range sum {
		if ratio := error2[k] / (square[k] - sum[k]*sum[k]); ratio < 0.7 || ratio > 1.6 {
			t.Errorf("pair %d: squared error %.2f times the variance", k, ratio)
		}
	}
}

// Samples that are copies tell less: the error is that of their groups.
func TestOverlapErrorOfGroups(t *testing.T) {
	const n = 240
	xs, groups := noise(3, n, 3, 4), make([]int, n)
	for i := range n {
		groups[i] = i / 12
		for l := range xs {
			for j := range xs[l].row(i) {
				xs[l].row(i)[j] = 0.3*xs[l].row(i)[j] + xs[l].row(i / 12 * 12)[j]
			}
		}
	}
	films, alone := must(MutualKNNPairs(t.Context(), 1, xs, 10, groups, 0.9)), must(MutualKNNPairs(t.Context(), 1, xs, 10, nil, 0.9))
	if films.SE[1] < 1.2*alone.SE[1] {
		t.Errorf("error by films %v, by samples %v", films.SE[1], alone.SE[1])
	}
}
