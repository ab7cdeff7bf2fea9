package recording

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/graph/canonical"
	"github.com/stratascope/stratascope/onnx"
	"github.com/stratascope/stratascope/tensor"
)

const mostAfter = 256 // layers that one layer is said to read

// recorded says where the values of a site of a layer lie.
type recorded struct {
	tensor string
	site   *Site
	axis   int
}

// findLayers takes the layers from the recorded network where it is there, else from the sites; values are
// found by the names of the layers.
func (r *Recording) findLayers(ctx context.Context, onnxThere bool) error {
	c := collect(r.manifest.Sites)
	r.layers, r.tensors = c.layers, c.tensors
	if onnxThere {
		return r.loadNetwork(ctx)
	}
	if r.manifest.Model.Weights == "" {
		return nil
	}
	st, err := openShard(r.folder, r.manifest.Model.Weights)
	if err != nil {
		return err
	}
	r.stores = append(r.stores, st)
	r.network = &graph.Graph{Name: r.manifest.Model.Name, Layers: r.layers, Weights: map[string]tensor.Tensor{}}
	for _, name := range st.names {
		if r.network.Weights[name], err = st.arrays[name].Tensor(); err != nil {
			return err
		}
	}
	return nil
}

// loadNetwork reads graph.onnx.
func (r *Recording) loadNetwork(ctx context.Context) error {
	m, err := onnx.ReadIn(r.folder.root, "graph.onnx", onnx.Limits{})
	if err != nil {
		return fmt.Errorf("%s%w", r.folder.name, err)
	}
	if r.network, err = canonical.Import(ctx, m, canonical.Options{}); err != nil {
		return fmt.Errorf("%sgraph.onnx: %w", r.folder.name, err)
	}
	r.layers = r.network.Layers
	missing, axis := 0, map[string]int{}
	for _, l := range r.layers {
		axis[l.Name] = l.Axis
		if _, ok := r.tensors[capture.Site{Layer: l.Name, Of: finding.Activation}]; !ok {
			missing++
		}
	}
	for s, at := range r.tensors {
		if a, ok := axis[s.Layer]; ok && (a == 1 || a == len(at.site.Shape)) {
			at.axis = a
			r.tensors[s] = at
		}
	}
	if missing > 0 {
		r.notes = append(r.notes, fmt.Sprintf("%d of %d layers of graph.onnx were not recorded", missing, len(r.layers)))
	}
	return nil
}

// A collector makes layers of the sites that hooks recorded one by one: a convolution, its normalisation and
// its activation are one layer, as in package graph; pooling, dropout and the like are none.
type collector struct {
	layers  []graph.Layer
	afters  [][]int // by layer: the layers it reads, -1 for the input
	sides   map[int][][]int
	tensors map[capture.Site]recorded
	reach   map[string][]int // by site: the layers it was last made by
	tail    map[string]int   // by site: the layer that it ends
	alias   map[string]string
	users   map[string]int
	heads   []int
}

var activations = map[string]bool{
	"Celu": true, "Clip": true, "Elu": true, "Gelu": true, "HardSigmoid": true, "HardSwish": true, "LeakyRelu": true, "Mish": true,
	"PRelu": true, "Relu": true, "Relu6": true, "Selu": true, "Sigmoid": true, "Silu": true, "Softplus": true, "Softsign": true, "Tanh": true,
	"ThresholdedRelu": true,
}

// starts are the steps that make a layer, by their names in ONNX.
var starts = map[string]string{
	"Conv": "Conv", "ConvTranspose": "ConvTranspose", "Linear": "Linear", "Gemm": "Linear", "MatMul": "Linear", "Embedding": "Embedding",
	"Attention": "Attention", "Recurrent": "Recurrent", "LSTM": "Recurrent", "GRU": "Recurrent", "RNN": "Recurrent", "Sum": "Sum", "Add": "Sum", "Norm": "Norm",
}

func collect(all []Site) *collector {
	sites := make([]*Site, len(all))
	for i := range all {
		sites[i] = &all[i]
	}
	slices.SortStableFunc(sites, func(a, b *Site) int { return a.Order - b.Order })
	c := &collector{sides: map[int][][]int{}, tensors: map[capture.Site]recorded{}, reach: map[string][]int{}, tail: map[string]int{},
		alias: map[string]string{}, users: map[string]int{}}
	for _, s := range sites {
		after := c.through(s)
		for _, name := range after {
			c.users[name]++
		}
		if (s.Op == "Dropout" || s.Op == "Identity") && len(after) == 1 {
			c.alias[s.Name] = after[0]
			c.users[after[0]]--
		}
	}
	for _, s := range sites {
		c.take(s)
		if s.Head {
			c.heads = append(c.heads, c.reach[s.Name]...)
		}
	}
	c.finish(sites)
	return c
}

// through returns what a site reads, seen through steps that change nothing.
func (c *collector) through(s *Site) []string {
	var out []string
	for _, name := range s.After {
		if a, ok := c.alias[name]; ok {
			name = a
		}
		out = append(out, name)
	}
	return out
}

func (c *collector) take(s *Site) {
	after := c.through(s)
	if len(after) == 1 {
		if i, ok := c.tail[after[0]]; ok && c.users[after[0]] == 1 && c.absorb(i, s) {
			delete(c.tail, after[0])
			c.tail[s.Name], c.reach[s.Name] = i, []int{i}
			return
		}
	}
	sides, reach := c.sidesOf(after)
	op := starts[s.Op]
	if s.Op == "BatchNormalization" {
		op = "Norm"
	}
	if op == "" && s.Op == "" && !s.absent() {
		op = "Linear"
	}
	if op == "" || op == "Sum" && !differ(sides) {
		c.reach[s.Name] = reach
		return
	}
	c.add(s, op, after, reach)
	if op == "Sum" {
		c.sides[len(c.layers)-1] = sides
	}
}

