package plant

import (
	"math"

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
