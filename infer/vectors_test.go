package infer

import (
	"errors"
	"math"
	"testing"
)

// The vectors of METHODS 15.
func TestVectors(t *testing.T) {
	ends(t, "TV-12", must(Newcombe(95, 100, 85, 100, 0.95)), [2]float64{0.016004, 0.187587}, 1e-6)
	near(t, "TV-35", must(McNemarExact(1, 7)), 0.070313, 1e-6)
	near(t, "TV-36 p", must(PermutationP(0, 999)), 0.001, 1e-12)
	ends(t, "TV-36 Wilson", must(Wilson(8, 10, 0.95)), [2]float64{0.490162, 0.943318}, 1e-6)
	ends(t, "TV-36 exact", must(ClopperPearson(8, 10, 0.95)), [2]float64{0.443905, 0.974789}, 1e-6)
	near(t, "TV-37 at 54", must(ClopperPearsonLower(54, 60, 0.95)), 0.8121, 5e-5)
	near(t, "TV-37 at 53", must(ClopperPearsonLower(53, 60, 0.95)), 0.7920, 5e-5)
	near(t, "TV-24", must(CauchyCombination([]float64{0.01, 0.04, 0.2})), 0.023186, 1e-6)
	p := []float64{0.001, 0.012, 0.021, 0.04, 0.2}
	for i, want := range []float64{0.005, 0.03, 0.035, 0.05, 0.2} {
		near(t, "TV-23 BH", must(BH(p))[i], want, 1e-12)
	}
	for i, want := range []float64{0.0114, 0.0685, 0.0799, 0.1142, 0.4567} {
		near(t, "TV-23 BY", must(BY(p))[i], want, 5e-5)
	}
}

func TestEveryFunctionGivesAReason(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	_, wilson := Wilson(0, 0, 0.95)
	_, exact := ClopperPearson(3, 2, 0.95)
	_, upper := ClopperPearsonUpper(0, 0, 0.95)
	_, lower := ClopperPearsonLower(1, 2, 1)
	_, newcombe := Newcombe(1, 2, 0, 0, 0.95)
	_, tango := Tango(McNemar{}, 0.95)
	_, greater := TangoGreater(McNemar{Both: 1}, nan)
	_, mcnemar := McNemarExact(-1, 3)
	_, tail := BinomialTail(1, 2, nan)
	_, bh := BH([]float64{nan})
	_, simes := Simes(nil)
	_, cauchy := CauchyCombination(nil)
	_, selection := SelectFamilies([][]float64{{2}}, 0.05)
	_, jackknife := Jackknife(1, []float64{1})
	_, jackknifeNaN := Jackknife(1, []float64{1, nan})
	_, permutation := PermutationP(0, 0)
	_, half := HalfSampling(Rand(1), 2, 10, nil)
	_, mean := BootstrapMean([]float64{2, 2, 2}, Bootstrap{})
	_, meanNaN := BootstrapMean([]float64{2, nan}, Bootstrap{})
	_, meanNone := BootstrapMean(nil, Bootstrap{})
	_, percentile := BootstrapPercentile(0, Bootstrap{}, nil)
	_, quantile := Quantile(nil, 0.5)
	_, _, deviation := Deviation(nan, []float64{1, 2, 3})
	_, interval := Estimate{1, nan, 3}.Interval(0.95)
	_, above := Estimate{1, 1, 0}.Above(0)
	_, floor := Normal(1, 1).Above(inf)
	_, margin := Normal(0, 1).Equivalent(0)
	for i, c := range []struct{ err, want error }{
		{wilson, ErrTooFew}, {exact, ErrRange}, {upper, ErrTooFew}, {lower, ErrRange}, {newcombe, ErrTooFew},
		{tango, ErrTooFew}, {greater, ErrRange}, {mcnemar, ErrRange}, {tail, ErrRange}, {bh, ErrRange},
		{simes, ErrTooFew}, {cauchy, ErrTooFew}, {selection, ErrRange}, {jackknife, ErrTooFew},
		{jackknifeNaN, ErrNotFinite}, {permutation, ErrRange}, {half, ErrTooFew}, {mean, ErrConstant},
		{meanNaN, ErrNotFinite}, {meanNone, ErrTooFew}, {percentile, ErrTooFew}, {quantile, ErrTooFew},
		{deviation, ErrNotFinite}, {interval, ErrNotFinite}, {above, ErrTooFew}, {floor, ErrNotFinite}, {margin, ErrRange},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("case %d: got error %v, want %v", i, c.err, c.want)
		}
	}
}
