package similarity

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
)

// The closed form against all permutations of 4 to 7 samples, for matrices with and without a diagonal.
func TestMomentsAreThoseOfAllPermutations(t *testing.T) {
	for n := 4; n <= 7; n++ {
		for _, biased := range []bool{true, false} {
			if n == 4 && !biased {
				continue // U-centred matrices of 4 samples have two dimensions; covered by 5
			}
			a, b := centredGram(n, 3, 1, biased), centredGram(n, 2, 2, biased)
			var count, s1, s2, s3 float64
			permute(n, func(p []int) {
				var q float64
				for i := range n {
					for j := range n {
						q += a[i*n+j] * b[p[i]*n+p[j]]
					}
				}
				count++
				s1, s2, s3 = s1+q, s2+q*q, s3+q*q*q
			})
			x, y, m := sumsOf(a, n), sumsOf(b, n), newMoments(n)
			name := fmt.Sprintf("%d samples, biased %v", n, biased)
			near(t, name+", mean", s1/count, 0, 1e-12)
			near(t, name+", variance", m.variance(x[:], y[:]), s2/count, 1e-12)
			near(t, name+", skewness", m.skewness(x[:], y[:]), s3/count/math.Pow(s2/count, 1.5), 1e-9)
		}
	}
}

func centredGram(n, d int, seed uint64, biased bool) []float64 {
	r := rows{n, d, uniform(seed, n, d)}
	r.centre()
	k := must(r.gram())
	if biased {
		traceless(k, n)
	} else {
		uCentre(k, n)
	}
	return k
}

func permute(n int, use func([]int)) {
	p := make([]int, 0, n)
	var place func()
	place = func() {
		if len(p) == n {
			use(p)
			return
		}
		for i := range n {
			if !slices.Contains(p, i) {
				p = append(p, i)
				place()
				p = p[:len(p)-1]
			}
		}
	}
	place()
}

// Tails of Pearson III against the gamma distribution's closed forms: skewness 2 is the exponential, exp(-(z+1)).
func TestPearsonTail(t *testing.T) {
	for _, z := range []float64{-0.9, 0, 1, 5, 30} {
		want := math.Exp(-z - 1)
		if got := pearsonTail(z, 2); !(math.Abs(got/want-1) < 1e-12) {
			t.Errorf("tail at %v: got %v, want %v", z, got, want)
		}
		near(t, "mirrored", pearsonTail(-z, -2), 1-want, 1e-14)
	}
	near(t, "beyond the end", pearsonTail(-1.1, 2), 1, 0)
	near(t, "beyond the end", pearsonTail(1.1, -2), 0, 0)
	for _, skew := range []float64{-1e-3, 0.9e-3, 1.1e-3} {
		near(t, "nearly normal", pearsonTail(2, skew), infer.NormalTail(2), 1e-4)
	}
}

func TestPermutationAgreesWithDraws(t *testing.T) {
	_, shuffled := references(t)
	for _, c := range shuffled {
		x, y := matrix(c.N, c.DX, make([]float32, c.N*c.DX)...), matrix(c.N, c.DY, make([]float32, c.N*c.DY)...)
		u, v := uniform(7, c.N, c.DX), uniform(8, c.N, c.DY)
		for i := range u {
			x.X[i] = float32(u[i])
		}
		for i := range v {
			y.X[i] = float32(v[i] + c.Mix*float64(x.X[i/c.DY*c.DX]))
		}
		for _, biased := range []bool{true, false} {
			want := c.Debiased
			if biased {
				want = c.Biased
			}
			p := must(Permutation(t.Context(), 2, []Matrix{x, y}, PermutationOptions{Biased: biased, Draws: 999}))
			near(t, "z", p.Z[1], want.Z, 0.08) // 20,000 draws have an error of 0.02 in mean and spread
			sd := math.Sqrt(want.P*(1-want.P)/20000) + 0.02*want.P
			near(t, "p", p.P[2], want.P, 4*sd)
			near(t, "p by counting", p.Drawn[1], p.Adjusted[1], 0) // of the only pair, both are the same
			near(t, "p of the only pair", p.Adjusted[1], want.P, 4*sd+4*math.Sqrt(want.P*(1-want.P)/999))
			if p.P[0] != 1 || p.Adjusted[3] != 1 || p.Z[0] != 0 {
				t.Errorf("a layer with itself has P %v, %v and Z %v", p.P[0], p.Adjusted[3], p.Z[0])
			}
		}
	}
}

