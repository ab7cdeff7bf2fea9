package canonical

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// A habit is a way in which exporters write something, and what has to be left of it.
type habit struct {
	name  string
	model *onnx.Model
	left  string // operators of the canonical graph
	want  func(x []float32) []float32
}

func node(op, name string, inputs, outputs string, attributes ...*onnx.Attribute) *onnx.Node {
	split := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, " ")
	}
	in := split(inputs)
	for i := range in {
		if in[i] == "_" {
			in[i] = ""
		}
	}
	return &onnx.Node{OpType: op, Name: name, Inputs: in, Outputs: split(outputs), Attributes: attributes}
}

func model(opset int64, nodes ...*onnx.Node) *onnx.Model {
	return &onnx.Model{IRVersion: 8, OpsetImports: []*onnx.Opset{{Version: opset}}, Graph: &onnx.Graph{Name: "habit", Nodes: nodes,
		Inputs:  []*onnx.ValueInfo{onnx.NewValue("x", onnx.Float, onnx.Param("N"), onnx.Fixed(4))},
		Outputs: []*onnx.ValueInfo{onnx.NewValue("y", onnx.Float)}}}
}

func (h habit) weights(ts ...*onnx.Tensor) habit {
	h.model.Graph.Initializers = append(h.model.Graph.Initializers, ts...)
	return h
}

func values(name string, v ...float32) *onnx.Tensor {
	return onnx.NewFloatTensor(name, []int64{int64(len(v))}, v)
}

func whole(name string, v ...int64) *onnx.Tensor {
	return onnx.NewInt64Tensor(name, []int64{int64(len(v))}, v)
}

func attr(name string, v any) *onnx.Attribute { return onnx.NewAttribute(name, v) }

// each applies a function to all elements.
func each(f func(v float64) float64) func([]float32) []float32 {
	return func(x []float32) []float32 {
		out := make([]float32, len(x))
		for i, v := range x {
			out[i] = float32(f(float64(v)))
		}
		return out
	}
}

func softmax4(x []float32) []float32 {
	out := make([]float32, len(x))
	for r := 0; r < len(x); r += 4 {
		sum := 0.0
		for _, v := range x[r : r+4] {
			sum += math.Exp(float64(v))
		}
		for i, v := range x[r : r+4] {
			out[r+i] = float32(math.Exp(float64(v)) / sum)
		}
	}
	return out
}

func branchOf(op string) *onnx.Graph {
	return &onnx.Graph{Name: op, Nodes: []*onnx.Node{node(op, "inner", "x", "inside")}, Outputs: []*onnx.ValueInfo{onnx.NewValue("inside", onnx.Float)}}
}

