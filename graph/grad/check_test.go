package grad_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/engine/native"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// A check is one operator whose gradients are compared with central differences in double precision.
type check struct {
	name    string
	op      string
	attr    op.Attributes
	in      []tensor.Tensor // floats are differentiated
	weights int             // the last so many inputs are weights of the graph: their sizes are fixed
	held    []int           // further inputs whose sizes are fixed
	outputs int             // 1 if 0
	indices bool            // all but the first hold indices
	skip    []int           // inputs that are not differentiated
	open    []int           // axes whose sizes differ from run to run in the second try, nil for all
	apart   bool            // equal sizes of different axes are not one name
	fixed   bool            // only with sizes that are the same in every run
	once    string          // why there is no second derivative to compare, "" if there is
}

const (
	step   = 1e-5
	within = 1e-6 // of the largest element of the gradient, or of 1
)

func (c *check) run(t *testing.T) {
	t.Helper()
	sizes := []bool{false}
	if !c.fixed {
		sizes = append(sizes, true)
	}
	for _, open := range sizes {
		g, feeds := c.graph(open)
		var seeds []grad.Seed
		for i, name := range g.Outputs {
			if d := g.Values[name].DType; (d.IsFloat() || d == tensor.Invalid) && (i == 0 || !c.indices) {
				seeds = append(seeds, grad.Seed{Value: name, By: fmt.Sprintf("by%d", i)})
			}
		}
		wrt := c.wrt(feeds)
		first, err := grad.Of(t.Context(), g, grad.Request{Seeds: seeds, Values: wrt})
		if err != nil {
			t.Fatalf("open sizes %v: %v", open, err)
		}
		forward := runner(t, g, nil, true)
		values := forward(feeds)
		r := rand.New(rand.NewPCG(3, 5))
		for _, s := range seeds {
			feeds[s.By] = random(r, values[s.Value].Shape()...)
		}
		agree(t, fmt.Sprintf("open sizes %v", open), 24, first, wrt, feeds, func(f map[string]tensor.Tensor) float64 {
			sum := 0.0
			out := forward(without(f, seeds))
			for _, s := range seeds {
				sum += dot(out[s.Value], f[s.By])
			}
			return sum
		})
		single(t, first, wrt, feeds)
		if !open {
			c.declaredDouble(t, first, wrt, feeds)
		}
		if c.once == "" {
			c.twice(t, first, wrt, feeds, open)
		}
	}
}

// twice compares the derivative of a weighted sum of the gradients.
func (c *check) twice(t *testing.T, first *grad.Gradients, wrt []string, feeds map[string]tensor.Tensor, open bool) {
	t.Helper()
	var seeds []grad.Seed
	r := rand.New(rand.NewPCG(7, 9))
	for i, name := range wrt {
		by := fmt.Sprintf("twice%d", i)
		seeds = append(seeds, grad.Seed{Value: first.Names[name], By: by})
		feeds[by] = random(r, feeds[name].Shape()...)
	}
	second, err := grad.Of(t.Context(), first.Graph, grad.Request{Seeds: seeds, Values: wrt})
	if err != nil {
		t.Fatalf("second derivative, open sizes %v: %v", open, err)
	}
	single(t, second, wrt, feeds)
	forward := runner(t, first.Graph, names(first, wrt), true)
	agree(t, fmt.Sprintf("second derivative, open sizes %v", open), 7, second, wrt, feeds, func(f map[string]tensor.Tensor) float64 {
		sum := 0.0
		out := forward(without(f, seeds))
		for _, s := range seeds {
			sum += dot(out[s.Value], f[s.By])
		}
		return sum
	})
}

func names(g *grad.Gradients, wrt []string) (out []string) {
	for _, name := range wrt {
		out = append(out, g.Names[name])
	}
	return out
}

func without(f map[string]tensor.Tensor, seeds []grad.Seed) map[string]tensor.Tensor {
	out := map[string]tensor.Tensor{}
	for name, v := range f {
		if !slices.ContainsFunc(seeds, func(s grad.Seed) bool { return s.By == name }) {
			out[name] = v
		}
	}
	return out
}

