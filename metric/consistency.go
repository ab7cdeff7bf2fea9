package metric

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// Resampling sets a simulated or permuted null; the zero value draws 999 times.
type Resampling struct {
	Draws int     // 0: 999
	Level float64 // of Quantile; 0: 0.975
	Seed  uint64  // from infer.Seed, by purpose
}

func (r Resampling) filled() Resampling {
	if r.Draws == 0 {
		r.Draws = 999
	}
	if r.Level == 0 {
		r.Level = 0.975
	}
	return r
}

// A Null is what a statistic is when nothing is wrong: P is the share of draws at least as large
// as what was seen, as (b+1)/(B+1); Expected their mean; Quantile theirs at the level asked for.
type Null struct{ P, Expected, Quantile float64 }

func nullOf(seen float64, draws []float64, level float64) (Null, error) {
	slices.Sort(draws)
	b := 0
	for _, v := range draws {
		if v >= seen-1e-12*math.Abs(seen) {
			b++
		}
	}
	p, err := infer.PermutationP(b, len(draws))
	if err != nil {
		return Null{}, err
	}
	q, err := infer.Quantile(draws, level)
	return Null{p, infer.Total(draws) / float64(len(draws)), q}, err
}

// Consistency returns the ECE and what a perfectly calibrated model of the same confidences
// shows: outcomes are drawn with the confidences as probabilities (Broecker & Smith 2007). With
// few samples the ECE of such a model is far from 0.
func Consistency(confidence []float64, correct []bool, bins Bins, o Resampling) (ece float64, null Null, err error) {
	seen, err := Reliability(confidence, correct, bins)
	if err != nil {
		return 0, Null{}, err
	}
	if ece, err = ECE(seen); err != nil {
		return 0, Null{}, err
	}
	edges, err := bins.edges(confidence, len(correct))
	if err != nil {
		return 0, Null{}, err
	}
	o = o.filled()
	at := occupied(edges, confidence)
	draws := make([]float64, o.Draws)
	hits := make([]int, len(seen))
	r := infer.Rand(o.Seed, "consistency")
	for d := range draws {
		clear(hits)
		for i, c := range confidence {
			if r.Float64() < c {
				hits[at[i]]++
			}
		}
		for b, h := range hits {
			v := seen[b]
			v.Correct = h
			draws[d] += float64(v.N) / float64(len(confidence)) * math.Abs(v.Gap())
		}
	}
	null, err = nullOf(ece, draws, o.Level)
	return ece, null, err
}

// occupied returns each sample's bin, counting only bins that hold samples.
func occupied(edges, confidence []float64) []int {
	at := make([]int, len(confidence))
	rank := make([]int, len(edges)-1)
	for i, c := range confidence {
		at[i] = binOf(edges, c)
		rank[at[i]] = 1
	}
	next := 0
	for b, used := range rank {
		rank[b] = next
		next += used
	}
	for i, b := range at {
		at[i] = rank[b]
	}
	return at
}

// ECEInterval returns the percentile bootstrap interval of the ECE, with 1,000 replicates unless
// the options say otherwise. Bins are made anew in each. Resampling adds noise of its own to
// accuracies, so for a small error the interval lies too high: hold it against Consistency.
func ECEInterval(confidence []float64, correct []bool, bins Bins, o infer.Bootstrap) (infer.Interval, error) {
	if o.Replicates == 0 {
		o.Replicates = 1000
	}
	c, k := make([]float64, len(confidence)), make([]bool, len(correct))
	if _, err := bins.edges(confidence, len(correct)); err != nil {
		return infer.Interval{}, err
	}
	return infer.BootstrapPercentile(len(c), o, func(rows []int) (float64, error) {
		for i, j := range rows {
			c[i], k[i] = confidence[j], correct[j]
		}
		r, err := Reliability(c, k, bins)
		if err != nil {
			return 0, err
		}
		return ECE(r)
	})
}