// noise returns layers that have nothing in common, of skewed values: the null of every test.
func noise(seed uint64, n int, widths ...int) []Matrix {
	r := infer.Rand(seed, "noise")
	var out []Matrix
	for _, d := range widths {
		m := matrix(n, d, make([]float32, n*d)...)
		for i := range m.X {
			m.X[i] = float32(math.Exp(r.NormFloat64()))
		}
		out = append(out, m)
	}
	return out
}

// A nominal 5 % test rejects 5 %: of 1,500 pairs of unrelated layers, and of 40 families of 15 pairs.
// Bounds are 99.9 % of the binomial; pairs of one family share layers but are uncorrelated.
// BenchmarkPermutationLevel counts 15,000.
func TestPermutationKeepsItsLevel(t *testing.T) {
	const families = 100
	rejected, families5 := map[bool]int{}, 0
	for f := range uint64(families) {
		xs := noise(f, 30, 1, 3, 10, 40, 2, 100)
		for _, biased := range []bool{false, true} {
			o := PermutationOptions{Biased: biased, Seed: f}
			if !biased && f < 40 {
				o.Draws = 99
			}
			p := must(Permutation(t.Context(), 2, xs, o))
			for i := range 6 {
				for j := range i {
					if p.P[i*6+j] <= 0.05 {
						rejected[biased]++
					}
				}
			}
			if o.Draws > 0 && slices.Min(p.Adjusted) <= 0.05 {
				families5++
			}
		}
	}
	for _, biased := range []bool{false, true} {
		if k := rejected[biased]; k < 48 || k > 104 {
			t.Errorf("biased %v: %d of 1,500 unrelated pairs rejected at 5 %%", biased, k)
		}
	}
	if families5 > 8 {
		t.Errorf("%d of 40 families without any relation have one at 5 %%", families5)
	}
}

func TestPermutationFindsRelationsAndGivesReasons(t *testing.T) {
	xs := layers(60, []int{5, 9, 4}, "plain")
	for i := range xs[2].X {
		xs[2].X[i] = 3
	}
	one := must(Permutation(t.Context(), 1, xs, PermutationOptions{Draws: 99}))
	if !(one.P[1] < 1e-6) || one.P[1] < math.Exp(-lgamma(61)) || one.Adjusted[1] != 0.01 || one.Drawn[1] != 0.01 {
		t.Errorf("P of related layers %v, adjusted %v, drawn %v", one.P[1], one.Adjusted[1], one.Drawn[1])
	}
	if !errors.Is(one.Reason[2], infer.ErrConstant) || one.P[2] != 1 || one.Adjusted[5] != 1 {
		t.Errorf("constant layer: %v, P %v", one.Reason[2], one.P[2])
	}
	many := must(Permutation(t.Context(), 5, xs, PermutationOptions{Draws: 99}))
	if !slices.Equal(one.P, many.P) || !slices.Equal(one.Adjusted, many.Adjusted) || !slices.Equal(one.Drawn, many.Drawn) {
		t.Error("5 workers give other bits")
	}
	none := must(Permutation(t.Context(), 1, xs[2:], PermutationOptions{Draws: 9}))
	if !errors.Is(none.Reason[0], infer.ErrConstant) || none.P[0] != 1 || none.Adjusted[0] != 1 {
		t.Errorf("nothing to compare: %+v", none)
	}
	for _, n := range []int{3, 5} {
		if _, err := Permutation(t.Context(), 1, layers(n, []int{2, 2}, "plain"), PermutationOptions{}); err == nil {
			t.Errorf("%d samples are enough, want a reason", n)
		}
	}
}
