package op

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/stratascope/stratascope/tensor"
)

// convolved is the definition of a convolution over two dimensions with symmetric padding.
func convolved(x, w tensor.Tensor, groups, stride, pad, oh, ow int) []float64 {
	var out []float64
	n, c, h, wd := x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3)
	m, cg := w.Dim(0), c/groups
	for i := range n * m * oh * ow {
		f, p := i/(oh*ow)%m, i%(oh*ow)
		sum := 0.0
		for ch := range cg {
			for k := range w.Dim(2) * w.Dim(3) {
				y, q := p/ow*stride-pad+k/w.Dim(3), p%ow*stride-pad+k%w.Dim(3)
				if y >= 0 && y < h && q >= 0 && q < wd {
					in := x.Float32s()[((i/(oh*ow)/m*c+f/(m/groups)*cg+ch)*h+y)*wd+q]
					sum += float64(in) * float64(w.Float32s()[(f*cg+ch)*w.Dim(2)*w.Dim(3)+k])
				}
			}
		}
		out = append(out, sum)
	}
	return out
}

// Convolutions of every small shape keep to their definition and to the memory of their output: a
// depthwise one whose output is less than a vector wide once wrote past it.
func TestConvIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, name) }
		groups, cg, mg := draw("groups", 1, 4), draw("cg", 1, 3), draw("mg", 1, 3)
		kh, kw, stride, pad := draw("kh", 1, 3), draw("kw", 1, 4), draw("stride", 1, 2), draw("pad", 0, 1)
		h, wd := draw("h", kh, 7), draw("w", kw, 20)
		x, w := counted([]int{draw("n", 1, 2), cg * groups, h, wd}, -40), counted([]int{mg * groups, cg, kh, kw}, -7)
		var guard []float32
		x32 := &Exec{Workers: 2, Alloc: func(_ tensor.DType, shape ...int) (tensor.Tensor, error) {
			n := volume(shape)
			guard = make([]float32, n+64)
			fill(guard, 12345)
			return tensor.Of(guard[32:32+n], shape...), nil
		}}
		a := Attributes{"group": int64(groups), "strides": []int64{int64(stride), int64(stride)}, "pads": []int64{int64(pad), int64(pad), int64(pad), int64(pad)}}
		out, err := Conv.Run(x32, a, []tensor.Tensor{x, w})
		if err != nil {
			t.Fatal(err)
		}
		y := out[0]
		want := convolved(x, w, groups, stride, pad, y.Dim(2), y.Dim(3))
		for i, v := range want {
			if math.Abs(float64(y.Float32s()[i])-v) > 1e-6*(1e5+math.Abs(v)) {
				t.Fatalf("element %d of %v is %v, want %v", i, y, y.Float32s()[i], v)
			}
		}
		for i, v := range guard {
			if (i < 32 || i >= 32+y.Len()) && v != 12345 {
				t.Fatalf("%v: element %d was written", y, i-32)
			}
		}
	})
}
