package op

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// TestLSTMInSinglePrecision compares the vector functions of an LSTM with its formulas in double precision, for unit
// counts that fill vectors and that do not, and for sequences of several lengths.
func TestLSTMInSinglePrecision(t *testing.T) {
	const steps, batch, inputs, dirs = 7, 3, 5, 2
	for _, units := range []int{1, 7, 16, 33} {
		r := rand.New(rand.NewPCG(uint64(units), 9))
		draw := func(shape ...int) [2]tensor.Tensor {
			single, double := tensor.New(tensor.Float32, shape...), tensor.New(tensor.Float64, shape...)
			for i := range single.Float32s() {
				v := float32(r.NormFloat64())
				single.Float32s()[i], double.Float64s()[i] = v, float64(v)
			}
			return [2]tensor.Tensor{single, double}
		}
		all := [][2]tensor.Tensor{draw(steps, batch, inputs), draw(dirs, 4*units, inputs), draw(dirs, 4*units, units), draw(dirs, 8*units), {}, draw(dirs, batch, units), draw(dirs, batch, units)}
		lengths := tensor.Of([]int32{7, 2, 5}, batch)
		all[4] = [2]tensor.Tensor{lengths, lengths}
		var out [2][]tensor.Tensor
		for i := range out {
			var in []tensor.Tensor
			for _, v := range all {
				in = append(in, v[i])
			}
			var err error
			if out[i], err = LSTM.Run(&Exec{Workers: 1, Outputs: 3}, Attributes{"direction": "bidirectional", "hidden_size": int64(units)}, in); err != nil {
				t.Fatal(err)
			}
		}
		for k, want := range out[1] {
			for i, w := range want.Float64s() {
				if got := float64(out[0][k].Float32s()[i]); math.Abs(got-w) > 3e-6 {
					t.Errorf("%d units, output %d, element %d is %v, want %v", units, k, i, got, w)
					break
				}
			}
		}
	}
}

// TestLSTMOfManySamples compares an LSTM that runs all samples at once with its formulas in double precision, in each
// direction and layout, and with itself on two workers.
func TestLSTMOfManySamples(t *testing.T) {
	const steps, inputs = 6, 5
	for _, batch := range []int{16, 19, 32, 45} {
		for trial, direction := range []string{"forward", "reverse", "bidirectional", "bidirectional"} {
			units, dirs, layout := []int{1, 7, 24, 30}[trial], 1+trial/2, int64(trial%2)
			r := rand.New(rand.NewPCG(uint64(batch), uint64(trial)))
			shapes := [][]int{{steps, batch, inputs}, {dirs, 4 * units, inputs}, {dirs, 4 * units, units}, {dirs, 8 * units}, nil, {dirs, batch, units}, {dirs, batch, units}}
			if layout == 1 {
				shapes[0], shapes[5], shapes[6] = []int{batch, steps, inputs}, []int{batch, dirs, units}, []int{batch, dirs, units}
			}
			single, double := make([]tensor.Tensor, len(shapes)), make([]tensor.Tensor, len(shapes))
			for i, shape := range shapes {
				if shape == nil || trial == 0 && i == 5 {
					continue
				}
				single[i], double[i] = tensor.New(tensor.Float32, shape...), tensor.New(tensor.Float64, shape...)
				for k := range single[i].Float32s() {
					v := float32(r.NormFloat64())
					single[i].Float32s()[k], double[i].Float64s()[k] = v, float64(v)
				}
			}
			a := Attributes{"direction": direction, "hidden_size": int64(units), "layout": layout}
			var out [3][]tensor.Tensor
			for i, in := range [][]tensor.Tensor{single, single, double} {
				var err error
				if out[i], err = LSTM.Run(&Exec{Workers: 1 + i, Outputs: 3}, a, in); err != nil {
					t.Fatal(err)
				}
			}
			for k, want := range out[2] {
				for i, w := range want.Float64s() {
					got := out[0][k].Float32s()[i]
					if math.Abs(float64(got)-w) > 4e-6 {
						t.Fatalf("%d samples, %s, output %d, element %d is %v, want %v", batch, direction, k, i, got, w)
					}
					if two := out[1][k].Float32s()[i]; two != got {
						t.Fatalf("%d samples, %s, output %d, element %d is %v on two workers, %v on one", batch, direction, k, i, two, got)
					}
				}
			}
		}
	}
}

// TestMaxPoolTakesEveryWindow compares with the definition, for pads, strides, dilations and NaN.
func TestMaxPoolTakesEveryWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for trial := range 300 {
		h, w := 1+r.IntN(9), 1+r.IntN(40)
		k, s, d := [2]int{1 + r.IntN(3), 1 + r.IntN(3)}, [2]int{1 + r.IntN(3), 1 + r.IntN(3)}, [2]int{1 + r.IntN(2), 1 + r.IntN(2)}
		p := [4]int{r.IntN(k[0]), r.IntN(k[1]), r.IntN(k[0]), r.IntN(k[1])}
		if trial%4 == 0 { // two by two values side by side have a kernel of their own
			k, s, d, p = [2]int{2, 2}, [2]int{2, 2}, [2]int{1, 1}, [4]int{}
		}
		x := tensor.New(tensor.Float32, 1, 1, h, w)
		for i := range x.Float32s() {
			if x.Float32s()[i] = float32(r.NormFloat64()); r.IntN(20) == 0 {
				x.Float32s()[i] = float32(math.NaN())
			}
		}
		ints := func(v ...int) []int64 {
			out := make([]int64, len(v))
			for i := range v {
				out[i] = int64(v[i])
			}
			return out
		}
		out, err := MaxPool.Run(&Exec{Workers: 1, Outputs: 1}, Attributes{"kernel_shape": ints(k[:]...), "strides": ints(s[:]...), "dilations": ints(d[:]...), "pads": ints(p[:]...)}, []tensor.Tensor{x})
		if err != nil {
			continue // a window larger than the image
		}
		y := out[0]
		for i, got := range y.Float32s() {
			oy, ox := i/y.Dim(3), i%y.Dim(3)
			want := math.Inf(-1)
			for ky := range k[0] {
				for kx := range k[1] {
					iy, ix := oy*s[0]-p[0]+ky*d[0], ox*s[1]-p[1]+kx*d[1]
					if iy >= 0 && iy < h && ix >= 0 && ix < w {
						want = max(want, float64(x.Float32s()[iy*w+ix]))
					}
				}
			}
			if float64(got) != want && !(math.IsNaN(want) && math.IsNaN(float64(got))) {
				t.Fatalf("kernel %v strides %v dilations %v pads %v of %dx%d: output %d is %v, want %v", k, s, d, p, h, w, i, got, want)
			}
		}
	}
}

// TestActivationsAreCounted: however many samples there are, a list of one function for three is refused.
func TestActivationsAreCounted(t *testing.T) {
	for _, batch := range []int{fewest - 1, fewest} {
		in := []tensor.Tensor{tensor.New(tensor.Float32, 2, batch, 3), tensor.New(tensor.Float32, 1, 8, 3), tensor.New(tensor.Float32, 1, 8, 2)}
		a := Attributes{"hidden_size": int64(2), "activations": []string{"Sigmoid"}}
		if _, err := LSTM.Run(&Exec{Workers: 1, Outputs: 3}, a, in); err == nil {
			t.Errorf("%d samples: one activation was not refused", batch)
		}
	}
}