// agree compares the gradients of a function with its central differences.
func agree(t *testing.T, what string, most int, g *grad.Gradients, wrt []string, feeds map[string]tensor.Tensor, f func(map[string]tensor.Tensor) float64) {
	t.Helper()
	got := run(t, g.Graph, feeds, names(g, wrt), true)
	for _, name := range wrt {
		x, d := feeds[name], got[g.Names[name]]
		if !slices.Equal(d.Shape(), x.Shape()) {
			t.Errorf("%s: gradient of %s has shape %v, want %v", what, name, d.Shape(), x.Shape())
			continue
		}
		largest, worst, at := 1.0, 0.0, 0
		want := make([]float64, x.Len())
		for _, i := range sample(x.Len(), most) {
			moved := without(feeds, nil)
			side := func(h float64) float64 {
				y := x.Clone()
				y.Float64s()[i] += h
				moved[name] = y
				return f(moved)
			}
			want[i] = (side(step) - side(-step)) / (2 * step)
			largest = max(largest, math.Abs(want[i]))
			if e := math.Abs(want[i] - d.Float64s()[i]); e > worst || e != e {
				worst, at = e, i
			}
		}
		if !(worst <= within*largest) {
			t.Errorf("%s: gradient of %s at %d is %.9g, differences give %.9g (%.1e of the largest)", what, name, at, d.Float64s()[at], want[at], worst/largest)
		}
	}
}

// sample lists at most so many positions of n, spread evenly.
func sample(n, most int) (out []int) {
	for i := range min(n, most) {
		out = append(out, i*n/min(n, most))
	}
	return out
}

// single runs the gradients in float32, where types have to fit, and compares them with double precision.
func single(t *testing.T, g *grad.Gradients, wrt []string, feeds map[string]tensor.Tensor) {
	t.Helper()
	narrow := map[string]tensor.Tensor{}
	for name, x := range feeds {
		narrow[name] = x
		double := slices.ContainsFunc(g.Graph.Inputs, func(v graph.Value) bool { return v.Name == name && v.DType == tensor.Float64 })
		if x.DType() == tensor.Float64 && !double {
			v := make([]float32, x.Len())
			for i, f := range x.Float64s() {
				v[i] = float32(f)
			}
			narrow[name] = tensor.Of(v, x.Shape()...)
		}
	}
	want, got := run(t, g.Graph, feeds, names(g, wrt), true), run(t, g.Graph, narrow, names(g, wrt), false)
	asked := map[string]tensor.Tensor{}
	for _, name := range wrt {
		asked[g.Names[name]] = got[g.Names[name]]
	}
	written(t, g, narrow, asked)
	for _, name := range wrt {
		w, d := want[g.Names[name]].Float64s(), got[g.Names[name]]
		largest := 1.0
		for _, v := range w {
			largest = max(largest, math.Abs(v))
		}
		for i, v := range d.Float32s() {
			if math.Abs(float64(v)-w[i]) > 1e-3*largest {
				t.Errorf("gradient of %s at %d is %g in float32, %g in float64", name, i, v, w[i])
				break
			}
		}
	}
}

// declaredDouble compares with the gradients of a network whose own type is double.
func (c *check) declaredDouble(t *testing.T, first *grad.Gradients, wrt []string, feeds map[string]tensor.Tensor) {
	t.Helper()
	g, _ := c.graph(false)
	for i := range g.Inputs {
		name := g.Inputs[i].Name
		if g.Inputs[i].DType = tensor.Float64; g.Weights[name].Valid() {
			g.Weights[name] = feeds[name]
		}
	}
	g.Values = shape.Infer(g)
	for _, name := range g.Outputs {
		if d := g.Values[name].DType; d == tensor.Float32 || d == tensor.Invalid {
			return // an operator that gives its own type: a Cast, a scale; or one whose sizes are values
		}
	}
	var seeds []grad.Seed
	for i, name := range g.Outputs {
		if g.Values[name].DType.IsFloat() {
			seeds = append(seeds, grad.Seed{Value: name, By: fmt.Sprintf("by%d", i)})
		}
	}
	r, err := grad.Of(t.Context(), g, grad.Request{Seeds: seeds, Values: wrt})
	if err != nil {
		t.Fatal(err)
	}
	want, got := run(t, first.Graph, feeds, names(first, wrt), true), run(t, r.Graph, feeds, names(r, wrt), false)
	for _, name := range wrt {
		w, d := want[first.Names[name]], got[r.Names[name]]
		if d.DType() != tensor.Float64 {
			t.Errorf("gradient of %s of a double network is %v", name, d)
			continue
		}
		for i, v := range d.Float64s() {
			if math.Abs(v-w.Float64s()[i]) > 1e-6*max(1, math.Abs(v)) {
				t.Errorf("gradient of %s at %d is %g of a double network, want %g", name, i, v, w.Float64s()[i])
				break
			}
		}
	}
}

// wrt lists the inputs that are differentiated.
func (c *check) wrt(feeds map[string]tensor.Tensor) (out []string) {
	for i := range c.in {
		name := fmt.Sprintf("x%d", i)
		if feeds[name].DType() == tensor.Float64 && !slices.Contains(c.skip, i) {
			out = append(out, name)
		}
	}
	return out
}

