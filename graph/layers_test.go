package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// build makes a graph of lines "Op:axis=1 out = in in | scope", with weights by name, shapes and layers.
func build(t *testing.T, input []int, outputs string, weights map[string][]int, lines ...string) *graph.Graph {
	t.Helper()
	g := &graph.Graph{Outputs: strings.Fields(outputs), Weights: map[string]tensor.Tensor{}}
	in := graph.Value{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}}}
	for _, size := range input {
		in.Shape = append(in.Shape, graph.Dim{Size: size})
	}
	g.Inputs = []graph.Value{in}
	for name, s := range weights {
		g.Weights[name] = tensor.New(tensor.Float32, s...)
	}
	for _, number := range []float32{0, 0.5, 1, 3, 6, 1.4142135} {
		g.Weights[fmt.Sprint(number)] = tensor.Scalar(number)
	}
	for _, line := range lines {
		line, scope, _ := strings.Cut(line, " | ")
		left, right, ok := strings.Cut(line, " = ")
		if !ok {
			t.Fatalf("line %q", line)
		}
		name, axis, _ := strings.Cut(strings.Fields(left)[0], ":axis=")
		n := graph.Node{Op: name, Scope: scope, Inputs: strings.Fields(right), Outputs: strings.Fields(left)[1:], Attributes: op.Attributes{}}
		if axis != "" {
			n.Attributes["axis"] = int64(axis[0] - '0')
		}
		g.Nodes = append(g.Nodes, n)
	}
	g.Values = shape.Infer(g)
	g.Layers = graph.Layers(g)
	return g
}

// TestActivations: functions written out in parts are one activation, whatever order the parts stand in.
func TestActivations(t *testing.T) {
	weights := map[string][]int{"w": {4, 8}, "v": {8, 2}}
	for _, c := range []struct {
		want  string
		parts []string
	}{
		{"Relu", []string{"Relu y = h"}},
		{"Relu6", []string{"Clip y = h 0 6"}},
		{"Gelu", []string{"Div a = h 1.4142135", "Erf b = a", "Add c = b 1", "Mul d = h c", "Mul y = d 0.5"}},
		{"Gelu", []string{"Mul p = h 0.5", "Div a = h 1.4142135", "Erf b = a", "Add c = b 1", "Mul y = p c"}},
		{"Gelu", []string{"Pow a = h 3", "Mul b = a 0.5", "Add c = h b", "Mul d = c 0.5", "Tanh e = d", "Add f = e 1", "Mul i = h f", "Mul y = i 0.5"}},
		{"Silu", []string{"Sigmoid a = h", "Mul y = h a"}},
		{"HardSwish", []string{"Add a = h 3", "Clip b = a 0 6", "Mul c = h b", "Div y = c 6"}},
		{"HardSwish", []string{"HardSigmoid a = h", "Mul y = a h"}},
		{"Mish", []string{"Softplus a = h", "Tanh b = a", "Mul y = h b"}},
		{"", []string{"Mul y = h 0.5"}},
		{"", []string{"Relu a = h", "Sigmoid b = h", "Concat:axis=1 y = a b"}},
	} {
		lines := append([]string{"MatMul h = x w | first"}, c.parts...)
		if c.want != "" {
			lines = append(lines, "MatMul z = y v | second")
		} else {
			lines = append(lines, "Relu z = y")
		}
		l := build(t, []int{4}, "z", weights, lines...).Layers[0]
		if l.Activation != c.want || c.want != "" && (l.Before != "h" || l.Output != "y") {
			t.Errorf("%v: activation %q from %q to %q, want %q from h to y", c.parts, l.Activation, l.Before, l.Output, c.want)
		}
	}
}

func summary(g *graph.Graph) []string {
	var out []string
	for _, l := range g.Layers {
		out = append(out, fmt.Sprint(l.Name, " ", l.Op, " ", l.Role, " ", l.Shape, " ", l.After, " ", l.Parameters))
	}
	return out
}

