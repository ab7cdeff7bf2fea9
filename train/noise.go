package train

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/tensor"
)

// A Dropout zeroes elements of a value at random and scales the others so that its mean stays (Srivastava et
// al. 2014). The nodes that read the value get the result; losses of the value see it whole.
type Dropout struct {
	Value string  // of the network
	Rate  float64 // the share that is zeroed
	Units bool    // whole channels, the second dimension, of each sample
}

// Noise is Gaussian, of a standard deviation that is a share of the root mean square of what it is added to.
type Noise struct {
	Input    float64 // of each input that holds floats, for each batch
	Weight   float64 // of each weight, while gradients are taken
	Gradient float64 // of each gradient, before it is clipped
}

// A mask is the input that holds what a value is multiplied by.
type mask struct {
	Dropout
	input string
}

// drop puts a product with a mask behind each value.
func (s *sketch) drop(list []Dropout) ([]mask, error) {
	var out []mask
	for _, d := range list {
		if !(d.Rate >= 0 && d.Rate < 1) {
			return nil, fmt.Errorf("dropout of %q: a rate of %v, want 0 to less than 1", d.Value, d.Rate)
		}
		shape := s.shapes[d.Value]
		if shape == nil || s.Values[d.Value].Shape == nil {
			return nil, fmt.Errorf("dropout of %q: the network has no value of this name whose shape can be told", d.Value)
		}
		if d.Units && len(shape) < 2 {
			return nil, fmt.Errorf("dropout of %q: units of a value of shape %v", d.Value, shape)
		}
		m := mask{Dropout: d}
		open := opened(d.Value+".mask", s.Values[d.Value].Shape)
		if d.Units {
			for i := range open[2:] {
				open[2+i] = graph.Dim{Size: 1}
			}
		}
		m.input = s.input(d.Value+".mask", tensor.Float32, open)
		if err := s.behind(d.Value, m.input); err != nil {
			return nil, fmt.Errorf("dropout of %q: %w", d.Value, err)
		}
		out = append(out, m)
	}
	return out, nil
}

// behind multiplies a value by another for all nodes that read it.
func (s *sketch) behind(value, by string) error {
	at, some := 0, false
	out := s.fresh(value + ".dropped")
	for i := range s.Nodes {
		n := &s.Nodes[i]
		if slices.Contains(n.Outputs, value) {
			at = i + 1
		}
		if !slices.Contains(n.Reads(), value) {
			continue
		}
		for _, inner := range n.Subgraphs {
			if slices.Contains(inner.Taken(), value) {
				return fmt.Errorf("a graph inside node %q reads it", n.Name)
			}
		}
		some = true
		n.Inputs = slices.Clone(n.Inputs)
		for k, name := range n.Inputs {
			if name == value {
				n.Inputs[k] = out
			}
		}
	}
	if !some {
		return errors.New("no node reads it")
	}
	s.Nodes = slices.Insert(s.Nodes, at, graph.Node{Name: out, Op: "Mul", Inputs: []string{value, by}, Outputs: []string{out}})
	return nil
}

// rand is the generator of one purpose of one step.
func (t *trainer) rand(parts ...string) *rand.Rand {
	return infer.Rand(t.options.Seed, append([]string{"train", strconv.Itoa(t.step)}, parts...)...)
}

// draw makes a mask for a value of a shape.
func (t *trainer) draw(m *mask, shape []int) tensor.Tensor {
	if m.Units {
		shape = slices.Clone(shape)
		for i := range shape[2:] {
			shape[2+i] = 1
		}
	}
	out := tensor.New(tensor.Float32, shape...)
	r, up := t.rand("dropout", m.Value), float32(1/(1-m.Rate))
	for i := range out.Float32s() {
		if r.Float64() >= m.Rate {
			out.Float32s()[i] = up
		}
	}
	return out
}

// noisy writes v plus noise to out, which may be v.
func noisy(out, v []float32, share float64, r *rand.Rand) {
	sd := share * rms(v)
	for i, x := range v {
		out[i] = float32(float64(x) + sd*r.NormFloat64())
	}
}

// mix replaces what a batch of n is fed as by weighted means of pairs: the share is drawn from a Beta
// distribution, the other sample of each pair by a permutation of the batch (Zhang et al. 2018, eq. 1). Classes
// stay, and those of the others are fed beside them.
func (t *trainer) mix(feeds map[string]tensor.Tensor, n int) {
	r := t.rand("mixup")
	part := float32(beta(r, t.options.Mixup))
	others := r.Perm(n)
	p := t.net.learning
	for _, to := range p.targets {
		if to.mixed != "" {
			feeds[to.mixed] = gather(feeds[to.input], others)
		}
	}
	if p.part != "" {
		feeds[p.part] = tensor.Scalar(part)
	}
	for _, name := range t.net.mixable() {
		v := feeds[name]
		if v.DType() != tensor.Float32 {
			continue
		}
		mixed, other := v.Clone(), gather(v, others).Float32s()
		for i, x := range mixed.Float32s() {
			mixed.Float32s()[i] = part*x + (1-part)*other[i]
		}
		feeds[name] = mixed
	}
}

// mixable lists the inputs and the targets of floats.
func (n *network) mixable() (names []string) {
	for _, v := range n.graph.Inputs {
		names = append(names, v.Name)
	}
	for _, t := range n.learning.targets {
		if t.field != "" && t.soft && !slices.Contains(names, t.input) {
			names = append(names, t.input)
		}
	}
	return names
}

// beta draws from Beta(a, a) (Jöhnk 1964 below 1, else by two gammas of Marsaglia and Tsang 2000).
func beta(r *rand.Rand, a float64) float64 {
	if a < 1 {
		for {
			x, y := math.Pow(r.Float64(), 1/a), math.Pow(r.Float64(), 1/a)
			if s := x + y; s > 0 && s <= 1 {
				return x / s
			}
		}
	}
	x := gamma(r, a)
	return x / (x + gamma(r, a))
}

func gamma(r *rand.Rand, a float64) float64 {
	d := a - 1.0/3
	for {
		x := r.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
