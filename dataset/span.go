package dataset

import (
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// A span is the range that the stored values of all samples take together.
type span struct{ low, high float64 }

// The ranges that values are usually stored in; unknown is that of equal values.
var (
	unknown = span{}
	unit    = span{0, 1}
	signed  = span{-1, 1}
	bytes8  = span{0, 255}
	bytes16 = span{0, 65535}
)

// unit returns the factor and what is then added to bring stored values to 0-1; those of no range
// stay as they are.
func (s span) unit() (scale, shift float64) {
	if s == unknown {
		return 1, 0
	}
	scale = 1 / (s.high - s.low)
	return scale, -s.low * scale
}

// spanOf finds the range of a source's values. Bytes are 0-255; for other types a few samples are looked
// at, values that are not finite aside: pictures that were standardised still have a blackest and a
// whitest point.
func spanOf(s source) span {
	if s.dtype() == tensor.Uint8 {
		return bytes8
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, i := range evenly(s.len(), 64) {
		t, err := s.sample(i)
		if err != nil {
			return unknown
		}
		f, err := convert(t, tensor.Float64)
		if err != nil {
			return unknown
		}
		for _, v := range f.Float64s() {
			if v-v == 0 {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	const round = 1e-3 // what rounding in half precision may add
	switch {
	case !(low < high):
		return unknown
	case low >= 0 && high <= 1.5:
		return unit
	case low >= 0 && high <= bytes8.high:
		return bytes8
	case low >= 0 && high <= bytes16.high:
		return bytes16
	case low >= -1-round && high <= 1+round:
		return signed
	}
	return span{low, high}
}

// evenly returns at most k of the numbers 0 to n-1, evenly spaced.
func evenly(n, k int) []int {
	k = min(n, k)
	out := make([]int, k)
	for i := range out {
		out[i] = i * (n / k)
	}
	return out
}
