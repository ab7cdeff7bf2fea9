package grad

import (
	"strings"

	"github.com/stratascope/stratascope/op"
)

// A recurrentActivation is a function that a recurrent layer may be given, and how many of the numbers alpha and beta
// it takes, with their defaults.
type recurrentActivation struct {
	write       func(c *call, x string, alpha, beta float32) string
	numbers     int
	alpha, beta float32
}

var recurrentActivations = map[string]recurrentActivation{
	"affine": {func(c *call, x string, a, b float32) string {
		return c.add(c.mul(x, c.number(float64(a), x)), c.number(float64(b), x))
	}, 2, 1, 0},
	"elu": alphaActivation("Elu", 1),
	"hardsigmoid": {func(c *call, x string, a, b float32) string {
		return c.with("HardSigmoid", op.Attributes{"alpha": a, "beta": b}, x)
	}, 2, 0.2, 0.5},
	"leakyrelu": alphaActivation("LeakyRelu", 0.01),
	"relu":      plainActivation("Relu"),
	"scaledtanh": {func(c *call, x string, a, b float32) string {
		return c.mul(c.op("Tanh", c.mul(x, c.number(float64(b), x))), c.number(float64(a), x))
	}, 2, 1, 1},
	"sigmoid":         plainActivation("Sigmoid"),
	"softplus":        plainActivation("Softplus"),
	"softsign":        plainActivation("Softsign"),
	"tanh":            plainActivation("Tanh"),
	"thresholdedrelu": alphaActivation("ThresholdedRelu", 1),
}

func plainActivation(operator string) recurrentActivation {
	return recurrentActivation{write: func(c *call, x string, _, _ float32) string { return c.op(operator, x) }}
}

func alphaActivation(operator string, alpha float32) recurrentActivation {
	return recurrentActivation{func(c *call, x string, a, _ float32) string {
		return c.with(operator, op.Attributes{"alpha": a}, x)
	}, 1, alpha, 0}
}

// activations reads the functions of one of so many directions. Their numbers are listed for those that take one, in
// the order of the functions of all directions; what they are given is clipped before, but for the state of an LSTM.
func (l *recurrence) activations(k, directions int64) {
	names := map[int64][]string{1: {"Tanh"}, 3: {"Sigmoid", "Tanh"}, 4: {"Sigmoid", "Tanh", "Tanh"}}[l.gates]
	n := int64(len(names))
	if given, ok := l.n.Attributes["activations"].([]string); ok && int64(len(given)) == directions*n {
		names = given
	} else if directions == 2 {
		names = append(names, names...)
	}
	alphas, _ := l.n.Attributes["activation_alpha"].([]float32)
	betas, _ := l.n.Attributes["activation_beta"].([]float32)
	next := func(list *[]float32, otherwise float32) float32 {
		if len(*list) > 0 {
			otherwise, *list = (*list)[0], (*list)[1:]
		}
		return otherwise
	}
	clip := l.float("clip", 0)
	var all []func(x string) string
	for i, name := range names {
		f, ok := recurrentActivations[strings.ToLower(name)]
		if !ok {
			l.refuse("with the activation %q has no gradient", name)
			return
		}
		alpha, beta := f.alpha, f.beta
		if f.numbers > 0 {
			alpha = next(&alphas, alpha)
		}
		if f.numbers > 1 {
			beta = next(&betas, beta)
		}
		all = append(all, func(x string) string {
			if clip > 0 && (l.gates != 4 || int64(i)%n < 2) {
				x = l.op("Clip", x, l.number(-clip, x), l.number(clip, x))
			}
			return f.write(l.call, x, alpha, beta)
		})
	}
	l.functions = all[k*n : (k+1)*n]
}
