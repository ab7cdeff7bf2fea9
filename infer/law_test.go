package infer

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A sum of terms of 30 orders of magnitude equals the exact one, in any order and any split.
func TestSumIsExactInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		v := make([]float64, 400)
		exact := new(big.Float).SetPrec(2000)
		for i := range v {
			v[i] = (r.Float64() - 0.5) * math.Pow(10, float64(r.IntN(16)-8))
			exact.Add(exact, big.NewFloat(v[i]))
		}
		want, _ := exact.Float64()
		for range 5 {
			r.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
			var parts [3]Sum
			for i, x := range v {
				parts[i*i%3].Add(x)
			}
			parts[2].Merge(parts[0])
			parts[2].Merge(parts[1])
			if got := parts[2].Value(); got != want {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
	}
}

func TestSumKeepsProductsAndCancellation(t *testing.T) {
	var s Sum
	s.AddProduct(1+0x1p-30, 1+0x1p-30)
	s.Add(-1)
	s.Add(-0x1p-29)
	if got := s.Value(); got != 0x1p-60 {
		t.Errorf("square less its rounding: got %g, want %g", got, 0x1p-60)
	}
	s = Sum{}
	for _, v := range []float64{1e16, 1, -1e16} {
		s.Add(v)
	}
	if s.Value() != 1 {
		t.Errorf("1e16 + 1 - 1e16 = %v, want 1", s.Value())
	}
	s.Add(math.Inf(1))
	if !math.IsInf(s.Value(), 1) {
		t.Errorf("sum with infinity is %v, want +Inf", s.Value())
	}
}

// The jackknife error of a mean over groups of one is the textbook error.
func TestJackknifeOfAMean(t *testing.T) {
	v := []float64{3, 1, 4, 1, 5, 9, 2, 6}
	mean := Total(v) / 8
	out := make([]float64, 8)
	var ss float64
	for i, x := range v {
		out[i] = (mean*8 - x) / 7
		ss += (x - mean) * (x - mean)
	}
	e := must(Jackknife(mean, out))
	near(t, "standard error", e.SE, math.Sqrt(ss/7/8), 1e-12)
	// 2.364624 is the 0.975 quantile of t with 7 degrees of freedom.
	near(t, "high", must(e.Interval(0.95)).High, mean+2.364624*e.SE, 1e-5)
}

// The mean product of two of 20 draws has the variance 4 mu^2 / 20 + 2 / (20 19) (Hoeffding 1948), of which the
// jackknife counts the second term twice.
func TestJackknifePairsOfAMeanProduct(t *testing.T) {
	const g, draws = 20, 4000
	const first, second = 4 * 0.09 / g, 2.0 / (g * (g - 1))
	r := Rand(4)
	var plain, paired float64
	for range draws {
		x := make([]float64, g)
		var sum, square float64
		for i := range x {
			x[i] = 0.3 + r.NormFloat64()
			sum, square = sum+x[i], square+x[i]*x[i]
		}
		leave, together := make([]float64, g), make([]float64, g*g)
		for i, v := range x {
			leave[i] = ((sum-v)*(sum-v) - square + v*v) / ((g - 1) * (g - 2))
			for j, w := range x {
				together[i*g+j] = 2 * v * w / (g * (g - 1))
			}
		}
		value := (sum*sum - square) / (g * (g - 1))
		a, b := must(Jackknife(value, leave)), must(JackknifePairs(value, leave, together))
		plain, paired = plain+a.SE*a.SE/draws, paired+b.SE*b.SE/draws
		if b.DF != a.DF || b.SE < a.SE*math.Sqrt(0.5)-1e-12 || b.SE > a.SE {
			t.Fatalf("%+v, without pairs %+v", b, a)
		}
	}
	near(t, "jackknife", plain/(first+2*second), 1, 0.06)
	near(t, "pairs", paired/(first+second), 1, 0.06)
	few := []float64{1, 2, 4}
	if a, b := must(Jackknife(2, few)), must(JackknifePairs(2, few, nil)); a != b {
		t.Errorf("of 3 groups %+v, want %+v", b, a)
	}
	for _, together := range [][]float64{make([]float64, 9), append(make([]float64, 15), math.NaN())} {
		if e, err := JackknifePairs(2, []float64{1, 2, 3, 4}, together); err == nil {
			t.Errorf("%d contributions of pairs of 4 groups: %+v", len(together), e)
		}
	}
}

func TestHalfSamplingOfAMean(t *testing.T) {
	v := make([]float64, 400)
	r := Rand(3)
	var ss float64
	for i := range v {
		v[i] = r.NormFloat64()
	}
	mean := Total(v) / 400
	for _, x := range v {
		ss += (x - mean) * (x - mean)
	}
	e := must(HalfSampling(r, len(v), 2000, func(rows []int) (float64, error) {
		var s float64
		for _, i := range rows {
			s += v[i]
		}
		return s / float64(len(rows)), nil
	}))
	near(t, "standard error", e.SE, math.Sqrt(ss/399/400), 0.003)
}

