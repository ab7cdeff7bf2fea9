package op

import (
	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// fewest is how many samples a step needs to be worth a product with samples side by side.
const fewest = 16

// usualLSTM tells whether a recurrent layer is an LSTM with its usual functions and nothing else.
func usualLSTM(a Attributes, in []tensor.Tensor, gates int) bool {
	names, given := a["activations"].([]string)
	given = given && len(names) == 3*in[1].Dim(0)
	for i, name := range names {
		given = given && name == []string{"Sigmoid", "Tanh", "Tanh"}[i%3]
	}
	return gates == 4 && a.Int("input_forget", 0) == 0 && a.Float("clip", 0) == 0 && !optional(in, 7).Valid() && (given || len(names) == 0)
}

// batched tells whether batch32 can run the layer: all samples have all steps.
func (l *layer) batched(a Attributes, in []tensor.Tensor) bool {
	return in[0].DType() == tensor.Float32 && l.batch >= fewest && l.steps*l.inputs*l.units > 0 && !optional(in, 4).Valid() && usualLSTM(a, in, l.gates)
}

// batch32 runs an LSTM in single precision on all samples at once, directions side by side. Values of a step are units
// x samples, so that its products are a convolution of one tap, which ends in the sum with the inputs' products.
func (l *layer) batch32(x *Exec, in []tensor.Tensor, t, y, last, state tensor.Tensor) error {
	turned, err := x.New(tensor.Float32, l.steps, l.inputs, l.batch)
	if err != nil {
		return err
	}
	step := l.inputs * l.batch
	for i := 0; i < l.steps && !x.ended(); i++ {
		kernel.Transpose32(turned.Float32s()[i*step:(i+1)*step], t.Float32s()[i*step:(i+1)*step], l.batch, l.inputs)
	}
	rows := l.gates * l.units
	room, err := x.New(tensor.Float32, l.dirs, l.steps, rows, l.batch)
	if err != nil {
		return err
	}
	workers := min(x.Workers, l.dirs)
	kernel.Parallel(workers, l.dirs, func(lo, hi int) {
		for d := lo; d < hi; d++ {
			size := l.steps * rows * l.batch
			l.direct(x, max(1, x.Workers/workers), in, d, turned.Float32s(), room.Float32s()[d*size:(d+1)*size], y.Float32s(), last.Float32s(), state.Float32s())
		}
	})
	return x.stopped()
}

// direct runs direction d; inputs are steps x inputs x samples, and sums has room for the products with them.
func (l *layer) direct(x *Exec, workers int, in []tensor.Tensor, d int, inputs, sums, y, last, state []float32) {
	rows, size := l.gates*l.units, l.units*l.batch
	part := func(i, n int) []float32 {
		if s := optional(in, i); s.Valid() {
			return s.Float32s()[d*n : (d+1)*n]
		}
		return make([]float32, n)
	}
	bias := make([]float32, rows)
	both := part(3, 2*rows)
	kernel.Add32(bias, both[:rows], both[rows:])
	s := kernel.ConvShape{N: l.steps, C: l.inputs, H: 1, W: l.batch, M: rows, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1, OutH: 1, OutW: l.batch}
	kernel.Conv32(workers, s, inputs, part(1, rows*l.inputs), bias, sums, kernel.Epilogue{Stop: x.Ended()})
	s.N, s.C = 1, l.units
	weights := kernel.PackConv32(s, part(2, rows*l.units))
	h, c, gates := make([]float32, size), make([]float32, size), make([]float32, rows*l.batch)
	kernel.Transpose32(h, initial(in, 5, d, l, part), l.batch, l.units)
	kernel.Transpose32(c, initial(in, 6, d, l, part), l.batch, l.units)
	for step := range l.steps {
		if x.ended() {
			return
		}
		at := step
		if d == 1 || l.direction == "reverse" {
			at = l.steps - 1 - step
		}
		kernel.ConvPacked32(workers, s, h, weights, nil, gates, kernel.Epilogue{Residual: sums[at*rows*l.batch : (at+1)*rows*l.batch], Stop: x.Ended()})
		nextState(h, c, gates)
		kernel.Transpose32(y[(at*l.dirs+d)*size:][:size], h, l.units, l.batch)
	}
	kernel.Transpose32(last[d*size:(d+1)*size], h, l.units, l.batch)
	kernel.Transpose32(state[d*size:(d+1)*size], c, l.units, l.batch)
}

// nextState is the step of an LSTM (Gers and Schmidhuber 2000, without peepholes) once its sums are made: gates are in,
// out, forget, new.
func nextState(h, state, gates []float32) {
	n := len(h)
	kernel.Sigmoid32(gates[:3*n], gates[:3*n])
	in, out, forget, now := gates[:n], gates[n:2*n], gates[2*n:3*n], gates[3*n:]
	kernel.Tanh32(now, now)
	kernel.Mul32(state, forget, state)
	kernel.Mul32(now, in, now)
	kernel.Add32(state, state, now)
	kernel.Tanh32(now, state)
	kernel.Mul32(h, out, now)
}
