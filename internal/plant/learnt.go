package plant

import (
	"math"

	"github.com/stratascope/stratascope/dataset"
	"github.com/stratascope/stratascope/infer"
)

// learn turns the weights of a layer towards the directions in which what it reads varies on the training
// data, as training does: W becomes W (1 + d S / 16 tr S), of the same norm, so that what it gives has the
// scale that it had.
func (n *Network) learn(at int) {
	l, d := n.Stack[at], n.Data[dataset.Train]
	mean, rows := make([]float64, l.In), make([][]float64, len(d.X))
	for i, x := range d.X {
		if rows[i] = x; at > 0 {
			rows[i] = forward(n.Stack[:at], x)[at-1].out
		}
		for j, v := range rows[i] {
			mean[j] += v / float64(len(rows))
		}
	}
	cov, trace := gaussian(zero, l.In, l.In, 0), 0.0
	for _, x := range rows {
		for j, v := range x {
			for k, u := range x {
				cov[j][k] += (v - mean[j]) * (u - mean[k])
			}
			trace += (v - mean[j]) * (v - mean[j])
		}
	}
	before := norm(l.Weight)
	for u, w := range l.Weight {
		turned := make([]float64, l.In)
		for j := range turned {
			turned[j] = w[j]
			for k, v := range w {
				turned[j] += float64(l.In) / (16 * trace) * v * cov[k][j]
			}
		}
		l.Weight[u] = turned
	}
	by := before / norm(l.Weight)
	for u := range l.Weight {
		for j := range l.Weight[u] {
			l.Weight[u][j] *= by
		}
	}
	if l.Norm != nil {
		l.Norm.Mean, l.Norm.Variance = n.statistics(n.Stack, at)
	}
}

func norm(w [][]float64) float64 {
	var s float64
	for _, row := range w {
		for _, v := range row {
			s += v * v
		}
	}
	return math.Sqrt(s)
}

// redraw replaces a share of a layer's weights, in size, by random ones of the same norm.
func (n *Network) redraw(layer string, share float64) {
	l := n.Layer(layer)
	r := infer.Rand(n.Seed, "redraw", layer)
	sd := norm(l.Weight) / math.Sqrt(float64(len(l.Weight)*l.In))
	for _, row := range l.Weight {
		for j := range row {
			row[j] = (1-share)*row[j] + share*sd*r.NormFloat64()
		}
	}
}

// Learnt lets every hidden layer learn the directions in which what it reads varies. It is no flaw.
func Learnt() Flaw { return Untrained("", 0) }

// Untrained lets the hidden layers learn and replaces a share of one of them by random weights before
// those behind it learn.
func Untrained(layer string, share float64) Flaw {
	return Flaw{Name: "untrained", Before: func(n *Network) {
		for at := range n.Stack[:depth] {
			n.learn(at)
			if l := n.Stack[at]; l.Name == layer {
				n.redraw(layer, share)
				if l.Norm != nil {
					l.Norm.Mean, l.Norm.Variance = n.statistics(n.Stack, at)
				}
			}
		}
	}}
}

// Overwritten lets the hidden layers learn and, once the network is trained, replaces a share of one of
// them by random weights.
func Overwritten(layer string, share float64) Flaw {
	f := Learnt()
	f.Name, f.After = "overwritten", func(n *Network) { n.redraw(layer, share) }
	return f
}

// Reordered lets the hidden layers learn and, once the network is trained, moves a share of the units of one of
// them by one place, which those that read them do not know.
func Reordered(layer string, share float64) Flaw {
	f := Learnt()
	f.Name, f.After = "reordered", func(n *Network) {
		l := n.Layer(layer)
		k := count(l, share)
		if k < 2 {
			return
		}
		last, bias := l.Weight[k-1], l.Bias[k-1]
		copy(l.Weight[1:k], l.Weight[:k-1])
		copy(l.Bias[1:k], l.Bias[:k-1])
		l.Weight[0], l.Bias[0] = last, bias
	}
	return f
}
