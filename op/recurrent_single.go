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
	return &single{kernel.PackB32(true, c.units, c.gates*c.units, r, c.units), usualLSTM(a, in, c.gates)}
}

// products multiplies the states of all samples with the weights.
func (s *single) products(x *Exec, batch, units, rows int, h, out []float32) {
	kernel.GemmPacked32(x.Workers, false, batch, h, units, s.weights, out, rows, kernel.Epilogue{Stop: x.Ended()})
}

// advance is the step of one sample of an LSTM.
func (*single) advance(h, state, wx, gates []float32) {
	kernel.Add32(gates, wx, gates)
	nextState(h, state, gates)
}
