package grad_test

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// small is y = relu(x w + b) with more nodes behind it.
func small(more ...graph.Node) *graph.Graph {
	g := &graph.Graph{
		Inputs:  []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 2}}}},
		Outputs: []string{"y"},
		Weights: map[string]tensor.Tensor{"w": tensor.Of([]float32{1, -2, 3, 4, -5, 6}, 2, 3), "b": tensor.Of([]float32{1, 1, 1}, 3), "unread": tensor.Of([]float32{1}, 1)},
		Nodes: []graph.Node{
			{Name: "fc", Op: "MatMul", Inputs: []string{"x", "w"}, Outputs: []string{"product"}},
			{Name: "bias", Op: "Add", Inputs: []string{"product", "b"}, Outputs: []string{"linear"}},
			{Name: "act", Op: "Relu", Inputs: []string{"linear"}, Outputs: []string{"y"}},
		},
		Values: map[string]graph.Value{},
	}
	g.Nodes = append(g.Nodes, more...)
	g.Layers = graph.Layers(g)
	return g
}

// training is small with a dropout that drops.
func training() *graph.Graph {
	g := small(graph.Node{Name: "drop", Scope: "layer9", Op: "Dropout", Inputs: []string{"y", "", "on"}, Outputs: []string{"z"}})
	g.Weights["on"] = tensor.Scalar(true)
	return g
}

// TestOf: by hand, x = (1, 2): xw + b = (1+8+1, -2-10+1, 3+12+1) = (10, -11, 16).
func TestOf(t *testing.T) {
	g := small()
	before := len(g.Nodes)
	r, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "y", By: "by"}}, Values: []string{"x", "w", "linear", "y", "unread"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Nodes) != before || len(g.Inputs) != 1 {
		t.Error("the graph that was given has changed")
	}
	if !slices.Equal(r.Independent, []string{"unread"}) || len(r.Flat) != 0 {
		t.Errorf("independent %v, flat %v", r.Independent, r.Flat)
	}
	feeds := map[string]tensor.Tensor{"x": tensor.Of([]float32{1, 2}, 1, 2), "by": tensor.Of([]float32{10, 20, 30}, 1, 3)}
	got := run(t, r.Graph, feeds, names(r, []string{"x", "w", "linear", "y", "unread"}), false)
	for name, want := range map[string][]float32{"y": {10, 20, 30}, "linear": {10, 0, 30}, "x": {10*1 + 30*3, 10*4 + 30*6}, "w": {10, 0, 30, 20, 0, 60}, "unread": {0}} {
		if v := got[r.Names[name]].Float32s(); !slices.Equal(v, want) {
			t.Errorf("gradient of %s is %v, want %v", name, v, want)
		}
	}
	for _, n := range r.Graph.Nodes[before:] {
		for _, s := range n.Outputs {
			if r.Graph.Values[s].Shape == nil {
				t.Errorf("shape of %s is not known", s)
			}
		}
	}
}

// TestSeveralSeeds adds gradients; a value of the graph may weigh the elements.
func TestSeveralSeeds(t *testing.T) {
	r, err := grad.Of(t.Context(), small(), grad.Request{Seeds: []grad.Seed{{Value: "y"}, {Value: "linear", By: "product"}, {Value: "y", By: "linear"}}, Values: []string{"linear"}})
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, r.Graph, map[string]tensor.Tensor{"x": tensor.Of([]float32{1, 2}, 1, 2)}, names(r, []string{"linear"}), false)
	if v, want := got[r.Names["linear"]].Float32s(), []float32{1 + 9 + 10, -12, 1 + 15 + 16}; !slices.Equal(v, want) {
		t.Errorf("gradient %v, want %v", v, want)
	}
}

