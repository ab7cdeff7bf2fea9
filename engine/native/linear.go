package native

import (
	"fmt"
	"slices"
	"sync"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/op"
	"github.com/stratascope/stratascope/tensor"
)

// program returns what runs the chain, and the values it reads.
func (l *linear) program() (op.Func, []string) {
	inputs := []string{l.x}
	if l.residual != "" {
		inputs = append(inputs, l.residual)
	}
	product := l.product()
	if l.op == "Conv" {
		product = l.conv()
	}
	return func(x *op.Exec, _ op.Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
		if in[0].DType() != tensor.Float32 {
			return nil, fmt.Errorf("elements of type %v with a weight of type float32", in[0].DType())
		}
		ep := kernel.Epilogue{Act: l.act, Lo: l.lo, Hi: l.hi, Stop: x.Ended()}
		if l.residual == "" {
			y, err := product(x, in[0], tensor.Tensor{}, ep)
			return []tensor.Tensor{y}, err
		}
		y, err := product(x, in[0], in[1], ep)
		return []tensor.Tensor{y}, err
	}, inputs
}

// A productFunc multiplies, adds r if it is valid and finishes with ep.
type productFunc func(x *op.Exec, t, r tensor.Tensor, ep kernel.Epilogue) (tensor.Tensor, error)

// conv packs the weights when the first input shows how large images are.
func (l *linear) conv() productFunc {
	var once sync.Once
	var packed *kernel.PackedConv32
	return func(x *op.Exec, t, r tensor.Tensor, ep kernel.Epilogue) (tensor.Tensor, error) {
		s, err := op.ConvShape(l.attributes, t.Shape(), l.shape)
		if err != nil {
			return t, err
		}
		if t.Len() == 0 && s.N > 0 {
			return t, fmt.Errorf("input of shape %v without elements", t.Shape())
		}
		shape := []int{s.N, s.M, s.OutH, s.OutW}
		if t.Rank() == 3 {
			shape = []int{s.N, s.M, s.OutW}
		}
		once.Do(func() { packed, l.weight = kernel.PackConv32(s, l.weight), nil }) // weights that took in a normalisation are held nowhere else
		return finish(x, shape, r, ep, func(y tensor.Tensor, ep kernel.Epilogue) {
			kernel.ConvPacked32(x.Workers, s, t.Float32s(), packed, l.bias, y.Float32s(), ep)
		})
	}
}

// product packs the weights at once.
func (l *linear) product() productFunc {
	if l.op == "Conv" {
		return nil
	}
	k := len(l.weight) / l.units
	packed := kernel.PackB32(l.transposed, k, l.units, l.weight, l.shape[1])
	return func(x *op.Exec, t, r tensor.Tensor, ep kernel.Epilogue) (tensor.Tensor, error) {
		if t.Rank() == 0 || t.Dim(-1) != k || l.op == "Gemm" && t.Rank() != 2 {
			return t, fmt.Errorf("input of shape %v and weight of shape %v do not fit", t.Shape(), l.shape)
		}
		shape := slices.Clone(t.Shape())
		shape[len(shape)-1] = l.units
		ep.Bias = l.bias
		return finish(x, shape, r, ep, func(y tensor.Tensor, ep kernel.Epilogue) {
			kernel.GemmPacked32(x.Workers, false, t.Len()/k, t.Float32s(), k, packed, y.Float32s(), l.units, ep)
		})
	}
}

// finish runs a kernel with everything in its last step, or, where the other branch has to be
// broadcast, adds that branch and activates afterwards.
func finish(x *op.Exec, shape []int, r tensor.Tensor, ep kernel.Epilogue, run func(tensor.Tensor, kernel.Epilogue)) (tensor.Tensor, error) {
	y, err := x.New(tensor.Float32, shape...)
	if err != nil {
		return y, err
	}
	inside := !r.Valid() || r.DType() == tensor.Float32 && slices.Equal(r.Shape(), shape)
	act := ep.Act
	switch {
	case r.Valid() && inside:
		ep.Residual = r.Float32s()
	case !inside:
		ep.Act = kernel.ActNone
	}
	if y.Len() > 0 {
		run(y, ep)
	}
	if inside {
		return y, nil
	}
	out, err := op.Add.Run(x, nil, []tensor.Tensor{y, r})
	if err != nil {
		return y, err
	}
	ep.Act = act
	activate(out[0].Float32s(), ep)
	return out[0], nil
}

// activate applies the activation of an epilogue alone.
func activate(y []float32, ep kernel.Epilogue) {
	switch ep.Act {
	case kernel.ActRelu:
		kernel.Relu32(y, y)
	case kernel.ActClip:
		kernel.Clip32(y, y, ep.Lo, ep.Hi)
	}
}
