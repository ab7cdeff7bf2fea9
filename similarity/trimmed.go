package similarity

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// Trimmed returns a measure without the samples that lie farthest out in either layer, a share of all for
// each, 0 meaning 0.01, one at least: a value that then moves by more than 0.1 rests on few samples (Davari
// et al. 2023).
func Trimmed(x, y Matrix, share float64, measure func(x, y Matrix) (float64, error)) (float64, error) {
	if share == 0 {
		share = 0.01
	}
	if !(share > 0 && share < 0.5) {
		return 0, fmt.Errorf("share of samples to leave out is %v, want above 0 and below 0.5: %w", share, infer.ErrRange)
	}
	a, b, err := two(framed, x, y)
	if err != nil {
		return 0, err
	}
	drop := make([]bool, a.n)
	for _, r := range []rows{a, b} {
		for _, i := range r.farthest(int(math.Ceil(share * float64(r.n)))) {
			drop[i] = true
		}
	}
	var keep []int
	for i, gone := range drop {
		if !gone {
			keep = append(keep, i)
		}
	}
	if x, err = x.some(keep); err != nil {
		return 0, err
	}
	if y, err = y.some(keep); err != nil {
		return 0, err
	}
	return measure(x, y)
}

// farthest returns the k rows of largest norm, the first of equal ones.
func (r rows) farthest(k int) []int {
	order, norm := make([]int, r.n), make([]float64, r.n)
	for i := range order {
		order[i], norm[i] = i, dot(r.row(i), r.row(i))
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case norm[i] > norm[j]:
			return -1
		case norm[i] < norm[j]:
			return 1
		}
		return 0
	})
	return order[:k]
}
