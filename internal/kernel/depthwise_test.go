package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A plane of fewer pixels than a vector was once written with whole vectors, over what lay behind the
// output: the remainder of a division was taken for a row. The slack behind y must stay as it was.
func TestNarrowDepthwiseStaysInItsOutput(t *testing.T) {
	for _, s := range []ConvShape{
		{N: 1, C: 2, H: 1, W: 5, M: 2, KH: 1, KW: 3, Groups: 2, OutH: 1, OutW: 3},
		{N: 2, C: 1, H: 3, W: 3, M: 1, KH: 2, KW: 2, Groups: 1, OutH: 2, OutW: 2},
		{N: 1, C: 3, H: 2, W: 11, M: 3, KH: 2, KW: 3, Groups: 3, OutH: 1, OutW: 9},
	} {
		s.StrideH, s.StrideW, s.DilH, s.DilW = 1, 1, 1, 1
		x, w := make([]float32, s.N*s.C*s.H*s.W), make([]float32, s.M*s.KH*s.KW)
		for i := range x {
			x[i] = 1
		}
		for i := range w {
			w[i] = 1
		}
		const slack, mark = 32, -7
		n := s.N * s.M * s.OutH * s.OutW
		y := make([]float32, n+slack)
		for i := range y {
			y[i] = mark
		}
		Conv32(1, s, x, w, nil, y[:n], Epilogue{})
		for i, v := range y[:n] {
			if v != float32(s.KH*s.KW) {
				t.Fatalf("%+v: output %d is %v, want %d", s, i, v, s.KH*s.KW)
			}
		}
		for i, v := range y[n:] {
			if v != mark {
				t.Fatalf("%+v: value %d behind the output was overwritten with %v", s, i, v)
			}
		}
	}
}

// Planes with 3 x 3 taps are read as they lie: what is beside, above and below them counts as zero, and nothing
// behind the output is written.
func TestThreeByThree(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var list []ConvShape
	for range 400 {
		stride := 1 + r.IntN(2)
		s := ConvShape{N: 1 + r.IntN(2), C: 3, H: 1 + r.IntN(6), W: 1 + r.IntN(70), M: 3 * (1 + r.IntN(2)), KH: 3, KW: 3, Groups: 3, StrideH: stride, StrideW: stride,
			PadTop: r.IntN(3), PadLeft: r.IntN(3), PadBottom: r.IntN(3), PadRight: r.IntN(3)}
		if s = shape(s); s.OutH > 0 && s.OutW > 0 {
			list = append(list, s)
		}
	}
	eachSet(t, func(t *testing.T) {
		direct := 0
		for _, s := range list {
			if current.three != nil && current.three(&s) != nil {
				direct++
			}
			x, w, bias := random[float32](r, s.N*s.C*s.H*s.W), random[float32](r, s.M*9), random[float32](r, s.M)
			want, size := slowConv(s, x, w, bias)
			residual := random[float32](r, len(want))
			const slack, mark = 32, -7
			y := make([]float32, len(want)+slack)
			for i := range y {
				y[i] = mark
			}
			Conv32(2, s, x, w, bias, y[:len(want)], Epilogue{Residual: residual, Act: ActClip, Lo: -1, Hi: 1.5})
			for i, v := range want {
				v = min(max(v+float64(residual[i]), -1), 1.5)
				if !(math.Abs(float64(y[i])-v) <= 6e-7*(size[i]+8)) {
					t.Fatalf("%+v: output %d is %v, want %v", s, i, y[i], v)
				}
			}
			for i, v := range y[len(want):] {
				if v != mark {
					t.Fatalf("%+v: value %d behind the output was overwritten with %v", s, i, v)
				}
			}
		}
		if current.three != nil && direct < 50 {
			t.Errorf("%d of %d shapes have a kernel, want some of all pads", direct, len(list))
		}
	})
}
