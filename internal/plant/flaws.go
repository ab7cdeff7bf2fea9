package plant

import "math"

// Dead shifts the biases of a share of a layer's units so far below zero that they never activate.
func Dead(layer string, share float64) Flaw {
	return Flaw{Name: "dead", Before: func(n *Network) {
		l := n.Layer(layer)
		for u := range int(math.Round(share * float64(len(l.Bias)))) {
			if l.Norm != nil {
				l.Norm.Bias[u] = -100
			} else {
				l.Bias[u] = -100
			}
		}
	}}
}
