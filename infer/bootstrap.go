package infer

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Bootstrap sets how a sample is resampled; the zero value draws 2,000 times for a 95 % interval.
type Bootstrap struct {
	Replicates int     // 0: 2,000
	Level      float64 // 0: 0.95
	Seed       uint64  // from Seed, by purpose
}

func (o Bootstrap) filled() Bootstrap {
	if o.Replicates == 0 {
		o.Replicates = 2000
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	return o
}

func (o Bootstrap) check(n int) error {
	if n < 2 || o.Replicates < 2 {
		return fmt.Errorf("%d bootstrap replicates of %d samples, want 2 of 2: %w", o.Replicates, n, ErrTooFew)
	}
	return checkLevel(o.Level)
}

// BootstrapMean returns the bias-corrected and accelerated interval of a mean (Efron 1987), with
// the acceleration in closed form from the third moment. Accuracies, gaps of paired samples and
// mean losses are means; Gram-based statistics and ranks are not (use Jackknife).
func BootstrapMean(values []float64, o Bootstrap) (Interval, error) {
	o = o.filled()
	if err := o.check(len(values)); err != nil {
		return Interval{}, err
	}
	if err := Finite(values); err != nil {
		return Interval{}, err
	}
	n := float64(len(values))
	mean := Total(values) / n
	var m2, m3 float64
	for _, v := range values {
		d := v - mean
		m2 += d * d
		m3 += d * d * d
	}
	if m2 == 0 {
		return Interval{}, fmt.Errorf("%d values of %v: %w", len(values), mean, ErrConstant)
	}
	dist := meansOf(values, o)
	slices.Sort(dist)
	return bca(dist, mean, m3/(6*math.Pow(m2, 1.5)), o.Level), nil
}

// fewValues is how many distinct values a sample may have to be drawn as counts.
const fewValues = 8

// meansOf draws the means of the replicates. A sample of few distinct values, such as hits and
// misses, is drawn as a multinomial: the same distribution, some twenty times as fast.
func meansOf(values []float64, o Bootstrap) []float64 {
	dist := make([]float64, o.Replicates)
	r := Rand(o.Seed, "bootstrap")
	n := len(values)
	distinct, counts := tally(values)
	for b := range dist {
		var s float64
		if distinct == nil {
			for range values {
				s += values[r.IntN(n)]
			}
		} else {
			left, of := n, n
			for k, v := range distinct {
				drawn := left
				if k < len(distinct)-1 {
					drawn = binomial(r, left, float64(counts[k])/float64(of))
				}
				s += v * float64(drawn)
				left -= drawn
				of -= counts[k]
			}
		}
		dist[b] = s / float64(n)
	}
	return dist
}

// tally returns the distinct values in rising order and how often each occurs, or nil if they
// are many.
func tally(values []float64) (distinct []float64, counts []int) {
	for _, v := range values {
		at, ok := slices.BinarySearch(distinct, v)
		if ok {
			counts[at]++
			continue
		}
		if len(distinct) == fewValues {
			return nil, nil
		}
		distinct, counts = slices.Insert(distinct, at, v), slices.Insert(counts, at, 1)
	}
	return distinct, counts
}

// binomial draws the successes of n trials of probability p, 64 trials at a time: each trial's
// uniform number and p are compared bit by bit from the highest, and a trial is decided at the
// first bit that differs.
func binomial(r *rand.Rand, n int, p float64) int {
	if p >= 1 {
		return n
	}
	digits := uint64(math.Ldexp(p, 64))
	hits := 0
	for ; n > 0; n -= 64 {
		open := ^uint64(0) >> max(0, 64-n)
		for d := digits; open != 0 && d != 0; d <<= 1 {
			w := r.Uint64()
			if d>>63 == 1 {
				hits += bits.OnesCount64(open &^ w)
				open &= w
			} else {
				open &^= w
			}
		}
	}
	return hits
}

// BootstrapPercentile returns the percentile interval of any smooth function of the rows
// (Efron 1979). value gets the rows drawn, with repetitions, and must not keep them.
func BootstrapPercentile(n int, o Bootstrap, value func(rows []int) (float64, error)) (Interval, error) {
	o = o.filled()
	if err := o.check(n); err != nil {
		return Interval{}, err
	}
	dist := make([]float64, o.Replicates)
	rows := make([]int, n)
	r := Rand(o.Seed, "bootstrap")
	for b := range dist {
		for i := range rows {
			rows[i] = r.IntN(n)
		}
		v, err := value(rows)
		if err != nil {
			return Interval{}, fmt.Errorf("bootstrap replicate %d: %w", b, err)
		}
		dist[b] = v
	}
	if err := Finite(dist); err != nil {
		return Interval{}, fmt.Errorf("bootstrap replicate: %w", err)
	}
	slices.Sort(dist)
	a := (1 - o.Level) / 2
	return Interval{sortedQuantile(dist, a), sortedQuantile(dist, 1-a), o.Level}, nil
}

// bca cuts a sorted bootstrap distribution at the levels of Efron (1987, eq. 2.3).
func bca(dist []float64, value, accel, level float64) Interval {
	below := 0.0 // ties count half, which matters for rates
	for _, v := range dist {
		switch {
		case v < value:
			below++
		case v == value:
			below += 0.5
		}
	}
	b := float64(len(dist))
	z0 := NormalQuantile(math.Min(math.Max(below, 0.5), b-0.5) / b)
	end := func(p float64) float64 {
		z := z0 + NormalQuantile(p)
		return sortedQuantile(dist, 1-NormalTail(z0+z/(1-accel*z)))
	}
	a := (1 - level) / 2
	return Interval{end(a), end(1 - a), level}
}

// Quantile returns the p quantile of values by linear interpolation (Hyndman & Fan 1996, type 7,
// as NumPy does). The values need not be sorted.
func Quantile(values []float64, p float64) (float64, error) {
	if len(values) == 0 {
		return 0, fmt.Errorf("quantile of no values: %w", ErrTooFew)
	}
	if !(p >= 0 && p <= 1) {
		return 0, fmt.Errorf("quantile at %v, want 0 to 1: %w", p, ErrRange)
	}
	if err := Finite(values); err != nil {
		return 0, err
	}
	s := slices.Clone(values)
	i := int(p * float64(len(s)-1))
	nth(s, i)
	if rest := s[i+1:]; len(rest) > 0 {
		rest[0] = slices.Min(rest)
	}
	return sortedQuantile(s, p), nil
}

func sortedQuantile(s []float64, p float64) float64 {
	at := p * float64(len(s)-1)
	i := int(at)
	if i >= len(s)-1 {
		return s[len(s)-1]
	}
	f := at - float64(i)
	return s[i] + f*(s[i+1]-s[i])
}
