package similarity

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// Squared errors are the variance over samples of one population, which the plain jackknife exceeds by half and more where
// layers have little in common, and misses where the width of RBF's kernel varies.
func TestErrorsAreTheSpread(t *testing.T) {
	const draws, n = 200, 160
	names := []string{"biased", "biased, unlike", "deconfounded", "difference", "RBF", "RBF, unlike"}
	sum, square, error2 := make([]float64, len(names)), make([]float64, len(names)), make([]float64, len(names))
	for d := range uint64(draws) {
		xs := []Matrix{gaussian32(5*d, n, 6), gaussian32(5*d+1, n, 6), gaussian32(5*d+2, n, 8), gaussian32(5*d+3, n, 8)}
		for i := range n { // the second layer is near to the first; the first has units of many sizes
			for j := range xs[0].row(i) {
				xs[0].row(i)[j] *= 3 / float32(1+j)
				xs[1].row(i)[j] = xs[0].row(i)[j] + 0.3*xs[1].row(i)[j]
			}
		}
		biased := must(AllPairs(t.Context(), 1, xs, nil, Options{Biased: true}))
		p := must(AllPairs(t.Context(), 1, xs, nil, Options{}))
		for k, e := range []infer.Estimate{
			must(biased.Estimate(0, 1)), must(biased.Estimate(2, 3)), must(p.Deconfounded(2, 3, 0)), must(p.Difference(0, 2, 2, 3)),
			must(RBFEstimate(xs[0], xs[1], RBFOptions{})), must(RBFEstimate(xs[2], xs[3], RBFOptions{})),
		} {
			sum[k] += e.Value / draws
			square[k] += e.Value * e.Value / draws
			error2[k] += e.SE * e.SE / draws
		}
	}
	for k, name := range names {
		if ratio := error2[k] / (square[k] - sum[k]*sum[k]); ratio < 0.7 || ratio > 1.5 {
			t.Errorf("%s: squared error %.2f times the variance", name, ratio)
		}
	}
}

// The derivatives of the partial correlation, and of RBF CKA by its widths, are differences.
func TestSlopes(t *testing.T) {
	const h = 1e-6
	at := [3]float64{0.5, 0.3, -0.4}
	for k, got := range slopes(at[0], at[1], at[2]) {
		up, down := at, at
		up[k] += h
		down[k] -= h
		near(t, "partial", got, (must(partial(up[0], up[1], up[2]))-must(partial(down[0], down[1], down[2])))/(2*h), 1e-8)
	}
	xs := layers(90, []int{5, 7}, "plain")
	for _, biased := range []bool{false, true} {
		k, l, err := RBFOptions{}.kernels(xs[0], xs[1])
		if err != nil {
			t.Fatal(err)
		}
		with := func(a, b float64) float64 {
			u, v := append([]float64(nil), k.squares...), append([]float64(nil), l.squares...)
			gaussian(u, k.width*math.Exp(a))
			gaussian(v, l.width*math.Exp(b))
			s := kernelHSIC(u, v, 90, biased)
			return must(ratio(s[1], s[0], s[2]))
		}
		c := newContributions(k, l, kernelHSIC(k.values, l.values, 90, biased), make([]int, 90), 1, biased)
		near(t, "first width", c.slopes[0], (with(h, 0)-with(-h, 0))/(2*h), 1e-6)
		near(t, "second width", c.slopes[1], (with(0, h)-with(0, -h))/(2*h), 1e-6)
	}
}

// The width without a group is that of the median of the distances that are left, where one group's are small, too.
func TestWidthWithoutAGroup(t *testing.T) {
	const n = 300
	x, group := gaussian32(1, n, 4), make([]int, n)
	for i := range group {
		if group[i] = i % 20; group[i] == 3 {
			for j := range x.row(i) {
				x.row(i)[j] *= 0.2
			}
		}
	}
	k := must(must(framed(x)).rbf(0.5))
	for u, got := range must(k.shifts(group, 20)) {
		var left []float64
		for i := range n {
			for j := range i {
				if group[i] != u && group[j] != u {
					left = append(left, k.squares[i*n+j])
				}
			}
		}
		near(t, "width", got, math.Log(must(infer.Quantile(left, 0.5))/k.median), 0.003)
	}
}
