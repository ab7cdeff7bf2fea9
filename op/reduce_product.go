package op

import (
	"slices"

	"github.com/stratascope/stratascope/internal/kernel"
	"github.com/stratascope/stratascope/tensor"
)

// SumProducts is ReduceSum, or ReduceMean where mean is set, of a*b over axes, without a tensor of products: each is
// exact in float64. It gives an invalid tensor where it does not know the types or shapes.
func SumProducts(x *Exec, a, b tensor.Tensor, axes []int64, keep, mean bool) (tensor.Tensor, error) {
	var none tensor.Tensor
	if a.DType() != tensor.Float32 || b.DType() != tensor.Float32 || !slices.Equal(a.Shape(), b.Shape()) || a.Len() == 0 {
		return none, nil
	}
	list, err := axesOf(axes, a.Rank())
	if err != nil {
		return none, err
	}
	gone := make([]bool, a.Rank())
	for _, i := range list {
		gone[i] = true
	}
	kept, row := around(a.Shape(), gone) // samples and positions around channels
	if outer, n, inner, ok := sections(a.Shape(), gone); ok && inner == 1 {
		kept, row = outer, n
	} else if ok || row < 16 { // short rows are summed faster by columns
		return none, nil
	}
	var shape []int
	for i, n := range a.Shape() {
		switch {
		case !gone[i]:
			shape = append(shape, n)
		case keep:
			shape = append(shape, 1)
		}
	}
	y, err := x.New(tensor.Float32, shape...)
	if err != nil {
		return none, err
	}
	left, right, out := a.Float32s(), b.Float32s(), y.Float32s()
	by := 1.0
	if mean {
		by = float64(len(left) / kept)
	}
	each(x, kept, len(left), func(c int) {
		s := 0.0
		for at := c * row; at < len(left); at += kept * row {
			s += kernel.Dot64(left[at:at+row], right[at:at+row])
		}
		out[c] = float32(s / by)
	})
	return y, nil
}
