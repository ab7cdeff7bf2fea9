package receptive

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/enginetest/random"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// measured returns for each value of floats how many positions of an axis of an input an element depends on at
// most: from the first to the last at which a change of the input changes it. It is nil where the graph cannot
// run.
func measured(t *testing.T, g *graph.Graph, feeds map[string]tensor.Tensor, input string, axis int) map[string]int {
	t.Helper()
	var names []string
	for i := range g.Nodes {
		names = append(names, g.Nodes[i].Outputs...)
	}
	p, err := native.Engine{}.Compile(t.Context(), g, engine.Options{Float64: true, Values: names})
	if err != nil {
		return nil
	}
	defer p.Close()
	run := func(x tensor.Tensor) map[string][]float64 {
		fed := maps.Clone(feeds)
		fed[input] = x
		out := map[string][]float64{}
		if err := p.Run(t.Context(), fed, func(name string, v tensor.Tensor) error {
			if v.DType() == tensor.Float64 {
				out[name] = slices.Clone(v.Float64s())
			}
			return nil
		}); err != nil {
			return nil
		}
		return out
	}
	x := feeds[input]
	base := run(x)
	inner, positions := 1, x.Dim(axis)
	for _, d := range x.Shape()[axis+1:] {
		inner *= d
	}
	first, last, out := map[string][]int{}, map[string][]int{}, map[string]int{}
	for at := range positions {
		moved := x.Clone()
		for i := range x.Len() {
			if i/inner%positions != at {
				continue
			}
			switch x.DType() {
			case tensor.Int64:
				moved.Int64s()[i] = (x.Int64s()[i] + 5) % 11
			case tensor.Float64:
				moved.Float64s()[i] += 1.37
			case tensor.Float32:
				moved.Float32s()[i] += 1.37
			}
		}
		for name, v := range run(moved) {
			if len(v) != len(base[name]) {
				continue // as many as the samples that an expert is given
			}
			if first[name] == nil {
				first[name], last[name] = make([]int, len(v)), make([]int, len(v))
				for i := range v {
					first[name][i] = positions
				}
			}
			for i, a := range v {
				if b := base[name][i]; math.Abs(a-b) > 1e-9*math.Abs(b)+1e-12 {
					first[name][i], last[name][i] = min(first[name][i], at), max(last[name][i], at)
				}
				out[name] = max(out[name], last[name][i]-first[name][i]+1)
			}
		}
	}
	return out
}

// holds compares what is seen with the fields of all values and counts fields of windows and of whole axes.
func holds(t *testing.T, what string, f *Fields, input string, axis int, got map[string]int) (finite, whole int) {
	t.Helper()
	for name, seen := range got {
		extents := f.At(name)
		i := slices.IndexFunc(extents, func(e Extent) bool { return e.Input == input && e.Axis == axis })
		switch {
		case i < 0:
			if seen > 0 {
				t.Errorf("%s, value %s: sees %d positions of axis %d of %s, about which nothing is known", what, name, seen, axis, input)
			}
			continue
		case float64(seen) > extents[i].Longest:
			t.Errorf("%s, value %s: sees %d positions, beyond %+v", what, name, seen, extents[i])
		case extents[i].Longest == Whole:
			whole++
		default:
			finite++
		}
	}
	return finite, whole
}

// No element of a random network depends on more than its field.
func TestFieldsHoldOnRandomNetworks(t *testing.T) {
	finite, whole := 0, 0
	for seed := range uint64(400) {
		r := infer.Rand(seed, "network")
		bytes := make([]byte, 200)
		for i := range bytes {
			bytes[i] = byte(r.Uint32())
		}
		n := random.New(bytes)
		g, err := canonical.Import(t.Context(), n.Model, canonical.Options{KeepBatch: true})
		if err != nil || slices.ContainsFunc(g.Nodes, counted) {
			continue
		}
		f := Of(g)
		for _, v := range g.Inputs {
			for axis := range n.Feeds[v.Name].Rank() {
				if axis != g.BatchAxis(v.Shape) {
					a, b := holds(t, fmt.Sprintf("network %d", seed), f, v.Name, axis, measured(t, g, n.Feeds, v.Name, axis))
					finite, whole = finite+a, whole+b
				}
			}
		}
	}
	if finite < 1000 || whole < 500 {
		t.Errorf("%d fields of windows and %d of whole axes, want 1,000 and 500", finite, whole)
	}
}

// counted reports whether a node's statistics see more than is counted.
func counted(n graph.Node) bool { return strings.HasSuffix(n.Op, "Normalization") || n.Op == "LRN" }

// No element of a value of an exported network depends on more than its field, and attention sees all.
func TestFieldsHoldOnExportedNetworks(t *testing.T) {
	files, err := filepath.Glob("../../internal/golden/testdata/f*/*.onnx")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d networks, want 30: %v", len(files), err)
	}
	finite, whole := 0, 0
	for _, file := range files {
		m, err := onnx.Read(file, onnx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		g, err := canonical.Import(t.Context(), m, canonical.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Inputs) > 1 || slices.ContainsFunc(g.Nodes, func(n graph.Node) bool { return n.Op == "InstanceNormalization" || n.Op == "GroupNormalization" }) {
			continue
		}
		v, one := g.Inputs[0], []int{1}
		for _, d := range v.Shape[1:] {
			one = append(one, d.Size)
		}
		base := tensor.New(v.DType, one...)
		for i := range base.Len() {
			switch v.DType {
			case tensor.Int64:
				base.Int64s()[i] = int64(i * 3 % 11)
			default:
				base.Float32s()[i] = float32(math.Sin(float64(i)))
			}
		}
		f := Of(g)
		for axis := 1; axis < len(one); axis++ {
			got := measured(t, g, map[string]tensor.Tensor{v.Name: base}, v.Name, axis)
			a, b := holds(t, filepath.Base(file), f, v.Name, axis, got)
			finite, whole = finite+a, whole+b
		}
	}
	if finite < 300 || whole < 300 {
		t.Errorf("%d fields of windows and %d of whole axes, want 300 of each", finite, whole)
	}
}
