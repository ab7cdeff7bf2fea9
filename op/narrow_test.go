package op

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// TestNarrowedByTable holds casts to eight bits and less against the values the types have: the nearest of all
// codes, written out from their definitions (ONNX, "Float stored in 8 bits"; OCP Microscaling Formats 1.0).
func TestNarrowedByTable(t *testing.T) {
	for to, f := range narrowFloats {
		var codes []float64 // not negative, in order
		for e := f.least; ; e++ {
			for m := range 1 << f.mantissa {
				if e == f.least {
					codes = append(codes, math.Ldexp(float64(m), e-f.mantissa)) // subnormal
				}
			}
			for m := range 1 << f.mantissa {
				if v := math.Ldexp(1+float64(m)/float64(int(1)<<f.mantissa), e); v <= f.top {
					codes = append(codes, v)
				}
			}
			if codes[len(codes)-1] == f.top {
				break
			}
		}
		for i, lo := range codes[:len(codes)-1] {
			hi := codes[i+1]
			middle := (lo + hi) / 2
			even := lo
			if i%2 == 1 { // codes alternate between even and odd mantissas
				even = hi
			}
			for v, want := range map[float64]float64{lo: lo, middle: even, math.Nextafter(middle, 0): lo, math.Nextafter(middle, hi): hi, -math.Nextafter(middle, hi): -hi} {
				if got := f.round(v, false); got != want {
					t.Errorf("type %d: %v is rounded to %v, want %v", to, v, got, want)
				}
			}
		}
		if got := f.round(2*f.top, true); got != f.top {
			t.Errorf("type %d: twice the top is held at %v, want %v", to, got, f.top)
		}
	}
}

// TestNarrowIntegersWrap: integers of four and two bits keep their low bits.
func TestNarrowIntegersWrap(t *testing.T) {
	in := tensor.Of([]int64{-9, -8, 7, 8, 17, math.MinInt64, math.MaxInt64}, 7)
	for to, want := range map[int64][]int64{onnxInt4: {7, -8, 7, -8, 1, 0, -1}, onnxUint4: {7, 8, 7, 8, 1, 0, 15}, onnxInt2: {-1, 0, -1, 0, 1, 0, -1}, onnxUint2: {3, 0, 3, 0, 1, 0, 3}} {
		out, err := Cast.Run(&Exec{}, Attributes{"to": to}, []tensor.Tensor{in})
		if err != nil {
			t.Fatal(err)
		}
		got, err := intsOf(out[0])
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if got[i] != w {
				t.Errorf("type %d: %v becomes %v, want %v", to, in.Int64s(), got, want)
				break
			}
		}
	}
}
