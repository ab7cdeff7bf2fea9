package kernel

// threeFunc is a kernel of planes: numbers are in values but for pitch, start, advance and skip, in bytes.
type threeFunc[M any] func(dst, src, zero, w *float32, masks *M, pitch, start, advance, skip, rows, blocks, first, last int)

func threeAVX2(s *ConvShape) planeFunc {
	return threeOf(s, 8, three1AVX2, three2AVX2, func(list []int32, inside []bool) []int32 {
		for _, in := range inside {
			v := int32(0)
			if in {
				v = -1
			}
			list = append(list, v)
		}
		return list
	})
}

func threeAVX512(s *ConvShape) planeFunc {
	return threeOf(s, 16, three1AVX512, three2AVX512, func(list []uint16, inside []bool) []uint16 {
		v := uint16(0)
		for i, in := range inside {
			if in {
				v |= 1 << i
			}
		}
		return append(list, v)
	})
}

// zeros stands for rows above and below the input, and what is left of them.
var zeros [2048]float32

// threeOf prepares the kernel of a stride for planes of one shape, nil where it cannot run that; mask adds the mask
// of a vector to a list.
func threeOf[M any](s *ConvShape, lanes int, one, two threeFunc[M], mask func([]M, []bool) []M) planeFunc {
	fits := s.KH == 3 && s.KW == 3 && s.DilH == 1 && s.DilW == 1 && s.StrideH == s.StrideW && s.StrideH <= 2 && s.W < len(zeros) &&
		s.PadTop >= 0 && s.PadTop <= 1 && s.PadLeft >= 0 && s.PadLeft <= 1 && (s.OutH-1)*s.StrideH+1-s.PadTop < s.H
	if !fits {
		return nil
	}
	run, starts := one, []int{0, 1, 2}
	if s.StrideW == 2 {
		run, starts = two, []int{0, lanes, 2, lanes + 2}
	}
	blocks := (s.OutW + lanes - 1) / lanes
	var masks []M
	inside := make([]bool, lanes)
	for b := range blocks {
		for _, start := range starts {
			for i := range inside {
				at := b*lanes*s.StrideW + start + i - s.PadLeft
				inside[i] = at >= 0 && at < s.W
			}
			masks = mask(masks, inside)
		}
		for i := range inside {
			inside[i] = b*lanes+i < s.OutW
		}
		masks = mask(masks, inside)
	}
	g := *s
	last := (g.H-3+g.PadTop)/g.StrideH + 1 // the first row whose lowest tap is outside
	if g.H+g.PadTop < 3 {
		last = 0
	}
	return func(dst, src []float32, w *[12]float32) {
		_, _ = dst[g.pixels()-1], src[g.H*g.W-1]
		run(&dst[0], &src[0], &zeros[1-g.PadLeft], &w[0], &masks[0], 4*g.W, 4*((1-g.PadTop)*g.W-g.PadLeft), 4*g.StrideH*g.W,
			4*(g.OutW-blocks*lanes), g.OutH, blocks, g.PadTop, last)
	}
}
