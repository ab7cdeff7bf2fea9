package graph

import "strings"

// A Kind is what the numbers of an output mean, as far as the graph tells.
type Kind string

// The kinds of outputs.
const (
	Logits           Kind = "logits"
	Probabilities    Kind = "probabilities"
	LogProbabilities Kind = "log-probabilities"
	Sigmoids         Kind = "sigmoids"
	Values           Kind = "values"
)

const longestTail = 16 // nodes behind the last one that says what an output is

// OutputKind says what an output holds by the operators that end in it: a softmax gives probabilities,
// its logarithm log-probabilities, a sigmoid sigmoids, and a linear map onto several units logits. Other
// outputs are values.
func (g *Graph) OutputKind(output string) Kind {
	l := link(g)
	logarithm := false
	at := output
	for range longestTail {
		n := l.node(at)
		switch {
		case n.is("Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Cast", "Dropout", "Transpose"):
			at = n.Inputs[0]
		case n.is("Log"):
			logarithm = true
			at = n.Inputs[0]
		case n.is("Softmax") && logarithm, n.is("LogSoftmax"):
			return LogProbabilities
		case n.is("Softmax"):
			return Probabilities
		case n.is("Sigmoid") && !logarithm, l.sigmoidInput(n) != "" && !logarithm:
			return Sigmoids
		case l.softmaxInput(n) != "" && logarithm, l.logSoftmaxInput(n) != "":
			return LogProbabilities
		case l.softmaxInput(n) != "":
			return Probabilities
		default:
			return g.linearKind(at)
		}
	}
	return Values
}

// linearKind: what no function follows is logits if a layer with several units made it.
func (g *Graph) linearKind(value string) Kind {
	shape := g.Values[value].Shape
	for _, layer := range g.Layers {
		several := layer.Units > 1
		if len(shape) > 0 && layer.Axis < len(shape) {
			several = several && shape[layer.Axis].Size != 1
		}
		if layer.Activation == "" && (layer.Output == value || layer.Linear == value) && several && layer.Op != "Embedding" {
			return Logits
		}
	}
	return g.pooledKind(value)
}

// pooledKind: convolutional heads end in a mean over positions.
func (g *Graph) pooledKind(value string) Kind {
	n := link(g).node(value)
	if n.is("GlobalAveragePool", "ReduceMean", "AveragePool") {
		for _, layer := range g.Layers {
			if layer.Head && layer.Units > 1 && layer.Op == "Conv" && layer.Output == n.Inputs[0] {
				return Logits
			}
		}
	}
	return Values
}

// FindOutput returns the output that holds a network's answer, the scores of classes: the only one, else
// one whose name says so, else the first with one row a sample, else the first.
func (g *Graph) FindOutput() (Value, bool) {
	var rows, named []Value
	for _, name := range g.Outputs {
		v, ok := g.Values[name]
		if !ok {
			v = Value{Name: name}
		}
		if v.DType.IsFloat() && len(v.Shape) == 2 && v.Shape[1].Size != 1 {
			rows = append(rows, v)
		}
		if v.DType.IsFloat() && soundsLikeAnswer(name) {
			named = append(named, v)
		}
	}
	for _, list := range [...][]Value{both(named, rows), named, rows} {
		if len(list) > 0 {
			return list[0], true
		}
	}
	if len(g.Outputs) == 0 {
		return Value{}, false
	}
	v := g.Values[g.Outputs[0]]
	v.Name = g.Outputs[0]
	return v, true
}

func both(a, b []Value) []Value {
	var out []Value
	for _, v := range a {
		for _, w := range b {
			if v.Name == w.Name {
				out = append(out, v)
			}
		}
	}
	return out
}

func soundsLikeAnswer(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"logit", "prob", "class", "score", "pred"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
