package grad_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/tensor"
)

// chain is a network of nodes behind inputs of fixed sizes.
func chain(inputs map[string][]int, weights map[string]tensor.Tensor, nodes ...graph.Node) *graph.Graph {
	g := &graph.Graph{Weights: weights, Nodes: nodes, Outputs: nodes[len(nodes)-1].Outputs[:1]}
	for _, name := range []string{"x", "s", "w", "by"} {
		if sizes, ok := inputs[name]; ok {
			v := graph.Value{Name: name, DType: tensor.Float32, Shape: []graph.Dim{}}
			for _, n := range sizes {
				v.Shape = append(v.Shape, graph.Dim{Size: n})
			}
			g.Inputs = append(g.Inputs, v)
		}
	}
	g.Values = shape.Infer(g)
	return g
}

func node(operator, out, in string) graph.Node {
	return graph.Node{Name: out, Op: operator, Inputs: strings.Split(in, " "), Outputs: strings.Split(out, " ")}
}

func wants(t *testing.T, g *graph.Graph, feeds map[string]tensor.Tensor, want map[string][]float64) {
	t.Helper()
	var wrt []string
	for name := range want {
		wrt = append(wrt, name)
	}
	r, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: g.Outputs[0], By: "by"}}, Values: wrt})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Flat) > 0 {
		t.Errorf("paths end at %v", r.Flat)
	}
	got := run(t, r.Graph, feeds, names(r, wrt), false)
	for name, list := range want {
		d := got[r.Names[name]].Float32s()
		for i, w := range list {
			if len(d) != len(list) || math.Abs(float64(d[i])-w) > 1e-4*max(1, math.Abs(w)) {
				t.Errorf("gradient of %s is %v, want %v", name, d, list)
				break
			}
		}
	}
}

// TestStraightThrough: PyTorch 2.15.0's fake_quantize_per_tensor_affine for the values, and the gradients of scales
// of its _fake_quantize_learnable_per_tensor_affine and _per_channel_affine.
func TestStraightThrough(t *testing.T) {
	x := tensor.Of([]float32{-3, -1.3, -0.26, 0, 0.11, 0.74, 1.9, 7, 100}, 9)
	g := chain(map[string][]int{"x": {9}, "s": {}}, map[string]tensor.Tensor{"z": tensor.Scalar(uint8(20))}, node("QuantizeLinear", "q", "x s z"), node("DequantizeLinear", "y", "q s z"))
	wants(t, g, map[string]tensor.Tensor{"x": x, "s": tensor.Scalar(float32(0.05)), "by": tensor.Of([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9}, 9)},
		map[string][]float64{"x": {0, 0, 3, 4, 5, 6, 7, 8, 0}, "s": {2055.8}})

	rows := chain(map[string][]int{"x": {2, 3}, "s": {2}}, map[string]tensor.Tensor{"z": tensor.Of([]int8{0, 0}, 2)},
		node("QuantizeLinear", "q", "x s z"), node("Transpose", "turned", "q"), node("DequantizeLinear", "y", "turned s z"))
	rows.Nodes[0].Attributes, rows.Nodes[2].Attributes = attr("axis", 0), attr("axis", 1)
	wants(t, rows, map[string]tensor.Tensor{"x": tensor.Of([]float32{-3, 0.4, 2.2, 0.31, 5, -0.2}, 2, 3), "s": tensor.Of([]float32{0.02, 0.03}, 2),
		"by": tensor.Of([]float32{1, 4, 2, 5, 3, 6}, 3, 2)}, map[string][]float64{"x": {0, 2, 3, 4, 0, 6}, "s": {-128, 631.6667}})
}

