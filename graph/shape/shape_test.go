package shape

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func text(v graph.Value) string {
	if v.Shape == nil {
		return "?"
	}
	s := ""
	for i, d := range v.Shape {
		if i > 0 {
			s += " "
		}
		if d.Size < 0 {
			s += d.Param
		} else {
			s += fmt.Sprint(d.Size)
		}
	}
	return s
}

// TestNamesOfSizes: a size keeps the names it depends on.
func TestNamesOfSizes(t *testing.T) {
	free := func(p string) graph.Dim { return graph.Dim{Size: -1, Param: p} }
	g := &graph.Graph{
		Inputs: []graph.Value{
			{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{free("N"), free("T"), {Size: 6}}},
			{Name: "past", DType: tensor.Float32, Shape: []graph.Dim{free("N"), free("P"), {Size: 6}}},
			{Name: "mask", DType: tensor.Float32, Shape: []graph.Dim{free("N"), free("P + T")}},
			{Name: "image", DType: tensor.Float32, Shape: []graph.Dim{free("N"), {Size: 3}, free("H"), free("W")}}},
		Weights: map[string]tensor.Tensor{"rows": tensor.Of([]int64{-1, 6}, 2), "split": tensor.Of([]int64{0, 0, 2, 3}, 4), "k": tensor.New(tensor.Float32, 8, 3, 3, 3)},
		Nodes: []graph.Node{
			{Op: "Reshape", Inputs: []string{"x", "rows"}, Outputs: []string{"flat"}},
			{Op: "Reshape", Inputs: []string{"x", "split"}, Outputs: []string{"heads"}},
			{Op: "Concat", Inputs: []string{"past", "x"}, Outputs: []string{"all"}, Attributes: op.Attributes{"axis": int64(1)}},
			{Op: "Conv", Inputs: []string{"image", "k"}, Outputs: []string{"half"}, Attributes: op.Attributes{"strides": []int64{2, 2}, "pads": []int64{1, 1, 1, 1}}},
			{Op: "Shape", Inputs: []string{"x"}, Outputs: []string{"sizes"}},
			{Op: "Softmax", Inputs: []string{"mask"}, Outputs: []string{"soft"}},
			{Op: "Mystery", Inputs: []string{"x"}, Outputs: []string{"m"}},
			{Op: "MatMul", Inputs: []string{"x", "past"}, Outputs: []string{"wrong"}},
		}}
	values := Infer(g)
	for name, want := range map[string]string{"flat": "N*T 6", "heads": "N T 2 3", "all": "N T + P 6", "half": "N 8 f(H) f(W)", "sizes": "3",
		"soft": "N T + P", "m": "?", "wrong": "?", "x": "N T 6"} {
		if got := text(values[name]); got != want {
			t.Errorf("%s is [%s], want [%s]", name, got, want)
		}
	}
}

