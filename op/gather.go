package op

import (
	"fmt"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// What picks elements by index.
var (
	Gather         = &Op{Name: "Gather", Run: gather}
	GatherElements = &Op{Name: "GatherElements", Run: gatherElements}
	GatherND       = &Op{Name: "GatherND", Run: gatherND}
)

// indexOf checks an index that may count from the end.
func indexOf(i int64, n int) (int, error) {
	if i < -int64(n) || i >= int64(n) {
		return 0, fmt.Errorf("index %d into a dimension of %d", i, n)
	}
	if i < 0 {
		i += int64(n)
	}
	return int(i), nil
}

func gather(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	t := in[0]
	axis, err := axisOf(a.Int("axis", 0), t.Rank())
	if err != nil {
		return nil, err
	}
	list, err := intsOf(in[1])
	if err != nil {
		return nil, err
	}
	s := t.Shape()
	y, err := x.New(t.DType(), slices.Concat(s[:axis], in[1].Shape(), s[axis+1:])...)
	if err != nil {
		return nil, err
	}
	outer, n, inner := volume(s[:axis]), s[axis], volume(s[axis+1:])
	index := make([]int, 0, outer*len(list))
	for o := range outer {
		for _, v := range list {
			i, err := indexOf(v, n)
			if err != nil {
				return nil, err
			}
			index = append(index, o*n+i)
		}
	}
	if len(index) == 1 && inner > 0 { // one block: the elements can be shared
		blocks := t.Reshape(t.Len()/inner, inner)
		return []tensor.Tensor{blocks.Rows(index[0], index[0]+1).Reshape(y.Shape()...)}, nil
	}
	take(y, t, index, inner)
	return []tensor.Tensor{y}, nil
}

// elementIndex returns, for every element of index, the flat index into data where the coordinate
// along axis is replaced by the element (GatherElements, ScatterElements).
func elementIndex(data, index tensor.Tensor, axis int) ([]int, error) {
	if data.Rank() != index.Rank() {
		return nil, fmt.Errorf("indices of shape %v for data of shape %v", index.Shape(), data.Shape())
	}
	for d, n := range index.Shape() {
		if d != axis && n > data.Dim(d) {
			return nil, fmt.Errorf("indices of shape %v for data of shape %v", index.Shape(), data.Shape())
		}
	}
	list, err := intsOf(index)
	if err != nil {
		return nil, err
	}
	strides, coordinate := rowStrides(data.Shape()), make([]int, index.Rank())
	out := make([]int, len(list))
	for i, v := range list {
		at, err := indexOf(v, data.Dim(axis))
		if err != nil {
			return nil, err
		}
		flat := at * strides[axis]
		for d, c := range coordinate {
			if d != axis {
				flat += c * strides[d]
			}
		}
		out[i] = flat
		advance(coordinate, index.Shape())
	}
	return out, nil
}

// advance moves a coordinate on by one element in row-major order.
func advance(coordinate, shape []int) {
	for d := len(shape) - 1; d >= 0; d-- {
		coordinate[d]++
		if coordinate[d] < shape[d] {
			return
		}
		coordinate[d] = 0
	}
}

func gatherElements(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	axis, err := axisOf(a.Int("axis", 0), in[0].Rank())
	if err != nil {
		return nil, err
	}
	index, err := elementIndex(in[0], in[1], axis)
	if err != nil {
		return nil, err
	}
	y, err := x.New(in[0].DType(), in[1].Shape()...)
	if err != nil {
		return nil, err
	}
	take(y, in[0], index, 1)
	return []tensor.Tensor{y}, nil
}

// blockIndex turns rows of coordinates into indices of blocks of data; batch leading dimensions of
// both run together.
func blockIndex(data, index tensor.Tensor, batch int) (blocks []int, size int, err error) {
	if index.Rank() < 1 || batch < 0 || batch >= index.Rank() || batch >= data.Rank() {
		return nil, 0, fmt.Errorf("indices of shape %v for data of shape %v with %d batch dimensions", index.Shape(), data.Shape(), batch)
	}
	depth := index.Dim(-1)
	if batch+depth > data.Rank() || !slices.Equal(index.Shape()[:batch], data.Shape()[:batch]) {
		return nil, 0, fmt.Errorf("indices of shape %v for data of shape %v with %d batch dimensions", index.Shape(), data.Shape(), batch)
	}
	list, err := intsOf(index)
	if err != nil {
		return nil, 0, err
	}
	rows := volume(index.Shape()[:index.Rank()-1])
	batches := volume(data.Shape()[:batch])
	blocks = make([]int, rows)
	for r := range blocks {
		at := 0
		if batches > 0 {
			at = r / (rows / batches)
		}
		for d := range depth {
			i, err := indexOf(list[r*depth+d], data.Dim(batch+d))
			if err != nil {
				return nil, 0, err
			}
			at = at*data.Dim(batch+d) + i
		}
		blocks[r] = at
	}
	return blocks, volume(data.Shape()[batch+depth:]), nil
}

func gatherND(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	batch := int(a.Int("batch_dims", 0))
	blocks, size, err := blockIndex(in[0], in[1], batch)
	if err != nil {
		return nil, err
	}
	i, d := in[1].Shape(), in[0].Shape()
	y, err := x.New(in[0].DType(), slices.Concat(i[:len(i)-1], d[batch+in[1].Dim(-1):])...)
	if err != nil {
		return nil, err
	}
	take(y, in[0], blocks, size)
	return []tensor.Tensor{y}, nil
}
