package similarity

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/infer"
)

// midranks returns the rank of each value, the mean of their ranks for tied ones. Neighbours in order tie where
// tied says that the smaller and the larger are the same but for rounding.
func midranks(v []float64, tied func(a, b float64) bool) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case v[a] < v[b]:
			return -1
		case v[a] > v[b]:
			return 1
		}
		return a - b
	})
	rank := make([]float64, len(v))
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && tied(v[order[hi-1]], v[order[hi]]) {
			hi++
		}
		for _, i := range order[lo:hi] {
			rank[i] = float64(lo+hi-1) / 2
		}
		lo = hi
	}
	return rank
}

// pearson returns the correlation of two lists.
func pearson(a, b []float64) (float64, error) {
	n := float64(len(a))
	ma, mb := infer.Total(a)/n, infer.Total(b)/n
	var ab, aa, bb float64
	for i, v := range a {
		x, y := v-ma, b[i]-mb
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0, fmt.Errorf("%d values of one list: %w", len(a), infer.ErrConstant)
	}
	return math.Max(-1, math.Min(1, ab/math.Sqrt(aa*bb))), nil
}

// kendall returns tau-b of two lists of ranks (Kendall 1945) by merge sort (Knight 1966).
func kendall(a, b []float64) (float64, error) {
	n := len(a)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	compare := func(x, y float64) int {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	slices.SortFunc(order, func(i, j int) int {
		if c := compare(a[i], a[j]); c != 0 {
			return c
		}
		return compare(b[i], b[j])
	})
	pairs := func(same func(i, j int) bool) float64 {
		var s float64
		for lo := 0; lo < n; {
			hi := lo + 1
			for hi < n && same(order[hi-1], order[hi]) {
				hi++
			}
			s += float64(hi-lo) * float64(hi-lo-1) / 2
			lo = hi
		}
		return s
	}
	tiedA := pairs(func(i, j int) bool { return a[i] == a[j] })
	tiedBoth := pairs(func(i, j int) bool { return a[i] == a[j] && b[i] == b[j] })
	swaps := sortCounting(order, make([]int, n), func(i, j int) bool { return b[i] <= b[j] })
	tiedB := pairs(func(i, j int) bool { return b[i] == b[j] })
	all := float64(n) * float64(n-1) / 2
	if tiedA == all || tiedB == all {
		return 0, fmt.Errorf("%d values of one list: %w", n, infer.ErrConstant)
	}
	return (all - tiedA - tiedB + tiedBoth - 2*swaps) / math.Sqrt((all-tiedA)*(all-tiedB)), nil
}

// sortCounting sorts by merging and returns how many pairs changed places.
func sortCounting(v, room []int, ordered func(i, j int) bool) float64 {
	if len(v) < 2 {
		return 0
	}
	half := len(v) / 2
	swaps := sortCounting(v[:half], room[:half], ordered) + sortCounting(v[half:], room[half:], ordered)
	copy(room, v)
	i, j := 0, half
	for k := range v {
		if j == len(v) || i < half && ordered(room[i], room[j]) {
			v[k] = room[i]
			i++
		} else {
			v[k] = room[j]
			j++
			swaps += float64(half - i)
		}
	}
	return swaps
}
