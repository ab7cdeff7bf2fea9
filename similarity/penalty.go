package similarity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"
)

var penalties = [13]float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6}

// choose finds each fold's penalty. One that leaves nothing to factorise is none, and one that others beat whatever
// the rest of its folds would add is not gone through with.
func (p *predictor) choose(ctx context.Context, workers int) error {
	all, failed := make([]losses, len(penalties)), make([]error, len(penalties))
	var mutex sync.Mutex
	least := beyond // of the penalties so far, by fold
	err := each(ctx, workers, len(penalties), func(k int) {
		c := len(penalties) / 2 // from the middle outwards
		if c += (k + 1) / 2; k%2 == 0 {
			c -= k
		}
		all[c] = beyond
		s, of := p.smooth(penalties[c]), losses{}
		for f := range predictFolds {
			o, err := s.gap(p.fold(f))
			if err != nil {
				failed[c] = fmt.Errorf("regression without fold %d: %w", f, err)
				return
			}
			of[f] = dot(o.left.v, o.left.v)
			mutex.Lock()
			hopeless := of.above(least)
			mutex.Unlock()
			if hopeless {
				return // whatever the other folds would add
			}
		}
		all[c] = of
		mutex.Lock()
		defer mutex.Unlock()
		for f := range least {
			least[f] = min(least[f], of.without(f))
		}
	})
	if err != nil {
		return err
	}
	p.best = make([]int, predictFolds)
	for f := range predictFolds {
		for c, of := range all {
			if of.without(f) < all[p.best[f]].without(f) {
				p.best[f] = c
			}
		}
	}
	if all[p.best[0]] == beyond {
		return cmp.Or(failed...)
	}
	return nil
}

// losses are the squared errors in each fold for one penalty.
type losses [predictFolds]float64

var beyond = losses{math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)}

// without is the loss in all folds but f.
func (l losses) without(f int) float64 {
	var sum float64
	for g, v := range l {
		if g != f {
			sum += v
		}
	}
	return sum
}

// above reports whether l is above what others reach without any fold.
func (l losses) above(least losses) bool {
	for f, v := range least {
		if l.without(f) <= v {
			return false
		}
	}
	return true
}
