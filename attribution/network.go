package attribution

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/tensor"
)

// A Network is a graph whose outputs can be explained: one input of floats, samples first.
type Network struct {
	forward, backward    engine.Program
	input, output, slope string // names of values; slope is the input's gradient
	in, out              []int  // shapes of input and output for one sample
	double               bool
}

// seed is the name of the input that says which output is differentiated.
const seed = "attribution.seed"

// Compile prepares a graph and its gradient by its input. output names the value to explain, such as the one
// before a softmax; "" is the graph's first output. With o.Float64 everything is in double precision.
func Compile(ctx context.Context, e engine.Engine, g *graph.Graph, output string, o engine.Options) (*Network, error) {
	n := &Network{output: output, double: o.Float64}
	if output == "" && len(g.Outputs) > 0 {
		n.output = g.Outputs[0]
	}
	fed := slices.DeleteFunc(slices.Clone(g.Inputs), func(v graph.Value) bool { return g.Weights[v.Name].Valid() })
	if len(fed) != 1 {
		return nil, fmt.Errorf("the network has %d inputs, want one", len(fed))
	}
	n.input = fed[0].Name
	var err error
	if n.in, err = sizes(g, n.input, fed[0].Shape); err != nil {
		return nil, err
	}
	if n.out, err = sizes(g, n.output, g.Values[n.output].Shape); err != nil {
		return nil, err
	}
	d, err := grad.Of(ctx, g, grad.Request{Seeds: []grad.Seed{{Value: n.output, By: seed}}, Values: []string{n.input}})
	if err != nil {
		return nil, err
	}
	n.slope = d.Names[n.input]
	o.Values = []string{n.output}
	if n.forward, err = e.Compile(ctx, g, o); err != nil {
		return nil, err
	}
	o.Values = []string{n.output, n.slope}
	if n.backward, err = e.Compile(ctx, d.Graph, o); err != nil {
		return nil, errors.Join(fmt.Errorf("gradient: %w", err), n.forward.Close())
	}
	return n, nil
}

// sizes returns the sizes of a value for one sample, which have to be fixed and stand behind any number of
// samples.
func sizes(g *graph.Graph, name string, shape []graph.Dim) ([]int, error) {
	if len(shape) == 0 || g.BatchAxis(shape) != 0 || shape[0].Size >= 0 {
		return nil, fmt.Errorf("value %q has shape %v, want any number of samples first", name, shape)
	}
	out := []int{}
	for _, d := range shape[1:] {
		if d.Size < 0 {
			return nil, fmt.Errorf("value %q has shape %v, want sizes behind the samples that are fixed", name, shape)
		}
		out = append(out, d.Size)
	}
	return out, nil
}

// Close frees what the network holds.
func (n *Network) Close() error { return errors.Join(n.forward.Close(), n.backward.Close()) }

// Shape returns the shape of what is explained for one sample, such as [classes].
func (n *Network) Shape() []int { return slices.Clone(n.out) }

// Model returns one element of the output, counted through its shape, as a function of the input.
func (n *Network) Model(element int) Model {
	return func(ctx context.Context, x []float64, count int) ([]float64, error) {
		v, err := n.run(ctx, n.forward, element, x, count, false)
		return v[n.output], err
	}
}

// Gradient returns one element of the output with its derivatives by the input.
func (n *Network) Gradient(element int) Gradient {
	return func(ctx context.Context, x []float64, count int) (outputs, derivatives []float64, err error) {
		v, err := n.run(ctx, n.backward, element, x, count, true)
		return v[n.output], v[n.slope], err
	}
}

// run returns the values of a program, of the output the element that is asked for.
func (n *Network) run(ctx context.Context, p engine.Program, element int, x []float64, count int, gradient bool) (map[string][]float64, error) {
	width, outputs := product(n.in), product(n.out)
	if element < 0 || element >= outputs {
		return nil, fmt.Errorf("element %d of an output of shape %v: %w", element, n.out, infer.ErrRange)
	}
	if count < 1 || len(x) != count*width {
		return nil, fmt.Errorf("%d elements in %d inputs, want %d in each: %w", len(x), count, width, infer.ErrRange)
	}
	feeds := map[string]tensor.Tensor{n.input: n.tensor(x, count, n.in)}
	if gradient {
		by := make([]float64, count*outputs)
		for i := range count {
			by[i*outputs+element] = 1
		}
		feeds[seed] = n.tensor(by, count, n.out)
	}
	values := map[string][]float64{}
	err := p.Run(ctx, feeds, func(name string, t tensor.Tensor) error {
		switch name {
		case n.output:
			v, one := floats(t), make([]float64, count)
			for i := range one {
				one[i] = v[i*outputs+element]
			}
			values[name] = one
		case n.slope:
			values[name] = floats(t)
		}
		return nil
	})
	return values, err
}

func (n *Network) tensor(x []float64, count int, shape []int) tensor.Tensor {
	shape = append([]int{count}, shape...)
	if n.double {
		return tensor.Of(x, shape...)
	}
	v := make([]float32, len(x))
	for i, f := range x {
		v[i] = float32(f)
	}
	return tensor.Of(v, shape...)
}

// floats copies a value.
func floats(t tensor.Tensor) []float64 {
	if t.DType() == tensor.Float64 {
		return slices.Clone(t.Float64s())
	}
	v := make([]float64, t.Len())
	for i, f := range t.Float32s() {
		v[i] = float64(f)
	}
	return v
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
