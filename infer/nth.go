package infer

import (
	"math/bits"
	"slices"
)

// nth puts in place k what stands there in sorted values, and nothing smaller behind it (Hoare 1961; the pivot is the
// median of three). It takes len(s) steps on average, and sorts where it does not come to an end.
func nth(s []float64, k int) {
	lo, hi := 0, len(s)-1
	for range 2 * bits.Len(uint(len(s))) {
		if hi-lo < 16 {
			break
		}
		a, b, c := s[lo], s[lo+(hi-lo)/2], s[hi]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for s[i] < pivot {
				i++
			}
			for s[j] > pivot {
				j--
			}
			if i <= j {
				s[i], s[j] = s[j], s[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return
		}
	}
	slices.Sort(s[lo : hi+1])
}
