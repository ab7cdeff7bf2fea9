package op

import (
	"fmt"
	"math"
	"sort"

	"github.com/stratascope/stratascope/tensor"
)

// What detectors of objects need.
var (
	NonMaxSuppression = &Op{Name: "NonMaxSuppression", Run: suppress}
	RoiAlign          = &Op{Name: "RoiAlign", Run: roiAlign}
)

// suppress keeps the boxes with the highest scores that do not overlap too much with a better one.
func suppress(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 2, 5); err != nil {
		return nil, err
	}
	b, s := in[0].Shape(), in[1].Shape()
	if len(b) != 3 || len(s) != 3 || b[0] != s[0] || b[1] != s[2] || b[2] != 4 {
		return nil, fmt.Errorf("boxes %v and scores %v do not fit", b, s)
	}
	limits := [3]float64{0, 0, math.Inf(-1)} // boxes per class, overlap, score
	for i := range limits {
		if v := optional(in, i+2); v.Valid() {
			f, err := scalarOf(v)
			if err != nil {
				return nil, err
			}
			limits[i] = f
		}
	}
	boxes, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	scores, err := floatsOf(in[1])
	if err != nil {
		return nil, err
	}
	corners := boxCorners(boxes, a.Int("center_point_box", 0) != 0)
	var out []int64
	for nc := range s[0] * s[1] {
		row := scores[nc*s[2] : (nc+1)*s[2]]
		for _, i := range kept(x, corners[nc/s[1]*b[1]:][:b[1]], row, limits) {
			out = append(out, int64(nc/s[1]), int64(nc%s[1]), int64(i))
		}
	}
	y, err := x.New(tensor.Int64, len(out)/3, 3)
	if err != nil {
		return nil, err
	}
	copy(y.Int64s(), out)
	return []tensor.Tensor{y}, nil
}

// A box has its lower corner first.
type box struct{ y0, x0, y1, x1 float64 }

func boxCorners(v []float64, centre bool) []box {
	out := make([]box, len(v)/4)
	for i := range out {
		p := v[4*i:]
		if centre { // x, y, width, height
			out[i] = box{p[1] - p[3]/2, p[0] - p[2]/2, p[1] + p[3]/2, p[0] + p[2]/2}
			continue
		}
		out[i] = box{min(p[0], p[2]), min(p[1], p[3]), max(p[0], p[2]), max(p[1], p[3])}
	}
	return out
}

// overlap is intersection over union.
func (a box) overlap(b box) float64 {
	h, w := min(a.y1, b.y1)-max(a.y0, b.y0), min(a.x1, b.x1)-max(a.x0, b.x0)
	if h <= 0 || w <= 0 {
		return 0
	}
	both := h * w
	return both / ((a.y1-a.y0)*(a.x1-a.x0) + (b.y1-b.y0)*(b.x1-b.x0) - both)
}

func kept(x *Exec, boxes []box, scores []float64, limits [3]float64) (out []int) {
	order := make([]int, 0, len(scores))
	for i, s := range scores {
		if s > limits[2] {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return scores[order[i]] > scores[order[j]] })
	for _, i := range order {
		if float64(len(out)) >= limits[0] || x.endedBefore(len(out)) {
			break
		}
		free := true
		for _, j := range out {
			free = free && boxes[i].overlap(boxes[j]) <= limits[1]
		}
		if free {
			out = append(out, i)
		}
	}
	return out
}

// A pooling of regions samples each cell of a region on a grid and interpolates (He et al. 2017).
type regions struct {
	h, w, outH, outW int
	ratio            int
	scale, shift     float64
	maximal, clamped bool
}