func habits() []habit {
	same := each(func(v float64) float64 { return v })
	clip := each(func(v float64) float64 { return min(max(v, -1), 1) })
	relu := each(func(v float64) float64 { return max(v, 0) })
	double := &onnx.Function{Name: "Double", Domain: "local", Inputs: []string{"a"}, Outputs: []string{"b"}, Attributes: []string{"by"},
		Opsets: []*onnx.Opset{{Version: 18}}, Nodes: []*onnx.Node{
			node("Constant", "", "", "c", &onnx.Attribute{Name: "value_float", Type: onnx.AttributeFloat, Ref: "by"}),
			node("Mul", "", "a c", "b")}}
	calls := model(18, &onnx.Node{OpType: "Double", Domain: "local", Name: "call", Inputs: []string{"x"}, Outputs: []string{"m"}, Attributes: []*onnx.Attribute{attr("by", float32(2))}},
		&onnx.Node{OpType: "Double", Domain: "local", Name: "call", Inputs: []string{"m"}, Outputs: []string{"y"}, Attributes: []*onnx.Attribute{attr("by", float32(3))}})
	calls.OpsetImports = append(calls.OpsetImports, &onnx.Opset{Domain: "local", Version: 1})
	calls.Functions = []*onnx.Function{double}
	return []habit{
		{name: "dropout and identity", model: model(13, node("Identity", "", "x", "a"), node("Dropout", "", "a", "b"), node("Relu", "", "b", "c"), node("Identity", "", "c", "y")), left: "Relu", want: relu},
		{name: "clip of opset 10", model: model(10, node("Clip", "", "x", "y", attr("min", float32(-1)), attr("max", float32(1)))), left: "Clip", want: clip},
		{name: "clip by constants", model: model(13, node("Constant", "", "", "lo", attr("value_float", float32(-1))), node("Constant", "", "", "hi", attr("value_float", float32(1))), node("Clip", "", "x lo hi", "y")), left: "Clip", want: clip},
		{name: "softmax of opset 11", model: model(11, node("Softmax", "", "x", "y")), left: "Softmax", want: softmax4},
		{name: "condition that is always true", model: model(13, node("Constant", "", "", "c", attr("value", onnx.NewBoolTensor("", nil, []bool{true}))),
			node("If", "if", "c", "y", attr("then_branch", branchOf("Relu")), attr("else_branch", branchOf("Neg")))), left: "Relu", want: relu},
		{name: "condition on a shape", model: model(13, node("Shape", "", "x", "s"), node("Gather", "", "s one", "width"), node("Equal", "", "width four", "c"),
			node("If", "if", "c", "y", attr("then_branch", branchOf("Relu")), attr("else_branch", branchOf("Neg")))), left: "Relu", want: relu},
		{name: "shape computed", model: model(13, node("Shape", "", "x", "s"), node("Gather", "", "s zero", "n"), node("Unsqueeze", "", "n axis", "n1"), node("Concat", "", "n1 two two", "to", attr("axis", int64(0))),
			node("Reshape", "", "x to", "cube"), node("Relu", "", "cube", "r"), node("Flatten", "", "r", "y")), left: "Reshape Relu Flatten", want: relu},
		{name: "functions", model: calls, left: "Mul Mul", want: each(func(v float64) float64 { return 6 * v })},
		{name: "weight behind identity", model: model(13, node("Identity", "", "w", "w2"), node("Add", "", "x w", "a"), node("Sub", "", "a w2", "y")), left: "Add Sub", want: same},
		{name: "constants computed", model: model(13, node("Add", "", "w w", "a"), node("Sqrt", "", "a", "b"), node("Mul", "", "x b", "y")), left: "Mul",
			want: func(x []float32) []float32 {
				out := slices.Clone(x)
				for i := range out {
					out[i] *= float32(math.Sqrt(2 * float64(i%4+1)))
				}
				return out
			}},
		{name: "slice of opset 9", model: model(9, node("Slice", "", "x", "a", attr("axes", []int64{1}), attr("starts", []int64{0}), attr("ends", []int64{2})),
			node("Slice", "", "x", "b", attr("axes", []int64{1}), attr("starts", []int64{2}), attr("ends", []int64{1 << 40})), node("Concat", "", "a b", "y", attr("axis", int64(1)))), left: "Slice Slice Concat", want: same},
		{name: "mean over axes of opset 11", model: model(11, node("Unsqueeze", "", "x", "a", attr("axes", []int64{2})), node("ReduceMean", "", "a", "y", attr("axes", []int64{2}), attr("keepdims", int64(0)))), left: "Unsqueeze ReduceMean", want: same},
		{name: "equal parts of opset 11", model: model(11, node("Split", "", "x", "a b", attr("axis", int64(1))), node("Concat", "", "a b", "y", attr("axis", int64(1)))), left: "Split Concat", want: same},
		{name: "upsampling of opset 9", model: model(9, node("Upsample", "", "x scales", "a"), node("Slice", "", "a", "y", attr("axes", []int64{1}), attr("starts", []int64{0}), attr("ends", []int64{4}))), left: "Resize Slice",
			want: func(x []float32) []float32 {
				out := slices.Clone(x)
				for i := range out {
					out[i] = x[i/4*4+i%4/2]
				}
				return out
			}},
		{name: "swish of opset 24", model: model(24, node("Swish", "", "x", "y")), left: "Sigmoid Mul", want: each(func(v float64) float64 { return v / (1 + math.Exp(-v)) })},
		{name: "nodes out of order", model: model(13, node("Relu", "", "a", "y"), node("Identity", "", "x", "a")), left: "Relu", want: relu},
		{name: "unused nodes", model: model(13, node("Exp", "", "x", "unused"), node("Relu", "", "x", "y")), left: "Relu", want: relu},
	}
}

