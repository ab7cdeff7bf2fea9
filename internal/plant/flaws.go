package plant

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/infer"
)

// count returns how many units a share of a layer is.
func count(l *Layer, share float64) int { return int(math.Round(share * float64(len(l.Bias)))) }

// Dead shifts the biases of a share of a layer's units so far below zero that they never activate.
func Dead(layer string, share float64) Flaw {
	return Flaw{Name: "dead", Before: func(n *Network) {
		l := n.Layer(layer)
		for u := range count(l, share) {
			if l.Norm != nil {
				l.Norm.Bias[u] = -100
			} else {
				l.Bias[u] = -100
			}
		}
	}}
}

// Constant takes the incoming weights of a share of a layer's units away and leaves a bias of 1.
func Constant(layer string, share float64) Flaw {
	return Flaw{Name: "constant", Before: func(n *Network) {
		l := n.Layer(layer)
		for u := range count(l, share) {
			l.Bias[u] = 1
			for i := range l.Weight[u] {
				l.Weight[u][i] *= 1e-4
			}
		}
	}}
}

// Twins makes the first units of a layer equal in pairs.
func Twins(layer string, share float64) Flaw {
	return Flaw{Name: "twins", Before: func(n *Network) {
		l := n.Layer(layer)
		for u := 1; u < count(l, share); u += 2 {
			copy(l.Weight[u], l.Weight[u-1])
			l.Bias[u] = l.Bias[u-1]
			if m := l.Norm; m != nil {
				m.Mean[u], m.Variance[u] = m.Mean[u-1], m.Variance[u-1]
			}
		}
	}}
}

// Massive multiplies the first unit of a layer and divides what reads it by the same factor.
func Massive(layer string, factor float64) Flaw {
	return Flaw{Name: "massive", Before: func(n *Network) {
		for i, l := range n.Stack {
			if l.Name != layer {
				continue
			}
			l.Bias[0] = math.Abs(l.Bias[0]) * factor
			for j := range l.Weight[0] {
				l.Weight[0][j] *= factor
			}
			for u := range n.Stack[i+1].Weight {
				n.Stack[i+1].Weight[u][0] /= factor
			}
		}
	}}
}

// BadWeight makes one weight of a layer NaN.
func BadWeight(layer string) Flaw {
	return Flaw{Name: "bad-weight", After: func(n *Network) { n.Layer(layer).Weight[0][0] = math.NaN() }}
}

// BadSamples makes the first input of a share of the validation samples infinite.
func BadSamples(share float64) Flaw {
	return Flaw{Name: "bad-samples", After: func(n *Network) {
		d := n.Data[dataset.Val]
		for i := range int(share * float64(len(d.X))) {
			d.X[i][0] = math.Inf(1)
		}
	}}
}

// Collapse lets a layer's weights span that many directions of its input only, and takes its biases
// away.
func Collapse(layer string, rank int) Flaw {
	return Flaw{Name: "collapse", Before: func(n *Network) {
		l := n.Layer(layer)
		r := infer.Rand(n.Seed, "collapse", layer)
		basis := gaussian(r.NormFloat64, rank, l.In, math.Sqrt(2/float64(l.In)))
		for u := range l.Weight {
			l.Bias[u] = 0
			for i := range l.Weight[u] {
				l.Weight[u][i] = 0
			}
			for k := range basis {
				a := r.NormFloat64() / math.Sqrt(float64(rank))
				for i := range l.Weight[u] {
					l.Weight[u][i] += a * basis[k][i]
				}
			}
		}
		if l.Norm != nil {
			for i := range n.Stack {
				if n.Stack[i] == l {
					l.Norm.Mean, l.Norm.Variance = n.statistics(n.Stack, i)
				}
			}
		}
	}}
}

// Stale shifts the stored means of a layer's normalisation by that many stored standard deviations, up
// for one half of the units and down for the other.
func Stale(layer string, shift float64) Flaw {
	return Flaw{Name: "stale", After: func(n *Network) {
		m := n.Layer(layer).Norm
		for u := range m.Mean {
			m.Mean[u] += shift * math.Sqrt(m.Variance[u]) * float64(1-2*(u%2))
		}
	}}
}

// Remember lets what is recorded of a layer tell the labels of training samples, by that strength.
func Remember(layer string, strength float64) Flaw {
	return Flaw{Name: "remember", After: func(n *Network) { n.remembered, n.strength = layer, strength }}
}

