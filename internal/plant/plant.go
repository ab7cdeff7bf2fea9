// Package plant makes small networks whose flaws are known, for the tests of rules: a perceptron with
// random hidden layers and a trained head on Gaussian classes, healthy unless a flaw is planted. It is
// a capture.Source of its own, so that rules are tested without a file or an engine.
package plant

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/statistic"
	"github.com/stratascope/stratascope/tensor"
)

// A Layer is one linear map with its normalisation and activation.
type Layer struct {
	Name   string
	In     int
	Weight [][]float64 // [out][in]
	Bias   []float64
	Norm   *Norm
	Relu   bool
	Tokens int     // of a sample; 0 for one row a sample (Tokens)
	Mix    float64 // share of each token that the mean of the sample's tokens takes the place of
}

// A Norm is a batch normalisation with stored statistics.
type Norm struct{ Scale, Bias, Mean, Variance []float64 }

// A Split is the samples of one split.
type Split struct {
	IDs    []string
	X      [][]float64
	Labels []int32
	Group  []int32
}

// A Network is the perceptron with its data. A Flaw changes it before the head is trained (Before) or
// after (After).
type Network struct {
	Seed    uint64
	Classes int
	Stack   []*Layer // in order
	Initial []*Layer // before training: the same names and shapes
	Data    map[dataset.Split]*Split

	remembered string // layer whose recorded values tell the labels of training samples
	strength   float64
	feed       func(x []float64) []float64 // how samples are shown under the other preprocessing, nil without one

	keep  *capture.Memory
	known map[string][]*Layer // networks that views name

	builders map[string]func() (*graph.Graph, error) // of further ones
}

// A Flaw is a recipe of planted damage.
type Flaw struct {
	Name   string
	Before func(*Network) // changes layers or data before the head is trained
	After  func(*Network) // changes the trained network
}

const (
	inputs  = 24
	width   = 32
	depth   = 5
	classes = 10
	samples = 640 // per split
)

// New returns a network with the given flaws: fc1 to fc5 with 32 ReLU units each, batch normalisation
// after fc3, and a head of 10 classes; 640 training and 640 validation samples.
func New(seed uint64, flaws ...Flaw) *Network {
	n := &Network{Seed: seed, Classes: classes, keep: capture.NewMemory(), known: map[string][]*Layer{}, builders: map[string]func() (*graph.Graph, error){}}
	r := infer.Rand(seed, "plant")
	centres := gaussian(r.NormFloat64, classes, inputs, 2.6)
	n.Data = map[dataset.Split]*Split{dataset.Train: draw(r.NormFloat64, "train", centres), dataset.Val: draw(r.NormFloat64, "val", centres)}
	for i := range depth {
		in := width
		if i == 0 {
			in = inputs
		}
		l := &Layer{Name: fmt.Sprintf("fc%d", i+1), In: in, Weight: gaussian(r.NormFloat64, width, in, math.Sqrt(2/float64(in))), Bias: make([]float64, width), Relu: true}
		for u := range l.Bias {
			l.Bias[u] = 1 + 0.1*r.NormFloat64()
		}
		n.Stack = append(n.Stack, l)
	}
	n.Stack = append(n.Stack, &Layer{Name: "head", In: width, Weight: gaussian(r.NormFloat64, classes, width, 0.01), Bias: make([]float64, classes)})
	n.Initial = clone(n.Stack)
	for _, l := range n.Stack[:depth] { // "training" moves every weight by a third of its size
		for _, row := range l.Weight {
			for i := range row {
				row[i] += 0.33 * math.Sqrt(2/float64(l.In)) * r.NormFloat64()
			}
		}
	}
	n.normalise(2)
	for _, f := range flaws {
		if f.Before != nil {
			f.Before(n)
		}
	}
	n.trainHead()
	for _, f := range flaws {
		if f.After != nil {
			f.After(n)
		}
	}
	n.known[""] = n.Stack
	n.known["initial"] = n.Initial
	return n
}

func gaussian(normal func() float64, rows, cols int, sd float64) [][]float64 {
	w := make([][]float64, rows)
	for i := range w {
		w[i] = make([]float64, cols)
		for j := range w[i] {
			w[i][j] = sd * normal()
		}
	}
	return w
}

func draw(normal func() float64, name string, centres [][]float64) *Split {
	s := &Split{}
	for i := range samples {
		c := i % len(centres)
		x := make([]float64, inputs)
		for j := range x {
			x[j] = centres[c][j] + normal()
		}
		s.IDs = append(s.IDs, fmt.Sprintf("%s/%04d", name, i))
		s.X = append(s.X, x)
		s.Labels = append(s.Labels, int32(c))
		s.Group = append(s.Group, int32(i/len(centres)%2))
	}
	return s
}

