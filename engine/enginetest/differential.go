package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/enginetest/random"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

// Values are those of a run by name.
type Values map[string]tensor.Tensor

// Differential imports a random network and runs its canonical form on an engine, with all values asked for and with
// the outputs alone. What comes out has the types and shapes that were inferred, and is what the file means: want, the
// values that another program calculates from the file, nil where there is none. reference runs in double precision
// and tells what rounding explains.
func Differential(t *testing.T, e, reference engine.Engine, n random.Network, want Values) {
	ctx := context.Background()
	g, err := canonical.Import(ctx, n.Model, canonical.Options{KeepBatch: true})
	if err != nil {
		if want != nil {
			t.Errorf("a network that runs elsewhere is not imported: %v", err)
		}
		return
	}
	var names []string
	for _, v := range everything(g) {
		if _, ok := want[v]; ok || want == nil {
			names = append(names, v)
		}
	}
	all, err := values(ctx, e, g, n.Feeds, engine.Options{Workers: 2, Values: names})
	var unsupported *engine.UnsupportedError
	if errors.As(err, &unsupported) {
		return
	}
	few, err2 := values(ctx, e, g, n.Feeds, engine.Options{Workers: 1})
	exact, err3 := values(ctx, reference, g, n.Feeds, engine.Options{Workers: 2, Values: names, Float64: true})
	if err = errors.Join(err, err2, err3); err != nil {
		if want != nil {
			t.Errorf("a network that runs elsewhere: %v", err)
		}
		return
	}
	for name, v := range all {
		if err := inferred(g.Values[name], v); err != nil {
			t.Error(err)
		}
	}
	for _, name := range g.Outputs {
		if err := near(few[name], all[name], exact[name]); err != nil && !rough(all[name]) {
			t.Errorf("output %q without the values before it: %v", name, err)
		}
	}
	if want != nil {
		different(t, n.Model.Graph, g, all, exact, want)
	}
}

// values runs a graph and keeps copies of what it shows.
func values(ctx context.Context, e engine.Engine, g *graph.Graph, feeds Values, o engine.Options) (Values, error) {
	p, err := e.Compile(ctx, g, o)
	if err != nil {
		return nil, err
	}
	got, err := collect(p, feeds)
	return got, errors.Join(err, p.Close())
}

// different reports the first value that is not what is wanted. What lies behind values that are not finite, or large,
// is left out: there rounding decides.
func different(t *testing.T, file *onnx.Graph, g *graph.Graph, got, exact, want Values) {
	left := map[string]bool{}
	for _, n := range file.Nodes {
		skip := slices.ContainsFunc(n.Inputs, func(name string) bool { return left[name] })
		for _, name := range n.Outputs {
			w, made := want[name]
			if !made || skip || rough(w) {
				left[name] = true
			}
			v, ok := got[name]
			if !ok || !made || skip {
				continue
			}
			if err := near(v, w, exact[name]); err != nil {
				t.Errorf("%s %q of node %s: %v", n.OpType, name, n.Name, err)
				return
			}
		}
	}
	for _, name := range g.Outputs {
		if _, ok := got[name]; !ok {
			t.Errorf("output %q is missing", name)
		}
	}
}

// rough reports whether a value holds what is not finite, or so large that what comes after may be.
func rough(t tensor.Tensor) bool {
	return t.DType().IsFloat() && slices.ContainsFunc(floats(t), func(v float64) bool { return !(math.Abs(v) < 1e4) })
}

// near compares a value with the one wanted. They may differ by a little of the largest value, and by what single
// precision makes of ours.
func near(got, want, exact tensor.Tensor) error {
	if !want.DType().IsFloat() || !got.DType().IsFloat() {
		return Compare(got, want, 0, 0)
	}
	if !slices.Equal(got.Shape(), want.Shape()) {
		return fmt.Errorf("shape %v, want %v", got.Shape(), want.Shape())
	}
	g, w := floats(got), floats(want)
	e := g
	if exact.Valid() && slices.Equal(exact.Shape(), got.Shape()) {
		e = floats(exact)
	}
	largest, rounding := 1e-3, 0.0
	for i, v := range w {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			largest = max(largest, math.Abs(v))
		}
		if d := math.Abs(g[i] - e[i]); d > rounding {
			rounding = d
		}
	}
	for i, v := range w {
		same := g[i] == v || math.IsNaN(g[i]) && math.IsNaN(v)
		same = same || v == -math.MaxFloat32 && math.IsInf(g[i], -1) // the largest of a window that lies in the padding
		if !same && !(math.Abs(g[i]-v) <= 1e-4*largest+20*rounding) {
			return fmt.Errorf("element %d of %v is %v, want %v (%v in double precision)", i, got.Shape(), g[i], v, e[i])
		}
	}
	return nil
}
