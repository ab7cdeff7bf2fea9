package plant

import (
	"strconv"

	"github.com/stratascope/stratascope/capture"
	"github.com/stratascope/stratascope/finding"
	"github.com/stratascope/stratascope/infer"
	"github.com/stratascope/stratascope/tensor"
)

const (
	sequence = 8   // tokens of a sample
	mixed    = 0.2 // what a healthy layer mixes
)

// Tokens makes a healthy network of tokens: every sample is eight, the input with noise of its own at each and a
// place's offset; every layer but the head maps each and mixes them a little; the head reads their mean.
func Tokens() Flaw {
	return Flaw{Name: "tokens", Before: func(n *Network) {
		for _, l := range n.Stack[:depth] {
			l.Tokens, l.Mix = sequence, mixed
		}
		for _, l := range n.Initial[:depth] {
			l.Tokens, l.Mix = sequence, mixed
		}
	}}
}

// Smooth lets a layer of a network of tokens put their mean in the place of that share of each token.
func Smooth(layer string, share float64) Flaw {
	return Flaw{Name: "smooth", Before: func(n *Network) {
		Tokens().Before(n)
		n.Layer(layer).Mix = share
	}}
}

// Uniform is Smooth in a layer that lets one direction of its input through only: what its tokens had to say is gone.
func Uniform(layer string, share float64) Flaw {
	return Flaw{Name: "uniform", Before: func(n *Network) {
		Collapse(layer, 1).Before(n)
		Smooth(layer, share).Before(n)
	}}
}

// offsets are what each place of a sequence adds to the input.
var offsets = func() [][]float64 {
	r := infer.Rand(1, "places")
	return gaussian(r.NormFloat64, sequence, inputs, 1.5)
}()

// forwardTokens runs the layers on every token of a sample.
func forwardTokens(ls []*Layer, x []float64) []step {
	tokens := make([][]float64, ls[0].Tokens)
	for t := range tokens {
		r := infer.Rand(infer.Seed(uint64(t), strconv.FormatFloat(x[0], 'g', -1, 64)), "token")
		for i, v := range x {
			tokens[t] = append(tokens[t], v+offsets[t][i]+1.5*r.NormFloat64())
		}
	}
	out := make([]step, len(ls))
	for i, l := range ls {
		if l.Tokens == 0 {
			out[i] = forward(ls[i:i+1], out[i-1].out)[0]
			continue
		}
		s := step{linear: make([]float64, len(l.Weight)), before: make([]float64, len(l.Weight)), out: make([]float64, len(l.Weight))}
		single := *l
		single.Tokens = 0
		for _, x := range tokens {
			one := forward([]*Layer{&single}, x)[0]
			s.tokens = append(s.tokens, one.out)
			for u := range one.out {
				s.linear[u] += one.linear[u] / float64(len(tokens))
				s.before[u] += one.before[u] / float64(len(tokens))
				s.out[u] += one.out[u] / float64(len(tokens))
			}
		}
		for _, token := range s.tokens {
			for u := range token {
				token[u] += l.Mix * (s.out[u] - token[u])
			}
		}
		tokens, out[i] = s.tokens, s
	}
	return out
}

// rowsOf gives the values of some samples their shape.
func rowsOf(ls []*Layer, s capture.Site, values []float32, n int) capture.Rows {
	for _, l := range ls {
		if l.Name == s.Layer && s.Of == finding.Activation && l.Tokens > 0 {
			return capture.Rows{X: tensor.Of(values, n, l.Tokens, len(l.Weight)), Axis: 2}
		}
	}
	return capture.Rows{X: tensor.Of(values, n, len(values)/n), Axis: 1}
}

// reduction is what a view's reduction means here: the one row of a sample is the mean of its tokens.
func reduction(by capture.Reduction) capture.Reduction {
	if by == capture.Row {
		return capture.Mean
	}
	return by
}
