package op

import (
	"math"

	"github.com/stratascope/stratascope/internal/kernel"
)

// maximaAt is maxima of two dimensions in single precision with the place of each maximum in its plane, -1 of a
// window in the padding, to which from is added. Value and place are one number, whose largest is taken without a
// branch. It does nothing and says so where a value is NaN.
func maximaAt(x *Exec, w *window, out, in []float32, where []int64, from int) bool {
	if math.IsNaN(float64(kernel.Max32(in))) {
		return false
	}
	wide, stride := w.in[2], w.stride[2]
	keys := make([]int64, w.out[2])
	left, right := w.seen(2)
	work := w.out[2] * min(w.kernel[1], w.in[1]) * min(w.kernel[2], wide) // of a row
	for oy := 0; oy < w.out[1] && !x.endedBefore(work); oy++ {
		for i := range keys {
			keys[i] = math.MinInt64
		}
		top, bottom := w.within(1, oy)
		for ky := top; ky < bottom; ky++ {
			start := (oy*w.stride[1] - w.begin[1] + ky*w.dilation[1]) * wide
			for kx := left; kx < right; kx++ { // one tap of all windows after the other
				first := kx*w.dilation[2] - w.begin[2]
				lo := max(0, (stride-1-first)/stride)
				hi := min(len(keys), (wide-1-first+stride)/stride)
				if lo >= hi {
					continue
				}
				at := start + lo*stride + first
				row, taps := keys[lo:hi], in[at:start+wide]
				for i := range row {
					row[i] = max(row[i], placed(taps[i*stride], at+i*stride))
				}
			}
		}
		for i, key := range keys {
			at := int(int32(^uint32(key)))
			value := float32(math.Inf(-1))
			if at >= 0 {
				value = in[at]
			}
			out[oy*len(keys)+i], where[oy*len(keys)+i] = value, int64(from+at)
		}
	}
	return true
}

// placed orders values, and equal ones, as zeros of both signs are, by the place that comes first.
func placed(v float32, at int) int64 {
	s := int32(math.Float32bits(v + 0))
	s ^= (s >> 31) & math.MaxInt32
	return int64(s)<<32 | int64(^uint32(at))
}