func roiAlign(x *Exec, a Attributes, in []tensor.Tensor) ([]tensor.Tensor, error) {
	if err := check(in, 3, 3); err != nil {
		return nil, err
	}
	s, r := in[0].Shape(), in[1].Shape()
	if len(s) != 4 || len(r) != 2 || r[1] != 4 || in[2].Len() != r[0] || !in[0].DType().IsFloat() {
		return nil, fmt.Errorf("input %v, regions %v and samples %v do not fit", in[0], in[1], in[2])
	}
	p := regions{h: s[2], w: s[3], outH: int(a.Int("output_height", 1)), outW: int(a.Int("output_width", 1)),
		ratio: int(a.Int("sampling_ratio", 0)), scale: float64(a.Float("spatial_scale", 1)), maximal: a.Str("mode", "avg") == "max"}
	p.clamped = a.Str("coordinate_transformation_mode", "half_pixel") == "output_half_pixel"
	if !p.clamped {
		p.shift = 0.5
	}
	if p.outH < 1 || p.outW < 1 || p.outH > largest || p.outW > largest || p.ratio < 0 || p.ratio > 1024 || p.h*p.w == 0 {
		return nil, fmt.Errorf("cells of %d x %d with %d samples of shape %v", p.outH, p.outW, p.ratio, s)
	}
	y, err := x.New(tensor.Float64, r[0], s[1], p.outH, p.outW)
	if err != nil {
		return nil, err
	}
	v, err := floatsOf(in[0])
	if err != nil {
		return nil, err
	}
	rois, err := floatsOf(in[1])
	if err != nil {
		return nil, err
	}
	which, err := intsOf(in[2])
	if err != nil {
		return nil, err
	}
	plane, cells := p.h*p.w, p.outH*p.outW
	for i, n := range which {
		at, err := indexOf(n, s[0])
		if err != nil {
			return nil, err
		}
		for c := range s[1] {
			if err := x.stopped(); err != nil {
				return nil, err
			}
			if err := p.pool(y.Float64s()[(i*s[1]+c)*cells:][:cells], v[(at*s[1]+c)*plane:][:plane], rois[4*i:4*i+4]); err != nil {
				return nil, err
			}
		}
	}
	return one(convert(x, y, in[0].DType()))
}

// pool fills the cells of one region of one plane.
func (p *regions) pool(out, plane, roi []float64) error {
	x0, y0 := roi[0]*p.scale-p.shift, roi[1]*p.scale-p.shift
	w, h := roi[2]*p.scale-p.shift-x0, roi[3]*p.scale-p.shift-y0
	if p.clamped {
		w, h = max(w, 1), max(h, 1)
	}
	cellH, cellW := h/float64(p.outH), w/float64(p.outW)
	ny, nx := p.ratio, p.ratio
	if p.ratio == 0 {
		if !(math.Abs(cellH) < 1<<12 && math.Abs(cellW) < 1<<12) {
			return fmt.Errorf("a region of %v x %v", h, w)
		}
		ny, nx = int(math.Ceil(cellH)), int(math.Ceil(cellW))
	}
	for i := range out {
		sum, top, count := 0.0, math.Inf(-1), max(ny*nx, 1)
		for iy := range ny {
			for ix := range nx {
				yy := y0 + float64(i/p.outW)*cellH + (float64(iy)+0.5)*cellH/float64(ny)
				xx := x0 + float64(i%p.outW)*cellW + (float64(ix)+0.5)*cellW/float64(nx)
				for _, t := range p.taps(plane, yy, xx) {
					sum += t
					top = max(top, t)
				}
			}
		}
		switch {
		case !p.maximal:
			out[i] = sum / float64(count)
		case !math.IsInf(top, -1):
			out[i] = top
		}
	}
	return nil
}

// taps are the four weighted pixels around a point; ONNX takes the largest of them in mode max.
func (p *regions) taps(plane []float64, y, x float64) [4]float64 {
	if !(y >= -1 && y <= float64(p.h) && x >= -1 && x <= float64(p.w)) {
		return [4]float64{}
	}
	y, x = min(max(y, 0), float64(p.h-1)), min(max(x, 0), float64(p.w-1))
	ty, tx := int(y), int(x)
	by, bx := min(ty+1, p.h-1), min(tx+1, p.w-1)
	fy, fx := y-float64(ty), x-float64(tx)
	return [4]float64{(1 - fy) * (1 - fx) * plane[ty*p.w+tx], (1 - fy) * fx * plane[ty*p.w+bx],
		fy * (1 - fx) * plane[by*p.w+tx], fy * fx * plane[by*p.w+bx]}
}
