package op

import (
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// wholes converts real numbers, to integers as AMD64 does it, whatever the processor: one that has no place in
// 32 bits, or in 64 for wider types, becomes the least integer of them, of which the low bits are taken.
func wholes[T tensor.Number, S float32 | float64](dst []T, src []S) {
	switch d := any(dst).(type) {
	case []int64:
		elementwise(d, src, long)
	case []uint64:
		elementwise(d, src, wide)
	case []uint32:
		elementwise(d, src, func(v float64) uint32 { return uint32(long(v)) })
	case []int32:
		elementwise(d, src, word)
	case []int16:
		elementwise(d, src, func(v float64) int16 { return int16(word(v)) })
	case []int8:
		elementwise(d, src, func(v float64) int8 { return int8(word(v)) })
	case []uint16:
		elementwise(d, src, func(v float64) uint16 { return uint16(word(v)) })
	case []uint8:
		elementwise(d, src, func(v float64) uint8 { return uint8(word(v)) })
	default:
		converted(dst, src)
	}
}

func elementwise[T tensor.Number, S float32 | float64](dst []T, src []S, f func(float64) T) {
	for i, v := range src {
		dst[i] = f(float64(v))
	}
}

func word(v float64) int32 {
	if v > math.MinInt32-1 && v < 1<<31 {
		return int32(v)
	}
	return math.MinInt32
}

func long(v float64) int64 {
	if v >= math.MinInt64 && v < 1<<63 {
		return int64(v)
	}
	return math.MinInt64
}

func wide(v float64) uint64 {
	if v >= 1<<63 && v < 1<<64 {
		return uint64(v-1<<63) + 1<<63
	}
	return uint64(long(v))
}
