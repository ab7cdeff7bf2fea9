package similarity

import (
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// The p of blocks against the moments of all permutations inside each of 16 blocks of 6 samples.
func TestBlocksArePermutedInside(t *testing.T) {
	const n, each = 6 * leastBlocks, 6
	xs := noise(8, n, 2, 3)
	got := must(AllPairs(t.Context(), 2, xs, nil, Options{Test: true, Exact: n - 1}))
	order := infer.Rand(0, "similarity", "blocks").Perm(n)
	var seen, variance, cubes, skew, xx, yy float64
	for b := range leastBlocks {
		var k [2][]float64
		for l, m := range xs {
			x := must(m.some(order[b*each : (b+1)*each]))
			k[l] = gram64(x, must(frameOf(x)))
			uCentre(k[l], each)
		}
		var second, third, count float64
		permute(each, func(p []int) {
			var s float64
			for i := range each {
				for j := range each {
					s += k[0][i*each+j] * k[1][p[i]*each+p[j]]
				}
			}
			second, third, count = second+s*s, third+s*s*s, count+1
		})
		v := second / count
		xx, yy = xx+dot(k[0], k[0]), yy+dot(k[1], k[1])
		seen, variance, cubes = seen+dot(k[0], k[1]), variance+v, cubes+math.Pow(v, 1.5)
		if b > 0 && b <= thirdBlocks {
			skew += third / count / math.Pow(v, 1.5) / thirdBlocks
		}
	}
	want := pearsonTail(seen/math.Sqrt(variance), skew*cubes/math.Pow(variance, 1.5))
	near(t, "value", got.Value[1], seen/math.Sqrt(xx*yy), 1e-5) // small blocks, of which all is about the diagonal
	near(t, "p", got.P[1], want, 1e-4)
	near(t, "and the other way", got.P[2], got.P[1], 0)
	if none := must(AllPairs(t.Context(), 1, xs, nil, Options{Exact: n - 1})); none.P != nil {
		t.Error("p where it was not asked for")
	}
}

// Unrelated layers are rejected at the level asked for, layers that are constant in most blocks among them; related
// ones far beyond it.
func TestBlocksRejectTheirLevel(t *testing.T) {
	const n, families = 16 * 14, 150
	rejected := 0
	for f := range uint64(families) {
		xs := noise(f, n, 2, 5, 12, 30)
		p := must(AllPairs(t.Context(), 2, xs, nil, Options{Test: true, Exact: n - 1, Seed: f}))
		for i := range p.L {
			for j := range i {
				if p.P[i*p.L+j] <= 0.05 {
					rejected++
				}
			}
		}
	}
	if share := float64(rejected) / (families * 6); share < 0.035 || share > 0.065 {
		t.Errorf("%.3f rejected at 0.05", share)
	}
	xs := layers(n, []int{5, 9, 4}, "plain")
	for i := range n - 3 {
		clear(xs[2].row(i))
	}
	one := must(AllPairs(t.Context(), 1, xs, nil, Options{Test: true, Exact: n - 1}))
	if !(one.P[1] > 0 && one.P[1] < 1e-6) || math.IsNaN(one.P[2]) || one.P[0] != 1 {
		t.Errorf("p of related layers %v, with one of three samples %v, with itself %v", one.P[1], one.P[2], one.P[0])
	}
	if many := must(AllPairs(t.Context(), 3, xs, nil, Options{Test: true, Exact: n - 1})); !slices.Equal(many.P, one.P) {
		t.Error("one and three workers differ")
	}
}
