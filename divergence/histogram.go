package divergence

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// Options sets how two samples are compared; the zero value is the default.
type Options struct {
	Bins  int // of equal mass of the reference; 0: 20
	Draws int // permutations of the labels; 0: 999
	Seed  uint64
}

// A Change is the Jensen-Shannon divergence of two samples' histograms, in bits, 0 to 1.
type Change struct {
	JS     float64 // as it is
	Chance float64 // mean over permutations: what two samples of one distribution have, about (bins-1)/(4 n ln 2)
	Excess float64 // JS - Chance, the estimate of record; below 0 if there is less than chance
	P      float64 // of no change
	Bins   int     // fewer than asked where values tie, such as the zeros of a ReLU
}

// Compare returns how far values, such as one unit's over samples, have moved from those of the reference.
// Bins hold as much of the reference each as ties allow, and are cut anew in every permutation, so P is
// exact for exchangeable samples (Phipson & Smyth 2010). The cost is n log n and n a permutation.
func Compare(reference, values []float64, opt Options) (Change, error) {
	if opt.Bins == 0 {
		opt.Bins = 20
	}
	if opt.Draws == 0 {
		opt.Draws = 999
	}
	if opt.Bins < 2 || opt.Draws < 1 {
		return Change{}, fmt.Errorf("%d bins and %d permutations, want at least 2 and 1: %w", opt.Bins, opt.Draws, infer.ErrRange)
	}
	if n := min(len(reference), len(values)); n < 4 {
		return Change{}, fmt.Errorf("%d values, want at least 4: %w", n, infer.ErrTooFew)
	}
	p, err := pool(reference, values)
	if err != nil {
		return Change{}, err
	}
	p.bins = opt.Bins
	c := Change{}
	c.JS, c.Bins = p.js()
	if len(p.ends) == 1 {
		return Change{}, fmt.Errorf("%d values: %w", len(p.first), infer.ErrConstant)
	}
	r := infer.Rand(opt.Seed, "divergence", "labels")
	var sum infer.Sum
	extreme := 0
	for range opt.Draws {
		r.Shuffle(len(p.first), func(i, j int) { p.first[i], p.first[j] = p.first[j], p.first[i] })
		v, _ := p.js()
		sum.Add(v)
		if v >= c.JS*(1-1e-12) {
			extreme++
		}
	}
	c.Chance = sum.Value() / float64(opt.Draws)
	c.Excess = c.JS - c.Chance
	c.P, err = infer.PermutationP(extreme, opt.Draws)
	return c, err
}

// pooled are two samples in rising order.
type pooled struct {
	first []bool // of the reference
	ends  []int  // one past each run of equal values
	n     int    // of the reference
	bins  int
	p, q  []float64
}

func pool(reference, values []float64) (*pooled, error) {
	if err := infer.Finite(reference); err != nil {
		return nil, fmt.Errorf("reference %w", err)
	}
	if err := infer.Finite(values); err != nil {
		return nil, fmt.Errorf("compared %w", err)
	}
	all := slices.Concat(reference, values)
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case all[i] < all[j]:
			return -1
		case all[i] > all[j]:
			return 1
		}
		return i - j
	})
	p := &pooled{first: make([]bool, len(all)), n: len(reference)}
	for k, i := range order {
		p.first[k] = i < p.n
		if k+1 == len(order) || all[order[k+1]] != all[i] {
			p.ends = append(p.ends, k+1)
		}
	}
	return p, nil
}

// js cuts the pool into bins and returns the divergence in bits and the number of bins. A value that alone
// holds a bin's mass of the reference has its own.
func (p *pooled) js() (float64, int) {
	p.p, p.q = p.p[:0], p.q[:0]
	n, m := p.n, len(p.first)-p.n
	seen, in, out, at := 0, 0, 0, 0
	cut := func() {
		p.p, p.q = append(p.p, float64(in)/float64(n)), append(p.q, float64(out)/float64(m))
		seen, in, out = seen+in, 0, 0
	}
	for _, end := range p.ends {
		here, size := 0, end-at
		for ; at < end; at++ {
			if p.first[at] {
				here++
			}
		}
		atom := here > 1 && here*p.bins >= n
		if atom && in+out > 0 {
			cut()
		}
		in, out = in+here, out+size-here
		crossed := (seen+in)*p.bins/n > seen*p.bins/n // a quantile of the reference
		if atom || end == len(p.first) || crossed && seen+in < n {
			cut()
		}
	}
	return js(p.p, p.q) / math.Ln2, len(p.p)
}
