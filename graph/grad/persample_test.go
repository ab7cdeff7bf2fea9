package grad_test

import (
	"fmt"
	"github.com/stratascope/stratascope/engine/enginetest"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// TestPerSample: the gradients for each sample, and their norms, are those of runs with one sample.
func TestPerSample(t *testing.T) {
	for _, name := range []string{"perceptron-old", "lenet-old", "mobilenet-old-bn", "resnet18-old-bn", "vit-old", "gpt-old", "gptmask-old", "encoder-old"} {
		t.Run(name, func(t *testing.T) {
			g := load(t, golden+"forward/"+name+".onnx")
			family, _, _ := strings.Cut(name, "-")
			feeds := enginetest.Archive(t, golden+"forward/"+family+".input.npz")
			seeds := []grad.Seed{{Value: "logits", By: "by"}}
			feeds["by"] = random(rand.New(rand.NewPCG(3, 3)), run(t, g, feeds, nil, false)["logits"].Shape()...)
			gradientsHold(t, g, feeds, seeds, parameters(t, g, name))
		})
	}
}

// parameters lists what make_gradients.py found to be parameters.
func parameters(t *testing.T, g *graph.Graph, name string) (out []string) {
	for s := range enginetest.Archive(t, golden+"gradient/"+name+".npz") {
		if _, ok := g.Weights[s]; ok {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// gradientsHold compares gradients for each sample with those of runs with one.
func gradientsHold(t *testing.T, g *graph.Graph, feeds map[string]tensor.Tensor, seeds []grad.Seed, weights []string) {
	t.Helper()
	plain, err := grad.Of(t.Context(), g, grad.Request{Seeds: seeds, Values: weights})
	if err != nil {
		t.Fatal(err)
	}
	each, err := grad.Of(t.Context(), g, grad.Request{Seeds: seeds, PerSample: weights})
	if err != nil {
		t.Fatal(err)
	}
	norms, err := grad.Of(t.Context(), g, grad.Request{Seeds: seeds, Norms: weights})
	if err != nil {
		t.Fatal(err)
	}
	samples := 0
	for _, x := range feeds {
		samples = x.Dim(0)
	}
	got := run(t, each.Graph, feeds, slices.Collect(maps.Values(each.PerSample)), true)
	squared := run(t, norms.Graph, feeds, slices.Collect(maps.Values(norms.Norms)), true)
	for s := range samples {
		one := map[string]tensor.Tensor{}
		for name, x := range feeds {
			one[name] = x.Rows(s, s+1)
		}
		want := run(t, plain.Graph, one, names(plain, weights), true)
		for _, name := range weights {
			w, d := want[plain.Names[name]], got[each.PerSample[name]]
			if !slices.Equal(d.Shape(), append([]int{samples}, w.Shape()...)) {
				t.Fatalf("%s: shape %v for a weight of %v", name, d.Shape(), w.Shape())
			}
			row, sum, largest := d.Rows(s, s+1).Float64s(), 0.0, 1e-9
			for i, v := range w.Float64s() {
				sum += v * v
				largest = max(largest, math.Abs(v))
				if math.Abs(v-row[i]) > 1e-10*max(1, largest) {
					t.Fatalf("%s, sample %d: %g at %d, alone %g", name, s, row[i], i, v)
				}
			}
			if n := squared[norms.Norms[name]].Float64s()[s]; math.Abs(n-sum) > 1e-10*max(1, sum) {
				t.Errorf("%s, sample %d: squared norm %g, want %g", name, s, n, sum)
			}
		}
	}
}

// TestPerSampleOperators: forms that the networks above do not have.
func TestPerSampleOperators(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	a := func(operator string, attributes op.Attributes, x l, weights ...l) {
		t.Run(operator+fmt.Sprint(attributes, x, weights), func(t *testing.T) {
			g := &graph.Graph{Weights: map[string]tensor.Tensor{}, Values: map[string]graph.Value{}, Outputs: []string{"logits"}}
			v := graph.Value{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}}}
			for _, n := range x[1:] {
				v.Shape = append(v.Shape, graph.Dim{Size: n})
			}
			n := graph.Node{Op: operator, Attributes: attributes, Inputs: []string{"x"}, Outputs: []string{"logits"}}
			for i, shape := range weights {
				name := fmt.Sprintf("w%d", i)
				w := tensor.New(tensor.Float32, shape...)
				for k, f := range positive(r, shape...).Float64s() {
					w.Float32s()[k] = float32(f)
				}
				g.Weights[name] = w
				n.Inputs = append(n.Inputs, name)
			}
			g.Inputs, g.Nodes = []graph.Value{v}, []graph.Node{n}
			feeds := map[string]tensor.Tensor{"x": random(r, x...)}
			feeds["by"] = random(r, run(t, g, feeds, nil, true)["logits"].Shape()...)
			gradientsHold(t, g, feeds, []grad.Seed{{Value: "logits", By: "by"}}, slices.Sorted(maps.Keys(g.Weights)))
		})
	}
	a("Conv", attr("strides", l{2, 1}, "dilations", l{1, 2}, "pads", l{1, 0, 2, 1}), l{3, 3, 6, 7}, l{4, 3, 3, 2}, l{4})
	a("Conv", attr("group", 2, "strides", l{2}), l{3, 4, 7}, l{6, 2, 3}, l{6})
	a("Conv", attr("auto_pad", "SAME_UPPER"), l{2, 2, 4, 3, 3}, l{3, 2, 2, 2, 2})
	a("ConvTranspose", attr("group", 2, "strides", l{2, 3}, "pads", l{1, 0, 0, 1}, "output_padding", l{1, 0}), l{3, 4, 3, 4}, l{4, 3, 3, 3}, l{6})
	a("Gemm", attr("transB", 1, "alpha", float32(1.5), "beta", float32(0.5)), l{3, 4}, l{5, 4}, l{5})
	a("Gemm", nil, l{3, 4}, l{4, 5}, l{1, 5})
	a("MatMul", nil, l{3, 2, 7, 4}, l{4, 5})
	a("MatMul", nil, l{3, 2, 9}, l{9, 8})
	a("GroupNormalization", attr("num_groups", 2), l{3, 4, 5, 2}, l{4}, l{4})
	a("GroupNormalization", attr("num_groups", 2), l{3, 4, 5, 2}, l{2}, l{2})
	a("InstanceNormalization", nil, l{3, 4, 5, 2}, l{4}, l{4})
	a("LayerNormalization", attr("axis", 1), l{3, 4, 5}, l{4, 5}, l{5})
	a("PRelu", nil, l{3, 4, 5}, l{4, 1})
	a("Div", nil, l{3, 4, 5}, l{5})
	a("Sub", nil, l{3, 4, 5}, l{1, 4, 1})
	a("Mul", nil, l{3, 4, 5}, l{1})
}
