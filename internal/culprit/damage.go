package culprit

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/graph"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/linalg"
	"github.com/stratascope/stratascope/tensor"
)

// A Damage is one way to break a layer.
type Damage struct {
	Name string
	// fits says which layers it can be done to.
	fits func(g *graph.Graph, l *graph.Layer) bool
	// change writes to the layer's weights, which are copies; other is a network of another seed.
	change func(p *patient)
}

// Frozen is done by training with the layer held at its first weights; the other damages are done to a trained
// network.
const Frozen = "frozen at initialisation"

// Damages lists the eight.
func Damages() []Damage {
	return []Damage{
		{"re-randomised", weighted, rerandomise},
		{"from another network", weighted, transplant},
		{"stale BatchNorm", func(_ *graph.Graph, l *graph.Layer) bool { return l.Norm != nil }, stale},
		{"dead", active, kill},
		{"duplicated", inner, duplicate},
		{"rank-cut", inner, cut},
		{Frozen, inner, nil},
		{"outlier channel", compensated, amplify},
	}
}

func weighted(_ *graph.Graph, l *graph.Layer) bool { return l.Weight != "" }
func inner(_ *graph.Graph, l *graph.Layer) bool    { return l.Weight != "" && !l.Head }
func active(g *graph.Graph, l *graph.Layer) bool   { return inner(g, l) && l.Activation != "" }

// compensated layers have an activation and one linear reader, which can divide by what they multiply.
func compensated(g *graph.Graph, l *graph.Layer) bool {
	_, ok := reader(g, l)
	return active(g, l) && ok
}

func reader(g *graph.Graph, l *graph.Layer) (graph.Layer, bool) {
	var found []graph.Layer
	for _, x := range g.Layers {
		if slices.Contains(x.After, l.Name) {
			found = append(found, x)
		}
	}
	if len(found) != 1 || found[0].Weight == "" || len(found[0].After) != 1 {
		return graph.Layer{}, false
	}
	return found[0], true
}

// A patient is a layer whose weights are being changed.
type patient struct {
	g, initial, other *graph.Graph
	layer             *graph.Layer
	seed              uint64
	weights           map[string]tensor.Tensor // changed so far
}

// of returns a weight to write to.
func (p *patient) of(name string) []float32 {
	if name == "" {
		return nil
	}
	if w, ok := p.weights[name]; ok {
		return w.Float32s()
	}
	p.weights[name] = p.g.Weights[name].Clone()
	return p.weights[name].Float32s()
}

