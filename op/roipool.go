package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// MaxRoiPool takes the largest values of a grid of bins over each region (Girshick 2015, section 2.1). A
// region is the number of its sample and two corners.
var MaxRoiPool = &Op{Name: "MaxRoiPool", Run: maxRoiPool}

func maxRoiPool(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	s, regions := in[0].Shape(), in[1].Shape()
	if len(s) != 4 || len(regions) != 2 || regions[1] != 5 || !in[0].DType().IsFloat() {
		return nil, fmt.Errorf("input %v and regions %v, want floats of four dimensions and rows of five", in[0], in[1])
	}
	bins, err := dims(a, "pooled_shape", 2, 0, 1)
	if err != nil {
		return nil, err
	}
	if bins[0] == 0 {
		return nil, fmt.Errorf("pooled_shape is missing")
	}
	v, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	at, err := floatsOf(in[1])
	if err != nil {
		return nil, err
	}
	shape := []int{regions[0], s[1], bins[0], bins[1]}
	y, err := x.New(in[0].DType(), shape...)
	if err != nil {
		return nil, err
	}
	scale, plane, size := float64(a.Float("spatial_scale", 1)), s[2]*s[3], bins[0]*bins[1]
	out := make([]float64, y.Len())
	if len(out) == 0 {
		return []tensor.Tensor{y}, nil
	}
	for r := range regions[0] {
		row := at[5*r : 5*r+5]
		if !(row[0] >= 0 && row[0] < float64(s[0])) {
			return nil, fmt.Errorf("region %d of sample %v of %d", r+1, row[0], s[0])
		}
		rows, cols := roiBins(row[2], row[4], scale, bins[0], s[2]), roiBins(row[1], row[3], scale, bins[1], s[3])
		first := int(row[0]) * s[1] * plane
		each(x, s[1], s[1]*plane, func(c int) {
			image := v[first+c*plane:][:plane]
			for i := range size {
				if x.ended() {
					return
				}
				out[(r*s[1]+c)*size+i] = roiMax(image, s[3], rows[i/bins[1]], cols[i%bins[1]])
			}
		})
	}
	return fromFloats(x, in[0].DType(), out, shape...)
}

// roiBins cuts a span of pixels, both ends included, into bins within an image.
func roiBins(from, to, scale float64, n, limit int) [][2]int {
	hold := func(f float64) float64 { return clamp(math.Round(f), -largest, largest) }
	start := hold(from * scale)
	width := max(hold(to*scale)-start+1, 1) / float64(n)
	out := make([][2]int, n)
	for i := range out {
		lo, hi := start+math.Floor(float64(i)*width), start+math.Ceil(float64(i+1)*width)
		out[i] = [2]int{int(clamp(lo, 0, float64(limit))), int(clamp(hi, 0, float64(limit)))}
	}
	return out
}

// roiMax is the largest value of a rectangle, 0 of an empty one.
func roiMax(image []float64, width int, rows, cols [2]int) float64 {
	if rows[0] >= rows[1] || cols[0] >= cols[1] {
		return 0
	}
	top := math.Inf(-1)
	for r := rows[0]; r < rows[1]; r++ {
		for c := cols[0]; c < cols[1]; c++ {
			top = max(top, image[r*width+c])
		}
	}
	return top
}
