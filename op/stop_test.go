package op

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// TestOperatorsStop: operators on values of a size that takes long ask whether to go on, and stop asking,
// hence working, soon after the answer is no.
func TestOperatorsStop(t *testing.T) {
	ints := func(v ...int64) []int64 { return v }
	zeros := func(shape ...int) tensor.Tensor { return tensor.New(tensor.Float32, shape...) }
	axis := tensor.Scalar(int64(0))
	spread := func(shape ...int) tensor.Tensor {
		t := zeros(shape...)
		for i := range t.Float32s() {
			t.Float32s()[i] = float32(1 + i)
		}
		return t
	}
	for _, c := range []struct {
		op *Op
		a  Attributes
		in []tensor.Tensor
	}{
		{Conv, Attributes{"pads": ints(1, 1, 1, 1)}, []tensor.Tensor{zeros(4, 16, 64, 64), zeros(16, 16, 3, 3)}},
		{Conv, Attributes{"pads": ints(1, 1, 1, 1, 1, 1)}, []tensor.Tensor{zeros(1, 2, 16, 32, 32), zeros(2, 2, 3, 3, 3)}},
		{ConvTranspose, nil, []tensor.Tensor{zeros(2, 16, 32, 32), zeros(16, 16, 4, 4)}},
		{MatMul, nil, []tensor.Tensor{zeros(512, 512), zeros(512, 512)}},
		{MatMul, nil, []tensor.Tensor{zeros(8, 128, 128), zeros(8, 128, 128)}},
		{MatMul, nil, []tensor.Tensor{tensor.New(tensor.Int64, 128, 128), tensor.New(tensor.Int64, 128, 128)}},
		{Gemm, nil, []tensor.Tensor{zeros(512, 512), zeros(512, 512)}},
		{Attention, nil, []tensor.Tensor{zeros(1, 4, 128, 32), zeros(1, 4, 128, 32), zeros(1, 4, 128, 32)}},
		{MaxPool, Attributes{"kernel_shape": ints(7, 7)}, []tensor.Tensor{zeros(1, 1, 64, 64)}},
		{AveragePool, Attributes{"kernel_shape": ints(33, 33)}, []tensor.Tensor{zeros(1, 1, 64, 64)}},
		{Softmax, nil, []tensor.Tensor{zeros(512, 256)}},
		{Pow, nil, []tensor.Tensor{zeros(1 << 17), zeros(1)}},
		{CumSum, nil, []tensor.Tensor{zeros(64, 4096), axis}},
		{GridSample, nil, []tensor.Tensor{zeros(1, 1, 8, 8), zeros(1, 256, 256, 2)}},
		{Unique, nil, []tensor.Tensor{zeros(1 << 17)}},
		{Unique, Attributes{"axis": int64(1)}, []tensor.Tensor{zeros(64, 1024)}},
		{TopK, nil, []tensor.Tensor{zeros(4, 1<<15), tensor.Of([]int64{3}, 1)}},
		{ArgMax, nil, []tensor.Tensor{zeros(4096, 64)}},
		{QuantizeLinear, nil, []tensor.Tensor{zeros(1 << 17), tensor.Scalar(float32(1))}},
		{DequantizeLinear, nil, []tensor.Tensor{tensor.New(tensor.Int8, 1<<17), tensor.Scalar(float32(1))}},
		{NonMaxSuppression, nil, []tensor.Tensor{zeros(1, 4096, 4), spread(1, 1, 4096), tensor.Scalar(int64(4096))}},
		{DeformConv, nil, []tensor.Tensor{zeros(1, 8, 64, 64), zeros(8, 8, 3, 3), zeros(1, 18, 62, 62)}},
		{LinearAttention, Attributes{"q_num_heads": int64(1), "kv_num_heads": int64(1), "update_rule": "linear"},
			[]tensor.Tensor{zeros(1, 64, 32), zeros(1, 64, 32), zeros(1, 64, 32)}},
		{MaxRoiPool, Attributes{"pooled_shape": ints(8, 8)}, []tensor.Tensor{zeros(1, 4, 64, 64), zeros(4, 5)}},
		{Det, nil, []tensor.Tensor{zeros(32, 8, 8)}},
	} {
		for _, workers := range []int{1, 2} {
			asked := 0
			if _, err := c.op.Run(&Exec{Workers: 1, Stop: func() error { asked++; return nil }}, c.a, c.in); err != nil {
				t.Fatalf("%s: %v", c.op.Name, err)
			}
			if asked < 4 {
				t.Errorf("%s of %v asks %d times", c.op.Name, c.in, asked)
			}
			_, err := c.op.Run(&Exec{Workers: workers, Stop: func() error { return errStopped }}, c.a, c.in)
			if !errors.Is(err, errStopped) {
				t.Errorf("%s of a cancelled run gives %v", c.op.Name, err)
			}
		}
	}
}