func (c *collector) sidesOf(after []string) (sides [][]int, all []int) {
	for _, name := range after {
		side := c.reach[name]
		if side == nil {
			side = []int{-1}
		}
		sides = append(sides, side)
		all = append(all, side...)
	}
	slices.Sort(all)
	if all = slices.Compact(all); all == nil {
		all = []int{-1}
	}
	return sides, all[:min(len(all), mostAfter):min(len(all), mostAfter)]
}

func differ(sides [][]int) bool {
	for _, s := range sides {
		if !slices.Equal(s, sides[0]) {
			return true
		}
	}
	return false
}

// absorb takes a normalisation or an activation into the layer whose value it alone reads.
func (c *collector) absorb(i int, s *Site) bool {
	l := &c.layers[i]
	mapped := l.Op == "Conv" || l.Op == "ConvTranspose" || l.Op == "Linear"
	switch {
	case l.Activation != "":
		return false
	case s.Op == "BatchNormalization" && mapped && l.Norm == nil:
		l.Norm = norm(s)
		c.move(l, finding.PreNorm)
		l.Parameters += s.Parameters
		c.place(l, s, finding.PreActivation)
	case activations[s.Op] && (mapped || l.Op == "Sum" || l.Op == "Norm"):
		l.Activation, l.Before = s.Op, l.Output
	default:
		return false
	}
	if s.Activation != "" && s.Activation != "none" {
		l.Activation = s.Activation
	}
	l.Output = s.Name
	c.place(l, s, finding.Activation)
	return true
}

// move keeps where a layer's value lay before the step that follows.
func (c *collector) move(l *graph.Layer, of finding.Quantity) {
	if at, ok := c.tensors[capture.Site{Layer: l.Name, Of: finding.Activation}]; ok {
		c.tensors[capture.Site{Layer: l.Name, Of: of}] = at
	} else {
		delete(c.tensors, capture.Site{Layer: l.Name, Of: of})
	}
}

// place says that a site's tensor holds a quantity of a layer.
func (c *collector) place(l *graph.Layer, s *Site, of finding.Quantity) {
	key := capture.Site{Layer: l.Name, Of: of}
	if s.absent() {
		delete(c.tensors, key)
		return
	}
	c.tensors[key] = recorded{tensor: "feat/" + s.Name, site: s, axis: l.Axis}
}

func norm(s *Site) *graph.Norm {
	n := &graph.Norm{Node: s.Name, Epsilon: 1e-5}
	if s.Weight != "" {
		owner := strings.TrimSuffix(s.Weight, "weight")
		n.Scale, n.Bias, n.Mean, n.Variance = s.Weight, s.Bias, owner+"running_mean", owner+"running_var"
	}
	return n
}

func (c *collector) add(s *Site, op string, after []string, reach []int) {
	l := graph.Layer{Name: s.Name, Op: op, Role: graph.Role(s.Role), Groups: max(1, s.Groups), Shape: s.Shape, Parameters: s.Parameters,
		Weight: s.Weight, Bias: s.Bias, Linear: s.Name, Output: s.Name, Axis: c.axis(s, op, after)}
	if op == "Conv" || op == "ConvTranspose" {
		l.Kernel = s.Kernel
	}
	l.Transpose = op == "ConvTranspose" || op == "Embedding"
	if len(after) > 0 {
		l.Input = after[0]
	}
	if n := len(s.Shape); l.Axis >= 1 && l.Axis <= n {
		l.Units = max(0, s.Shape[l.Axis-1])
	}
	if op == "Norm" {
		l.Norm = norm(s)
	}
	if s.Activation != "" && s.Activation != "none" {
		l.Activation = s.Activation
	}
	i := len(c.layers)
	c.layers, c.afters = append(c.layers, l), append(c.afters, reach)
	c.tail[s.Name], c.reach[s.Name] = i, []int{i}
	c.place(&l, s, finding.Activation)
	if l.Activation == "" {
		c.place(&l, s, finding.PreActivation)
	} else if !s.absent() {
		c.tensors[capture.Site{Layer: l.Name, Of: finding.PreActivation}] = recorded{tensor: "pre/" + s.Name, site: s, axis: l.Axis}
	}
	if !s.absent() && op != "Norm" {
		c.tensors[capture.Site{Layer: l.Name, Of: finding.PreNorm}] = recorded{tensor: "lin/" + s.Name, site: s, axis: l.Axis}
	}
	if !s.absent() && s.Weight != "" {
		c.tensors[capture.Site{Layer: l.Name, Of: finding.Read}] = recorded{tensor: "read/" + s.Name, site: &Site{Name: s.Name}, axis: 1}
	}
	if !s.absent() {
		c.tensors[capture.Site{Layer: l.Name, Of: finding.Gradient}] = recorded{tensor: "grad/" + s.Name, site: &Site{Name: s.Name, Reduce: "flat"}, axis: 1}
	}
}

// axis returns where units stand in a value with its batch.
func (c *collector) axis(s *Site, op string, after []string) int {
	last := len(s.Shape)
	switch {
	case s.Axis > 0:
		return s.Axis
	case op == "Conv" || op == "ConvTranspose" || op == "Norm":
		return 1
	case op == "Sum":
		for _, name := range after {
			for _, i := range c.reach[name] {
				if i >= 0 && slices.Equal(c.layers[i].Shape, s.Shape) {
					return c.layers[i].Axis
				}
			}
		}
		if last >= 3 {
			return 1
		}
	}
	return last
}

// absent reports whether a site only names a step whose values were not kept.
func (s *Site) absent() bool { return s.Reduce == "absent" }
