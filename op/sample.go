package op

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/tensor"
)

// What reads images at positions between pixels.
var (
	GridSample = &Op{Name: "GridSample", Run: gridSample}
	AffineGrid = &Op{Name: "AffineGrid", Run: affineGrid}
)

// A grid reads from planes of any number of dimensions.
type grid struct {
	size    []int
	strides []int
	cubic   bool
	nearest bool
	padding string
	corners bool
}

func gridSample(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	s, p := in[0].Shape(), in[1].Shape()
	d := len(s) - 2
	if d < 1 || d > 3 || len(p) != d+2 || p[0] != s[0] || p[d+1] != d || !in[0].DType().IsFloat() {
		return nil, fmt.Errorf("input %v and grid %v do not fit", in[0], in[1])
	}
	g := &grid{size: s[2:], strides: rowStrides(s[2:]), padding: a.Str("padding_mode", "zeros"), corners: a.Int("align_corners", 0) != 0}
	switch mode := a.Str("mode", "linear"); mode {
	case "linear", "bilinear":
	case "nearest":
		g.nearest = true
	case "cubic", "bicubic":
		g.cubic = true
	default:
		return nil, fmt.Errorf("mode %q is not known", mode)
	}
	if g.padding != "zeros" && g.padding != "border" && g.padding != "reflection" {
		return nil, fmt.Errorf("padding_mode %q is not known", g.padding)
	}
	v, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	at, err := floatsOf(in[1])
	if err != nil {
		return nil, err
	}
	shape := append([]int{s[0], s[1]}, p[1:d+1]...)
	if _, err := tensor.Count(shape); err != nil {
		return nil, err
	}
	plane, points := volume(g.size), volume(p[1:d+1])
	if plane == 0 && points > 0 {
		return nil, fmt.Errorf("an empty input of shape %v", s)
	}
	out := make([]float64, volume(shape))
	each(x, s[0]*s[1], len(out)*8, func(nc int) {
		n := nc / s[1]
		for i := range points {
			if i%block == 0 && x.ended() {
				return
			}
			out[nc*points+i] = g.read(v[nc*plane:(nc+1)*plane], at[(n*points+i)*d:][:d])
		}
	})
	return fromFloats(x, in[0].DType(), out, shape...)
}

// read interpolates at a point whose coordinates run from -1 to 1, the last dimension first.
func (g *grid) read(v, point []float64) float64 {
	pos := make([]float64, len(g.size))
	for k := range pos {
		n := float64(g.size[k])
		c := point[len(pos)-1-k]
		if g.corners {
			pos[k] = (c + 1) / 2 * (n - 1)
		} else {
			pos[k] = ((c+1)*n - 1) / 2
		}
		if g.nearest {
			pos[k] = math.RoundToEven(pos[k])
		} else if !g.cubic {
			pos[k] = g.fold(pos[k], g.size[k])
		}
	}
	return g.dimension(v, pos, 0, 0)
}

// dimension interpolates along dimension k and those after it.
func (g *grid) dimension(v, pos []float64, k, offset int) float64 {
	if k == len(pos) {
		return v[offset]
	}
	if math.IsNaN(pos[k]) || math.Abs(pos[k]) > 1<<40 {
		return math.NaN()
	}
	first, w := g.neighbours(pos[k])
	sum := 0.0
	for i, f := range w {
		at := first + i
		if at < 0 || at >= g.size[k] {
			if g.padding == "zeros" {
				continue
			}
			at = min(max(int(g.fold(float64(at), g.size[k])), 0), g.size[k]-1)
		}
		if f != 0 {
			sum += f * g.dimension(v, pos, k+1, offset+at*g.strides[k])
		}
	}
	return sum
}

func (g *grid) neighbours(p float64) (first int, w []float64) {
	at := math.Floor(p)
	t := p - at
	switch {
	case g.nearest:
		return int(at), []float64{1}
	case g.cubic:
		return int(at) - 1, []float64{keys(-0.75, 1+t), keys(-0.75, t), keys(-0.75, 1-t), keys(-0.75, 2-t)}
	}
	return int(at), []float64{1 - t, t}
}

// fold brings a coordinate back into the image as the padding mode says.
func (g *grid) fold(p float64, n int) float64 {
	switch g.padding {
	case "border":
		return min(max(p, 0), float64(n-1))
	case "reflection":
		lo, hi := -0.5, float64(n)-0.5
		if g.corners {
			lo, hi = 0, float64(n-1)
		}
		width := hi - lo
		if width <= 0 {
			return 0
		}
		r := floorMod(p-lo, 2*width)
		if r > width {
			r = 2*width - r
		}
		return r + lo
	}
	return p
}

// affineGrid gives the coordinates of a grid that matrices move.
func affineGrid(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 2); err != nil {
		return nil, err
	}
	size, err := sizes(in[1])
	if err != nil {
		return nil, err
	}
	d := len(size) - 2
	if d != 2 && d != 3 || in[0].Len() != size[0]*d*(d+1) {
		return nil, fmt.Errorf("matrices of shape %v for a size of %v", in[0].Shape(), size)
	}
	theta, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	points := volume(size[2:])
	shape := append(append([]int{size[0]}, size[2:]...), d)
	y, err := x.New(in[0].DType(), shape...)
	if err != nil {
		return nil, err
	}
	out, coordinate := make([]float64, 0, y.Len()), make([]int, d)
	corners := a.Int("align_corners", 0) != 0
	for n := range size[0] {
		clear(coordinate)
		for range points {
			for r := range d {
				m := theta[(n*d+r)*(d+1):]
				sum := m[d]
				for c := range d {
					sum += m[c] * unitCoordinate(coordinate[d-1-c], size[2+d-1-c], corners)
				}
				out = append(out, sum)
			}
			advance(coordinate, size[2:])
		}
	}
	return fromFloats(x, in[0].DType(), out, shape...)
}

// unitCoordinate places pixel i of n between -1 and 1.
func unitCoordinate(i, n int, corners bool) float64 {
	if corners {
		if n == 1 {
			return 0
		}
		return 2*float64(i)/float64(n-1) - 1
	}
	return (2*float64(i)+1)/float64(n) - 1
}
