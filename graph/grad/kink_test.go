package grad_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// TestKinks: where the derivative does not exist it is PyTorch 2.15.0's, whose values these are.
func TestKinks(t *testing.T) {
	nan := math.NaN() // not compared: an integer, or a bound
	for _, k := range []struct {
		operator string
		attr     op.Attributes
		in       []tensor.Tensor
		want     [][]float64
	}{
		{"Relu", nil, []tensor.Tensor{floats(0, math.Copysign(0, -1))}, [][]float64{{0, 0}}},
		{"Abs", nil, []tensor.Tensor{floats(0)}, [][]float64{{0}}},
		{"LeakyRelu", attr("alpha", float32(0.25)), []tensor.Tensor{floats(0)}, [][]float64{{0.25}}},
		{"Elu", attr("alpha", float32(1.5)), []tensor.Tensor{floats(0)}, [][]float64{{1.5}}},
		{"Celu", attr("alpha", float32(1.5)), []tensor.Tensor{floats(0)}, [][]float64{{1}}},
		{"Selu", nil, []tensor.Tensor{floats(0)}, [][]float64{{1.7580993408473766}}},
		{"Clip", nil, []tensor.Tensor{floats(-1, 1, 2, 0.5), scalar(-1), scalar(1)}, [][]float64{{0, 0, 0, 1}, {nan}, {nan}}},
		{"Max", nil, []tensor.Tensor{floats(1, 2), floats(1, 1)}, [][]float64{{0.5, 1}, {0.5, 0}}},
		{"Min", nil, []tensor.Tensor{floats(1, 2), floats(1, 1)}, [][]float64{{0.5, 0}, {0.5, 1}}},
		{"ReduceMax", nil, []tensor.Tensor{floats(3, 3, 1)}, [][]float64{{0.5, 0.5, 0}}},
		{"HardSigmoid", attr("alpha", float32(0.25)), []tensor.Tensor{floats(-2, 2)}, [][]float64{{0, 0}}},
		{"HardSwish", nil, []tensor.Tensor{floats(-3, 3)}, [][]float64{{0, 1}}},
		{"Softsign", nil, []tensor.Tensor{floats(0)}, [][]float64{{1}}},
		{"ReduceL2", nil, []tensor.Tensor{floats(0, 0)}, [][]float64{{0, 0}}},
		{"ReduceL1", nil, []tensor.Tensor{floats(0)}, [][]float64{{0}}},
		{"PRelu", nil, []tensor.Tensor{floats(0), floats(0.25)}, [][]float64{{0.25}, {0}}},
		{"MaxPool", attr("kernel_shape", l{2}, "strides", l{2}), []tensor.Tensor{tensor.Of([]float64{1, 1, 0, 2}, 1, 1, 4)}, [][]float64{{1, 0, 0, 1}}},
		{"Pow", nil, []tensor.Tensor{floats(0, 0, 0), floats(0, 1, 2)}, [][]float64{{0, 1, 0}, {nan, nan, 0}}},
		{"ThresholdedRelu", nil, []tensor.Tensor{floats(1)}, [][]float64{{0}}},
		{"Shrink", attr("lambd", float32(0.5), "bias", float32(0.5)), []tensor.Tensor{floats(0.5, -0.5)}, [][]float64{{0, 0}}},
		{"ReduceProd", nil, []tensor.Tensor{floats(0, 2, 0)}, [][]float64{{0, 0, 0}}},
		{"ReduceProd", nil, []tensor.Tensor{floats(0, 2, 3)}, [][]float64{{6, 0, 0}}},
		{"Sqrt", nil, []tensor.Tensor{floats(0)}, [][]float64{{math.Inf(1)}}},
	} {
		c := &check{op: k.operator, attr: k.attr, in: k.in}
		g, feeds := c.graph(false)
		wrt := c.wrt(feeds)
		r, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "y0"}}, Values: wrt})
		if err != nil {
			t.Fatal(err)
		}
		got := run(t, r.Graph, feeds, names(r, wrt), true)
		for i, want := range k.want {
			for n, v := range got[r.Names[fmt.Sprintf("x%d", i)]].Float64s() {
				if w := want[n]; w == w && v != w && math.Abs(v-w) > 1e-7 {
					t.Errorf("%s %v: gradient %d at %d is %g, want %g", k.operator, k.attr, i+1, n, v, w)
				}
			}
		}
	}
}
