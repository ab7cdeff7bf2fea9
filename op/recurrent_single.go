package op

import (
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// single is what a recurrent layer in single precision has beside its cell: weights packed once for all steps,
// and vector functions for a whole sample where it is an LSTM with its usual functions and nothing else.
type single struct {
	weights *kernel.Packed32
	usual   bool
}

// singleOf prepares a cell of single precision, nil for one of double.
func singleOf[T float32 | float64](c *cell[T], a Attributes, in []tensor.Tensor) *single {
	r, ok := any(c.r).([]float32)
	if !ok || c.units == 0 {
		return nil
	}
	names, given := a["activations"].([]string)
	for i, name := range names {
		given = given && name == []string{"Sigmoid", "Tanh", "Tanh"}[i%3]
	}
	usual := c.gates == 4 && !c.coupled && a.Float("clip", 0) == 0 && !optional(in, 7).Valid() && (given || len(names) == 0)
	return &single{kernel.PackB32(true, c.units, c.gates*c.units, r, c.units), usual}
}

// products multiplies the states of all samples with the weights.
func (s *single) products(x *Exec, batch, units, rows int, h, out []float32) {
	kernel.GemmPacked32(x.Workers, false, batch, h, units, s.weights, out, rows, kernel.Epilogue{Stop: x.Ended()})
}

// advance is the step of an LSTM (Gers and Schmidhuber 2000, without peepholes): gates are in, out, forget, new.
func (*single) advance(h, state, wx, gates []float32) {
	n := len(h)
	kernel.Add32(gates, wx, gates)
	kernel.Sigmoid32(gates[:3*n], gates[:3*n])
	in, out, forget, now := gates[:n], gates[n:2*n], gates[2*n:3*n], gates[3*n:]
	kernel.Tanh32(now, now)
	kernel.Mul32(state, forget, state)
	kernel.Mul32(now, in, now)
	kernel.Add32(state, state, now)
	kernel.Tanh32(now, state)
	kernel.Mul32(h, out, now)
}
