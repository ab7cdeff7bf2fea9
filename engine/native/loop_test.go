package native

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/enginetest"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func scalar(name string, d tensor.DType) graph.Value {
	return graph.Value{Name: name, DType: d, Shape: []graph.Dim{}}
}

// cell is h = tanh(h w + x) so many times, and what h was after each: the weight and x lie around the loop.
func cell(turns int64) *graph.Graph {
	body := &graph.Graph{
		Inputs:  []graph.Value{scalar("i", tensor.Int64), scalar("goes", tensor.Bool), {Name: "h", DType: tensor.Float32}},
		Outputs: []string{"goes", "next", "row"},
		Nodes: []graph.Node{
			{Op: "MatMul", Inputs: []string{"h", "w"}, Outputs: []string{"p"}},
			{Op: "Add", Inputs: []string{"p", "x"}, Outputs: []string{"a"}},
			{Op: "Tanh", Inputs: []string{"a"}, Outputs: []string{"next"}},
			{Op: "Neg", Inputs: []string{"next"}, Outputs: []string{"row"}},
		},
	}
	b := newBuilder("x", 16)
	w := b.weight(0.2, 16, 16)
	body.Nodes[0].Inputs[1] = w
	n := b.constant(tensor.Scalar(turns))
	b.g.Nodes = append(b.g.Nodes, graph.Node{Op: "Loop", Name: "cell", Inputs: []string{n, "", "x"}, Outputs: []string{"last", "all"}, Subgraphs: map[string]*graph.Graph{"body": body}})
	b.g.Nodes = append(b.g.Nodes, graph.Node{Op: "ReduceSum", Name: "sum", Inputs: []string{"all", b.constant(tensor.Of([]int64{0}, 1))}, Outputs: []string{"sum"}, Attributes: op.Attributes{"keepdims": int64(0)}})
	b.g.Nodes = append(b.g.Nodes, graph.Node{Op: "Add", Name: "end", Inputs: []string{"sum", "last"}, Outputs: []string{"y"}})
	b.g.Outputs = []string{"y"}
	b.g.Values = shape.Infer(&b.g)
	return &b.g
}

func TestLoopPromises(t *testing.T) { enginetest.Promises(t, Engine{}, cell(6)) }

// TestLoopShapes: what is carried keeps its shape, and a count that is known is the size of what is collected.
func TestLoopShapes(t *testing.T) {
	v := cell(6).Values["all"]
	if len(v.Shape) != 3 || v.Shape[0].Size != 6 || v.Shape[1].Param != "batch" || v.Shape[2].Size != 16 {
		t.Errorf("the rows are inferred as %v, want 6 of batch x 16", v.Shape)
	}
}

// endless doubles nothing for ever.
func endless() *graph.Graph {
	g := cell(0)
	g.Nodes[0].Inputs[0] = ""
	g.Nodes[0].Outputs = []string{"last"}
	g.Nodes[0].Subgraphs["body"].Outputs = []string{"goes", "next"}
	g.Nodes = g.Nodes[:1]
	g.Outputs = []string{"last"}
	return g
}

// patience is a context that ends after so many questions.
type patience struct {
	context.Context
	left int
}

func (p *patience) Err() error {
	if p.left--; p.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestEndlessLoop: a loop without an end is left when the context ends, whether its body does something or
// not, and holds no more memory after many turns than after few.
func TestEndlessLoop(t *testing.T) {
	for _, idle := range []bool{false, true} {
		g := endless()
		if body := g.Nodes[0].Subgraphs["body"]; idle {
			body.Nodes, body.Outputs = nil, []string{"goes", "h"}
		}
		p, err := Engine{}.Compile(context.Background(), g, engine.Options{Memory: 8 << 10})
		if err != nil {
			t.Fatal(err)
		}
		feeds := map[string]tensor.Tensor{"x": tensor.New(tensor.Float32, 4, 16)}
		ctx := &patience{context.Background(), 20_000}
		if err := p.Run(ctx, feeds, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("a loop without an end (idle: %v) gives %v", idle, err)
		}
		p.Close()
	}
}

// TestLoopCollectsWithinLimit: rows count as memory while they are collected.
func TestLoopCollectsWithinLimit(t *testing.T) {
	g := cell(1 << 40)
	g.Values = nil // so that no estimate refuses it before
	p, err := Engine{}.Compile(context.Background(), g, engine.Options{Memory: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var refused *engine.MemoryError
	if err := p.Run(context.Background(), map[string]tensor.Tensor{"x": tensor.New(tensor.Float32, 4, 16)}, nil); !errors.As(err, &refused) {
		t.Errorf("2^40 rows give %v, want a refusal", err)
	}
}

// TestLoopRefused: bodies that do not fit their node are refused when it is compiled; what shapes show is an
// error of the run that names the node.
func TestLoopRefused(t *testing.T) {
	for what, spoil := range map[string]func(g *graph.Graph){
		"a body without a condition": func(g *graph.Graph) { g.Nodes[0].Subgraphs["body"].Outputs = []string{"next", "row"} },
		"a body without a counter": func(g *graph.Graph) {
			g.Nodes[0].Subgraphs["body"].Inputs = g.Nodes[0].Subgraphs["body"].Inputs[1:]
		},
		"no body": func(g *graph.Graph) { g.Nodes[0].Subgraphs = nil },
	} {
		g := cell(3)
		spoil(g)
		if _, err := (Engine{}).Compile(context.Background(), g, engine.Options{}); err == nil || !strings.Contains(err.Error(), "Loop") {
			t.Errorf("%s: %v", what, err)
		}
	}
	g := cell(3)
	body := g.Nodes[0].Subgraphs["body"]
	body.Nodes = append(body.Nodes, graph.Node{Op: "Expand", Inputs: []string{"next", "i1"}, Outputs: []string{"wide"}},
		graph.Node{Op: "Add", Inputs: []string{"i", "one"}, Outputs: []string{"i1"}})
	body.Nodes[4], body.Nodes[5] = body.Nodes[5], body.Nodes[4]
	body.Weights = map[string]tensor.Tensor{"one": tensor.Of([]int64{1, 1, 1}, 3)}
	body.Outputs[2] = "wide"
	p, err := Engine{}.Compile(context.Background(), g, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	err = p.Run(context.Background(), map[string]tensor.Tensor{"x": tensor.New(tensor.Float32, 4, 16)}, nil)
	if err == nil || !strings.Contains(err.Error(), `"cell" (Loop)`) {
		t.Errorf("rows of two shapes give %v", err)
	}
}

// TestUnsupportedInLoop: what a body cannot run is said at the place of the loop, with the opset of the
// operator's own domain.
func TestUnsupportedInLoop(t *testing.T) {
	g := cell(3)
	g.Opset, g.Domains = 17, map[string]int{"com.example": 3}
	body := g.Nodes[0].Subgraphs["body"]
	body.Nodes[3].Op, body.Nodes[3].Domain = "Frobnicate", "com.example"
	_, err := Engine{}.Compile(context.Background(), g, engine.Options{})
	if err == nil || !strings.Contains(err.Error(), "node 1") || !strings.Contains(err.Error(), "Frobnicate (com.example, opset 3)") {
		t.Errorf("an unknown operator in a loop gives %v", err)
	}
}