func TestMinimumEffectAndEquivalence(t *testing.T) {
	e := Estimate{Value: 0.3, SE: 0.1, DF: 19}
	near(t, "above 0.1", must(e.Above(0.1)), 0.029998, 1e-5) // P(t_19 >= 2)
	near(t, "complement", must(e.Above(0.1))+must(e.Below(0.1)), 1, 1e-12)
	if p := must(Estimate{0.01, 0.02, 19}.Equivalent(0.05)); p > 0.05 {
		t.Errorf("0.01 +- 0.02 within 0.05: p %v, want below 0.05", p)
	}
	rapid.Check(t, func(t *rapid.T) {
		e := Estimate{rapid.Float64Range(-1, 1).Draw(t, "value"), rapid.Float64Range(0.001, 1).Draw(t, "se"), float64(rapid.IntRange(1, 60).Draw(t, "df"))}
		margin := rapid.Float64Range(0.01, 2).Draw(t, "margin")
		p := must(e.Equivalent(margin))
		if math.Abs(p-0.05) < 1e-9 {
			return
		}
		if in := must(e.Interval(0.9)).Within(-margin, margin); in != (p < 0.05) {
			t.Fatalf("p %v but 90 %% interval within margin is %v", p, in)
		}
	})
	if p := must(Estimate{1, 0, 19}.Above(0.5)); p != 0 {
		t.Errorf("certain value above its floor: p %v, want 0", p)
	}
}

func TestAdjustedValuesAreMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 40).Draw(t, "p")
		q := must(BH(p))
		for i := range p {
			if q[i] < p[i] || q[i] > 1 {
				t.Fatalf("q %v for p %v", q[i], p[i])
			}
			for j := range p {
				if p[i] < p[j] && q[i] > q[j] {
					t.Fatalf("order of %v and %v is turned round", p[i], p[j])
				}
			}
		}
		if s := must(Simes(p)); s != slices.Min(q) {
			t.Fatalf("Simes %v, smallest q %v", s, slices.Min(q))
		}
	})
}

// Benjamini & Bogomolov by their definition: BH at level q R/M inside the selected families.
func TestSelectFamiliesByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		families := rapid.SliceOfN(rapid.SliceOfN(rapid.Float64Range(0, 0.2), 0, 6), 1, 6).Draw(t, "families")
		const level = 0.1
		s := must(SelectFamilies(families, level))
		m, r := 0, 0
		for i, f := range families {
			if len(f) > 0 {
				m++
			}
			if s.Selected[i] {
				r++
			}
		}
		for i, f := range families {
			q := must(BH(f))
			for j := range f {
				limit := level * float64(r) / float64(max(m, 1))
				if math.Abs(q[j]-limit) < 1e-12 {
					continue
				}
				if want := s.Selected[i] && q[j] <= limit; want != (s.Q[i][j] <= level) {
					t.Fatalf("family %d hypothesis %d: rejected %v, want %v", i, j, !want, want)
				}
			}
		}
	})
}

func TestPairedTables(t *testing.T) {
	table := must(Pair([]bool{true, true, false, false}, []bool{true, false, true, false}))
	if table != (McNemar{1, 1, 1, 1}) {
		t.Errorf("table %+v", table)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40)
		m := McNemar{n.Draw(t, "a"), n.Draw(t, "b"), n.Draw(t, "c"), n.Draw(t, "d") + 1}
		i := must(Tango(m, 0.9))
		d := must(m.Difference())
		if !(i.Low <= d && d <= i.High && i.Low >= -1 && i.High <= 1) {
			t.Fatalf("%+v: interval %v of difference %v", m, i, d)
		}
		m.OnlyFirst, m.OnlySecond = m.OnlySecond, m.OnlyFirst
		j := must(Tango(m, 0.9))
		if math.Abs(i.Low+j.High) > 1e-9 || math.Abs(i.High+j.Low) > 1e-9 {
			t.Fatalf("%+v: %v is not the mirror of %v", m, j, i)
		}
		if f := i.Low + 1e-6; f > -1 && f < d {
			if p := must(TangoGreater(McNemar{m.Both, m.OnlySecond, m.OnlyFirst, m.Neither}, i.Low)); math.Abs(p-0.05) > 1e-6 {
				t.Fatalf("one-sided p at the interval's end is %v, want 0.05", p)
			}
		}
	})
}

// Seeds are part of saved results: these values must never change.
func TestSeedsAreFixed(t *testing.T) {
	// FNV-1a of eight zero bytes, then SplitMix64's mixer; computed by testdata/seed.py.
	for _, c := range []struct {
		got, want uint64
	}{{Seed(0), 0x813f0174a2367c13}, {Seed(42, "UNI-01", "fc2"), 0xacd0f19775ddb08f}, {SampleHash(1, 2), 0x8bc1bd1076aeada9}} {
		if c.got != c.want {
			t.Errorf("got %#x, want %#x", c.got, c.want)
		}
	}
	if Seed(1, "ab", "c") == Seed(1, "a", "bc") {
		t.Error("words run into one another")
	}
	a, b := Rand(5, "x"), Rand(5, "x")
	if a.Uint64() != b.Uint64() {
		t.Error("same purpose, other stream")
	}
}

