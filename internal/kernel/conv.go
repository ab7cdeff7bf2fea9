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

// Conv32 convolves x (N, C, H, W) with w (M, C/Groups, KH, KW) into y (N, M, OutH, OutW), adds
// bias per filter where it is not nil, and finishes with ep, whose RowBias and Bias stay unused.
func Conv32(workers int, s ConvShape, x, w, bias, y []float32, ep Epilogue) {
	convSimple(workers, s, x, w, bias, y)
	ep.RowBias, ep.Bias = nil, nil
	if !ep.empty() {
		ep.apply(y[:s.N*s.M*s.OutH*s.OutW], 0, 0, 0)
	}
}

// PackedConv32 is a convolution's weights rearranged once for many calls (PackConv32).
type PackedConv32 struct{ w []float32 }

// PackConv32 arranges the weights w of a convolution for ConvPacked32; the batch and the image
// size of s may differ from call to call. The copy is independent of w.
func PackConv32(s ConvShape, w []float32) *PackedConv32 {
	return &PackedConv32{append([]float32(nil), w[:s.M*s.C/s.Groups*s.KH*s.KW]...)}
}

// ConvPacked32 is Conv32 with weights from PackConv32.
func ConvPacked32(workers int, s ConvShape, x []float32, w *PackedConv32, bias, y []float32, ep Epilogue) {
	Conv32(workers, s, x, w.w, bias, y, ep)
}

// Conv64 is Conv32 in double precision and without an Epilogue.
func Conv64(workers int, s ConvShape, x, w, bias, y []float64) {
	convSimple(workers, s, x, w, bias, y)
}

// convSimple is the definition of a convolution, loop by loop.
func convSimple[T float](workers int, s ConvShape, x, w, bias, y []T) {
	cg, mg := s.C/s.Groups, s.M/s.Groups
	Parallel(workers, s.N*s.M, func(lo, hi int) {
		for nm := lo; nm < hi; nm++ {
			n, m := nm/s.M, nm%s.M
			for oh := 0; oh < s.OutH; oh++ {
				for ow := 0; ow < s.OutW; ow++ {
					var sum T
					if bias != nil {
						sum = bias[m]
					}
					for c := 0; c < cg; c++ {
						plane := x[(n*s.C+m/mg*cg+c)*s.H*s.W:]
						filter := w[(m*cg+c)*s.KH*s.KW:]
						for kh := 0; kh < s.KH; kh++ {
							ih := oh*s.StrideH - s.PadTop + kh*s.DilH
							if ih < 0 || ih >= s.H {
								continue
							}
							for kw := 0; kw < s.KW; kw++ {
								iw := ow*s.StrideW - s.PadLeft + kw*s.DilW
								if iw >= 0 && iw < s.W {
									sum += plane[ih*s.W+iw] * filter[kh*s.KW+kw]
								}
							}
						}
					}
					y[(nm*s.OutH+oh)*s.OutW+ow] = sum
				}
			}
		}
	})
}
