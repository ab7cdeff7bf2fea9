package image

import (
	"fmt"
	"math"
)

// A Filter is a resampling filter of Pillow.
type Filter uint8

// The filters. Nearest takes one pixel and smooths nothing; the zero value is Bilinear.
const (
	Bilinear Filter = iota
	Nearest
	Box
	Hamming
	Bicubic
	Lanczos
)

// PillowFilter returns the filter that Pillow and preprocessor_config.json number so.
func PillowFilter(n int) (Filter, error) {
	order := []Filter{Nearest, Lanczos, Bilinear, Bicubic, Box, Hamming}
	if n < 0 || n >= len(order) {
		return 0, fmt.Errorf("no resampling filter %d, want 0 to 5", n)
	}
	return order[n], nil
}

func (f Filter) support() float64 {
	return [...]float64{Bilinear: 1, Nearest: 0.5, Box: 0.5, Hamming: 1, Bicubic: 2, Lanczos: 3}[f]
}

func (f Filter) weight(x float64) float64 {
	abs := math.Abs(x)
	switch f {
	case Box:
		if x > -0.5 && x <= 0.5 {
			return 1
		}
	case Hamming:
		if abs == 0 {
			return 1
		}
		if abs < 1 {
			return math.Sin(abs*math.Pi) / (abs * math.Pi) * (0.54 + 0.46*math.Cos(abs*math.Pi))
		}
	case Bicubic: // Keys 1981 with a = -0.5
		if abs < 1 {
			return (1.5*abs-2.5)*abs*abs + 1
		}
		if abs < 2 {
			return ((-0.5*abs+2.5)*abs-4)*abs + 2
		}
	case Lanczos:
		if abs < 3 {
			return sinc(x) * sinc(x/3)
		}
	default:
		return max(0, 1-abs)
	}
	return 0
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(x*math.Pi) / (x * math.Pi)
}

// taps are the weights one output pixel gives to input pixels from first on.
type taps struct {
	first   int
	weights []float64
	fixed   []int32 // the weights times 2^22, for bytes
}

const precision = 22

// weights follows Pillow's precompute_coeffs: when an image shrinks, the filter widens with it.
func (f Filter) taps(in, out int) []taps {
	scale := float64(in) / float64(out)
	if f == Nearest {
		all := make([]taps, out)
		for i := range all {
			all[i] = taps{min(in-1, int((float64(i)+0.5)*scale)), []float64{1}, []int32{1 << precision}}
		}
		return all
	}
	wide := max(1, scale)
	support := f.support() * wide
	all := make([]taps, out)
	for i := range all {
		centre := (float64(i) + 0.5) * scale
		lo := max(0, int(centre-support+0.5))
		hi := min(in, int(centre+support+0.5))
		t := taps{first: lo, weights: make([]float64, hi-lo), fixed: make([]int32, hi-lo)}
		var sum float64
		for k := range t.weights {
			t.weights[k] = f.weight((float64(k+lo) - centre + 0.5) / wide)
			sum += t.weights[k]
		}
		for k := range t.weights {
			if sum != 0 {
				t.weights[k] /= sum
			}
			t.fixed[k] = int32(math.Trunc(t.weights[k]*(1<<precision) + math.Copysign(0.5, t.weights[k])))
		}
		all[i] = t
	}
	return all
}

// Resize returns h x w x c bytes resized as Pillow does, bit by bit: first along rows, then along
// columns, in fixed point.
func Resize(pix []uint8, h, w, c, toH, toW int, f Filter) []uint8 {
	if toW != w {
		pix, w = pass(pix, h, w, c, f.taps(w, toW), sumBytes), toW
	}
	if toH != h {
		pix = pass(pix, 1, h, w*c, f.taps(h, toH), sumBytes)
	}
	return pix
}

// ResizeFloats is Resize for float32 values, as Pillow resizes its mode F.
func ResizeFloats(pix []float32, h, w, c, toH, toW int, f Filter) []float32 {
	if toW != w {
		pix, w = pass(pix, h, w, c, f.taps(w, toW), sumFloats), toW
	}
	if toH != h {
		pix = pass(pix, 1, h, w*c, f.taps(h, toH), sumFloats)
	}
	return pix
}

// pass resizes the middle one of three dimensions. sum writes one line of the inner dimension: the
// weighted sum of as many lines of src as there are taps; acc is its scratch.
func pass[T uint8 | float32, A int32 | float64](pix []T, outer, n, inner int, all []taps, sum func(dst, src []T, t taps, acc []A)) []T {
	out := make([]T, outer*len(all)*inner)
	acc := make([]A, inner)
	for o := range outer {
		for i, t := range all {
			sum(out[(o*len(all)+i)*inner:][:inner], pix[(o*n+t.first)*inner:], t, acc)
		}
	}
	return out
}

func sumBytes(dst, src []uint8, t taps, acc []int32) {
	const half = 1 << (precision - 1)
	if len(dst) == 3 { // along the row of a colour picture
		r, g, b := int32(half), int32(half), int32(half)
		for _, w := range t.fixed {
			r += w * int32(src[0])
			g += w * int32(src[1])
			b += w * int32(src[2])
			src = src[3:]
		}
		dst[0], dst[1], dst[2] = clip(r>>precision), clip(g>>precision), clip(b>>precision)
		return
	}
	for k := range acc {
		acc[k] = half
	}
	for _, w := range t.fixed {
		for k, v := range src[:len(acc)] {
			acc[k] += w * int32(v)
		}
		src = src[len(acc):]
	}
	for k, s := range acc {
		dst[k] = clip(s >> precision)
	}
}

func sumFloats(dst, src []float32, t taps, acc []float64) {
	clear(acc)
	for _, w := range t.weights {
		for k, v := range src[:len(acc)] {
			acc[k] += w * float64(v)
		}
		src = src[len(acc):]
	}
	for k, s := range acc {
		dst[k] = float32(s)
	}
}
