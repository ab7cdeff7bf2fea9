package kernel

// separate tells whether every filter sees one channel: a depthwise convolution.
func (s *ConvShape) separate() bool { return s.Groups == s.C && s.taps() > 1 }

// planeFunc convolves the plane of one channel with nine weights, and adds a bias and holds the sums between two
// bounds, the last of w.
type planeFunc func(dst, src []float32, w *[12]float32)

// convThree convolves with 3 x 3 taps by a kernel that reads the planes as they lie; it tells whether there is one.
func convThree(workers int, s *ConvShape, x, w, bias, y []float32, ep *Epilogue) bool {
	if current.three == nil || s.taps() != 9 {
		return false
	}
	run := current.three(s)
	if run == nil {
		return false
	}
	filters, pixels, size := s.M/s.Groups, s.pixels(), s.H*s.W
	Parallel(workers, s.N*s.C, func(lo, hi int) {
		var v [12]float32
		v[10], v[11] = ep.bounds()
		if ep.Residual != nil {
			v[10], v[11] = -infinity, infinity
		}
		for plane := lo; plane < hi && !stopped(ep.Stop); plane++ {
			n, c := plane/s.C, plane%s.C
			for m := c * filters; m < (c+1)*filters; m++ {
				copy(v[:9], w[m*9:])
				if bias != nil {
					v[9] = bias[m]
				}
				at := (n*s.M + m) * pixels
				out := y[at : at+pixels]
				run(out, x[plane*size:(plane+1)*size], &v)
				if ep.Residual != nil {
					lo, hi := ep.bounds()
					current.finish(out, out, ep.Residual[at:at+pixels], 0, lo, hi)
				}
			}
		}
	})
	return true
}

// convDepthwise convolves channel by channel, from a padded copy of the plane.
func convDepthwise(workers int, s ConvShape, x, w, bias, y []float32, ep Epilogue) {
	pixels := s.pixels()
	if pixels <= 0 {
		return
	}
	filters, taps := s.M/s.Groups, s.taps()
	ep.Bias, ep.RowBias = nil, bias
	if s.N*s.C*pixels < 4096 {
		workers = 1
	}
	if convThree(workers, &s, x, w, bias, y, &ep) {
		return
	}
	width := roundUp(s.OutW, 8)
	// Rows are written straight to the result as long as their surplus stays inside it.
	straight := 0
	if pixels >= width {
		straight = min(s.OutH, (pixels-width)/s.OutW+1)
	}
	Parallel(workers, s.N*s.C, func(lo, hi int) {
		var p patch
		p.cut(&s, 0, pixels)
		image, rows := borrow[float32](imageBuffer, p.stride+16), borrow[float32](rightBuffer, width*s.OutH)
		defer giveBack(imageBuffer, image)
		defer giveBack(rightBuffer, rows)
		offsets := p.offsets(&s, nil, 1)
		for plane := lo; plane < hi && !stopped(ep.Stop); plane++ {
			n, c := plane/s.C, plane%s.C
			p.parts[0].image = n
			fill(&p, &s, *image, x, c, 1)
			for m := c * filters; m < (c+1)*filters; m++ {
				at := (n*s.M + m) * pixels
				out, filter := y[at:at+pixels], w[m*taps:(m+1)*taps]
				if straight > 0 {
					current.depthwise(out, s.OutW, width, *image, s.StrideH*p.row, offsets, filter, straight)
				}
				if rest := s.OutH - straight; rest > 0 {
					current.depthwise(*rows, width, width, (*image)[straight*s.StrideH*p.row:], s.StrideH*p.row, offsets, filter, rest)
					for h := range rest {
						copy(out[(straight+h)*s.OutW:(straight+h+1)*s.OutW], (*rows)[h*width:])
					}
				}
				if !ep.empty() {
					ep.apply(out, m, 0, at)
				}
			}
		}
	})
}
