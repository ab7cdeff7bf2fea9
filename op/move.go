package op

import (
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// A path walks elements: from an offset, so many per dimension, so far apart.
type path struct {
	offset  int
	strides []int
}

// rowStrides returns the strides of a row-major tensor.
func rowStrides(shape []int) []int {
	out := make([]int, len(shape))
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = step
		step *= shape[i]
	}
	return out
}

// move copies shape elements of src along one path to dst along another. Both have one type.
func move(x *Exec, dst, src tensor.Tensor, shape []int, to, from path) {
	if volume(shape) == 0 {
		return
	}
	m := mergePaths(shape, to, from)
	switch dst.DType() {
	case tensor.Float32:
		moveOf[float32](x, dst, src, m)
	case tensor.Float64:
		moveOf[float64](x, dst, src, m)
	case tensor.Int64:
		moveOf[int64](x, dst, src, m)
	case tensor.Int32:
		moveOf[int32](x, dst, src, m)
	case tensor.Int16:
		moveOf[int16](x, dst, src, m)
	case tensor.Int8:
		moveOf[int8](x, dst, src, m)
	case tensor.Uint64:
		moveOf[uint64](x, dst, src, m)
	case tensor.Uint32:
		moveOf[uint32](x, dst, src, m)
	case tensor.Uint16:
		moveOf[uint16](x, dst, src, m)
	case tensor.Uint8:
		moveOf[uint8](x, dst, src, m)
	case tensor.Bool:
		moveOf[bool](x, dst, src, m)
	case tensor.String:
		moveOf[string](x, dst, src, m)
	}
}

// A journey is two paths over merged dimensions.
type journey struct {
	shape    []int
	to, from path
}

// mergePaths drops dimensions of one and joins those that both paths walk as one.
func mergePaths(shape []int, to, from path) journey {
	j := journey{to: path{offset: to.offset}, from: path{offset: from.offset}}
	for i, n := range shape {
		if n == 1 {
			continue
		}
		last := len(j.shape) - 1
		if last >= 0 && j.to.strides[last] == to.strides[i]*n && j.from.strides[last] == from.strides[i]*n {
			j.shape[last] *= n
			j.to.strides[last], j.from.strides[last] = to.strides[i], from.strides[i]
			continue
		}
		j.shape = append(j.shape, n)
		j.to.strides = append(j.to.strides, to.strides[i])
		j.from.strides = append(j.from.strides, from.strides[i])
	}
	for len(j.shape) < 2 {
		j.shape = slices.Insert(j.shape, 0, 1)
		j.to.strides = slices.Insert(j.to.strides, 0, 0)
		j.from.strides = slices.Insert(j.from.strides, 0, 0)
	}
	return j
}

// moveOf walks the outer dimensions; the last two are done in one call.
func moveOf[T tensor.Element](x *Exec, dst, src tensor.Tensor, j journey) {
	d, s := tensor.Data[T](dst), tensor.Data[T](src)
	k := len(j.shape) - 2
	outer := j.shape[:k]
	if len(outer) == 0 {
		r := j.shape[0]
		per := max(1, block/j.shape[1])
		each(x, (r+per-1)/per, r*j.shape[1], func(p int) {
			lo := p * per
			moveRows(d, s, j, j.to.offset+lo*j.to.strides[0], j.from.offset+lo*j.from.strides[0], min(per, r-lo))
		})
		return
	}
	each(x, volume(outer), volume(j.shape), func(i int) {
		a, b := j.to.offset, j.from.offset
		for e := k - 1; e >= 0; e-- {
			a += i % outer[e] * j.to.strides[e]
			b += i % outer[e] * j.from.strides[e]
			i /= outer[e]
		}
		moveRows(d, s, j, a, b, j.shape[k])
	})
}

// tile is the side of the squares in which rows and columns are swapped, so that both stay in cache.
const tile = 32

