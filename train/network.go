package train

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stratascope/stratascope/engine"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/grad"
	"github.com/stratascope/stratascope/graph/shape"
	"github.com/stratascope/stratascope/tensor"
)

// A network is what a training runs: the graph with its losses and gradients, weights being inputs.
type network struct {
	graph    *graph.Graph
	learning *program
	judging  *program       // losses alone, with stored statistics and nothing dropped; nil where nobody asks
	trained  []string       // in order of name
	grads    map[string]int // of trained, by the name of the gradient
	ties     []tie
	norms    []*norm
	masks    []mask
	shapes   map[string]map[string][]int // of the graph's values by those of its inputs
}

// A program is a compiled graph that ends in losses.
type program struct {
	engine.Program
	total   string   // name of the sum
	terms   []string // and of its parts, before they are weighed
	targets []*target
	part    string // input that holds the share of the samples that others are mixed in to, "" for none
}

// build prepares the programs. first is the first batch.
func build(ctx context.Context, g *graph.Graph, o Options, trained []string, first map[string]tensor.Tensor) (*network, error) {
	if g.Values == nil { // one that was written by hand
		h := *g
		h.Values = map[string]graph.Value{}
		g = &h
	}
	n := &network{graph: g, ties: ties(g, trained), grads: map[string]int{}, shapes: map[string]map[string][]int{}}
	n.trained = slices.DeleteFunc(slices.Clone(trained), func(s string) bool { return n.tied(s) != s })
	if err := n.build(ctx, o, first); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

func (n *network) build(ctx context.Context, o Options, first map[string]tensor.Tensor) (err error) {
	s := newSketch(ctx, n.graph.TrainingNorm())
	s.shapes = n.sizes(ctx, first)
	n.findNorms(s)
	s.tie(n.ties)
	if n.masks, err = s.drop(o.Dropout); err != nil {
		return err
	}
	if n.learning, err = s.terms(o.Losses, first, o.Mixup > 0); err != nil {
		return err
	}
	d, err := grad.Of(ctx, s.Graph, grad.Request{Seeds: []grad.Seed{{Value: n.learning.total}}, Values: n.trained})
	if err != nil {
		return err
	}
	n.trained = slices.DeleteFunc(slices.Clone(n.trained), func(name string) bool {
		return slices.Contains(d.Independent, name)
	})
	if len(n.trained) == 0 {
		return errors.New("the losses depend on no weight that is trained")
	}
	var values []string
	for i, name := range n.trained {
		n.grads[d.Names[name]] = i
		values = append(values, d.Names[name])
	}
	for _, m := range n.norms {
		values = append(values, m.batch[0], m.batch[1])
	}
	if err := n.compile(ctx, n.learning, d.Graph, o, values); err != nil || o.Validation == nil {
		return err
	}
	judge := newSketch(ctx, n.graph)
	judge.shapes = s.shapes
	judge.tie(n.ties)
	if n.judging, err = judge.terms(o.Losses, first, false); err != nil {
		return err
	}
	return n.compile(ctx, n.judging, judge.Graph, o, nil)
}

// compile prepares a graph that gives some values beside the losses.
func (n *network) compile(ctx context.Context, p *program, g *graph.Graph, o Options, values []string) (err error) {
	values = slices.Concat([]string{p.total}, p.terms, values)
	p.Program, err = o.Engine.Compile(ctx, n.open(g, p.targets), engine.Options{Workers: o.Workers, Memory: o.Memory, Values: values})
	return err
}

// open makes what a training changes inputs, and what is held fixed as a target the value itself.
func (n *network) open(g *graph.Graph, targets []*target) *graph.Graph {
	h := *g
	h.Outputs, h.Weights = nil, maps.Clone(g.Weights)
	held := map[string]string{}
	for _, t := range targets {
		if t.field == "" && t.input != "" {
			held[t.input] = t.of
		}
	}
	h.Inputs = slices.DeleteFunc(slices.Clone(g.Inputs), func(v graph.Value) bool { return held[v.Name] != "" })
	h.Nodes = slices.Clone(g.Nodes)
	for i := range h.Nodes {
		h.Nodes[i].Inputs = slices.Clone(h.Nodes[i].Inputs)
		for k, name := range h.Nodes[i].Inputs {
			if to := held[name]; to != "" {
				h.Nodes[i].Inputs[k] = to
			}
		}
	}
	for _, name := range n.changing() {
		w := h.Weights[name]
		delete(h.Weights, name)
		v := graph.Value{Name: name, DType: w.DType(), Shape: make([]graph.Dim, w.Rank())}
		for i, size := range w.Shape() {
			v.Shape[i].Size = size
		}
		h.Inputs = append(h.Inputs, v)
	}
	return &h
}

// changing lists the weights that a training changes: those trained and running statistics.
func (n *network) changing() []string {
	all := slices.Clone(n.trained)
	for _, m := range n.norms {
		for _, name := range m.running {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// sizes finds the shapes of the graph's values for a batch.
func (n *network) sizes(ctx context.Context, batch map[string]tensor.Tensor) map[string][]int {
	h := *n.graph
	h.Inputs = slices.Clone(h.Inputs)
	key := ""
	for i, v := range h.Inputs {
		if w, ok := batch[v.Name]; ok {
			h.Inputs[i].Shape = make([]graph.Dim, w.Rank())
			for k, size := range w.Shape() {
				h.Inputs[i].Shape[k].Size = size
			}
			key += fmt.Sprint(w.Shape())
		}
	}
	if known := n.shapes[key]; known != nil {
		return known
	}
	out := map[string][]int{}
	for name, v := range shape.InferUntil(ctx, &h) {
		if v.Shape == nil || slices.ContainsFunc(v.Shape, func(d graph.Dim) bool { return d.Size < 0 }) {
			continue
		}
		out[name] = make([]int, len(v.Shape))
		for k, d := range v.Shape {
			out[name][k] = d.Size
		}
	}
	if ctx.Err() == nil {
		n.shapes[key] = out
	}
	return out
}

// feeds picks what a program is fed of a batch: the network's inputs and the targets.
func (n *network) feeds(ctx context.Context, p *program, batch map[string]tensor.Tensor) (map[string]tensor.Tensor, error) {
	out := map[string]tensor.Tensor{}
	for _, v := range n.graph.Inputs {
		w, ok := batch[v.Name]
		if !ok {
			return nil, fmt.Errorf("the batch has no field %q, which the network reads", v.Name)
		}
		out[v.Name] = w
	}
	shapes := n.sizes(ctx, batch)
	for _, t := range p.targets {
		if t.field == "" {
			continue
		}
		w, ok := batch[t.field]
		if !ok {
			return nil, fmt.Errorf("the batch has no field %q, which a loss compares with", t.field)
		}
		w, err := asTarget(w)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", t.field, err)
		}
		if want := shapes[t.value]; t.soft && want != nil {
			if !slices.Equal(squeezed(w.Shape()), squeezed(want)) {
				return nil, fmt.Errorf("target %q has shape %v for value %q of shape %v", t.field, w.Shape(), t.value, want)
			}
			w = w.Reshape(want...)
		}
		out[t.input] = w
	}
	return out, nil
}

func (n *network) close() {
	for _, p := range []*program{n.learning, n.judging} {
		if p != nil && p.Program != nil {
			p.Close()
		}
	}
}
