package kernel

// separate tells whether every filter sees one channel: a depthwise convolution.
func (s *ConvShape) separate() bool { return s.Groups == s.C && s.taps() > 1 }

// convDepthwise convolves channel by channel, from a padded copy of the plane.
func convDepthwise(workers int, s ConvShape, x, w, bias, y []float32, ep Epilogue) {
	pixels := s.pixels()
	if pixels <= 0 {
		return
	}
	filters, taps := s.M/s.Groups, s.taps()
	ep.Bias, ep.RowBias = nil, bias
	pitch := roundUp(s.OutW, 8)
	if s.N*s.C*pixels < 4096 {
		workers = 1
	}
	Parallel(workers, s.N*s.C, func(lo, hi int) {
		var p patch
		p.cut(&s, 0, pixels)
		image, rows := borrow[float32](imageBuffer, p.stride+16), borrow[float32](rightBuffer, pitch*s.OutH)
		defer giveBack(imageBuffer, image)
		defer giveBack(rightBuffer, rows)
		offsets := p.offsets(&s, nil, 1)
		for plane := lo; plane < hi; plane++ {
			n, c := plane/s.C, plane%s.C
			p.parts[0].image = n
			fill(&p, &s, *image, x, c, 1)
			for m := c * filters; m < (c+1)*filters; m++ {
				current.depthwise(*rows, pitch, *image, s.StrideH*p.row, offsets, w[m*taps:(m+1)*taps], s.OutH)
				at := (n*s.M + m) * pixels
				out := y[at : at+pixels]
				for h := range s.OutH {
					copy(out[h*s.OutW:(h+1)*s.OutW], (*rows)[h*pitch:])
				}
				if !ep.empty() {
					ep.apply(out, m, 0, at)
				}
			}
		}
	})
}
