package kernel

// patch is the padded copy of the input rows that a range of output pixels looks at. Its columns
// are sorted by their remainder after division by the stride, so that neighbouring output pixels
// read neighbouring values whatever the stride.
type patch struct {
	parts  []part
	phase  int // columns of one remainder
	row    int // values of a row: all remainders
	stride int // values of a channel

	rows, columns []bool // which remainders some tap looks at
}

// part is the piece of one image: output rows [top, bottom] and where its copy starts.
type part struct{ image, top, bottom, start int }

// run is a piece of a panel: n values that go to at and come from from.
type run struct{ at, from, n int }

// cut decides which parts of which images the output pixels [from, to) need.
func (p *patch) cut(s *ConvShape, from, to int) {
	pixels := s.pixels()
	width := (s.OutW-1)*s.StrideW + (s.KW-1)*s.DilW + 1
	p.phase = (width + s.StrideW - 1) / s.StrideW
	p.row = p.phase * s.StrideW
	p.parts, p.stride = p.parts[:0], 0
	p.rows = remainders(p.rows[:0], s.StrideH, s.KH, s.DilH)
	p.columns = remainders(p.columns[:0], s.StrideW, s.KW, s.DilW)
	for q := from; q < to; {
		image, pixel := q/pixels, q%pixels
		n := min(to-q, pixels-pixel)
		a := part{image: image, top: pixel / s.OutW, bottom: (pixel + n - 1) / s.OutW, start: p.stride}
		p.parts = append(p.parts, a)
		p.stride += a.rows(s) * p.row
		q += n
	}
}

// rows is the number of input rows of the part.
func (a *part) rows(s *ConvShape) int {
	return (a.bottom-a.top)*s.StrideH + (s.KH-1)*s.DilH + 1
}

// fill copies channels [channel, channel+count) into image, zeros where the input ends.
func fill[T float](p *patch, s *ConvShape, image, x []T, channel, count int) {
	for c := range count {
		for _, a := range p.parts {
			plane := x[(a.image*s.C+channel+c)*s.H*s.W:][:s.H*s.W]
			dst := image[c*p.stride+a.start:]
			for r := range a.rows(s) {
				if !p.rows[r%s.StrideH] {
					continue
				}
				line := dst[r*p.row : (r+1)*p.row]
				h := a.top*s.StrideH - s.PadTop + r
				if h < 0 || h >= s.H {
					clear(line)
					continue
				}
				fillLine(p, s, line, plane[h*s.W:(h+1)*s.W])
			}
		}
	}
}

// remainders tells which remainders of positions, divided by the stride, some tap looks at.
func remainders(list []bool, stride, taps, dilation int) []bool {
	for range stride {
		list = append(list, false)
	}
	for t := range min(taps, stride) {
		list[t*dilation%stride] = true
	}
	return list
}

// fillLine copies one input row, remainder by remainder.
func fillLine[T float](p *patch, s *ConvShape, line, src []T) {
	if s.StrideW == 1 {
		left := min(max(0, s.PadLeft), p.row)
		n := left + copy(line[left:], src[min(len(src), max(0, -s.PadLeft)):])
		for i := 0; i < left; i++ { // mostly one value: not worth a call
			line[i] = 0
		}
		for ; n < len(line); n++ {
			line[n] = 0
		}
		return
	}
	for f, wanted := range p.columns {
		if wanted {
			spaced(line[f*p.phase:(f+1)*p.phase], src, f-s.PadLeft, s.StrideW)
		}
	}
}

// spaced sets dst to every stride-th value of src from position from on, zero outside src.
func spaced[T float](dst, src []T, from, stride int) {
	first := 0
	if from < 0 {
		first = min((stride-1-from)/stride, len(dst))
	}
	end := first
	if at := from + first*stride; at < len(src) {
		end = min(len(dst), first+(len(src)-1-at)/stride+1)
	}
	clear(dst[:first])
	clear(dst[end:])
	at := from + first*stride
	if stride == 1 && end > first {
		copy(dst[first:end], src[at:])
		return
	}
	if single, ok := any(dst).([]float32); ok && stride == 2 && end > first {
		current.second(single[first:end], any(src).([]float32)[at:])
		return
	}
	for i := first; i < end; i++ {
		dst[i] = src[at]
		at += stride
	}
}

// offsets appends where each summand (channel, tap) lies in the copy, seen from an output pixel.
func (p *patch) offsets(s *ConvShape, list []int, channels int) []int {
	for c := range channels {
		for kh := range s.KH {
			for kw := range s.KW {
				w := kw * s.DilW
				list = append(list, c*p.stride+kh*s.DilH*p.row+w%s.StrideW*p.phase+w/s.StrideW)
			}
		}
	}
	return list
}

// plan cuts the task's output pixels into panels and those into runs of at most 8 pixels of one row.
func (t *task[T]) plan() {
	s, p, cols := &t.c.s, &t.patch, t.c.w.p.cols
	t.runs, t.ends = t.runs[:0], append(t.ends[:0], 0)
	next := 0 // column of the task
	for _, a := range p.parts {
		pixel := (t.from + next) % s.pixels()
		end := min(s.pixels(), pixel+t.to-t.from-next)
		for pixel < end {
			h, w := pixel/s.OutW, pixel%s.OutW
			n := min(8, s.OutW-w, end-pixel, cols-next%cols)
			t.runs = append(t.runs, run{next % cols, a.start + (h-a.top)*s.StrideH*p.row + w, n})
			pixel += n
			next += n
			if next%cols == 0 {
				t.ends = append(t.ends, len(t.runs))
			}
		}
	}
	if next%cols != 0 {
		t.ends = append(t.ends, len(t.runs))
	}
}