// own lists the names of all that a layer is made of.
func own(l *graph.Layer) []string {
	names := []string{l.Weight, l.Bias}
	if m := l.Norm; m != nil {
		names = append(names, m.Scale, m.Bias, m.Mean, m.Variance)
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// Layers names the layers that the damage can be done to.
func (d Damage) Layers(g *graph.Graph) []string {
	var out []string
	for i := range g.Layers {
		if d.fits(g, &g.Layers[i]) {
			out = append(out, g.Layers[i].Name)
		}
	}
	return out
}

// Apply returns the network with one layer damaged.
func (d Damage) Apply(g, initial, other *graph.Graph, layer string, seed uint64) (*graph.Graph, error) {
	l, ok := g.Layer(layer)
	if !ok || !d.fits(g, l) {
		return nil, fmt.Errorf("%s cannot be done to layer %q", d.Name, layer)
	}
	p := &patient{g, initial, other, l, infer.Seed(seed, d.Name, layer), map[string]tensor.Tensor{}}
	d.change(p)
	return g.ReplaceWeights(p.weights)
}

// rerandomise draws weight and bias as before training.
func rerandomise(p *patient) {
	r := infer.Rand(p.seed, "draw")
	first := p.initial.Weights[p.layer.Weight].Float32s()
	var ss float64
	for _, v := range first {
		ss += float64(v) * float64(v)
	}
	sd := math.Sqrt(ss / float64(len(first)))
	w := p.of(p.layer.Weight)
	for i := range w {
		w[i] = float32(sd * r.NormFloat64())
	}
	clear(p.of(p.layer.Bias))
}

// transplant takes all of a layer from another network.
func transplant(p *patient) {
	for _, name := range own(p.layer) {
		copy(p.of(name), p.other.Weights[name].Float32s())
	}
}

// stale moves stored means by a stored deviation and a half, and variances up to fourfold either way.
func stale(p *patient) {
	r := infer.Rand(p.seed, "stale")
	m, v := p.of(p.layer.Norm.Mean), p.of(p.layer.Norm.Variance)
	for u := range m {
		m[u] += float32(1.5 * r.NormFloat64() * math.Sqrt(float64(v[u])))
		v[u] *= float32(math.Pow(4, 2*r.Float64()-1))
	}
}

// kill moves nine tenths of the units far below zero.
func kill(p *patient) {
	b := p.of(p.layer.Bias)
	if p.layer.Norm != nil {
		b = p.of(p.layer.Norm.Bias)
	}
	for _, u := range infer.Rand(p.seed, "dead").Perm(len(b))[:len(b)*9/10] {
		b[u] = -100
	}
}

// duplicate makes one half of the units copies of the other.
func duplicate(p *patient) {
	units := p.layer.Units
	order := infer.Rand(p.seed, "copies").Perm(units)
	for k := range units / 2 {
		from, to := order[k], order[units-1-k]
		for _, name := range own(p.layer) {
			w := p.of(name)
			at := p.rows(name)
			for i := range len(w) / units {
				w[at(to, i)] = w[at(from, i)]
			}
		}
	}
}

// rows returns where the i-th value of a unit lies in a weight.
func (p *patient) rows(name string) func(unit, i int) int {
	size := p.g.Weights[name].Len() / p.layer.Units
	if name == p.layer.Weight && p.layer.Transpose {
		return func(unit, i int) int { return i*p.layer.Units + unit }
	}
	return func(unit, i int) int { return unit*size + i }
}

// cut leaves a sixteenth of a weight's directions, two at least.
func cut(p *patient) {
	w, at := p.of(p.layer.Weight), p.rows(p.layer.Weight)
	n, d := p.layer.Units, len(w)/p.layer.Units
	keep := max(2, min(n, d)/16)
	gram := make([]float64, n*n)
	for a := range n {
		for b := range n {
			for i := range d {
				gram[a*n+b] += float64(w[at(a, i)]) * float64(w[at(b, i)])
			}
		}
	}
	_, vectors, err := linalg.EigenSym(1, gram, n, true)
	if err != nil {
		panic(err) // a Gram matrix has eigenvalues
	}
	out := make([]float32, len(w))
	for k := range keep {
		v := vectors[k*n : (k+1)*n]
		for i := range d {
			var s float64
			for u := range n {
				s += v[u] * float64(w[at(u, i)])
			}
			for u := range n {
				out[at(u, i)] += float32(s * v[u])
			}
		}
	}
	copy(w, out)
}

// amplify multiplies what the first unit gives three hundredfold and divides what reads it by as much.
func amplify(p *patient) {
	const by = 300
	l := p.layer
	unit := int(infer.Seed(p.seed, "unit") % uint64(l.Units))
	names := []string{l.Weight, l.Bias}
	if l.Norm != nil {
		names = []string{l.Norm.Scale, l.Norm.Bias}
	}
	for _, name := range names {
		w := p.of(name)
		at := p.rows(name)
		for i := range len(w) / l.Units {
			w[at(unit, i)] *= by
		}
	}
	next, _ := reader(p.g, l)
	w := p.of(next.Weight)
	in := p.g.Weights[next.Weight].Shape()
	if next.Transpose { // [in, out]
		for o := range in[1] {
			w[unit*in[1]+o] /= by
		}
		return
	}
	size := len(w) / in[0] / in[1]
	for o := range in[0] {
		for i := range size {
			w[(o*in[1]+unit)*size+i] /= by
		}
	}
}
