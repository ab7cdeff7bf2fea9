package divergence

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/infer"
	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.10f, want %.10f within %g", what, got, want, tol)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The vectors of METHODS 15.
func TestVectors(t *testing.T) {
	p, q := []float64{0.5, 0.5}, []float64{1, 0}
	near(t, "TV-11 KL(q||p)", must(KL(q, p)), 0.693147, 1e-6)
	if _, err := KL(p, q); !errors.Is(err, ErrInfinite) {
		t.Errorf("TV-11 KL(p||q): %v, want %v", err, ErrInfinite)
	}
	near(t, "TV-11 JS", must(JS(p, q)), 0.215762, 1e-6)
	near(t, "TV-11 JS in bits", must(JS(p, q))/math.Ln2, 0.311278, 1e-6)
	near(t, "TV-11 disjoint", must(JS([]float64{0, 1}, q)), math.Ln2, 1e-12)
	teacher, student := []float64{math.Log(0.731059), math.Log(0.268941)}, []float64{-math.Ln2, -math.Ln2}
	near(t, "TV-32", 4*must(KLRows(teacher, student, 2))[0], 0.443776, 1e-5)
	d, pv, err := KS([]float64{1, 2, 3, 4}, []float64{3, 4, 5, 6})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "TV-15 D", d, 0.5, 0)
	near(t, "TV-15 p", pv, 0.771429, 1e-6)
}

// uniform makes the numbers of testdata/reference.py.
func uniform(seed uint64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		z := (uint64(i) + seed<<32) * 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		out[i] = float64(z>>40) / (1 << 24)
	}
	return out
}

func shifted(v []float64, by float64) []float64 {
	out := slices.Clone(v)
	for i := range out {
		out[i] += by
	}
	return out
}

func scaled(v []float64) []float64 {
	out, total := slices.Clone(v), infer.Total(v)
	for i := range out {
		out[i] /= total
	}
	return out
}

func TestAgreesWithSciPy(t *testing.T) {
	raw, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Pairs []struct {
			Seed   uint64
			N      int
			KL, JS float64
		}
		KS []struct {
			N, M        int
			Shift, D, P float64
		}
	}
	if err := json.Unmarshal(raw, &ref); err != nil || len(ref.Pairs) != 3 || len(ref.KS) != 5 {
		t.Fatalf("%d and %d cases, want 3 and 5: %v", len(ref.Pairs), len(ref.KS), err)
	}
	for _, c := range ref.Pairs {
		q := uniform(c.Seed+1, c.N)
		for i, v := range q {
			q[i] = v * v * v * v
		}
		p := scaled(uniform(c.Seed, c.N))
		q = scaled(q)
		near(t, "KL", must(KL(p, q)), c.KL, 1e-12)
		near(t, "JS", must(JS(p, q)), c.JS, 1e-12)
	}
	for _, c := range ref.KS {
		d, p, err := KS(uniform(10, c.N), shifted(uniform(11, c.M), c.Shift))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "KS", d, c.D, 1e-12)
		near(t, "p of KS", p, c.P, 1e-9)
	}
	// The limit takes over where it agrees.
	last := ref.KS[4]
	near(t, "limit", kolmogorovTail(last.D*math.Sqrt(1250)), last.P, 0.005)
}

func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		draw := func(name string) []float64 {
			v := rapid.SliceOfN(rapid.Float64Range(0, 1), n, n).Draw(t, name)
			v[0] += 0.01
			return scaled(v)
		}
		p, q, r := draw("p"), draw("q"), draw("r")
		if kl, err := KL(p, q); err == nil && kl < 0 || err != nil && !errors.Is(err, ErrInfinite) {
			t.Fatal(kl, err)
		}
		pq, qr, pr := must(JS(p, q)), must(JS(q, r)), must(JS(p, r))
		if pq != must(JS(q, p)) || pq < 0 || pq > math.Ln2 || must(JS(p, p)) > 1e-15 {
			t.Fatalf("JS %v, other way round %v", pq, must(JS(q, p)))
		}
		if math.Sqrt(pr) > math.Sqrt(pq)+math.Sqrt(qr)+1e-7 {
			t.Fatalf("roots of %v, %v, %v break the triangle", pq, qr, pr)
		}
	})
}

