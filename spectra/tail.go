package spectra

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/stratascope/stratascope/infer"
)

// A Tail is a power law p(x) ~ x^-Alpha of the values from Min on.
type Tail struct {
	Alpha infer.Estimate // by maximum likelihood, above 1; its standard error is (Alpha-1)/sqrt(N)
	Min   float64
	N     int     // values in the tail
	KS    float64 // distance of the tail from the law, 0 to 1
}

// distinct is how many distinct values a tail has at least when its start is looked for.
const distinct = 3

// TailFrom fits a power law to the values from start on, which is above 0 (Clauset et al. 2009, eqs. 3.1 and
// 3.2). Where all are equal to it the reason is ErrConstant.
func TailFrom(values []float64, start float64) (Tail, error) {
	if !(start > 0) || math.IsInf(start, 0) {
		return Tail{}, fmt.Errorf("a power law from %v, want above 0: %w", start, infer.ErrRange)
	}
	sorted, err := rising(values)
	if err != nil {
		return Tail{}, err
	}
	sorted = sorted[sort.SearchFloat64s(sorted, start):]
	if len(sorted) < 2 {
		return Tail{}, fmt.Errorf("%d values from %v on, want at least 2: %w", len(sorted), start, infer.ErrTooFew)
	}
	if sorted[len(sorted)-1] == start {
		return Tail{}, fmt.Errorf("a power law from %v on: %w", start, infer.ErrConstant)
	}
	logs := logsOf(sorted)
	t := fit(logs, infer.Total(logs), math.Log(start))
	t.Min = start
	return t, nil
}

// FitTail fits a power law from that value on which makes its distance KS least (Clauset et al. 2009, section
// 3.3), as WeightWatcher does with a layer's eigenvalues (Martin & Mahoney 2021). A tail has at least three
// distinct values; values of 0 and below are never in it. The start is uncertain, and with it Alpha, more
// than the standard error tells; with fewer than 50 values neither means much.
func FitTail(values []float64) (Tail, error) {
	sorted, err := rising(values)
	if err != nil {
		return Tail{}, err
	}
	best := search(sorted)
	if best.N == 0 {
		return Tail{}, fmt.Errorf("%d values, want at least %d distinct ones above 0: %w", len(values), distinct, infer.ErrTooFew)
	}
	return best, nil
}

// GoodnessOfFit returns the p of "the values from the tail's start on follow its power law": the share of data sets
// drawn from it, with the values below it drawn anew from those there are, that are as far from the power law
// fitted to them (Clauset et al. 2009, section 4.1). Small values speak against the law; large ones do not
// speak for it, as other laws may fit as well. 0 draws are 999. The tail is FitTail's of the same values.
func (t Tail) GoodnessOfFit(values []float64, draws int, seed uint64) (float64, error) {
	sorted, err := rising(values)
	if err != nil {
		return 0, err
	}
	below := sort.SearchFloat64s(sorted, t.Min)
	if len(sorted)-below != t.N || t.N == 0 || draws < 0 || !(t.Alpha.Value > 1) {
		return 0, fmt.Errorf("%d draws for a tail of %d values, of which there are %d: %w", draws, t.N, len(sorted)-below, infer.ErrRange)
	}
	if draws == 0 {
		draws = 999
	}
	r := infer.Rand(seed, "power-law")
	x := make([]float64, len(sorted))
	farther := 0
	for range draws {
		for i := range x {
			if k := r.IntN(len(x)); k < below {
				x[i] = sorted[k]
			} else {
				x[i] = t.Min * math.Pow(1-r.Float64(), -1/(t.Alpha.Value-1))
			}
		}
		slices.Sort(x)
		if search(x).KS >= t.KS {
			farther++
		}
	}
	return infer.PermutationP(farther, draws)
}

// search tries every start that leaves enough distinct values; N is 0 where none does.
func search(sorted []float64) Tail {
	sorted = sorted[sort.Search(len(sorted), func(i int) bool { return sorted[i] > 0 }):]
	logs := logsOf(sorted)
	sums := make([]infer.Sum, len(logs)+1) // of the logs from each value on
	for i := len(logs) - 1; i >= 0; i-- {
		sums[i] = sums[i+1]
		sums[i].Add(logs[i])
	}
	best, tried := Tail{KS: math.Inf(1)}, 0
	for i := len(sorted) - 1; i >= 0; i-- {
		if i > 0 && sorted[i] == sorted[i-1] {
			continue
		}
		if tried++; tried < distinct {
			continue
		}
		if t := fit(logs[i:], sums[i].Value(), logs[i]); t.KS <= best.KS {
			best = t
			best.Min = sorted[i]
		}
	}
	return best
}

// fit is the power law of values whose logs, their sum and that of the start are given.
func fit(logs []float64, sum, start float64) Tail {
	n := float64(len(logs))
	rate := n / (sum - n*start)
	t := Tail{Alpha: infer.Normal(1+rate, rate/math.Sqrt(n)), N: len(logs)}
	// As in the code of Clauset et al. the empirical distribution at a value is the share below it.
	for i, l := range logs {
		if i == 0 || l > logs[i-1] {
			t.KS = max(t.KS, math.Abs(-math.Expm1(-rate*(l-start))-float64(i)/n))
		}
	}
	return t
}

func rising(values []float64) ([]float64, error) {
	if err := infer.Finite(values); err != nil {
		return nil, err
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted, nil
}

func logsOf(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log(v)
	}
	return out
}