func expect(t *testing.T, g *graph.Graph, want ...string) {
	t.Helper()
	if got := summary(g); !slices.Equal(got, want) {
		t.Errorf("layers\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestRotaryPositionsAreNoSum: what a layer adds to itself is no stream that a branch joins.
func TestRotaryPositionsAreNoSum(t *testing.T) {
	g := build(t, []int{3, 4}, "z", map[string][]int{"w": {4, 4}, "cos": {1, 3, 4}, "sin": {1, 3, 4}},
		"MatMul q = x w | q", "Mul a = q cos", "Neg r = q", "Mul b = r sin", "Add z = a b")
	expect(t, g, "q Linear stream [3 4] [input] 16")
}

// TestBranches: an identity carries the stream; of two branches with weights the shorter one does; equal
// ones are both stream.
func TestBranches(t *testing.T) {
	w := map[string][]int{"a.weight": {4, 4}, "b.weight": {4, 4}, "c.weight": {4, 4}, "d.weight": {4, 4}}
	expect(t, build(t, []int{4}, "z", w, "MatMul p = x a.weight", "MatMul q = p b.weight", "Add s = q p", "MatMul t = s c.weight", "MatMul u = t d.weight", "Add z = s u | block"),
		"a Linear stream [4] [input] 16", "b Linear branch [4] [a] 16", "add Sum stream [4] [a b] 0",
		"c Linear branch [4] [add] 16", "d Linear branch [4] [c] 16", "block Sum stream [4] [add d] 0")
	expect(t, build(t, []int{4}, "z", w, "MatMul p = x a.weight", "MatMul q = p b.weight", "MatMul r = x c.weight", "Add z = q r"),
		"a Linear branch [4] [input] 16", "b Linear branch [4] [a] 16", "c Linear stream [4] [input] 16", "add Sum stream [4] [b c] 0")
	expect(t, build(t, []int{4}, "z", w, "MatMul q = x b.weight", "MatMul r = x c.weight", "Add z = q r"),
		"b Linear stream [4] [input] 16", "c Linear stream [4] [input] 16", "add Sum stream [4] [b c] 0")
	// What a layer gives to others too is not a branch of the sum alone.
	expect(t, build(t, []int{4}, "z u", w, "MatMul p = x a.weight", "MatMul q = p b.weight", "Add z = q x", "MatMul u = p c.weight"),
		"a Linear stream [4] [input] 16", "b Linear stream [4] [a] 16", "add Sum stream [4] [input b] 0", "c Linear stream [4] [a] 16")
}

// TestNames: scope, weight or bias name a layer; made-up names never do; the second of a name is #2.
func TestNames(t *testing.T) {
	w := map[string][]int{"onnx::MatMul_7": {4, 4}, "fc.weight": {4, 4}, "attn.in_proj_bias": {4}, "model.fc1.bias": {4}, "val_3": {4, 4}, "proj.weight": {4, 4}}
	g := build(t, []int{4}, "z", w,
		"MatMul a = x onnx::MatMul_7 | enc.fc", // the scope
		"MatMul b = a fc.weight",               // the weight
		"MatMul c = b fc.weight",               // again
		"MatMul d = c val_3",                   // the bias
		"Add e = d model.fc1.bias",             //
		"MatMul f = e val_3 | attn",            // a parameter that the module holds itself
		"Add g = f attn.in_proj_bias",          //
		"MatMul h = g proj.weight | block",     // the scope is another module's: the weight is shared
		"MatMul z = h onnx::MatMul_7")          // nothing is known
	var got []string
	for _, l := range g.Layers {
		got = append(got, l.Name)
	}
	want := []string{"enc.fc", "fc", "fc#2", "model.fc1", "attn.in_proj", "block", "matmul"}
	if !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
}

// TestBiases: a bias added after the weight is the layer's, on whichever side it stands; another
// constant is not.
func TestBiases(t *testing.T) {
	g := build(t, []int{3, 4}, "z", map[string][]int{"w": {4, 8}, "b": {8}, "p": {1, 3, 8}, "v": {8, 2}},
		"MatMul h = x w | first", "Add i = b h", "Add j = i p", "MatMul z = j v | second")
	l := g.Layers[0]
	if l.Bias != "b" || l.Linear != "i" || l.Output != "i" || l.Parameters != 4*8+8 || !l.Transpose {
		t.Errorf("layer %+v, want bias b and output i", l)
	}
}

// TestOutputKinds: what an output holds, by what ends in it.
func TestOutputKinds(t *testing.T) {
	w := map[string][]int{"w": {4, 3}, "one": {4, 1}}
	for want, lines := range map[graph.Kind][]string{
		graph.Logits:           {"MatMul z = x w"},
		graph.Probabilities:    {"MatMul h = x w", "Softmax z = h"},
		graph.LogProbabilities: {"MatMul h = x w", "Softmax s = h", "Log z = s"},
		graph.Sigmoids:         {"MatMul h = x w", "Sigmoid z = h"},
		graph.Values:           {"MatMul z = x one"},
	} {
		if got := build(t, []int{4}, "z", w, lines...).OutputKind("z"); got != want {
			t.Errorf("%v: %s, want %s", lines, got, want)
		}
	}
}

// TestOutputsWrittenOut: softmax and sigmoid in parts, as JAX exports them, are what they are in one. A
// file-type classifier whose probabilities passed for values was called under-confident by 93 points.
func TestOutputsWrittenOut(t *testing.T) {
	w := map[string][]int{"w": {4, 3}, "rows": {1}}
	shifted := []string{"MatMul h = x w", "ReduceMax m = h rows", "Max m2 = 0 m", "Sub d = h m2", "Exp e = d", "ReduceSum s = e rows"}
	for _, c := range []struct {
		want  graph.Kind
		lines []string
	}{
		{graph.Probabilities, append(slices.Clone(shifted), "Identity s2 = s", "Div z = e s2")},
		{graph.Probabilities, []string{"MatMul h = x w", "Exp e = h", "ReduceSum s = e rows", "Div z = e s"}},
		{graph.LogProbabilities, append(slices.Clone(shifted), "Div p = e s", "Log z = p")},
		{graph.LogProbabilities, append(slices.Clone(shifted), "Log g = s", "Sub z = d g")},
		{graph.Sigmoids, []string{"MatMul h = x w", "Neg n = h", "Exp e = n", "Add b = 1 e", "Div z = 1 b"}},
		{graph.Values, []string{"MatMul h = x w", "Exp e = h", "Exp f = x", "ReduceSum s = f rows", "Div z = e s"}},
		{graph.Values, []string{"MatMul h = x w", "Exp e = h", "Add b = e 3", "Div z = 1 b"}},
	} {
		if got := build(t, []int{4}, "z", w, c.lines...).OutputKind("z"); got != c.want {
			t.Errorf("%v: %s, want %s", c.lines, got, c.want)
		}
	}
}

// TestFindOutput: of several outputs, the scores of classes.
func TestFindOutput(t *testing.T) {
	w := map[string][]int{"w": {4, 3}, "v": {4, 2}}
	for outputs, want := range map[string]string{"f z": "z", "x2 logits": "logits", "z": "z", "f": "f", "z logits": "logits"} {
		g := build(t, []int{3, 4}, outputs, w, "Relu f = x", "Exp x2 = x", "MatMul z = x w", "MatMul logits = x v")
		for i := range g.Nodes { // of these only z and logits have one row a sample
			if o := g.Nodes[i].Outputs[0]; o == "z" || o == "logits" {
				g.Values[o] = graph.Value{Name: o, DType: tensor.Float32, Shape: []graph.Dim{{Size: -1, Param: "batch"}, {Size: 3}}}
			}
		}
		if v, ok := g.FindOutput(); !ok || v.Name != want {
			t.Errorf("outputs %s: %s is taken, want %s", outputs, v.Name, want)
		}
	}
}

// TestRecurrent: the values of a recurrent layer are those with its directions side by side and the
// samples in front.
func TestRecurrent(t *testing.T) {
	free := graph.Dim{Size: -1, Param: "batch"}
	g := &graph.Graph{Outputs: []string{"z"}, Inputs: []graph.Value{{Name: "x", DType: tensor.Float32, Shape: []graph.Dim{free, {Size: 7}, {Size: 8}}}},
		Weights: map[string]tensor.Tensor{"w": tensor.New(tensor.Float32, 2, 64, 8), "r": tensor.New(tensor.Float32, 2, 64, 16), "b": tensor.New(tensor.Float32, 2, 128),
			"to": tensor.Of([]int64{0, 0, -1}, 3)},
		Nodes: []graph.Node{
			{Op: "Transpose", Inputs: []string{"x"}, Outputs: []string{"t"}, Attributes: op.Attributes{"perm": []int64{1, 0, 2}}},
			{Op: "LSTM", Scope: "rnn", Inputs: []string{"t", "w", "r", "b"}, Outputs: []string{"y"}, Attributes: op.Attributes{"hidden_size": int64(16), "direction": "bidirectional"}},
			{Op: "Transpose", Inputs: []string{"y"}, Outputs: []string{"s"}, Attributes: op.Attributes{"perm": []int64{0, 2, 1, 3}}},
			{Op: "Reshape", Inputs: []string{"s", "to"}, Outputs: []string{"side"}},
			{Op: "Transpose", Inputs: []string{"side"}, Outputs: []string{"front"}, Attributes: op.Attributes{"perm": []int64{1, 0, 2}}},
			{Op: "Exp", Inputs: []string{"front"}, Outputs: []string{"z"}}}}
	g.Values = shape.Infer(g)
	g.Layers = graph.Layers(g)
	expect(t, g, fmt.Sprint("rnn Recurrent stream [7 32] [input] ", 2*64*8+2*64*16+2*128))
	if l := g.Layers[0]; l.Output != "front" || l.Batch != 0 || l.Axis != 2 || l.Units != 32 {
		t.Errorf("layer %+v, want the output front", l)
	}
}
