package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// slowConv is the definition of a convolution, loop by loop, and the sum of absolute products.
func slowConv[T float](s ConvShape, x, w, bias []T) (y, size []float64) {
	cg, mg := s.C/s.Groups, s.M/s.Groups
	y, size = make([]float64, s.N*s.M*s.OutH*s.OutW), make([]float64, s.N*s.M*s.OutH*s.OutW)
	for i := range y {
		ow, oh, m, n := i%s.OutW, i/s.OutW%s.OutH, i/s.pixels()%s.M, i/s.pixels()/s.M
		if bias != nil {
			y[i] = float64(bias[m])
		}
		for c := range cg {
			for kh := range s.KH {
				for kw := range s.KW {
					ih, iw := oh*s.StrideH-s.PadTop+kh*s.DilH, ow*s.StrideW-s.PadLeft+kw*s.DilW
					if ih < 0 || ih >= s.H || iw < 0 || iw >= s.W {
						continue
					}
					v := float64(x[((n*s.C+m/mg*cg+c)*s.H+ih)*s.W+iw]) * float64(w[((m*cg+c)*s.KH+kh)*s.KW+kw])
					y[i] += v
					size[i] += math.Abs(v)
				}
			}
		}
	}
	return y, size
}

// shape fills in the output's size; a missing stride, dilation or group is one.
func shape(s ConvShape) ConvShape {
	for _, v := range []*int{&s.StrideH, &s.StrideW, &s.DilH, &s.DilW, &s.Groups} {
		*v = max(*v, 1)
	}
	s.OutH = (s.H+s.PadTop+s.PadBottom-(s.KH-1)*s.DilH-1)/s.StrideH + 1
	s.OutW = (s.W+s.PadLeft+s.PadRight-(s.KW-1)*s.DilW-1)/s.StrideW + 1
	return s
}

