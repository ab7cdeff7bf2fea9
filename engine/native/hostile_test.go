package native

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func hostileNode(name, inputs string, attributes ...*onnx.Attribute) *onnx.Node {
	n := &onnx.Node{OpType: name, Name: "bad", Inputs: strings.Fields(inputs), Outputs: []string{"y"}, Attributes: attributes}
	for i, s := range n.Inputs {
		if s == "_" {
			n.Inputs[i] = ""
		}
	}
	return n
}

// attempt imports and runs a model of one node on x, whose first size is open, with its weights.
func attempt(n *onnx.Node, x tensor.Tensor, weights ...*onnx.Tensor) error {
	dims := []onnx.Dim{onnx.Param("N")}
	for _, d := range x.Shape()[1:] {
		dims = append(dims, onnx.Fixed(int64(d)))
	}
	m := &onnx.Model{IRVersion: 8, OpsetImports: []*onnx.Opset{{Version: 20}}, Graph: &onnx.Graph{Name: "hostile", Nodes: []*onnx.Node{n}, Initializers: weights,
		Inputs:  []*onnx.ValueInfo{onnx.NewValue("x", onnx.Float, dims...)},
		Outputs: []*onnx.ValueInfo{onnx.NewValue("y", onnx.Float)}}}
	g, err := canonical.Import(context.Background(), m, canonical.Options{})
	if err != nil {
		return err
	}
	p, err := Engine{}.Compile(context.Background(), g, engine.Options{Workers: 2, Memory: 64 << 20})
	if err != nil {
		return err
	}
	defer p.Close()
	return p.Run(context.Background(), map[string]tensor.Tensor{"x": x}, func(string, tensor.Tensor) error { return nil })
}

// TestHostileNodes: what a file may ask for that cannot be done ends in an error that names the node and
// its operator, before memory is taken.
func TestHostileNodes(t *testing.T) {
	a := onnx.NewAttribute
	ints := func(v ...int64) *onnx.Tensor { return onnx.NewInt64Tensor("i", []int64{int64(len(v))}, v) }
	floats := func(dims ...int64) *onnx.Tensor {
		n := int64(1)
		for _, d := range dims {
			n *= d
		}
		return onnx.NewFloatTensor("w", dims, make([]float32, n))
	}
	row, picture := tensor.New(tensor.Float32, 2, 4), tensor.New(tensor.Float32, 1, 1, 3, 3)
	for name, c := range map[string]struct {
		node    *onnx.Node
		x       tensor.Tensor
		weights []*onnx.Tensor
	}{
		"a shape of terabytes":     {hostileNode("Expand", "x i"), row, []*onnx.Tensor{ints(1<<20, 1<<20, 2, 4)}},
		"a shape that overflows":   {hostileNode("Expand", "x i"), row, []*onnx.Tensor{ints(1<<31, 1<<31, 2, 4)}},
		"a negative shape":         {hostileNode("Expand", "x i"), row, []*onnx.Tensor{ints(-3, 4)}},
		"a thousandfold":           {hostileNode("Tile", "x i"), row, []*onnx.Tensor{ints(1<<40, 1<<40)}},
		"negative repeats":         {hostileNode("Tile", "x i"), row, []*onnx.Tensor{ints(-1, 1)}},
		"reshape by two unknowns":  {hostileNode("Reshape", "x i"), row, []*onnx.Tensor{ints(-1, -1)}},
		"reshape to less":          {hostileNode("Reshape", "x i"), row, []*onnx.Tensor{ints(3, 3)}},
		"padding of terabytes":     {hostileNode("Pad", "x i"), row, []*onnx.Tensor{ints(0, 0, 1<<40, 1<<40)}},
		"padding that cuts":        {hostileNode("Pad", "x i"), row, []*onnx.Tensor{ints(-9, -9, -9, -9)}},
		"a filter too wide":        {hostileNode("Conv", "x w"), picture, []*onnx.Tensor{floats(1, 1, 5, 5)}},
		"no groups":                {hostileNode("Conv", "x w", a("group", int64(0))), picture, []*onnx.Tensor{floats(1, 1, 3, 3)}},
		"negative strides":         {hostileNode("Conv", "x w", a("strides", []int64{-1, -1})), picture, []*onnx.Tensor{floats(1, 1, 3, 3)}},
		"strides of zero":          {hostileNode("MaxPool", "x", a("kernel_shape", []int64{2, 2}), a("strides", []int64{0, 0})), picture, nil},
		"pads beyond counting":     {hostileNode("Conv", "x w", a("pads", []int64{math.MaxInt64, 0, math.MaxInt64, 0})), picture, []*onnx.Tensor{floats(1, 1, 3, 3)}},
		"too few strides":          {hostileNode("Conv", "x w", a("strides", []int64{1})), picture, []*onnx.Tensor{floats(1, 1, 3, 3)}},
		"ranks that do not match":  {hostileNode("Conv", "x w"), row, []*onnx.Tensor{floats(1, 1, 3, 3)}},
		"inner sizes that differ":  {hostileNode("MatMul", "x w"), row, []*onnx.Tensor{floats(5, 3)}},
		"a product of a scalar":    {hostileNode("MatMul", "x w"), row, []*onnx.Tensor{floats()}},
		"an axis that is not":      {hostileNode("Softmax", "x", a("axis", int64(9))), row, nil},
		"a permutation of nothing": {hostileNode("Transpose", "x", a("perm", []int64{0, 0})), row, nil},
		"an index outside":         {hostileNode("Gather", "x i", a("axis", int64(1))), row, []*onnx.Tensor{ints(4)}},
		"an input missing":         {hostileNode("Add", "x"), row, nil},
		"an input absent":          {hostileNode("Add", "x _"), row, nil},
		"a slice by zero":          {hostileNode("Slice", "x i i i i"), row, []*onnx.Tensor{ints(0)}},
		"no blocks":                {hostileNode("DepthToSpace", "x", a("blocksize", int64(0))), picture, nil},
		"a scale of nothing":       {hostileNode("Resize", "x _ w"), picture, []*onnx.Tensor{onnx.NewFloatTensor("w", []int64{4}, []float32{1, 1, float32(math.NaN()), -1})}},
		"an endless range":         {hostileNode("ConstantOfShape", "i"), row, []*onnx.Tensor{ints(1<<30, 1<<30)}},
		"parts that do not add up": {hostileNode("Split", "x i", a("axis", int64(1))), row, []*onnx.Tensor{ints(7)}},
		"no equation":              {hostileNode("Einsum", "x", a("equation", "ijk->")), row, nil},
	} {
		err := attempt(c.node, c.x, c.weights...)
		if err == nil || !strings.Contains(err.Error(), `"bad"`) || !strings.Contains(err.Error(), c.node.OpType) {
			t.Errorf("%s: %v, want an error that names node \"bad\" and %s", name, err, c.node.OpType)
		}
	}
}