// Bias: 400 values a side in 20 bins have (bins-1)/(4 n ln 2) bits, 0.017 by that formula, of one
// distribution; less what permutations have it is 0. Shifts raise the excess with the dose.
func TestCompareForgetsChance(t *testing.T) {
	a := uniform(1, 400)
	c := must(Compare(a, uniform(2, 400), Options{}))
	near(t, "chance", c.Chance, 19/(4*400*math.Ln2), 0.003)
	near(t, "excess of nothing", c.Excess, 0, 0.01)
	if c.Bins != 20 || c.P < 0.01 {
		t.Errorf("%+v of one distribution", c)
	}
	last := c.Excess
	for _, dose := range []float64{0.1, 0.3, 0.6} {
		c = must(Compare(a, shifted(uniform(2, 400), dose), Options{}))
		if c.Excess <= last || c.P != 0.001 {
			t.Errorf("shift by %v: %+v after %v", dose, c, last)
		}
		last = c.Excess
	}
}

// Zeros of a ReLU are one bin, and a unit that was constant and moves is seen.
func TestCompareKeepsTiesTogether(t *testing.T) {
	relu := func(v []float64, at float64) []float64 {
		out := slices.Clone(v)
		for i, x := range out {
			out[i] = math.Max(0, x-at)
		}
		return out
	}
	c := must(Compare(relu(uniform(1, 400), 0.5), relu(uniform(2, 400), 0.5), Options{}))
	if c.Bins != 11 || c.P < 0.01 {
		t.Errorf("half of the values tie: %+v", c)
	}
	if c = must(Compare(relu(uniform(1, 400), 0.5), relu(uniform(2, 400), 0.9), Options{})); c.P != 0.001 {
		t.Errorf("a unit that dies: %+v", c)
	}
	zero := make([]float64, 50)
	for _, to := range []float64{-1, 1} {
		c = must(Compare(zero, slices.Repeat([]float64{to}, 50), Options{}))
		near(t, "constant that moved", c.JS, 1, 1e-12)
	}
}

// Of 1,000 pairs of one distribution a nominal 5 % test rejects 5 %, within 99.9 % of the binomial.
func TestCompareKeepsItsLevel(t *testing.T) {
	rejected := 0
	for s := range uint64(1000) {
		c := must(Compare(uniform(2*s, 30), uniform(2*s+1, 50), Options{Bins: 8, Draws: 99, Seed: s}))
		if c.P <= 0.05 {
			rejected++
		}
	}
	if rejected < 29 || rejected > 75 {
		t.Errorf("%d of 1,000 rejected at 5 %%", rejected)
	}
}

func TestEveryFunctionGivesAReason(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	half := []float64{0.5, 0.5}
	only := func(_ float64, err error) error { return err }
	ks := func(a, b []float64) error { _, _, err := KS(a, b); return err }
	compare := func(a, b []float64, o Options) error { _, err := Compare(a, b, o); return err }
	rows := func(a, b []float64, c int) error { _, err := KLRows(a, b, c); return err }
	for i, c := range []struct{ err, want error }{
		{only(KL(nil, nil)), infer.ErrTooFew}, {only(KL(half, half[:1])), infer.ErrRange}, {only(JS(half, []float64{nan, 1})), infer.ErrNotFinite},
		{only(JS(half, []float64{-0.5, 1.5})), infer.ErrRange}, {only(JS(half, []float64{0.5, 0.4})), infer.ErrRange},
		{ks(nil, half), infer.ErrTooFew}, {ks(half, []float64{inf}), infer.ErrNotFinite},
		{compare(half, half, Options{}), infer.ErrTooFew}, {compare(uniform(1, 9), []float64{1, 2, 3, nan}, Options{}), infer.ErrNotFinite},
		{compare(uniform(1, 9), uniform(2, 9), Options{Bins: 1}), infer.ErrRange}, {compare(make([]float64, 9), make([]float64, 9), Options{}), infer.ErrConstant},
		{rows(half, half, 3), infer.ErrRange}, {rows(half, half, 2), infer.ErrRange},
		{rows([]float64{math.Log(0.5), math.Log(0.5)}, []float64{0, math.Inf(-1)}, 2), ErrInfinite},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("case %d: got error %v, want %v", i, c.err, c.want)
		}
	}
}