// What is sorted when the run is cancelled is left after one more block.
func TestSortStops(t *testing.T) {
	const n = 100 * block
	compared, stopped := 0, false
	w := work{x: &Exec{Stop: func() error {
		if stopped = compared > 3*block; stopped {
			return errStopped
		}
		return nil
	}}}
	after := 0
	w.sort(make([]int, n), func(i, j int) int {
		compared++
		if stopped {
			after++
		}
		w.done(1)
		return 0
	})
	if !w.ended || after > 20*block {
		t.Errorf("ended: %v, %d comparisons after", w.ended, after)
	}
}

// The order is that of a stable sort, for any number of blocks.
func TestSortIsStable(t *testing.T) {
	for _, n := range []int{0, 1, block, block + 1, 3*block - 5, 5 * block} {
		random := rand.New(rand.NewPCG(1, uint64(n)))
		value, got := make([]int, n), make([]int, n)
		for i := range n {
			value[i], got[i] = random.IntN(1+n/8), i
		}
		compare := func(i, j int) int { return value[i] - value[j] }
		want := slices.Clone(got)
		slices.SortStableFunc(want, compare)
		w := work{x: &Exec{}}
		w.sort(got, compare)
		if !slices.Equal(got, want) {
			t.Errorf("%d elements are in another order", n)
		}
	}
}

var errStopped = errors.New("stopped")

// TestHugeKernels: a kernel of which nearly all lies on padding costs what lies on the input. It walked
// over 2^24 taps and more for each output, in MaxPool, LpPool and both counts of AveragePool.
// TestWideConvolution: what a convolution copies is bounded by what it reads and gives.
func TestWideConvolution(t *testing.T) {
	a := Attributes{"strides": []int64{1 << 20, 1 << 20}, "pads": []int64{0, 0, 1 << 20, 1 << 20}}
	in := []tensor.Tensor{tensor.New(tensor.Float32, 1, 1, 4, 4), tensor.New(tensor.Float32, 1, 1, 4, 4)}
	if _, err := Conv.Run(&Exec{Workers: 1, Limit: limit}, a, in); err == nil || !strings.Contains(err.Error(), "span 1.1e+12 positions") {
		t.Errorf("strides of 1048576: %v", err)
	}
}

func TestHugeKernels(t *testing.T) {
	const side = 1 << 23
	a := Attributes{"kernel_shape": []int64{2 * side, 2 * side}, "pads": []int64{side, side, side, side}}
	x := tensor.Of([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3)
	counts := Attributes{"count_include_pad": int64(1)}
	for k, v := range a {
		counts[k] = v
	}
	for _, c := range []struct {
		op   *Op
		a    Attributes
		want float32 // of the first output
	}{{MaxPool, a, 9}, {AveragePool, a, 5}, {AveragePool, counts, 45. / (4 * side * side)}, {LpPool, a, float32(math.Sqrt(285))}} {
		out, err := c.op.Run(&Exec{Workers: 1, Limit: limit}, c.a, []tensor.Tensor{x})
		if err != nil {
			t.Errorf("%s: %v", c.op.Name, err)
			continue
		}
		if got := out[0].Float32s()[5]; got != c.want {
			t.Errorf("%s gives %v in the middle, want %v", c.op.Name, got, c.want)
		}
	}
}