// TestEveryOperatorOnNonsense runs each operator on inputs of shapes and attributes that mostly do not fit:
// whatever comes of it, the process lives, and an error says where.
func TestEveryOperatorOnNonsense(t *testing.T) {
	names := []string{"axis", "axes", "perm", "pads", "strides", "dilations", "kernel_shape", "group", "num_groups", "blocksize", "num_outputs", "to", "transA", "hidden_size", "q_num_heads", "kv_num_heads", "k", "size", "epsilon", "alpha"}
	r := rand.New(rand.NewPCG(21, 22))
	for _, o := range op.All() {
		for range 40 {
			n := graph.Node{Name: "bad", Op: o.Name, Domain: o.Domain, Outputs: []string{"y"}, Attributes: map[string]any{}}
			g := &graph.Graph{Outputs: []string{"y"}, Weights: map[string]tensor.Tensor{}}
			feeds := map[string]tensor.Tensor{}
			for i := range 1 + r.IntN(4) {
				name := fmt.Sprint("x", i)
				shape := make([]int, r.IntN(6))
				for d := range shape {
					shape[d] = r.IntN(4)
				}
				x := tensor.New([]tensor.DType{tensor.Float32, tensor.Float32, tensor.Int64, tensor.Bool, tensor.String}[r.IntN(5)], shape...)
				if x.DType() == tensor.Float32 && x.Len() > 0 {
					x.Float32s()[0] = float32(math.NaN())
				}
				if x.DType() == tensor.Int64 && x.Len() > 0 {
					x.Int64s()[0] = int64(r.Uint64())
				}
				n.Inputs = append(n.Inputs, name)
				if r.IntN(3) == 0 {
					g.Weights[name] = x
					continue
				}
				g.Inputs = append(g.Inputs, graph.Value{Name: name, DType: x.DType()})
				feeds[name] = x
			}
			for range r.IntN(4) {
				v := []any{int64(r.Uint64()), int64(r.IntN(3)), []int64{int64(r.IntN(3)) - 1, int64(r.Uint64())}, float32(math.NaN()), float32(math.Inf(1)), "nonsense"}
				n.Attributes[names[r.IntN(len(names))]] = v[r.IntN(len(v))]
			}
			g.Nodes = []graph.Node{n}
			if err := nonsense(g, feeds); err != nil && !strings.Contains(err.Error(), "bad") {
				t.Errorf("%s of %v: %v, which does not name the node", o.Name, feeds, err)
			}
		}
	}
}

func nonsense(g *graph.Graph, feeds map[string]tensor.Tensor) error {
	p, err := Engine{}.Compile(context.Background(), g, engine.Options{Workers: 2, Memory: 1 << 20})
	if err != nil {
		return err
	}
	defer p.Close()
	var memory *engine.MemoryError
	if err = p.Run(context.Background(), feeds, func(string, tensor.Tensor) error { return nil }); errors.As(err, &memory) {
		return nil
	}
	return err
}
