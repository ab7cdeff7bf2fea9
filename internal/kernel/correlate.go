package kernel

import "math"

// correlates tells whether each group has one filter of many taps and few outputs, as the gradient of the weight of
// a depthwise convolution has them: the filter is the gradient of the output, a group's channels are the samples.
func (s *ConvShape) correlates() bool {
	few := s.taps() >= 4*s.pixels() || s.C > s.Groups && s.taps() >= s.pixels()
	return s.Groups == s.M && s.taps() > 1 && s.pixels() <= 64 && s.DilH*s.DilW <= 16 && few
}

// convCorrelate takes each output as one product of vectors: filter and plane lie in rows of the same length, which
// the filter fills up with zeros. Of a plane those pixels make a copy that a dilation sees from one of its starts.
func convCorrelate(workers int, s ConvShape, x, w, bias, y []float32, ep Epilogue) {
	pixels, channels, taps := s.pixels(), s.C/s.Groups, s.taps()
	if pixels <= 0 {
		return
	}
	ep.Bias, ep.RowBias = nil, bias
	c := correlation{ConvShape: s, width: (s.OutW-1)*s.StrideW/s.DilW + s.KW, height: (s.OutH-1)*s.StrideH/s.DilH + s.KH,
		rows: remainders(nil, s.DilH, s.OutH, s.StrideH), columns: remainders(nil, s.DilW, s.OutW, s.StrideW)}
	Parallel(workers, s.N*s.M, func(lo, hi int) {
		copies, rows := borrow[float32](imageBuffer, s.DilH*s.DilW*c.width*c.height), borrow[float32](rightBuffer, c.width*s.KH)
		defer giveBack(imageBuffer, copies)
		defer giveBack(rightBuffer, rows)
		sums := make([]float64, pixels)
		for i := lo; i < hi && !stopped(ep.Stop); i++ {
			n, m := i/s.M, i%s.M
			clear(sums)
			for k := range channels {
				c.fill(*copies, x[(n*s.C+m*channels+k)*s.H*s.W:][:s.H*s.W])
				c.lay(*rows, w[(m*channels+k)*taps:][:taps])
				c.add(sums, *copies, *rows)
			}
			out := y[i*pixels : (i+1)*pixels]
			for p, v := range sums {
				out[p] = float32(v)
			}
			if !ep.empty() {
				ep.apply(out, m, 0, i*pixels)
			}
		}
	})
}

// A correlation is a convolution and the size of its copies of a plane.
type correlation struct {
	ConvShape
	width, height int
	rows, columns []bool // which starts some output looks at
}

// fill copies a plane, one copy for each start of rows and columns, zeros where the plane ends.
func (c *correlation) fill(copies, plane []float32) {
	size := c.width * c.height
	for a, row := range c.rows {
		for b, column := range c.columns {
			if !row || !column {
				continue
			}
			dst := copies[(a*c.DilW+b)*size:][:size]
			for i := range c.height {
				line := dst[i*c.width : (i+1)*c.width]
				if h := a + i*c.DilH - c.PadTop; h < 0 || h >= c.H {
					clear(line)
				} else {
					spaced(line, plane[h*c.W:(h+1)*c.W], b-c.PadLeft, c.DilW)
				}
			}
		}
	}
}

// lay gives the rows of a filter the length of those of a copy.
func (c *correlation) lay(rows, filter []float32) {
	for i := range c.KH {
		row := rows[i*c.width : (i+1)*c.width]
		clear(row[copy(row, filter[i*c.KW:(i+1)*c.KW]):])
	}
}

// add adds the products of one channel. Where one is no number, what lies between the rows has no part in it.
func (c *correlation) add(sums []float64, copies, rows []float32) {
	size, n := c.width*c.height, (c.KH-1)*c.width+c.KW
	for p := range sums {
		h, w := p/c.OutW*c.StrideH, p%c.OutW*c.StrideW
		seen := copies[(h%c.DilH*c.DilW+w%c.DilW)*size+h/c.DilH*c.width+w/c.DilW:]
		sum := Dot64(seen[:n], rows[:n])
		if math.IsNaN(sum) {
			sum = 0
			for i := 0; i < n; i += c.width {
				sum += Dot64(seen[i:i+c.KW], rows[i:i+c.KW])
			}
		}
		sums[p] += sum
	}
}
