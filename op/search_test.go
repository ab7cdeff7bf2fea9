package op

import (
	"slices"
	"testing"

	"github.com/stratascope/stratascope/tensor"
)

// The examples of Unique in the ONNX operator schemas (opset 11): elements sorted and by appearance, slices along
// an axis.
func TestUniqueExamples(t *testing.T) {
	for name, c := range map[string]struct {
		a                    Attributes
		x                    tensor.Tensor
		y                    []float32
		first, class, counts []int64
	}{
		"by appearance": {Attributes{"sorted": int64(0)}, tensor.Of([]float32{2, 1, 1, 3, 4, 3}, 6),
			[]float32{2, 1, 3, 4}, []int64{0, 1, 3, 4}, []int64{0, 1, 1, 2, 3, 2}, []int64{1, 2, 2, 1}},
		"sorted": {nil, tensor.Of([]float32{2, 1, 1, 3, 4, 3}, 6),
			[]float32{1, 2, 3, 4}, []int64{1, 0, 3, 4}, []int64{1, 0, 0, 2, 3, 2}, []int64{2, 1, 2, 1}},
		"rows": {Attributes{"axis": int64(0)}, tensor.Of([]float32{1, 0, 0, 1, 0, 0, 2, 3, 4}, 3, 3),
			[]float32{1, 0, 0, 2, 3, 4}, []int64{0, 2}, []int64{0, 0, 1}, []int64{2, 1}},
		"columns of maps": {Attributes{"axis": int64(1)}, tensor.Of([]float32{1, 1, 0, 1, 2, 1, 0, 1, 1, 1, 0, 1, 2, 1, 0, 1}, 2, 4, 2),
			[]float32{0, 1, 1, 1, 2, 1, 0, 1, 1, 1, 2, 1}, []int64{1, 0, 2}, []int64{1, 0, 2, 0}, []int64{2, 1, 1}},
	} {
		out, err := Unique.Run(&Exec{Workers: 1, Outputs: 4}, c.a, []tensor.Tensor{c.x})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(out[0].Float32s(), c.y) || !slices.Equal(out[1].Int64s(), c.first) || !slices.Equal(out[2].Int64s(), c.class) || !slices.Equal(out[3].Int64s(), c.counts) {
			t.Errorf("%s: %v %v %v %v", name, out[0].Float32s(), out[1].Int64s(), out[2].Int64s(), out[3].Int64s())
		}
	}
}