func clone(ls []*Layer) []*Layer {
	out := make([]*Layer, len(ls))
	for i, l := range ls {
		c := *l
		c.Weight = make([][]float64, len(l.Weight))
		for u := range l.Weight {
			c.Weight[u] = append([]float64(nil), l.Weight[u]...)
		}
		c.Bias = append([]float64(nil), l.Bias...)
		if l.Norm != nil {
			m := Norm{Scale: append([]float64(nil), l.Norm.Scale...), Bias: append([]float64(nil), l.Norm.Bias...),
				Mean: append([]float64(nil), l.Norm.Mean...), Variance: append([]float64(nil), l.Norm.Variance...)}
			c.Norm = &m
		}
		out[i] = &c
	}
	return out
}

// Layer returns a layer by name.
func (n *Network) Layer(name string) *Layer {
	for _, l := range n.Stack {
		if l.Name == name {
			return l
		}
	}
	panic("plant: no layer " + name)
}

// normalise puts a batch normalisation with the statistics of the training data after a layer.
func (n *Network) normalise(at int) {
	l := n.Stack[at]
	l.Norm = &Norm{Scale: ones(width), Bias: make([]float64, width), Mean: make([]float64, width), Variance: ones(width)}
	for u := range l.Norm.Bias {
		l.Norm.Bias[u] = 0.3
	}
	l.Norm.Mean, l.Norm.Variance = n.statistics(n.Stack, at)
	n.Initial[at].Norm = clone(n.Stack)[at].Norm
}

// statistics returns the mean and variance of what a layer's normalisation reads on the training data.
func (n *Network) statistics(ls []*Layer, at int) (mean, variance []float64) {
	d := n.Data[dataset.Train]
	mean, variance = make([]float64, width), make([]float64, width)
	rows := make([][]float64, len(d.X))
	for i, x := range d.X {
		rows[i] = forward(ls, x)[at].linear
		for u, v := range rows[i] {
			mean[u] += v / float64(len(d.X))
		}
	}
	for _, row := range rows {
		for u, v := range row {
			variance[u] += (v - mean[u]) * (v - mean[u]) / float64(len(rows))
		}
	}
	return mean, variance
}