func (h habit) prepared() habit {
	return h.weights(values("w", 1, 2, 3, 4), values("scales", 1, 2), onnx.NewInt64Tensor("zero", nil, []int64{0}), onnx.NewInt64Tensor("one", nil, []int64{1}),
		onnx.NewInt64Tensor("four", nil, []int64{4}), whole("axis", 0), whole("two", 2))
}

func written(m *onnx.Model) ([]byte, error) {
	var b bytes.Buffer
	err := m.Write(&b)
	return b.Bytes(), err
}

// TestHabits imports each habit, looks at what is left and runs it.
func TestHabits(t *testing.T) {
	for _, h := range habits() {
		h = h.prepared()
		g, err := Import(context.Background(), h.model, Options{})
		if err != nil {
			t.Errorf("%s: %v", h.name, err)
			continue
		}
		var left []string
		for _, n := range g.Nodes {
			left = append(left, n.Op)
		}
		if got := strings.Join(left, " "); got != h.left {
			t.Errorf("%s: %s is left, want %s", h.name, got, h.left)
		}
		x := []float32{-2, -0.5, 0.25, 3, 1, 0, -1, 2}
		got, err := evaluate(g, map[string]tensor.Tensor{"x": tensor.Of(x, 2, 4)})
		if err != nil {
			t.Errorf("%s: %v", h.name, err)
			continue
		}
		want := tensor.Of(h.want(x), 2, 4)
		if d, err := distance(got["y"], want); err != nil || d > 1e-6 {
			t.Errorf("%s: %v, want %v: %v", h.name, got["y"].Float32s(), want.Float32s(), err)
		}
		if v := g.Values["y"]; len(v.Shape) != 2 || v.Shape[0].Param != "N" || v.Shape[1].Size != 4 {
			t.Errorf("%s: the output's shape is %v, want [N 4]", h.name, v.Shape)
		}
	}
}