// graph makes a network of the one operator. With open sizes those above one are names.
func (c *check) graph(open bool) (*graph.Graph, map[string]tensor.Tensor) {
	g := &graph.Graph{Opset: graph.Opset, Weights: map[string]tensor.Tensor{}, Values: map[string]graph.Value{}}
	n := graph.Node{Name: "node", Op: c.op, Attributes: c.attr}
	feeds := map[string]tensor.Tensor{}
	for i, x := range c.in {
		if !x.Valid() {
			n.Inputs = append(n.Inputs, "")
			continue
		}
		name := fmt.Sprintf("x%d", i)
		n.Inputs = append(n.Inputs, name)
		if x.DType() != tensor.Float64 {
			g.Weights[name] = x
			continue
		}
		v := graph.Value{Name: name, DType: tensor.Float32, Shape: []graph.Dim{}}
		for k, s := range x.Shape() {
			d := graph.Dim{Size: s}
			if open && s > 1 && i < len(c.in)-c.weights && !slices.Contains(c.held, i) && (c.open == nil || slices.Contains(c.open, k)) {
				d = graph.Dim{Size: -1, Param: fmt.Sprintf("n%d", s)}
				if c.apart {
					d.Param += fmt.Sprintf("_%d", k)
				}
			}
			v.Shape = append(v.Shape, d)
		}
		if i >= len(c.in)-c.weights {
			g.Weights[name] = tensor.New(tensor.Float32, x.Shape()...) // and fed in each run
		}
		g.Inputs = append(g.Inputs, v)
		feeds[name] = x
	}
	for i := range max(1, c.outputs) {
		n.Outputs = append(n.Outputs, fmt.Sprintf("y%d", i))
	}
	g.Nodes, g.Outputs = []graph.Node{n}, n.Outputs
	g.Values = shape.Infer(g)
	return g, feeds
}

// run returns the outputs and the values asked for.
func run(t testing.TB, g *graph.Graph, feeds map[string]tensor.Tensor, values []string, double bool) map[string]tensor.Tensor {
	t.Helper()
	return runner(t, g, values, double)(feeds)
}

// runner compiles a graph for several runs on one core.
func runner(t testing.TB, g *graph.Graph, values []string, double bool) func(map[string]tensor.Tensor) map[string]tensor.Tensor {
	t.Helper()
	return compiled(t, g, engine.Options{Float64: double, Values: values})
}

func compiled(t testing.TB, g *graph.Graph, o engine.Options) func(map[string]tensor.Tensor) map[string]tensor.Tensor {
	t.Helper()
	p, err := native.Engine{}.Compile(context.Background(), g, o)
	if err != nil {
		t.Fatal(err)
	}
	return func(feeds map[string]tensor.Tensor) map[string]tensor.Tensor {
		out := map[string]tensor.Tensor{}
		if err := p.Run(context.Background(), feeds, func(name string, x tensor.Tensor) error {
			out[name] = x.Clone()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func dot(a, b tensor.Tensor) (sum float64) {
	for i, v := range a.Float64s() {
		sum += v * b.Float64s()[i]
	}
	return sum
}

// random draws numbers between -2 and 2 that stand apart from each other and from kinks at 0 and +-1.
func random(r *rand.Rand, shape ...int) tensor.Tensor {
	x := tensor.New(tensor.Float64, shape...)
	v := x.Float64s()
	for i, p := range r.Perm(len(v)) {
		v[i] = (float64(p)+0.5)/float64(len(v))*4 - 2
		for _, kink := range []float64{-1, -0.5, 0, 0.5, 1} {
			if math.Abs(v[i]-kink) < 1e-3 {
				v[i] = kink + 2e-3
			}
		}
	}
	return x
}

// positive is random between 0.2 and 1.8; unit between -0.8 and 0.8.
func positive(r *rand.Rand, shape ...int) tensor.Tensor { return moved(random(r, shape...), 0.4, 1) }
func unit(r *rand.Rand, shape ...int) tensor.Tensor     { return moved(random(r, shape...), 0.4, 0) }

func moved(x tensor.Tensor, factor, offset float64) tensor.Tensor {
	for i := range x.Float64s() {
		x.Float64s()[i] = x.Float64s()[i]*factor + offset
	}
	return x
}

func ints(v ...int64) tensor.Tensor     { return tensor.Of(v, len(v)) }
func scalar(v float64) tensor.Tensor    { return tensor.Scalar(v) }
func floats(v ...float64) tensor.Tensor { return tensor.Of(v, len(v)) }

func runAll(t *testing.T, list []check) {
	for i := range list {
		c := &list[i]
		t.Run(c.op+" "+c.name, c.run)
	}
}