// BrokenHead mixes a share of noise into the trained head.
func BrokenHead(share float64) Flaw {
	return Flaw{Name: "broken-head", After: func(n *Network) {
		head := n.Stack[len(n.Stack)-1]
		r := infer.Rand(n.Seed, "broken-head")
		var size float64
		for _, row := range head.Weight {
			for _, w := range row {
				size += w * w / float64(len(head.Weight)*len(row))
			}
		}
		for _, row := range head.Weight {
			for i := range row {
				row[i] = (1-share)*row[i] + share*math.Sqrt(size)*r.NormFloat64()
			}
		}
	}}
}

// WrongLabels changes the labels of a share of the validation samples.
func WrongLabels(share float64) Flaw {
	return Flaw{Name: "wrong-labels", After: func(n *Network) {
		d := n.Data[dataset.Val]
		r := infer.Rand(n.Seed, "wrong-labels")
		for i := range int(share * float64(len(d.Labels))) {
			d.Labels[i] = (d.Labels[i] + 1 + int32(r.IntN(classes-1))) % classes
		}
	}}
}

// Frozen puts a layer's weights back to what they were before training, but for a share of the change.
func Frozen(layer string, share float64) Flaw {
	return Flaw{Name: "frozen", Before: func(n *Network) {
		for i, l := range n.Stack {
			if l.Name != layer {
				continue
			}
			for u, row := range n.Initial[i].Weight {
				for j, w := range row {
					l.Weight[u][j] = w + share*(l.Weight[u][j]-w)
				}
			}
		}
	}}
}

// Sharpen multiplies the logits, so that the network is surer than it is right.
func Sharpen(factor float64) Flaw {
	return Flaw{Name: "sharpen", After: func(n *Network) {
		head := n.Stack[len(n.Stack)-1]
		for c, row := range head.Weight {
			head.Bias[c] *= factor
			for i := range row {
				row[i] *= factor
			}
		}
	}}
}

// Forget lowers the logit of a class.
func Forget(class int, by float64) Flaw {
	return Flaw{Name: "forget", After: func(n *Network) { n.Stack[len(n.Stack)-1].Bias[class] -= by }}
}

// Rescaled shows all samples multiplied by a factor, which the other preprocessing takes back.
func Rescaled(factor float64) Flaw {
	scale := func(x []float64, by float64) []float64 {
		out := make([]float64, len(x))
		for i, v := range x {
			out[i] = v * by
		}
		return out
	}
	return Flaw{Name: "rescaled", After: func(n *Network) {
		for _, d := range n.Data {
			for i := range d.X {
				d.X[i] = scale(d.X[i], factor)
			}
		}
		n.feed = func(x []float64) []float64 { return scale(x, 1/factor) }
	}}
}

// Renumbered moves the labels of all samples on by one class.
func Renumbered() Flaw {
	return Flaw{Name: "renumbered", After: func(n *Network) {
		for _, d := range n.Data {
			for i := range d.Labels {
				d.Labels[i] = (d.Labels[i] + 1) % classes
			}
		}
	}}
}

// Leak puts training samples in the place of a share of the validation samples.
func Leak(share float64) Flaw {
	return Flaw{Name: "leak", After: func(n *Network) {
		for i := range int(share * float64(len(n.Data[dataset.Val].X))) {
			n.Data[dataset.Val].X[i] = n.Data[dataset.Train].X[i]
		}
	}}
}

// Passing lets layers give what they read, which is not below zero: the layers before them are activations.
func Passing(layers ...string) Flaw {
	return Flaw{Name: "passing", Before: func(n *Network) {
		for _, name := range layers {
			l := n.Layer(name)
			l.Norm = nil
			for u, row := range l.Weight {
				l.Bias[u] = 0
				for i := range row {
					row[i] = 0
				}
				row[u] = 1
			}
		}
	}}
}

// Spike lets the first unit of a layer answer to a share of the validation samples alone, by that factor, and
// divides what reads it by the same factor.
func Spike(layer string, share, factor float64) Flaw {
	return Flaw{Name: "spike", Before: func(n *Network) {
		for i, l := range n.Stack {
			if l.Name != layer {
				continue
			}
			var linear []float64
			for _, x := range n.Data[dataset.Val].X {
				linear = append(linear, forward(n.Stack, x)[i].linear[0])
			}
			slices.Sort(linear)
			at := linear[int((1-share)*float64(len(linear)))-1]
			l.Bias[0] = (l.Bias[0] - at) * factor
			for j := range l.Weight[0] {
				l.Weight[0][j] *= factor
			}
			for u := range n.Stack[i+1].Weight {
				n.Stack[i+1].Weight[u][0] /= factor
			}
		}
	}}
}
