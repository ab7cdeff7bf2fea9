package op

import (
	"math/rand/v2"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// TestWorkersGiveTheSameBits: operators that cut their work themselves give the same bits for any number of
// workers, on values large enough to be cut.
func TestWorkersGiveTheSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	normal := func(shape ...int) tensor.Tensor {
		t := tensor.New(tensor.Float32, shape...)
		for i := range t.Float32s() {
			t.Float32s()[i] = float32(r.NormFloat64())
		}
		return t
	}
	heads := Attributes{"q_num_heads": int64(4), "kv_num_heads": int64(2)}
	regions := normal(9, 5)
	for i, v := range regions.Float32s() {
		if regions.Float32s()[i] = 20 * v * v; i%5 == 0 {
			regions.Float32s()[i] = float32(i % 2)
		}
	}
	for _, c := range []struct {
		op *Op
		a  Attributes
		in []tensor.Tensor
	}{
		{DeformConv, Attributes{"pads": []int64{1, 1, 1, 1}, "offset_group": int64(2)}, []tensor.Tensor{normal(2, 8, 40, 41), normal(6, 8, 3, 3), normal(2, 36, 40, 41), normal(6), normal(2, 18, 40, 41)}},
		{LinearAttention, heads, []tensor.Tensor{normal(2, 60, 64), normal(2, 60, 32), normal(2, 60, 48), normal(2, 2, 16, 24), normal(2, 60, 2), normal(2, 60, 2)}},
		{MaxRoiPool, Attributes{"pooled_shape": []int64{7, 7}}, []tensor.Tensor{normal(2, 16, 64, 64), regions}},
		{QuantizeLinear, nil, []tensor.Tensor{normal(1 << 16), tensor.Scalar(float32(0.01))}},
		{GRU, Attributes{"hidden_size": int64(64)}, []tensor.Tensor{normal(20, 40, 64), normal(1, 192, 64), normal(1, 192, 64)}},
	} {
		compareWorkers(t, c.op, c.a, c.in)
	}
}
