package op

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// TestMaxPoolFindsItsMaxima compares places with the definition: the first of equal values, zeros of both signs
// being equal, and the first NaN before any number.
func TestMaxPoolFindsItsMaxima(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 3))
	ints := func(v ...int) (out []int64) {
		for _, n := range v {
			out = append(out, int64(n))
		}
		return out
	}
	for trial := range 300 {
		h, w := 1+r.IntN(9), 1+r.IntN(20)
		k, s, d := [2]int{1 + r.IntN(3), 1 + r.IntN(3)}, [2]int{1 + r.IntN(3), 1 + r.IntN(3)}, [2]int{1 + r.IntN(2), 1 + r.IntN(2)}
		p := [4]int{r.IntN(k[0]), r.IntN(k[1]), r.IntN(k[0]), r.IntN(k[1])}
		x := tensor.New(tensor.Float32, 2, 1, h, w)
		for i := range x.Float32s() {
			if x.Float32s()[i] = float32(r.IntN(5)-2) * float32(math.Copysign(1, r.NormFloat64())); trial%3 == 0 && r.IntN(20) == 0 {
				x.Float32s()[i] = float32(math.NaN())
			}
		}
		a := Attributes{"kernel_shape": ints(k[:]...), "strides": ints(s[:]...), "dilations": ints(d[:]...), "pads": ints(p[:]...)}
		out, err := MaxPool.Run(&Exec{Workers: 1, Outputs: 2}, a, []tensor.Tensor{x})
		if err != nil {
			continue // a window larger than the image
		}
		y := out[0]
		for i, got := range out[1].Int64s() {
			plane, oy, ox := i/(y.Dim(2)*y.Dim(3)), i/y.Dim(3)%y.Dim(2), i%y.Dim(3)
			best, at := float32(math.Inf(-1)), -1
			for ky := range k[0] {
				for kx := range k[1] {
					iy, ix := oy*s[0]-p[0]+ky*d[0], ox*s[1]-p[1]+kx*d[1]
					if iy < 0 || iy >= h || ix < 0 || ix >= w {
						continue
					}
					if v := x.Float32s()[(plane*h+iy)*w+ix]; at < 0 || v > best || v != v && best == best {
						best, at = v, iy*w+ix
					}
				}
			}
			if want := int64(plane*h*w + at); got != want || math.Float32bits(y.Float32s()[i]) != math.Float32bits(best) {
				t.Fatalf("kernel %v strides %v dilations %v pads %v of %dx%d: output %d is %v at %d, want %v at %d", k, s, d, p, h, w, i, y.Float32s()[i], got, best, want)
			}
		}
	}
}