// TestUntied: a weight reached by two names can be replaced under one of them.
func TestUntied(t *testing.T) {
	h := habit{model: model(13, node("Identity", "", "w", "w2"), node("Add", "", "x w", "a"), node("Sub", "", "a w2", "y"))}.prepared()
	g, err := Import(context.Background(), h.model, Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, err = g.ReplaceWeights(map[string]tensor.Tensor{"w2": tensor.Of([]float32{0, 0, 0, 0}, 4)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := evaluate(g, map[string]tensor.Tensor{"x": tensor.New(tensor.Float32, 1, 4)})
	if err != nil {
		t.Fatal(err)
	}
	if y := got["y"].Float32s(); !slices.Equal(y, []float32{1, 2, 3, 4}) {
		t.Errorf("output %v, want the weight that was left", y)
	}
	if _, err := g.ReplaceWeights(map[string]tensor.Tensor{"w": tensor.Of([]float32{1}, 1)}); err == nil {
		t.Error("a weight of another shape was taken")
	}
}

// TestRefusals: what cannot be imported ends in a message that says where and why.
func TestRefusals(t *testing.T) {
	loop := &onnx.Function{Name: "F", Domain: "local", Inputs: []string{"a"}, Outputs: []string{"b"}, Opsets: []*onnx.Opset{{Version: 18}, {Domain: "local", Version: 1}},
		Nodes: []*onnx.Node{{OpType: "F", Domain: "local", Inputs: []string{"a"}, Outputs: []string{"b"}}}}
	recursive := model(18, &onnx.Node{OpType: "F", Domain: "local", Name: "call", Inputs: []string{"x"}, Outputs: []string{"y"}})
	recursive.Functions = []*onnx.Function{loop}
	bomb := &onnx.Function{Name: "F0", Domain: "local", Inputs: []string{"a"}, Outputs: []string{"b"}, Opsets: []*onnx.Opset{{Version: 18}}, Nodes: []*onnx.Node{node("Relu", "", "a", "b")}}
	functions := []*onnx.Function{bomb}
	for i := 1; i < 30; i++ {
		inner := fmt.Sprintf("F%d", i-1)
		functions = append(functions, &onnx.Function{Name: fmt.Sprintf("F%d", i), Domain: "local", Inputs: []string{"a"}, Outputs: []string{"b"}, Opsets: []*onnx.Opset{{Version: 18}},
			Nodes: []*onnx.Node{{OpType: inner, Domain: "local", Inputs: []string{"a"}, Outputs: []string{"c"}}, {OpType: inner, Domain: "local", Inputs: []string{"c"}, Outputs: []string{"b"}}}})
	}
	doubling := model(18, &onnx.Node{OpType: "F29", Domain: "local", Name: "call", Inputs: []string{"x"}, Outputs: []string{"y"}})
	doubling.Functions = functions
	for _, c := range []struct {
		name, want string
		model      *onnx.Model
	}{
		{"old opset", "opset 6 of ai.onnx, want 7 to 28", model(6, node("Relu", "", "x", "y"))},
		{"no such input", `node 1 "r" (Relu): input "z" does not exist`, model(13, node("Relu", "r", "z", "y"))},
		{"a circle", `node 1 "r" (Add) depends on itself`, model(13, node("Add", "r", "x b", "a"), node("Relu", "s", "a", "b"), node("Relu", "t", "b", "y"))},
		{"a name made twice", `node 2 "t" (Relu): output "y" exists already`, model(13, node("Relu", "s", "x", "y"), node("Relu", "t", "x", "y"))},
		{"no output", `output "y" does not exist`, model(13, node("Relu", "s", "x", "z"))},
		{"a function that calls itself", "nested deeper than 32", recursive},
		{"functions that double", "more than 5000 nodes", doubling},
	} {
		h := habit{model: c.model}.prepared()
		_, err := Import(context.Background(), h.model, Options{MaxNodes: 5000})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Import(context.Background(), nil, Options{}); err == nil {
		t.Error("no model was imported")
	}
}

// TestFoldingIsCapped: a constant that folding would make large stays a node, and nothing is allocated.
func TestFoldingIsCapped(t *testing.T) {
	for _, op := range [...]string{"Expand", "ConstantOfShape", "Tile"} {
		big := whole("big", 1<<20, 1<<20)
		n := node(op, "big", "w1 big", "a")
		if op == "ConstantOfShape" {
			n = node(op, "big", "big", "a")
		}
		h := habit{model: model(13, n, node("ReduceMax", "", "a", "m", attr("keepdims", int64(0))), node("Add", "", "x m", "y"))}.prepared()
		h.weights(big, onnx.NewFloatTensor("w1", []int64{1, 1}, []float32{1}))
		g, err := Import(context.Background(), h.model, Options{})
		if err != nil {
			t.Errorf("%s: %v", op, err)
			continue
		}
		if len(g.Nodes) != 3 || g.Nodes[0].Op != op {
			t.Errorf("%s: nodes %v, want the file's three", op, ops(g))
		}
	}
}

func ops(g *graph.Graph) []string {
	var out []string
	for _, n := range g.Nodes {
		out = append(out, n.Op)
	}
	return out
}
