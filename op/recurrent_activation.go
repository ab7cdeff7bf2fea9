package op

import (
	"fmt"
	"math"
	"strings"
)

// A recurrentActivation is a function that a recurrent layer may be given, with the defaults of its numbers.
type recurrentActivation struct {
	make        func(alpha, beta float64) func(float64) float64
	numbers     int // it takes: alpha, or alpha and beta
	alpha, beta float32
}

var recurrentActivations = map[string]recurrentActivation{
	"affine": {func(a, b float64) func(float64) float64 { return func(v float64) float64 { return a*v + b } }, 2, 1, 0},
	"elu": {func(a, _ float64) func(float64) float64 {
		return func(v float64) float64 {
			if v < 0 {
				return a * math.Expm1(v)
			}
			return v
		}
	}, 1, 1, 0},
	"hardsigmoid": {func(a, b float64) func(float64) float64 { return func(v float64) float64 { return clamp(a*v+b, 0, 1) } }, 2, 0.2, 0.5},
	"leakyrelu": {func(a, _ float64) func(float64) float64 {
		return func(v float64) float64 {
			if v < 0 {
				return a * v
			}
			return v
		}
	}, 1, 0.01, 0},
	"relu":       plainActivation(relu),
	"scaledtanh": {func(a, b float64) func(float64) float64 { return func(v float64) float64 { return a * math.Tanh(b*v) } }, 2, 1, 1},
	"sigmoid":    plainActivation(sigmoid),
	"softplus":   plainActivation(func(v float64) float64 { return max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))) }),
	"softsign":   plainActivation(func(v float64) float64 { return v / (1 + math.Abs(v)) }),
	"tanh":       plainActivation(math.Tanh),
	"thresholdedrelu": {func(a, _ float64) func(float64) float64 {
		return func(v float64) float64 {
			if v > a {
				return v
			}
			return 0
		}
	}, 1, 1, 0},
}

func plainActivation(f func(float64) float64) recurrentActivation {
	return recurrentActivation{make: func(_, _ float64) func(float64) float64 { return f }}
}

// activations returns the functions of a direction. Their numbers are listed for those that take one, in
// the order of the functions of all directions; what they are given is clipped before.
func activations(a Attributes, gates, dirs, d int) ([]func(float64) float64, error) {
	names := map[int][]string{1: {"Tanh"}, 3: {"Sigmoid", "Tanh"}, 4: {"Sigmoid", "Tanh", "Tanh"}}[gates]
	n := len(names)
	if given, ok := a["activations"].([]string); ok {
		if len(given) != n*dirs {
			return nil, fmt.Errorf("%d activations for %d directions, want %d for each", len(given), dirs, n)
		}
		names = given
	} else if dirs == 2 {
		names = append(names, names...)
	}
	alphas, _ := a["activation_alpha"].([]float32)
	betas, _ := a["activation_beta"].([]float32)
	next := func(list *[]float32, otherwise float32) float64 {
		if len(*list) > 0 {
			otherwise, *list = (*list)[0], (*list)[1:]
		}
		return float64(otherwise)
	}
	out := make([]func(float64) float64, 0, len(names))
	for _, name := range names {
		f, ok := recurrentActivations[strings.ToLower(name)]
		if !ok {
			return nil, fmt.Errorf("activation %q is not known", name)
		}
		alpha, beta := float64(f.alpha), float64(f.beta)
		if f.numbers > 0 {
			alpha = next(&alphas, f.alpha)
		}
		if f.numbers > 1 {
			beta = next(&betas, f.beta)
		}
		g := f.make(alpha, beta)
		if gates != 4 || len(out)%n < 2 { // a sum of products; an LSTM's state is given to its third function as it is
			g = clipped(g, float64(a.Float("clip", 0)))
		}
		out = append(out, g)
	}
	return out[d*n : (d+1)*n], nil
}

// clipped holds what a function is given to a threshold, 0 for none.
func clipped(f func(float64) float64, threshold float64) func(float64) float64 {
	if threshold <= 0 {
		return f
	}
	return func(v float64) float64 { return f(clamp(v, -threshold, threshold)) }
}
