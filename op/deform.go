package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// DeformConv is a convolution whose taps are moved by offsets, position by position, and weighted by a mask
// (Dai et al. 2017, eq. 2; Zhu et al. 2019, eq. 1).
var DeformConv = &Op{Name: "DeformConv", Run: deformConv}

// A deformation is the geometry of such a convolution.
type deformation struct {
	*window
	groups, moves int // groups of filters, and of channels that move together
	channels      int
}

func deformConv(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 5); err != nil {
		return nil, err
	}
	if err := same(in...); err != nil {
		return nil, err
	}
	xs, ws := in[0].Shape(), in[1].Shape()
	if len(xs) != 4 {
		return nil, fmt.Errorf("input of shape %v, want four dimensions", xs)
	}
	w, groups, err := convWindow(a, xs, ws)
	if err != nil {
		return nil, err
	}
	d := &deformation{w, groups, int(a.Int("offset_group", 1)), xs[1]}
	if d.moves < 1 || xs[1]%d.moves != 0 {
		return nil, fmt.Errorf("%d channels in %d groups of offsets", xs[1], d.moves)
	}
	taps, positions := d.moves*volume(ws[2:]), volume(w.out)
	bias, mask := optional(in, 3), optional(in, 4)
	switch {
	case in[2].Rank() != 4 || in[2].Len() != xs[0]*taps*2*positions || in[2].Dim(2) != w.out[0]:
		return nil, fmt.Errorf("offsets of shape %v, want %v", in[2].Shape(), []int{xs[0], taps * 2, w.out[0], w.out[1]})
	case mask.Valid() && mask.Len() != xs[0]*taps*positions:
		return nil, fmt.Errorf("a mask of shape %v, want %v", mask.Shape(), []int{xs[0], taps, w.out[0], w.out[1]})
	case bias.Valid() && bias.Len() != ws[0]:
		return nil, fmt.Errorf("bias of shape %v for %d filters", bias.Shape(), ws[0])
	}
	y, err := x.New(in[0].DType(), xs[0], ws[0], w.out[0], w.out[1])
	if err != nil {
		return nil, err
	}
	columns, err := x.New(in[0].DType(), xs[1]*volume(ws[2:]), positions)
	if err != nil {
		return nil, err
	}
	switch y.DType() {
	case tensor.Float32:
		deform(x, d, in, y.Float32s(), columns.Float32s(), gemm32(x))
	case tensor.Float64:
		deform(x, d, in, y.Float64s(), columns.Float64s(), gemm64(x))
	default:
		return nil, unsupported(y.DType())
	}
	return []tensor.Tensor{y}, nil
}

// deform multiplies the filters with what the moved taps read, sample by sample.
func deform[T float32 | float64](x *Exec, d *deformation, in []tensor.Tensor, y, columns []T, gemm gemmFunc[T]) {
	data, weight, offset := tensor.Data[T](in[0]), tensor.Data[T](in[1]), tensor.Data[T](in[2])
	var mask, bias []T
	if t := optional(in, 4); t.Valid() {
		mask = tensor.Data[T](t)
	}
	if t := optional(in, 3); t.Valid() {
		bias = tensor.Data[T](t)
	}
	size, positions, plane := volume(d.kernel), volume(d.out), volume(d.in)
	filters := in[1].Dim(0)
	rows, inner := filters/d.groups, d.channels/d.groups*size
	taps := d.moves * size
	for n := range in[0].Dim(0) {
		image, moved := data[n*d.channels*plane:], offset[n*taps*2*positions:]
		each(x, taps, len(columns), func(k int) {
			var weights []T
			if mask != nil {
				weights = mask[(n*taps+k)*positions:][:positions]
			}
			readTap(x, d, k, image, moved[2*k*positions:][:2*positions], weights, columns)
		})
		if x.ended() {
			return
		}
		for g := range d.groups {
			if rows*positions*inner > 0 {
				gemm(x.Workers, false, false, rows, positions, inner, 1, weight[g*rows*inner:], inner, columns[g*inner*positions:], positions,
					0, y[(n*filters+g*rows)*positions:], positions)
			}
		}
	}
	biased(y, bias, in[0].Dim(0), filters)
}

// readTap fills the rows of one tap, a row for each channel that moves with it.
func readTap[T float32 | float64](x *Exec, d *deformation, k int, image, offset, weights, columns []T) {
	size, positions, plane := volume(d.kernel), volume(d.out), volume(d.in)
	each := d.channels / d.moves
	group, tap := k/size, k%size
	for p := range positions {
		if p%(block/each+1) == 0 && x.ended() {
			return
		}
		row := p/d.out[1]*d.stride[0] - d.begin[0] + tap/d.kernel[1]*d.dilation[0]
		col := p%d.out[1]*d.stride[1] - d.begin[1] + tap%d.kernel[1]*d.dilation[1]
		at, share := d.corners(float64(row)+float64(offset[p]), float64(col)+float64(offset[positions+p]))
		if weights != nil {
			for i := range share {
				share[i] *= float64(weights[p])
			}
		}
		for c := group * each; c < (group+1)*each; c++ {
			sum := 0.0
			for i, s := range share {
				if s != 0 {
					sum += s * float64(image[c*plane+at[i]])
				}
			}
			columns[(c*size+tap)*positions+p] = T(sum)
		}
	}
}

// corners returns the four pixels around a point and how much each counts; those outside count nothing.
func (d *deformation) corners(row, col float64) (at [4]int, share [4]float64) {
	h, w := d.in[0], d.in[1]
	if !(row > -1 && row < float64(h) && col > -1 && col < float64(w)) {
		return at, share
	}
	r, c := int(math.Floor(row)), int(math.Floor(col))
	dr, dc := row-float64(r), col-float64(c)
	for i := range at {
		y, x := r+i/2, c+i%2
		if y < 0 || y >= h || x < 0 || x >= w {
			continue
		}
		fy, fx := 1-dr, 1-dc
		if i/2 == 1 {
			fy = dr
		}
		if i%2 == 1 {
			fx = dc
		}
		at[i], share[i] = y*w+x, fy*fx
	}
	return at, share
}
