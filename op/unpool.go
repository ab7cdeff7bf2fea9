package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// The inverses of pooling and of cutting into patches, and the determinant.
var (
	MaxUnpool = &Op{Name: "MaxUnpool", Run: maxUnpool}
	Col2Im    = &Op{Name: "Col2Im", Run: colToImage}
	Det       = &Op{Name: "Det", Run: determinant}
)

// maxUnpool puts values back where MaxPool has found them.
func maxUnpool(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 3); err != nil {
		return nil, err
	}
	s := in[0].Shape()
	if len(s) < 3 || in[1].Len() != in[0].Len() || a.Ints("kernel_shape") == nil {
		return nil, fmt.Errorf("input %v and positions %v, want spatial dimensions and a kernel_shape", s, in[1].Shape())
	}
	size, err := dims(a, "kernel_shape", len(s)-2, 1, 1)
	if err != nil {
		return nil, err
	}
	w, err := transposeWindow(a, s[2:], size)
	if err != nil {
		return nil, err
	}
	shape := append([]int{s[0], s[1]}, w.in...)
	y, err := x.New(in[0].DType(), shape...)
	if err != nil {
		return nil, err
	}
	if err := expandInto(x, y, tensor.New(y.DType())); err != nil {
		return nil, err
	}
	list, err := intsOf(in[1])
	if err != nil {
		return nil, err
	}
	index := make([]int, len(list))
	for i, v := range list {
		if index[i], err = indexOf(v, y.Len()); err != nil {
			return nil, err
		}
	}
	if y, err = put(x, y, in[0], index, 1, "none"); err != nil {
		return nil, err
	}
	o := optional(in, 2)
	if !o.Valid() {
		return []tensor.Tensor{y}, nil
	}
	want, err := sizes(o)
	if err != nil {
		return nil, err
	}
	if len(want) != len(shape) {
		return nil, errShape(want, shape)
	}
	z, err := x.New(y.DType(), want...)
	if err != nil {
		return nil, err
	}
	if err := expandInto(x, z, tensor.New(y.DType())); err != nil {
		return nil, err
	}
	inside(x, z, y, make([]int, len(want)))
	return []tensor.Tensor{z}, nil
}

// colToImage adds patches where they were cut out.
func colToImage(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 3); err != nil {
		return nil, err
	}
	image, err := sizes(in[1])
	if err != nil {
		return nil, err
	}
	patch, err := sizes(in[2])
	if err != nil {
		return nil, err
	}
	s := in[0].Shape()
	if len(s) != 3 || len(image) < 1 || len(image) > 3 || len(patch) != len(image) || slices.Max(patch) > largest || slices.Max(image) > largest {
		return nil, fmt.Errorf("columns %v, image %v and patches %v do not fit", s, image, patch)
	}
	w, err := windowOf(a, image, patch)
	if err != nil {
		return nil, err
	}
	size, positions, plane := volume(patch), volume(w.out), volume(image)
	if s[1]%size != 0 || s[2] != positions {
		return nil, fmt.Errorf("columns %v for %d patches of %d", s, positions, size)
	}
	c := s[1] / size
	y, err := x.New(tensor.Float64, append([]int{s[0], c}, image...)...)
	if err != nil {
		return nil, err
	}
	clear(y.Float64s())
	v, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	w = w.padded()
	each(x, s[0]*c, len(v), func(nc int) {
		w.outputs(x, func(p int, o [3]int) {
			w.taps(o, func(k, i int) { y.Float64s()[nc*plane+i] += v[(nc*size+k)*positions+p] })
		})
	})
	return one(convert(x, y, in[0].DType()))
}

func determinant(x *Exec, _ Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape()
	if len(s) < 2 || s[len(s)-1] != s[len(s)-2] {
		return nil, fmt.Errorf("input of shape %v, want square matrices", s)
	}
	v, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	n := s[len(s)-1]
	out := make([]float64, volume(s[:len(s)-2]))
	for i := range out {
		out[i] = det(x, slices.Clone(v[i*n*n:(i+1)*n*n]), n)
	}
	return fromFloats(x, in[0].DType(), out, s[:len(s)-2]...)
}

// det eliminates with the largest pivot of each column (Golub and Van Loan 2013, algorithm 3.4.1).
func det(x *Exec, a []float64, n int) float64 {
	d := 1.0
	for k := 0; k < n && !x.endedBefore((n-k)*(n-k)); k++ {
		p := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i*n+k]) > math.Abs(a[p*n+k]) {
				p = i
			}
		}
		if a[p*n+k] == 0 {
			return 0
		}
		if p != k {
			d = -d
			for j := range n {
				a[k*n+j], a[p*n+j] = a[p*n+j], a[k*n+j]
			}
		}
		d *= a[k*n+k]
		for i := k + 1; i < n; i++ {
			f := a[i*n+k] / a[k*n+k]
			for j := k; j < n; j++ {
				a[i*n+j] -= f * a[k*n+j]
			}
		}
	}
	return d
}