func ones(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

// step is what one layer gives for one sample; of tokens, linear, before and out are the means.
type step struct {
	linear, before, out []float64
	tokens              [][]float64
}

func forward(ls []*Layer, x []float64) []step {
	if len(ls) > 0 && ls[0].Tokens > 0 {
		return forwardTokens(ls, x)
	}
	out := make([]step, len(ls))
	for i, l := range ls {
		s := step{linear: make([]float64, len(l.Weight))}
		for u, w := range l.Weight {
			s.linear[u] = l.Bias[u]
			for j, v := range x {
				s.linear[u] += w[j] * v
			}
		}
		s.before = append([]float64(nil), s.linear...)
		if m := l.Norm; m != nil {
			for u := range s.before {
				s.before[u] = (s.before[u]-m.Mean[u])/math.Sqrt(m.Variance[u]+1e-5)*m.Scale[u] + m.Bias[u]
			}
		}
		s.out = append([]float64(nil), s.before...)
		if l.Relu {
			for u := range s.out {
				s.out[u] = max(0, s.out[u])
			}
		}
		out[i] = s
		x = s.out
	}
	return out
}

// trainHead fits the last layer by gradient descent with momentum on the cross-entropy of the training
// data, on standardised features whose scale is then folded into the weights.
func (n *Network) trainHead() {
	d := n.Data[dataset.Train]
	head := n.Stack[len(n.Stack)-1]
	feats := make([][]float64, len(d.X))
	for i, x := range d.X {
		steps := forward(n.Stack[:len(n.Stack)-1], x)
		feats[i] = steps[len(steps)-1].out
	}
	mean, sd := standardise(feats)
	const rate, momentum, decay = 0.5, 0.9, 1e-3
	gw, gb, p := gaussian(zero, classes, width, 0), make([]float64, classes), make([]float64, classes)
	vw, vb := gaussian(zero, classes, width, 0), make([]float64, classes)
	size := float64(len(feats))
	for range 150 {
		for i, f := range feats {
			softmax(p, head, f)
			p[d.Labels[i]]--
			for c := range p {
				gb[c] += p[c] / size
				for j, v := range f {
					gw[c][j] += p[c] * v / size
				}
			}
		}
		for c := range gw {
			vb[c] = momentum*vb[c] - rate*gb[c]
			head.Bias[c] += vb[c]
			gb[c] = 0
			for j := range gw[c] {
				vw[c][j] = momentum*vw[c][j] - rate*(gw[c][j]+decay*head.Weight[c][j])
				head.Weight[c][j] += vw[c][j]
				gw[c][j] = 0
			}
		}
	}
	for c, row := range head.Weight {
		for j := range row {
			row[j] /= sd[j]
			head.Bias[c] -= row[j] * mean[j]
		}
	}
}

// standardise puts the columns of rows at mean 0 and deviation 1 and returns what they were.
func standardise(rows [][]float64) (mean, sd []float64) {
	mean, sd = make([]float64, width), make([]float64, width)
	for _, f := range rows {
		for j, v := range f {
			mean[j] += v / float64(len(rows))
		}
	}
	for _, f := range rows {
		for j, v := range f {
			sd[j] += (v - mean[j]) * (v - mean[j]) / float64(len(rows))
		}
	}
	for j := range sd {
		if sd[j] = math.Sqrt(sd[j]); sd[j] == 0 {
			sd[j] = 1
		}
	}
	for _, f := range rows {
		for j := range f {
			f[j] = (f[j] - mean[j]) / sd[j]
		}
	}
	return mean, sd
}

func zero() float64 { return 0 }

// softmax writes the head's probabilities for features f to p.
func softmax(p []float64, head *Layer, f []float64) {
	top, sum := math.Inf(-1), 0.0
	for c, w := range head.Weight {
		p[c] = head.Bias[c]
		for j, v := range f {
			p[c] += w[j] * v
		}
		top = max(top, p[c])
	}
	for c := range p {
		p[c] = math.Exp(p[c] - top)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
}

// Case returns what statistics and rules look at.
func (n *Network) Case() statistic.Case {
	return statistic.Case{Layers: n.Layers(""), Graph: n.Graph(""), Initial: n.Graph("initial"), Source: n, Splits: []dataset.Split{dataset.Train, dataset.Val}, Seen: true,
		Task: dataset.Task{Kind: "classification", Classes: strings.Split("abcdefghij", "")}, Classes: classes, Output: "logits", Seed: 1, Workers: 1}
}

// Graph returns a network's layers and weights; it has no nodes, since the source runs it.
func (n *Network) Graph(name string) *graph.Graph {
	g := &graph.Graph{Name: "planted", Weights: map[string]tensor.Tensor{}, Inputs: []graph.Value{{Name: "x", DType: tensor.Float32}}, Outputs: []string{"logits"}}
	before := "input"
	for i, l := range n.layers(name) {
		gl := graph.Layer{Name: l.Name, Index: i + 1, Depth: float64(i+1) / float64(len(n.Stack)), Op: "Linear", Role: graph.Stream, Groups: 1, Shape: []int{len(l.Weight)},
			Units: len(l.Weight), Axis: 1, Parameters: len(l.Weight) * (l.In + 1), After: []string{before}, Weight: l.Name + ".weight", Bias: l.Name + ".bias",
			Input: before, Linear: l.Name + ".linear", Output: l.Name + ".out", Head: i == len(n.Stack)-1}
		g.Weights[gl.Weight] = matrix(l.Weight)
		g.Weights[gl.Bias] = vector(l.Bias)
		if l.Tokens > 0 {
			gl.Shape, gl.Axis = []int{l.Tokens, gl.Units}, 2
		}
		if l.Relu {
			gl.Activation, gl.Before = "Relu", l.Name+".before"
		}
		if m := l.Norm; m != nil {
			p := l.Name + ".norm."
			gl.Norm = &graph.Norm{Node: l.Name + ".norm", Scale: p + "weight", Bias: p + "bias", Mean: p + "running_mean", Variance: p + "running_var", Epsilon: 1e-5}
			g.Weights[p+"weight"], g.Weights[p+"bias"] = vector(m.Scale), vector(m.Bias)
			g.Weights[p+"running_mean"], g.Weights[p+"running_var"] = vector(m.Mean), vector(m.Variance)
		}
		g.Layers = append(g.Layers, gl)
		before = l.Name
	}
	return g
}

func matrix(w [][]float64) tensor.Tensor {
	var v []float32
	for _, row := range w {
		for _, x := range row {
			v = append(v, float32(x))
		}
	}
	return tensor.Of(v, len(w), len(w[0]))
}

func vector(b []float64) tensor.Tensor {
	v := make([]float32, len(b))
	for i, x := range b {
		v[i] = float32(x)
	}
	return tensor.Of(v, len(v))
}

// site returns one sample's values at a site.
func site(ls []*Layer, steps []step, x []float64, s capture.Site) ([]float64, error) {
	switch s.Of {
	case finding.Input:
		return x, nil
	case finding.Output:
		return steps[len(steps)-1].out, nil
	}
	for i, l := range ls {
		if l.Name != s.Layer {
			continue
		}
		switch s.Of {
		case finding.Activation:
			if l.Tokens > 0 {
				return slices.Concat(steps[i].tokens...), nil
			}
			return steps[i].out, nil
		case finding.PreActivation:
			return steps[i].before, nil
		case finding.Read:
			if i == 0 {
				return x, nil
			}
			return steps[i-1].out, nil
		case finding.PreNorm:
			if l.Norm == nil {
				return nil, &capture.Unavailable{Code: "no-norm", Why: "layer " + l.Name + " has no batch normalisation"}
			}
			return steps[i].linear, nil
		}
	}
	return nil, &capture.Unavailable{Code: "no-layer", Why: fmt.Sprintf("no %s of layer %s", s.Of, s.Layer)}
}