// TestRulesAgreeWithOperators runs operators on tensors of drawn shapes: the rule, which only saw the
// shapes, must give the shapes of what they computed.
func TestRulesAgreeWithOperators(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.IntRange(1, 4), 4, 4).Draw(t, "x")
		small := rapid.Int64Range(0, 1)
		axis := rapid.Int64Range(-4, 3).Draw(t, "axis")
		stride := rapid.Int64Range(1, 3).Draw(t, "stride")
		start, end := rapid.Int64Range(-6, 6).Draw(t, "start"), rapid.Int64Range(-6, 6).Draw(t, "end")
		step := rapid.SampledFrom([]int64{-2, -1, 1, 2}).Draw(t, "step")
		ints := func(v ...int64) tensor.Tensor { return tensor.Of(v, len(v)) }
		weights := map[string]tensor.Tensor{
			"k": tensor.New(tensor.Float32, 2, x[1], 2, 1), "kt": tensor.New(tensor.Float32, x[1], 3, 2, 1),
			"axis": ints(axis), "start": ints(start), "end": ints(end), "step": ints(step), "two": ints(2, 1, 1, 3),
			"m": tensor.New(tensor.Float32, x[3], 5), "pads": ints(1, 0, 2, 0, 0, 1, 0, 1), "ids": ints(0, 0, 0), "rest": ints(0, -1), "split": ints(1, int64(x[1])-1)}
		window := op.Attributes{"strides": []int64{stride, 1}, "pads": []int64{1, 0, small.Draw(t, "pad"), 0}, "kernel_shape": []int64{2, 1}, "ceil_mode": small.Draw(t, "ceil")}
		convolved := op.Attributes{"strides": window["strides"], "pads": window["pads"]}
		n := rapid.SampledFrom([]graph.Node{
			{Op: "Conv", Inputs: []string{"x", "k"}, Attributes: convolved},
			{Op: "ConvTranspose", Inputs: []string{"x", "kt"}, Attributes: convolved},
			{Op: "MaxPool", Inputs: []string{"x"}, Attributes: window},
			{Op: "AveragePool", Inputs: []string{"x"}, Attributes: window},
			{Op: "AveragePool", Inputs: []string{"x"}, Attributes: op.Attributes{"auto_pad": "VALID", "strides": window["strides"], "kernel_shape": []int64{1, 1}, "ceil_mode": window["ceil_mode"]}},
			{Op: "MatMul", Inputs: []string{"x", "m"}},
			{Op: "ReduceMean", Inputs: []string{"x", "axis"}, Attributes: op.Attributes{"keepdims": small.Draw(t, "keep")}},
			{Op: "ArgMax", Inputs: []string{"x"}, Attributes: op.Attributes{"axis": axis}},
			{Op: "Slice", Inputs: []string{"x", "start", "end", "axis", "step"}},
			{Op: "Unsqueeze", Inputs: []string{"x", "axis"}},
			{Op: "Transpose", Inputs: []string{"x"}, Attributes: op.Attributes{"perm": []int64{2, 0, 3, 1}}},
			{Op: "Tile", Inputs: []string{"x", "two"}},
			{Op: "Pad", Inputs: []string{"x", "pads"}},
			{Op: "Gather", Inputs: []string{"x", "ids"}, Attributes: op.Attributes{"axis": axis}},
			{Op: "Flatten", Inputs: []string{"x"}, Attributes: op.Attributes{"axis": axis}},
			{Op: "Reshape", Inputs: []string{"x", "rest"}},
			{Op: "Split", Inputs: []string{"x", "split"}, Attributes: op.Attributes{"axis": int64(1)}},
			{Op: "Concat", Inputs: []string{"x", "x"}, Attributes: op.Attributes{"axis": axis}},
		}).Draw(t, "node")
		n.Outputs = []string{"y"}
		if n.Op == "Split" {
			n.Outputs = []string{"y", "z"}
		}
		value := graph.Value{Name: "x", DType: tensor.Float32}
		for _, size := range x {
			value.Shape = append(value.Shape, graph.Dim{Size: size})
		}
		tracer := NewTracer([]graph.Value{value})
		in := []tensor.Tensor{}
		for name, w := range weights {
			tracer.Constant(name, w)
		}
		for _, name := range n.Inputs {
			if name == "x" {
				in = append(in, tensor.New(tensor.Float32, x...))
			} else {
				in = append(in, weights[name])
			}
		}
		tracer.Step(&n)
		steps := int64(1 << 40)
		out, err := Run(&n, in, 1<<20, &steps, nil)
		for i, name := range n.Outputs {
			got := tracer.Value(name)
			if err != nil {
				if got.Shape != nil {
					t.Fatalf("%s: inferred [%s], the operator refuses: %v", n.Op, text(got), err)
				}
				continue
			}
			want := graph.Value{DType: out[i].DType(), Shape: []graph.Dim{}}
			for _, size := range out[i].Shape() {
				want.Shape = append(want.Shape, graph.Dim{Size: size})
			}
			if text(got) != text(want) || got.DType != want.DType {
				t.Fatalf("%s of %v with %v: inferred [%s] %v, is [%s] %v", n.Op, x, n.Attributes, text(got), got.DType, text(want), want.DType)
			}
		}
	})
}

// TestSums: products over named dimensions and losses, whose shapes their attributes decide.
func TestSums(t *testing.T) {
	value := func(name string, d tensor.DType, sizes ...int) graph.Value {
		v := graph.Value{Name: name, DType: d}
		for _, n := range sizes {
			v.Shape = append(v.Shape, graph.Dim{Size: n})
		}
		v.Shape[0] = graph.Dim{Size: -1, Param: "N"}
		return v
	}
	g := &graph.Graph{Inputs: []graph.Value{value("a", tensor.Float32, 0, 2, 3, 4), value("b", tensor.Float32, 0, 2, 5, 4),
		value("scores", tensor.Float32, 0, 7, 6), value("labels", tensor.Int64, 0, 6)}}
	sum := func(out, equation string, in ...string) graph.Node {
		return graph.Node{Op: "Einsum", Inputs: in, Outputs: []string{out}, Attributes: op.Attributes{"equation": equation}}
	}
	g.Nodes = []graph.Node{sum("product", "bhid,bhjd->bhij", "a", "b"), sum("dots", "...id, ...jd -> i...j", "a", "b"), sum("implied", "bhid,bhjd", "a", "b"),
		{Op: "SoftmaxCrossEntropyLoss", Inputs: []string{"scores", "labels"}, Outputs: []string{"loss", "logs"}},
		{Op: "NegativeLogLikelihoodLoss", Inputs: []string{"logs", "labels"}, Outputs: []string{"each"}, Attributes: op.Attributes{"reduction": "none"}}}
	values := Infer(g)
	for name, want := range map[string]string{"product": "N 2 3 5", "dots": "3 N 2 5", "implied": "3 5", "loss": "", "logs": "N 7 6", "each": "N 6"} {
		if got := text(values[name]); got != want {
			t.Errorf("%s has shape %q, want %q", name, got, want)
		}
	}
}
