package op

import (
	"math"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// Sums and means around channels are those of the definition, for any number of workers.
func TestReduceAroundChannels(t *testing.T) {
	v := tensor.New(tensor.Float32, 5, 3, 7, 101)
	for i := range v.Float32s() {
		v.Float32s()[i] = float32(math.Sin(float64(i))) + 100*float32(i/707%3)
	}
	var want [3]float64
	for i, x := range v.Float32s() {
		want[i/707%3] += float64(x)
	}
	axes := tensor.Of([]int64{0, 2, 3}, 3)
	for _, workers := range []int{1, 3} {
		for _, c := range []struct {
			op *Op
			by float64
		}{{ReduceSum, 1}, {ReduceMean, 5 * 707}} {
			out, err := c.op.Run(&Exec{Workers: workers}, Attributes{"keepdims": int64(0)}, []tensor.Tensor{v, axes})
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range out[0].Float32s() {
				if w := float32(want[i] / c.by); math.Abs(float64(x-w)) > 1e-6*math.Abs(float64(w)) {
					t.Errorf("%s of channel %d is %v, want %v", c.op.Name, i, x, w)
				}
			}
		}
	}
}

// Sums and means of columns, more than are added at a time, are those of the definition in its order.
func TestReduceColumns(t *testing.T) {
	const outer, n, inner = 2, 40, 2500
	v := tensor.New(tensor.Float32, outer, n, inner)
	for i := range v.Float32s() {
		v.Float32s()[i] = float32(math.Sin(float64(i)))
	}
	for _, workers := range []int{1, 3} {
		for _, o := range []*Op{ReduceSum, ReduceMean} {
			out, err := o.Run(&Exec{Workers: workers}, Attributes{}, []tensor.Tensor{v, tensor.Of([]int64{1}, 1)})
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range out[0].Float32s() {
				want := 0.0
				for k := range n {
					want += float64(v.Float32s()[(i/inner*n+k)*inner+i%inner])
				}
				if o == ReduceMean {
					want /= n
				}
				if got != float32(want) {
					t.Fatalf("%s of column %d is %v, want %v", o.Name, i, got, want)
				}
			}
		}
	}
}