// TestQuantizedProducts: the gradient is that of the product of what the whole numbers stand for, so the other
// factor's rounded values times the outputs' gradient.
func TestQuantizedProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 1))
	narrow := func(x tensor.Tensor) tensor.Tensor {
		v := make([]float32, x.Len())
		for i, f := range x.Float64s() {
			v[i] = float32(f)
		}
		return tensor.Of(v, x.Shape()...)
	}
	weights := map[string]tensor.Tensor{"sx": tensor.Scalar(float32(0.02)), "zx": tensor.Scalar(uint8(110)), "sw": tensor.Scalar(float32(0.01)), "zw": tensor.Scalar(int8(3)),
		"sy": tensor.Scalar(float32(0.0625)), "zy": tensor.Scalar(uint8(128)), "bias": tensor.Of([]int32{100, -200}, 2)}
	both := []graph.Node{node("QuantizeLinear", "qx", "x sx zx"), node("QuantizeLinear", "qw", "w sw zw")}
	apart := append(both, node("DequantizeLinear", "dx", "qx sx zx"), node("DequantizeLinear", "dw", "qw sw zw"))
	dynamic := []graph.Node{node("DynamicQuantizeLinear", "qx ax zx2", "x"), both[1], node("MatMulInteger", "i", "qx qw zx2 zw"), node("Cast", "f", "i"), node("Mul", "a", "f ax"), node("Mul", "y", "a sw")}
	dynamic[3].Attributes = attr("to", 1)
	conv := attr("pads", l{1, 0}, "strides", l{2})
	for name, c := range map[string]struct {
		x, w   []int
		got    []graph.Node
		floats graph.Node // of dx and dw
	}{
		"QLinearMatMul": {l{3, 4}, l{4, 2}, append(both, node("QLinearMatMul", "qy", "qx sx zx qw sw zw sy zy"), node("DequantizeLinear", "y", "qy sy zy")), node("MatMul", "y", "dx dw")},
		"QLinearConv": {l{2, 3, 7}, l{2, 3, 3}, append(both, graph.Node{Op: "QLinearConv", Inputs: strings.Split("qx sx zx qw sw zw sy zy bias", " "), Outputs: []string{"qy"}, Attributes: conv}, node("DequantizeLinear", "y", "qy sy zy")),
			graph.Node{Op: "Conv", Inputs: []string{"dx", "dw"}, Outputs: []string{"y"}, Attributes: conv}},
		"MatMulInteger": {l{3, 4}, l{4, 2}, dynamic, node("MatMul", "y", "dx dw")},
	} {
		t.Run(name, func(t *testing.T) {
			feeds := map[string]tensor.Tensor{"x": narrow(unit(r, c.x...)), "w": narrow(unit(r, c.w...))}
			inputs := map[string][]int{"x": c.x, "w": c.w}
			floats, quantised := chain(inputs, weights, append(apart, c.floats)...), chain(inputs, weights, c.got...)
			feeds["by"] = narrow(random(r, run(t, floats, feeds, nil, false)["y"].Shape()...))
			request := grad.Request{Seeds: []grad.Seed{{Value: "y", By: "by"}}, Values: []string{"x", "w"}}
			a, err := grad.Of(t.Context(), floats, request)
			if err != nil {
				t.Fatal(err)
			}
			got, want := run(t, a.Graph, feeds, names(a, request.Values), false), map[string][]float64{}
			for _, s := range request.Values {
				for _, v := range got[a.Names[s]].Float32s() {
					want[s] = append(want[s], float64(v))
				}
			}
			if name == "MatMulInteger" {
				delete(want, "w") // whose other factor is rounded to other steps
			}
			wants(t, quantised, feeds, want)
		})
	}
}

// TestQuantizedRefusals: what is not known to pass such gradients on stops with its name.
func TestQuantizedRefusals(t *testing.T) {
	g := chain(map[string][]int{"x": {1, 1, 4}}, map[string]tensor.Tensor{"scale": tensor.Scalar(float32(0.1)), "z": tensor.Scalar(uint8(0))},
		node("QuantizeLinear", "q", "x scale z"), node("MaxPool", "p", "q"), node("DequantizeLinear", "y", "p scale z"))
	g.Nodes[1].Attributes = attr("kernel_shape", l{2})
	_, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "y"}}, Values: []string{"x"}})
	if want := `node 2 "p": MaxPool (ai.onnx, opset 20) of quantised values has no gradient yet`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
