package plant

import (
	"math"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/infer"
)

// Offset adds a constant to every unit of a layer and lets what differs between samples span that many directions
// of its input only.
func Offset(layer string, by float64, rank int) Flaw {
	collapse := Collapse(layer, rank)
	return Flaw{Name: "offset", Before: func(n *Network) {
		collapse.Before(n)
		for u := range n.Layer(layer).Bias {
			n.Layer(layer).Bias[u] += by
		}
	}}
}

// Swamp adds one random direction of a layer's input to all its units, less its mean, with so many times the
// deviation that units have: what parts the classes is still there, but small.
func Swamp(layer string, factor float64) Flaw {
	return Flaw{Name: "swamp", Before: func(n *Network) {
		at := 0
		for n.Stack[at].Name != layer {
			at++
		}
		l, r := n.Stack[at], infer.Rand(n.Seed, "swamp", layer)
		way := gaussian(r.NormFloat64, 1, l.In, 1)[0]
		var along, linear []float64
		for _, x := range n.Data[dataset.Train].X {
			steps := forward(n.Stack, x)
			sum := 0.0
			for j, v := range steps[at-1].out {
				sum += way[j] * v
			}
			along, linear = append(along, sum), append(linear, steps[at].linear[0])
		}
		mean, sd := spread(along)
		_, own := spread(linear)
		for u := range l.Weight {
			by := factor * own / sd * r.NormFloat64()
			l.Bias[u] -= by * mean
			for j, w := range way {
				l.Weight[u][j] += by * w
			}
		}
	}}
}

// spread returns the mean and the deviation of values.
func spread(values []float64) (mean, sd float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		sd += (v - mean) * (v - mean) / float64(len(values))
	}
	return mean, math.Sqrt(sd)
}