func convShapes() []ConvShape {
	list := []ConvShape{
		{N: 1, C: 1, H: 1, W: 1, M: 1, KH: 1, KW: 1},
		{N: 2, C: 3, H: 32, W: 32, M: 8, KH: 3, KW: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		{N: 3, C: 5, H: 7, W: 7, M: 7, KH: 3, KW: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		{N: 3, C: 64, H: 4, W: 4, M: 13, KH: 3, KW: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		{N: 2, C: 4, H: 14, W: 14, M: 6, KH: 1, KW: 1},
		{N: 2, C: 4, H: 16, W: 16, M: 6, KH: 1, KW: 1},
		{N: 2, C: 4, H: 15, W: 14, M: 6, KH: 1, KW: 1, StrideH: 2, StrideW: 2},
		{N: 2, C: 3, H: 23, W: 21, M: 6, KH: 7, KW: 7, StrideH: 2, StrideW: 2, PadTop: 3, PadLeft: 3, PadBottom: 3, PadRight: 3},
		{N: 1, C: 3, H: 24, W: 24, M: 10, KH: 8, KW: 8, StrideH: 8, StrideW: 8},
		{N: 2, C: 6, H: 9, W: 11, M: 9, KH: 3, KW: 2, StrideH: 3, StrideW: 2, DilH: 2, DilW: 3, PadTop: 2, PadRight: 4, Groups: 3},
		{N: 2, C: 6, H: 10, W: 33, M: 6, KH: 3, KW: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, Groups: 6},
		{N: 2, C: 4, H: 11, W: 7, M: 8, KH: 5, KW: 3, StrideH: 2, StrideW: 2, PadTop: 2, PadLeft: 1, Groups: 4},
		{N: 3, C: 8, H: 1, W: 50, M: 5, KH: 1, KW: 5, DilW: 2, PadLeft: 8},
		{N: 1, C: 2, H: 40, W: 40, M: 2, KH: 31, KW: 31, PadTop: 15, PadLeft: 15, PadBottom: 15, PadRight: 15},
		{N: 5, C: 200, H: 3, W: 3, M: 20, KH: 2, KW: 2},
		{N: 1, C: 200, H: 5, W: 5, M: 300, KH: 1, KW: 1},
		{N: 1, C: 30, H: 4, W: 4, M: 290, KH: 3, KW: 3},
		{N: 2, C: 3, H: 5, W: 5, M: 4, KH: 1, KW: 1, PadTop: 1, PadLeft: 2, PadBottom: 1, PadRight: 2},
	}
	for i := range list {
		list[i] = shape(list[i])
	}
	return list
}

func TestConv32(t *testing.T) { eachSet(t, testConv32) }

func testConv32(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, s := range convShapes() {
		x, w := random[float32](r, s.N*s.C*s.H*s.W), random[float32](r, s.M*s.depth())
		bias := random[float32](r, s.M)
		want, size := slowConv(s, x, w, bias)
		residual := random[float32](r, len(want))
		for form := range 3 {
			ep := []Epilogue{{}, {Act: ActRelu}, {Residual: residual, Act: ActClip, Lo: -0.5, Hi: 2}}[form]
			y := make([]float32, len(want))
			Conv32(1, s, x, w, bias, y, ep)
			for i, v := range y {
				expect := want[i]
				switch form {
				case 1:
					expect = max(expect, 0)
				case 2:
					expect = min(max(expect+float64(residual[i]), -0.5), 2)
				}
				if !(math.Abs(float64(v)-expect) <= 6e-8*(float64(s.depth())*size[i]+8*math.Abs(want[i])+8)) {
					t.Fatalf("%+v form %d: y[%d] is %v, want %v", s, form, i, v, expect)
				}
			}
			packed := PackConv32(s, w)
			for _, workers := range []int{2, 8} {
				z := make([]float32, len(want))
				ConvPacked32(workers, s, x, packed, bias, z, ep)
				for i := range z {
					if z[i] != y[i] {
						t.Fatalf("%+v form %d: %d workers give other bits at %d: %v, %v", s, form, workers, i, z[i], y[i])
					}
				}
			}
		}
	}
}

func TestConv64(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	eachSet(t, func(t *testing.T) {
		for _, s := range convShapes() {
			x, w := random[float64](r, s.N*s.C*s.H*s.W), random[float64](r, s.M*s.depth())
			bias := random[float64](r, s.M)
			want, size := slowConv(s, x, w, bias)
			y := make([]float64, len(want))
			Conv64(nil, 2, s, x, w, bias, y)
			for i, v := range y {
				if !(math.Abs(v-want[i]) <= 2e-16*(float64(s.depth())*size[i]+8*math.Abs(want[i])+8)) {
					t.Fatalf("%+v: y[%d] is %v, want %v", s, i, v, want[i])
				}
			}
		}
	})
}

// BenchmarkConv32 has the convolutions of ResNet-18 on 32 x 32 images and two of MobileNet.
func BenchmarkConv32(b *testing.B) {
	for _, s := range []ConvShape{
		{C: 3, H: 32, M: 64, KH: 3}, {C: 64, H: 32, M: 64, KH: 3}, {C: 64, H: 32, M: 128, KH: 3, StrideH: 2}, {C: 128, H: 16, M: 128, KH: 3},
		{C: 128, H: 16, M: 256, KH: 3, StrideH: 2}, {C: 256, H: 8, M: 256, KH: 3}, {C: 256, H: 8, M: 512, KH: 3, StrideH: 2},
		{C: 512, H: 4, M: 512, KH: 3}, {C: 64, H: 32, M: 128, KH: 1, StrideH: 2}, {C: 256, H: 14, M: 256, KH: 3},
		{C: 96, H: 28, M: 96, KH: 3, Groups: 96}, {C: 96, H: 28, M: 96, KH: 1}} {
		s.N, s.W, s.KW, s.StrideW = 32, s.H, s.KH, s.StrideH
		s.PadTop, s.PadLeft, s.PadBottom, s.PadRight = s.KH/2, s.KH/2, s.KH/2, s.KH/2
		s = shape(s)
		b.Run(fmt.Sprintf("c=%d/h=%d/m=%d/k=%d/s=%d", s.C, s.H, s.M, s.KH, s.StrideH), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			x, w := random[float32](r, s.N*s.C*s.H*s.W), PackConv32(s, random[float32](r, s.M*s.depth()))
			y, bias := make([]float32, s.N*s.M*s.pixels()), make([]float32, s.M)
			for b.Loop() {
				ConvPacked32(1, s, x, w, bias, y, Epilogue{Act: ActRelu})
			}
			b.ReportMetric(2*float64(s.N*s.M*s.pixels()*s.depth())*float64(b.N)/1e9/b.Elapsed().Seconds(), "GF/s")
		})
	}
}
