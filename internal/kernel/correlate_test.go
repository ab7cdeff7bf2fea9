package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Few outputs of filters with many taps, as gradients of depthwise convolutions have them, are those of the
// definition, bit by bit the same for any number of workers, and what no tap sees has no part in them.
func TestCorrelate(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 11))
	var list []ConvShape
	for range 300 {
		groups := 1 + r.IntN(3)
		s := ConvShape{N: 1 + r.IntN(2), C: groups * (1 + r.IntN(3)), M: groups, Groups: groups, KH: 1 + r.IntN(20), KW: 1 + r.IntN(20),
			StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3), DilH: 1 + r.IntN(3), DilW: 1 + r.IntN(3),
			PadTop: r.IntN(3), PadLeft: r.IntN(3), PadBottom: r.IntN(3), PadRight: r.IntN(3)}
		s.H, s.W = max(1, (s.KH-1)*s.DilH+r.IntN(6)-2), max(1, (s.KW-1)*s.DilW+r.IntN(6)-2)
		if s = shape(s); s.OutH > 0 && s.OutW > 0 && s.correlates() {
			list = append(list, s)
		}
	}
	if len(list) < 100 {
		t.Fatalf("%d shapes are of the kind, want more", len(list))
	}
	eachSet(t, func(t *testing.T) {
		for trial, s := range list {
			x, w, bias := random[float32](r, s.N*s.C*s.H*s.W), random[float32](r, s.M*s.depth()), random[float32](r, s.M)
			if trial%3 == 0 {
				x[r.IntN(len(x))] = float32(math.Inf(1))
			}
			want, size := slowConv(s, x, w, bias)
			y, again := make([]float32, len(want)), make([]float32, len(want))
			Conv32(1, s, x, w, bias, y, Epilogue{})
			Conv32(3, s, x, w, bias, again, Epilogue{})
			for i, v := range want {
				if math.IsInf(v, 0) || math.IsNaN(v) {
					if !math.IsInf(float64(y[i]), 0) && !math.IsNaN(float64(y[i])) {
						t.Fatalf("%+v: output %d is %v, want %v", s, i, y[i], v)
					}
					continue
				}
				if !(math.Abs(float64(y[i])-v) <= 3e-7*(size[i]+1)) {
					t.Fatalf("%+v: output %d is %v, want %v", s, i, y[i], v)
				}
				if y[i] != again[i] {
					t.Fatalf("%+v: output %d is %v of one worker, %v of three", s, i, y[i], again[i])
				}
			}
		}
	})
}
