package graft

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

func healthy(t *testing.T, name string) *graph.Graph {
	t.Helper()
	m, err := onnx.Read("../../internal/golden/testdata/healthy/"+name+".onnx", onnx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := canonical.Import(t.Context(), m, canonical.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// values runs 3 drawn samples and returns the output and what else is asked for.
func values(t *testing.T, g *graph.Graph, names ...string) map[string][]float32 {
	t.Helper()
	p, err := native.Engine{}.Compile(t.Context(), g, engine.Options{Workers: 1, Values: names})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	shape := []int{3}
	for _, d := range g.Inputs[0].Shape[1:] {
		shape = append(shape, d.Size)
	}
	x, r := tensor.New(tensor.Float32, shape...), rand.New(rand.NewPCG(1, 2))
	for i := range x.Float32s() {
		x.Float32s()[i] = r.Float32()
	}
	out := map[string][]float32{}
	err = p.Run(t.Context(), map[string]tensor.Tensor{g.Inputs[0].Name: x}, func(name string, v tensor.Tensor) error {
		out[name] = slices.Clone(v.Float32s())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var networks = []string{"perceptron-1", "cnn-1", "resnet-1", "vit-1"}

// Where one layer differs, the other network's values in its place give the other network's answers, to the bit;
// before it they change nothing.
func TestPutMends(t *testing.T) {
	for _, name := range networks {
		whole := healthy(t, name)
		want := values(t, whole)[whole.Outputs[0]]
		var weighted []graph.Layer
		for _, l := range whole.Layers {
			if l.Weight != "" && !l.Head {
				weighted = append(weighted, l)
			}
		}
		at := len(weighted) / 2
		w := whole.Weights[weighted[at].Weight]
		zero := tensor.New(tensor.Float32, w.Shape()...)
		broken, err := whole.ReplaceWeights(map[string]tensor.Tensor{weighted[at].Weight: zero})
		if err != nil {
			t.Fatal(err)
		}
		bad := values(t, broken)[whole.Outputs[0]]
		for i, wanted := range map[int][]float32{at: want, at - 1: bad} {
			g, err := Put(broken, whole, weighted[i].Name, Map{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := values(t, g)[whole.Outputs[0]]; !slices.Equal(got, wanted) {
				t.Errorf("%s: with layer %s put in %v, want %v", name, weighted[i].Name, got[:4], wanted[:4])
			}
		}
	}
}

// A map is applied to the units at every position: each becomes twice its left neighbour, plus 1.
func TestPutMaps(t *testing.T) {
	for _, name := range networks {
		g := healthy(t, name)
		for _, l := range g.Layers {
			if l.Head || l.Batch != 0 || l.Weight == "" {
				continue
			}
			d := l.Units
			m := Map{Matrix: make([]float32, d*d), Offset: slices.Repeat([]float32{1}, d)}
			for u := range d {
				m.Matrix[u*d+(u+1)%d] = 2
			}
			was := values(t, g, l.Output)[l.Output]
			put, err := Put(g, g, l.Name, m)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			is := values(t, put, l.Output)[l.Output]
			inner := 1 // values of one unit that lie side by side
			for _, s := range g.Values[l.Output].Shape[l.Axis+1:] {
				inner *= s.Size
			}
			for i, v := range was {
				unit := i / inner % d
				to := i + ((unit+1)%d-unit)*inner
				if want := 2*v + 1; math.Abs(float64(is[to]-want)) > 1e-5*math.Abs(float64(want)) {
					t.Fatalf("%s, layer %s: value %d is %v, want %v", name, l.Name, to, is[to], want)
				}
			}
		}
	}
}

func TestPutRefuses(t *testing.T) {
	g, other := healthy(t, "perceptron-1"), healthy(t, "cnn-1")
	first := g.Layers[0].Name
	control := *g
	control.Nodes = slices.Clone(g.Nodes)
	control.Nodes[0].Op = "If"
	inputs := *g
	inputs.Inputs = nil
	before := maps.Clone(g.Weights)
	for _, c := range []struct {
		donor *graph.Graph
		layer string
		m     Map
	}{{other, "nowhere", Map{}}, {g, graph.Head(g).Name, Map{}}, {g, first, Map{Matrix: []float32{1}}}, {&control, first, Map{}}, {&inputs, first, Map{}}} {
		if _, err := Put(g, c.donor, c.layer, c.m); err == nil {
			t.Errorf("layer %s: nothing was refused", c.layer)
		}
	}
	if put, err := Put(g, g, first, Map{}); err != nil {
		t.Error(err)
	} else if _, err := Put(put, g, first, Map{}); err == nil {
		t.Error("a second donor was not refused")
	}
	if !maps.EqualFunc(before, g.Weights, func(a, b tensor.Tensor) bool { return a.Len() == b.Len() }) {
		t.Error("the host has changed")
	}
}
