package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// AUROC returns the probability that a positive scores above a negative, ties half, with DeLong's
// error (DeLong et al. 1988), by mid-ranks in n log n (Sun & Xu 2014). The error of a single
// positive or negative cannot be told: two of each are wanted.
func AUROC(positive, negative []float64) (infer.Estimate, error) {
	m, n := len(positive), len(negative)
	if m < 2 || n < 2 {
		return infer.Estimate{}, fmt.Errorf("%d positives and %d negatives, want at least 2 of each: %w", m, n, infer.ErrTooFew)
	}
	for _, s := range [][]float64{positive, negative} {
		if err := infer.Finite(s); err != nil {
			return infer.Estimate{}, fmt.Errorf("score: %w", err)
		}
	}
	both := midRanks(append(slices.Clone(positive), negative...))
	own, other := midRanks(positive), midRanks(negative)
	v10, v01 := make([]float64, m), make([]float64, n)
	for i := range v10 {
		v10[i] = (both[i] - own[i]) / float64(n)
	}
	for j := range v01 {
		v01[j] = 1 - (both[m+j]-other[j])/float64(m)
	}
	auc := infer.Total(v10) / float64(m)
	se := math.Sqrt(variance(v10)/float64(m) + variance(v01)/float64(n))
	return infer.Normal(auc, se), nil
}

// LogitInterval returns the interval of an estimated probability on the logit scale, which keeps
// it inside 0..1 near the ends. At 0 or 1 there is none.
func LogitInterval(e infer.Estimate, level float64) (infer.Interval, error) {
	v := e.Value
	if !(v > 0 && v < 1) {
		return infer.Interval{}, fmt.Errorf("logit of %v: %w", v, infer.ErrRange)
	}
	i, err := infer.Estimate{Value: math.Log(v / (1 - v)), SE: e.SE / (v * (1 - v)), DF: e.DF}.Interval(level)
	i.Low, i.High = 1/(1+math.Exp(-i.Low)), 1/(1+math.Exp(-i.High))
	return i, err
}

// midRanks returns ranks from 1, equal values sharing the mean of theirs.
func midRanks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v[a], v[b]) })
	rank := make([]float64, len(v))
	for lo := 0; lo < len(order); {
		hi := lo
		for hi < len(order) && v[order[hi]] == v[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			rank[i] = float64(lo+hi+1) / 2
		}
		lo = hi
	}
	return rank
}

func variance(v []float64) float64 {
	mean := infer.Total(v) / float64(len(v))
	var s float64
	for _, x := range v {
		s += (x - mean) * (x - mean)
	}
	return s / float64(len(v)-1)
}

// AveragePrecision returns sum (R_k - R_(k-1)) P_k over distinct scores from the highest, ties
// together and without interpolation (Davis & Goadrich 2006).
func AveragePrecision(positive, negative []float64) (float64, error) {
	if len(positive) == 0 {
		return 0, fmt.Errorf("no positives: %w", infer.ErrTooFew)
	}
	for _, s := range [][]float64{positive, negative} {
		if err := infer.Finite(s); err != nil {
			return 0, fmt.Errorf("score: %w", err)
		}
	}
	p, n := slices.Clone(positive), slices.Clone(negative)
	slices.Sort(p)
	slices.Sort(n)
	var ap float64
	j := len(n)
	for i := len(p); i > 0; {
		k := i
		for k > 0 && p[k-1] == p[i-1] {
			k--
		}
		for j > 0 && n[j-1] >= p[i-1] {
			j--
		}
		tp, fp := float64(len(p)-k), float64(len(n)-j)
		ap += float64(i-k) / float64(len(p)) * tp / (tp + fp)
		i = k
	}
	return ap, nil
}

// AveragePrecisionInterval returns the logit interval of an average precision from n positives,
// tau = (n AP (1-AP))^(-1/2) (Boyd et al. 2013).
func AveragePrecisionInterval(ap float64, positives int, level float64) (infer.Interval, error) {
	if positives < 1 {
		return infer.Interval{}, fmt.Errorf("no positives: %w", infer.ErrTooFew)
	}
	return LogitInterval(infer.Normal(ap, math.Sqrt(ap*(1-ap)/float64(positives))), level)
}

// RecallThreshold returns the highest score threshold at which recall stays above floor for sure:
// the k-th smallest positive score, k the largest for which the one-sided lower Clopper-Pearson
// bound of the recall of scores at or above it reaches the floor. It is found on a calibration
// split; report precision on another.
func RecallThreshold(positive []float64, floor, level float64) (float64, error) {
	if err := infer.Finite(positive); err != nil {
		return 0, fmt.Errorf("score: %w", err)
	}
	s := slices.Clone(positive)
	slices.Sort(s)
	for k := len(s); k > 0; k-- {
		// Equal scores pass the threshold together, which only raises recall.
		low, err := infer.ClopperPearsonLower(len(s)-k+1, len(s), level)
		if err != nil {
			return 0, err
		}
		if low >= floor {
			return s[k-1], nil
		}
	}
	return 0, fmt.Errorf("recall floor %v is infeasible with %d positives: %w", floor, len(s), infer.ErrTooFew)
}