func TestRefusals(t *testing.T) {
	seeds := []grad.Seed{{Value: "y"}}
	node := func(operator, domain string) []graph.Node {
		return []graph.Node{{Name: "head", Scope: "layer9.head", Op: operator, Domain: domain, Inputs: []string{"y"}, Outputs: []string{"z"}}}
	}
	for _, c := range []struct {
		g    *graph.Graph
		r    grad.Request
		want string
	}{
		{small(), grad.Request{Values: []string{"x"}}, "no value to differentiate"},
		{small(), grad.Request{Seeds: seeds, Values: []string{"nothing"}}, `the network has no value named "nothing"`},
		{small(), grad.Request{Seeds: []grad.Seed{{Value: "nothing"}}}, `the network has no value named "nothing"`},
		{small(), grad.Request{Seeds: seeds, PerSample: []string{"x"}}, `value "x" is no weight, which gradients for each sample are of`},
		{small(node("BitCast", "")...), grad.Request{Seeds: []grad.Seed{{Value: "z"}}, Values: []string{"x"}}, `node 4 "head" of layer layer9.head: BitCast (ai.onnx, opset 20) has no gradient yet`},
		{small(node("Relu", "com.example")...), grad.Request{Seeds: []grad.Seed{{Value: "z"}}, Values: []string{"x"}}, `node 4 "head" of layer layer9.head: Relu (com.example, opset 20) has no gradient yet`},
		{training(), grad.Request{Seeds: []grad.Seed{{Value: "z"}}, Values: []string{"x"}}, `node 4 "drop" of layer layer9: Dropout (ai.onnx, opset 20) in training has no gradient`},
		{small(), grad.Request{Seeds: seeds, Norms: []string{"unread"}}, `no seed depends on weight "unread": how many samples its gradient is for cannot be told`},
	} {
		if _, err := grad.Of(t.Context(), c.g, c.r); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	// What the seed does not depend on need not have a rule.
	if _, err := grad.Of(t.Context(), small(node("BitCast", "")...), grad.Request{Seeds: seeds, Values: []string{"x"}}); err != nil {
		t.Error(err)
	}
}

// TestInterrupted: at whatever moment the context ends, that is the error.
func TestInterrupted(t *testing.T) {
	g := small()
	for asked := 0; ; asked++ {
		_, err := grad.Of(&ending{t.Context(), asked}, g, grad.Request{Seeds: []grad.Seed{{Value: "y"}}, Values: []string{"x"}})
		if err == nil && asked > 3 {
			return
		}
		if !errors.Is(err, context.Canceled) || asked > 1000 {
			t.Fatalf("after %d questions: error %v, want that the context was cancelled", asked, err)
		}
	}
}

// ending is a context that ends after it was asked so often.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestMalformed: nodes that do not fit their inputs are errors or refused by the engine, never a panic.
func TestMalformed(t *testing.T) {
	for operator := range rulesOf(t) {
		for inputs := range 4 {
			for _, a := range []op.Attributes{nil, attr("perm", l{5, -9}, "axis", 7, "kernel_shape", l{1 << 24, 1 << 24}, "axes", l{9}, "num_groups", -1, "equation", "ij,", "batch_dims", 5)} {
				n := graph.Node{Name: "bad", Op: operator, Attributes: a, Inputs: []string{"y", "w", "b", "unread"}[:inputs], Outputs: []string{"z", "more"}[:1+inputs%2]}
				r := grad.Request{Seeds: []grad.Seed{{Value: "z"}}, Values: []string{"x", "w"}, PerSample: []string{"b"}}
				_, _ = grad.Of(t.Context(), small(n), r)
			}
		}
	}
}

// rulesOf lists the operators that the page of operators says a gradient of.
func rulesOf(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, o := range op.All() {
		if grad.Kind(o.Domain, o.Name) != "no" {
			out[o.Name] = true
		}
	}
	if len(out) < 130 {
		t.Fatalf("%d operators have a gradient, want at least 130", len(out))
	}
	return out
}

// TestSameNodes: the same request gives the same nodes, in the same order.
func TestSameNodes(t *testing.T) {
	g := load(t, golden+"forward/encoder-old.onnx")
	r := grad.Request{Seeds: []grad.Seed{{Value: "logits"}}, Values: []string{"input", "embed.bias"}, Norms: []string{"embed.bias", "head.weight"}}
	a, err := grad.Of(t.Context(), g, r)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		b, err := grad.Of(t.Context(), g, r)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a.Graph.Nodes, b.Graph.Nodes) {
			t.Fatal("two requests gave different nodes")
		}
	}
}

// TestFlat: where a path ends it is said; the gradient along the others is not touched.
func TestFlat(t *testing.T) {
	g := small(graph.Node{Name: "steps", Op: "Floor", Inputs: []string{"y"}, Outputs: []string{"floor"}},
		graph.Node{Name: "test", Op: "Greater", Inputs: []string{"linear", "b"}, Outputs: []string{"above"}},
		graph.Node{Name: "choose", Op: "Where", Inputs: []string{"above", "floor", "linear"}, Outputs: []string{"z"}})
	r, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "z"}}, Values: []string{"linear"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Flat) != 2 || r.Flat[0].Node != "test" || r.Flat[1].Node != "steps" {
		t.Errorf("flat %v", r.Flat)
	}
	got := run(t, r.Graph, map[string]tensor.Tensor{"x": tensor.Of([]float32{1, 2}, 1, 2)}, names(r, []string{"linear"}), false)
	if v := got[r.Names["linear"]].Float32s(); !slices.Equal(v, []float32{0, 1, 0}) {
		t.Errorf("gradient %v", v)
	}
}

// TestEveryFixture: every export of every network can be differentiated by every weight and value.
func TestEveryFixture(t *testing.T) {
	files, err := filepath.Glob(golden + "forward/*.onnx")
	if err != nil || len(files) == 0 {
		t.Fatalf("no networks: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".onnx")
		t.Run(name, func(t *testing.T) {
			g := load(t, file)
			var wrt []string
			for _, n := range g.Nodes {
				for _, s := range n.Outputs {
					if v := g.Values[s]; s != "" && v.DType.IsFloat() {
						wrt = append(wrt, s)
					}
				}
			}
			for s, w := range g.Weights {
				if w.DType().IsFloat() && w.Rank() > 0 { // the exponent 2 of a negative number has no derivative
					wrt = append(wrt, s)
				}
			}
			slices.Sort(wrt)
			r, err := grad.Of(t.Context(), g, grad.Request{Seeds: []grad.Seed{{Value: "logits"}}, Values: wrt})
			if err != nil {
				t.Fatal(err)
			}
			family, _, _ := strings.Cut(name, "-")
			feeds := enginetest.Archive(t, golden+"forward/"+family+".input.npz")
			for s, x := range feeds {
				if n := g.Inputs[0].Shape[0].Size; n > 0 {
					feeds[s] = x.Rows(0, n)
				}
			}
			got := run(t, r.Graph, feeds, append(names(r, wrt), wrt...), false)
			parallel := compiled(t, r.Graph, engine.Options{Values: append(names(r, wrt), wrt...), Workers: 3})(feeds)
			for _, s := range wrt {
				if !shape.Equal(got[r.Names[s]], parallel[r.Names[s]]) {
					t.Errorf("gradient of %s is another on three cores", s)
				}
				if x, d := got[s], got[r.Names[s]]; !slices.Equal(d.Shape(), x.Shape()) {
					t.Errorf("gradient of %s has shape %v, the value %v", s, d.Shape(), x.Shape())
				}
			}
			t.Logf("%d gradients, %d nodes for %d, %d paths end", len(wrt), len(r.Graph.Nodes)-len(g.Nodes), len(g.Nodes), len(r.Flat))
		})
	}
}
