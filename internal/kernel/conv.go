package kernel

// ConvShape is the geometry of a convolution: N images of C channels and H x W pixels, M filters
// of C/Groups channels and KH x KW taps. A one-dimensional convolution has H, KH and OutH 1.
// OutH and OutW are the caller's: rounding of the output's size is the operator's business.
type ConvShape struct {
	N, C, H, W                           int
	M, KH, KW                            int
	StrideH, StrideW, DilH, DilW         int
	PadTop, PadLeft, PadBottom, PadRight int
	Groups, OutH, OutW                   int
}

func (s *ConvShape) taps() int   { return s.KH * s.KW }
func (s *ConvShape) depth() int  { return s.C / s.Groups * s.KH * s.KW } // summands of one output
func (s *ConvShape) pixels() int { return s.OutH * s.OutW }

// pointwise tells whether output pixel and input pixel are one: a product, image by image.
func (s *ConvShape) pointwise() bool {
	return s.taps() == 1 && s.StrideH == 1 && s.StrideW == 1 && s.OutH == s.H && s.OutW == s.W && s.PadTop == 0 && s.PadLeft == 0
}

// Conv32 convolves x (N, C, H, W) with w (M, C/Groups, KH, KW) into y (N, M, OutH, OutW), adds
// bias per filter where it is not nil, and finishes with ep, whose RowBias and Bias stay unused;
// its Residual is laid out as y.
func Conv32(workers int, s ConvShape, x, w, bias, y []float32, ep Epilogue) {
	if s.N <= 0 || s.M <= 0 {
		return
	}
	if s.correlates() {
		convCorrelate(workers, s, x, w, bias, y, ep)
		return
	}
	if s.separate() {
		convDepthwise(workers, s, x, w, bias, y, ep)
		return
	}
	ConvPacked32(workers, s, x, PackConv32(s, w), bias, y, ep)
}

// PackedConv32 is a convolution's weights rearranged once for many calls (PackConv32).
type PackedConv32 struct{ filters[float32] }

// PackConv32 arranges the weights w of a convolution for ConvPacked32; the batch and the image
// size of s may differ from call to call. The copy is independent of w.
func PackConv32(s ConvShape, w []float32) *PackedConv32 {
	if s.separate() {
		return &PackedConv32{filters[float32]{plain: append([]float32(nil), w[:s.M*s.taps()]...)}}
	}
	return &PackedConv32{packFilters(&current.p32, s, w)}
}

// ConvPacked32 is Conv32 with weights from PackConv32.
func ConvPacked32(workers int, s ConvShape, x []float32, w *PackedConv32, bias, y []float32, ep Epilogue) {
	if s.N <= 0 || s.M <= 0 || s.pixels() <= 0 {
		return
	}
	if w.plain != nil {
		convDepthwise(workers, s, x, w.plain, bias, y, ep)
		return
	}
	ep.Bias, ep.RowBias = nil, bias
	c := convolution[float32]{s: s, stop: ep.Stop, workers: workers, x: x, w: w.filters, y: y}
	if !ep.empty() {
		c.finish = ep.apply
		c.end = endOf(&s, c.w.p, &ep)
	}
	c.run()
}

// Conv64 is Conv32 in double precision, with no more of an Epilogue than its Stop.
func Conv64(stop func() bool, workers int, s ConvShape, x, w, bias, y []float64) {
	if s.N <= 0 || s.M <= 0 || s.pixels() <= 0 {
		return
	}
	c := convolution[float64]{s: s, stop: stop, workers: workers, x: x, w: packFilters(&current.p64, s, w), y: y}
	if bias != nil {
		c.finish = func(row []float64, m, _, _ int) {
			for i := range row {
				row[i] += bias[m]
			}
		}
	}
	c.run()
}

// filters are packed weights: per group, per block of summands, in panels.
type filters[T float] struct {
	p      *product[T]
	panels []T
	depth  int // summands in a block, whole channels
	plain  []T // the weights as they were, of a depthwise convolution
}

func packFilters[T float](p *product[T], s ConvShape, w []T) filters[T] {
	k, m := s.depth(), s.M/s.Groups
	channels := even(s.C/s.Groups, max(1, filterDepth/s.taps()), 1)
	f := filters[T]{p: p, depth: channels * s.taps()}
	height := roundUp(m, p.rows)
	f.panels = make([]T, s.Groups*height*k)
	for g := range s.Groups {
		group := operand[T]{v: w[g*m*k : (g+1)*m*k], ld: k}
		for k0 := 0; k0 < k; k0 += f.depth {
			p.pack(f.panels[(g*k+k0)*height:], group, p.rows, 0, m, k0, min(f.depth, k-k0))
		}
	}
	return f
}
