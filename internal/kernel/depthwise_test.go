package kernel

import "testing"

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
