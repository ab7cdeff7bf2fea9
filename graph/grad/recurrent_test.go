package grad_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

func TestRecurrentLayers(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 1))
	const steps, batch, inputs, units = 3, 2, 4, 3
	lengths := tensor.Of([]int32{2, 3}, 2)
	none := tensor.Tensor{}
	var list []check
	for _, c := range []struct {
		name  string
		gates int
	}{{"RNN", 1}, {"GRU", 3}, {"LSTM", 4}} {
		name, gates := c.name, c.gates
		in := func(directions, layout int, bias, first bool, length tensor.Tensor) []tensor.Tensor {
			x, state := l{steps, batch, inputs}, l{directions, batch, units}
			if layout == 1 {
				x, state = l{batch, steps, inputs}, l{batch, directions, units}
			}
			out := []tensor.Tensor{random(r, x...), random(r, directions, gates*units, inputs), random(r, directions, gates*units, units), none, length}
			if bias {
				out[3] = random(r, directions, 2*gates*units)
			}
			if first {
				out = append(out, random(r, state...))
				if name == "LSTM" {
					out = append(out, random(r, state...), random(r, directions, 3*units))
				}
			}
			return out
		}
		outputs := 2
		if name == "LSTM" {
			outputs = 3
		}
		with := func(a op.Attributes) op.Attributes {
			if a == nil {
				a = op.Attributes{}
			}
			a["hidden_size"] = int64(units)
			return a
		}
		add := func(what string, a op.Attributes, in []tensor.Tensor) {
			c := check{op: name, name: what, attr: with(a), in: in, outputs: outputs, open: l{int(a.Int("layout", 0))}, weights: len(in) - 1} // of open length: a Scan
			if what != "plain" && what != "bias and states" {
				c.once = "the same nodes as those"
			}
			list = append(list, c)
		}
		add("plain", nil, in(1, 0, false, false, none))
		add("bias and states", nil, in(1, 0, true, true, none))
		add("reverse", attr("direction", "reverse"), in(1, 0, true, true, none))
		add("both ways", attr("direction", "bidirectional"), in(2, 0, true, true, none))
		add("lengths", attr("direction", "bidirectional"), in(2, 0, true, false, lengths))
		add("samples first", attr("layout", 1), in(1, 1, true, true, none))
		if name == "GRU" {
			add("reset after", attr("linear_before_reset", 1), in(1, 0, true, true, none))
			add("reset after without bias", attr("linear_before_reset", 1), in(1, 0, false, false, none))
		}
		add("clipped", attr("clip", float32(1.1), "direction", "bidirectional"), in(2, 0, true, true, none))
		numbers := []string{"HardSigmoid", "LeakyRelu", "Affine", "ScaledTanh", "Elu", "ThresholdedRelu"}
		if name == "LSTM" {
			add("coupled", attr("input_forget", 1), in(1, 0, true, true, none))
			add("coupled and clipped", attr("input_forget", 1, "clip", float32(0.8)), in(1, 0, true, true, lengths))
		}
		if each := map[string]int{"RNN": 1, "GRU": 2, "LSTM": 3}[name]; each > 0 {
			a := attr("activation_alpha", []float32{0.3, 0.2, 0.9, 1.2, 0.7, 0.4}, "activation_beta", []float32{0.45, 0.6, 0.8}, "direction", "bidirectional")
			a["activations"] = numbers[:2*each]
			add("functions with numbers", a, in(2, 0, true, true, none))
		}
		if name == "RNN" {
			add("sigmoid", op.Attributes{"activations": []string{"Sigmoid"}}, in(1, 0, true, false, none))
		}
	}
	for i := range list {
		list[i].name += fmt.Sprint(" ", i)
	}
	runAll(t, list)
}