func TestGroupsAreBalancedAndIgnoreOrder(t *testing.T) {
	ids := make([]uint64, 103)
	for i := range ids {
		ids[i] = uint64(i * i)
	}
	g := Groups(9, ids, 20)
	count := make([]int, 20)
	for _, k := range g {
		count[k]++
	}
	if slices.Min(count) != 5 || slices.Max(count) != 6 {
		t.Errorf("sizes %v, want 5 or 6", count)
	}
	back := slices.Clone(ids)
	slices.Reverse(back)
	h := Groups(9, back, 20)
	slices.Reverse(h)
	if !slices.Equal(g, h) {
		t.Error("groups depend on the order of the samples")
	}
}

// Draws of hits and misses follow the binomial law, and a sample of few values gives the interval
// that the same sample gives when it is drawn one by one.
func TestFewValuesAreDrawnAsCounts(t *testing.T) {
	r := Rand(4)
	const draws = 40000
	for _, c := range []struct {
		n int
		p float64
	}{{5, 0.3}, {70, 0.9}, {200, 0.015625}, {64, 0.5}} {
		count := make([]int, c.n+1)
		for range draws {
			count[binomial(r, c.n, c.p)]++
		}
		below := 0
		for k := range count {
			want := 1 - must(BinomialTail(k, c.n, c.p))
			near(t, "P(X < k)", float64(below)/draws, want, 0.012)
			below += count[k]
		}
	}
	values, apart := make([]float64, 600), make([]float64, 600)
	for i := range values {
		values[i] = float64(i%7/3 - 1)
		apart[i] = values[i] + 1e-9*float64(i)
	}
	a, b := must(BootstrapMean(values, Bootstrap{Replicates: 20000})), must(BootstrapMean(apart, Bootstrap{Replicates: 20000}))
	ends(t, "three values", a, [2]float64{b.Low, b.High}, 0.004)
}

func TestNewcombeGreaterInvertsTheInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(1, 300).Draw(t, "n"), rapid.IntRange(1, 300).Draw(t, "m")
		k, l := rapid.IntRange(0, n).Draw(t, "k"), rapid.IntRange(0, m).Draw(t, "l")
		level := rapid.Float64Range(0.5, 0.999).Draw(t, "level")
		i := must(Newcombe(k, n, l, m, level))
		d := float64(k)/float64(n) - float64(l)/float64(m)
		if i.Low > -0.999 && i.Low < d-1e-6 {
			if p := must(NewcombeGreater(k, n, l, m, i.Low)); math.Abs(p-(1-level)/2) > 1e-6 {
				t.Fatalf("p at the low end %v, want %v", p, (1-level)/2)
			}
		}
		if i.High < 0.999 && i.High > d+1e-6 {
			if p := must(NewcombeGreater(k, n, l, m, i.High)); math.Abs(p-(1+level)/2) > 1e-6 {
				t.Fatalf("p at the high end %v, want %v", p, (1+level)/2)
			}
		}
	})
	if p := must(NewcombeGreater(100, 100, 0, 100, 0.2)); !(p < 1e-12) {
		t.Errorf("100 of 100 against none: p %v", p)
	}
}

func TestMeanOf(t *testing.T) {
	e := must(MeanOf([]float64{2, 4, 4, 4, 5, 5, 7, 9})) // sum of squares 32
	if e.Value != 5 || e.DF != 7 {
		t.Errorf("estimate %+v", e)
	}
	near(t, "standard error", e.SE, math.Sqrt(32.0/7/8), 1e-12)
}

func TestDeviation(t *testing.T) {
	z, p, err := Deviation(5, []float64{1, 2, 3, 4, 100})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "z", z, 2/(1.4826+0.06), 1e-9) // median 3, MAD 1
	near(t, "p", p, 2*StudentTail(z/math.Sqrt(1.2), 0.37*5), 1e-12)
	if z, _, err = DeviationWithin(5, 2, []float64{1, 2, 3, 4, 100}); err != nil {
		t.Fatal(err)
	}
	near(t, "z with an error of 2", z, 2/math.Sqrt(1.5426*1.5426+4), 1e-9)
}

// Of further values of a normal population a share of the level has a p at or below the level.
func TestDeviationKeepsItsLevel(t *testing.T) {
	const draws = 20000
	for _, k := range []int{8, 12, 20} {
		r := Rand(1, "deviation", fmt.Sprint(k))
		low, lower := 0, 0
		population := make([]float64, k)
		for range draws {
			for i := range population {
				population[i] = r.NormFloat64()
			}
			_, p, err := Deviation(r.NormFloat64(), population)
			if err != nil {
				t.Fatal(err)
			}
			if p <= 0.05 {
				low++
			}
			if p <= 0.01 {
				lower++
			}
		}
		near(t, fmt.Sprintf("%d values, level 0.05", k), float64(low)/draws, 0.05, 0.01)
		near(t, fmt.Sprintf("%d values, level 0.01", k), float64(lower)/draws, 0.01, 0.004)
	}
}
