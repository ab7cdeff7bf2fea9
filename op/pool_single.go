package op

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
)

// maxima32 is the most frequent pooling: single precision, two dimensions, no positions asked for. Windows are
// reduced down first, then along.
func maxima32(x *Exec, w *window, out, in []float32) {
	wide, stride := w.in[2], w.stride[2]
	if w.halves() {
		if !x.endedBefore(len(in)) {
			kernel.MaxPairs32(out, in, wide, w.out[2], w.out[1])
		}
		return
	}
	least := float32(math.Inf(-1))
	left, right := w.seen(2)
	high, every := make([]float32, wide), make([]float32, w.out[2]) // the largest of each column, and of them what one tap sees
	work := wide*min(w.kernel[1], w.in[1]) + w.out[2]*min(w.kernel[2], wide)
	for oy := 0; oy < w.out[1] && !x.endedBefore(work); oy++ {
		row := out[oy*w.out[2] : (oy+1)*w.out[2]]
		for i := range row {
			row[i] = least
		}
		top, bottom := w.within(1, oy)
		if top >= bottom {
			continue
		}
		line := func(ky int) []float32 { return in[(oy*w.stride[1]-w.begin[1]+ky*w.dilation[1])*wide:][:wide] }
		copy(high, line(top))
		for ky := top + 1; ky < bottom; ky++ {
			kernel.Larger32(high, high, line(ky))
		}
		for kx := left; kx < right; kx++ {
			first := kx*w.dilation[2] - w.begin[2]
			lo := max(0, (stride-1-first)/stride)
			hi := min(len(row), (wide-1-first+stride)/stride)
			if lo >= hi {
				continue
			}
			taps := high[lo*stride+first:]
			if stride > 1 {
				taps = spaced(every[:hi-lo], taps, stride)
			}
			kernel.Larger32(row[lo:hi], row[lo:hi], taps)
		}
	}
}

// halves tells whether the windows are two by two values side by side, all inside the input.
func (w *window) halves() bool {
	two := func(s []int) bool { return slices.Equal(s[1:], []int{2, 2}) }
	return two(w.kernel) && two(w.stride) && w.dilation[1] == 1 && w.dilation[2] == 1 && w.begin[1] == 0 && w.begin[2] == 0 &&
		2*w.out[1] <= w.in[1] && 2*w.out[2] <= w.in[2]
}

// spaced sets dst to every stride-th value of src.
func spaced(dst, src []float32, stride int) []float32 {
	if stride == 2 {
		kernel.Second32(dst, src)
		return dst
	}
	for i := range dst {
		dst[i] = src[i*stride]
	}
	return dst
}
