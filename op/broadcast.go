package op

import (
	"fmt"

	"github.com/stratascope/stratascope/tensor"
)

// A layout walks several operands of one broadcast shape row by row. Dimensions over which all
// operands advance alike are merged, so that rows are as long as can be.
type layout struct {
	shape   []int // of the result
	outer   []int // merged dimensions without the last
	inner   int   // the last merged dimension
	strides [][]int
}

// Broadcast returns the shape that shapes have together (ONNX "Broadcasting", multidirectional).
func Broadcast(shapes ...[]int) ([]int, error) {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := make([]int, rank)
	for i := range out {
		out[i] = 1
		for _, s := range shapes {
			j := i - rank + len(s)
			if j < 0 || s[j] == 1 {
				continue
			}
			if out[i] != 1 && out[i] != s[j] {
				return nil, fmt.Errorf("shapes %v cannot be broadcast: %d and %d in dimension %d", shapes, out[i], s[j], i)
			}
			out[i] = s[j]
		}
	}
	return out, nil
}

// layoutOf merges the dimensions of operands that are broadcast to one shape.
func layoutOf(in ...tensor.Tensor) (layout, error) {
	shapes := make([][]int, len(in))
	for i, t := range in {
		shapes[i] = t.Shape()
	}
	shape, err := Broadcast(shapes...)
	if err != nil {
		return layout{}, err
	}
	l := layout{shape: shape, inner: 1}
	dims, steps := merged(shape, shapes)
	l.strides = steps
	if len(dims) > 0 {
		l.outer, l.inner = dims[:len(dims)-1], dims[len(dims)-1]
	}
	return l, nil
}

// merged returns the merged dimensions of shape and each operand's strides over them.
func merged(shape []int, shapes [][]int) (dims []int, steps [][]int) {
	full := make([][]int, len(shapes))
	for k, s := range shapes {
		full[k] = broadcastStrides(s, len(shape))
	}
	steps = make([][]int, len(shapes))
	for i, n := range shape {
		if n == 1 {
			continue
		}
		join := len(dims) > 0
		for k := range shapes {
			if join && steps[k][len(dims)-1] != full[k][i]*n {
				join = false
			}
		}
		if !join {
			dims = append(dims, n)
			for k := range shapes {
				steps[k] = append(steps[k], full[k][i])
			}
			continue
		}
		dims[len(dims)-1] *= n
		for k := range shapes {
			steps[k][len(dims)-1] = full[k][i]
		}
	}
	return dims, steps
}

// broadcastStrides returns the strides of a shape under a larger rank, 0 where it is repeated.
func broadcastStrides(s []int, rank int) []int {
	out := make([]int, rank)
	step := 1
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] != 1 {
			out[rank-len(s)+i] = step
		}
		step *= s[i]
	}
	return out
}

// step returns how far operand k moves along a row: 0 or 1.
func (l *layout) step(k int) int {
	if n := len(l.outer); len(l.strides[k]) > n {
		return l.strides[k][n]
	}
	return 1
}

// walk calls f for every row, or piece of a long row, with where it starts in the result and in each
// operand, in parallel for large results. Pieces do not depend on the number of workers.
func (l *layout) walk(x *Exec, f func(out, n int, at []int)) {
	rows := volume(l.outer)
	if rows*l.inner == 0 {
		return
	}
	if rows == 1 {
		span(x, l.inner, func(lo, hi int) {
			at := make([]int, len(l.strides))
			for k := range at {
				at[k] = lo * l.step(k)
			}
			f(lo, hi-lo, at)
		})
		return
	}
	per := max(1, block/l.inner)
	parts := (rows + per - 1) / per
	each(x, parts, rows*l.inner, func(p int) {
		at := make([]int, len(l.strides))
		for r := p * per; r < min(rows, (p+1)*per); r++ {
			l.start(r, at)
			f(r*l.inner, l.inner, at)
		}
	})
}

// start sets at to where row r starts in each operand.
func (l *layout) start(r int, at []int) {
	clear(at)
	for d := len(l.outer) - 1; d >= 0; d-- {
		i := r % l.outer[d]
		r /= l.outer[d]
		for k := range at {
			at[k] += i * l.strides[k][d]
		}
	}
}