// moveRows copies rows of the last dimension.
func moveRows[T tensor.Element](d, s []T, j journey, a, b, rows int) {
	k := len(j.shape) - 2
	n := j.shape[k+1]
	ar, br, ac, bc := j.to.strides[k], j.from.strides[k], j.to.strides[k+1], j.from.strides[k+1]
	if ac == 1 && bc == 1 {
		for r := range rows {
			copy(d[a+r*ar:a+r*ar+n], s[b+r*br:])
		}
		return
	}
	if ac == 1 && bc == 0 {
		for r := range rows {
			fill(d[a+r*ar:a+r*ar+n], s[b+r*br])
		}
		return
	}
	for r0 := 0; r0 < rows; r0 += tile {
		for c0 := 0; c0 < n; c0 += tile {
			for r := r0; r < min(rows, r0+tile); r++ {
				p, q := a+r*ar+c0*ac, b+r*br+c0*bc
				for range min(tile, n-c0) {
					d[p] = s[q]
					p += ac
					q += bc
				}
			}
		}
	}
}

func fill[T tensor.Element](d []T, v T) {
	for i := range d {
		d[i] = v
	}
}

// take sets dst, in blocks of size elements, to the blocks of src that index names; -1 leaves zeros.
func take(dst, src tensor.Tensor, index []int, size int) {
	switch dst.DType() {
	case tensor.Float32:
		takeOf[float32](dst, src, index, size)
	case tensor.Float64:
		takeOf[float64](dst, src, index, size)
	case tensor.Int64:
		takeOf[int64](dst, src, index, size)
	case tensor.Int32:
		takeOf[int32](dst, src, index, size)
	case tensor.Int16:
		takeOf[int16](dst, src, index, size)
	case tensor.Int8:
		takeOf[int8](dst, src, index, size)
	case tensor.Uint64:
		takeOf[uint64](dst, src, index, size)
	case tensor.Uint32:
		takeOf[uint32](dst, src, index, size)
	case tensor.Uint16:
		takeOf[uint16](dst, src, index, size)
	case tensor.Uint8:
		takeOf[uint8](dst, src, index, size)
	case tensor.Bool:
		takeOf[bool](dst, src, index, size)
	case tensor.String:
		takeOf[string](dst, src, index, size)
	}
}

func takeOf[T tensor.Element](dst, src tensor.Tensor, index []int, size int) {
	d, s := tensor.Data[T](dst), tensor.Data[T](src)
	for i, at := range index {
		if at < 0 {
			clear(d[i*size : (i+1)*size])
			continue
		}
		copy(d[i*size:(i+1)*size], s[at*size:(at+1)*size])
	}
}

// copyOf returns a tensor with the same elements in memory of its own.
func copyOf(x *Exec, t tensor.Tensor) (tensor.Tensor, error) {
	y, err := x.New(t.DType(), t.Shape()...)
	if err != nil {
		return y, err
	}
	flat := path{strides: []int{1}}
	move(x, y, t, []int{t.Len()}, flat, flat)
	return y, nil
}

// expandInto fills y with t broadcast to its shape.
func expandInto(x *Exec, y, t tensor.Tensor) error {
	shape, err := Broadcast(y.Shape(), t.Shape())
	if err != nil {
		return err
	}
	if !slices.Equal(shape, y.Shape()) {
		return errShape(t.Shape(), y.Shape())
	}
	move(x, y, t, shape, path{strides: rowStrides(shape)}, path{strides: broadcastStrides(t.Shape(), len(shape))})
	return nil
}

// transposed reorders dimensions.
func transposed(x *Exec, t tensor.Tensor, perm []int) (tensor.Tensor, error) {
	shape, strides := make([]int, len(perm)), make([]int, len(perm))
	in := rowStrides(t.Shape())
	for i, p := range perm {
		shape[i], strides[i] = t.Shape()[p], in[p]
	}
	y, err := x.New(t.DType(), shape...)
	if err != nil {
		return y, err
	}
	move(x, y, t, shape, path{strides: rowStrides(shape)}, path{strides: strides})
	return y, nil
}
