package grad_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// TestPlainLSTM: what has no peepholes, which TestRecurrentLayers has, with and without bias, states and outputs.
func TestPlainLSTM(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 2))
	const steps, batch, inputs, units = 3, 2, 4, 3
	none := tensor.Tensor{}
	var list []check
	add := func(name string, a op.Attributes, directions, outputs int, states bool) {
		x, state := l{steps, batch, inputs}, l{directions, batch, units}
		if a.Int("layout", 0) == 1 {
			x, state = l{batch, steps, inputs}, l{batch, directions, units}
		}
		in := []tensor.Tensor{random(r, x...), random(r, directions, 4*units, inputs), random(r, directions, 4*units, units), random(r, directions, 8*units)}
		if states {
			in = append(in, none, random(r, state...), random(r, state...))
		}
		a["hidden_size"] = int64(units)
		c := check{op: "LSTM", name: name, attr: a, in: in, outputs: outputs, open: l{int(a.Int("layout", 0))}, weights: len(in) - 1}
		if directions > 1 {
			c.once = "the same nodes as those"
		}
		list = append(list, c)
	}
	add("outputs alone", op.Attributes{}, 1, 1, false)
	add("states", op.Attributes{}, 1, 3, true)
	add("reverse", attr("direction", "reverse"), 1, 3, true)
	add("both ways", attr("direction", "bidirectional"), 2, 3, true)
	add("both ways, samples first", attr("direction", "bidirectional", "layout", 1), 2, 3, true)
	runAll(t, list)
}
