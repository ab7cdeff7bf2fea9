package kernel

import "sync/atomic"

// convolution is one call: a matrix product of the filters with the image's patches, whose matrix
// is never written down; its panels are packed from a small padded copy of the rows they need
// (indirect im2col, after Georganas et al. 2018 and Dukhan 2019 in spirit).
type convolution[T float] struct {
	s       ConvShape
	stop    func() bool // nil for never
	workers int
	x       []T
	w       filters[T]
	y       []T
	finish  func(row []T, m, j, at int) // the epilogue of a part of a channel; nil for none
	end     *end[T]                     // the same for a tile; nil where there is no kernel for that
}

// end is an epilogue as tiles take it: a bias per filter, groups padded to whole tiles, what is added, laid out as
// the result, nil for nothing, and two bounds.
type end[T float] struct {
	bias, extra []T
	bounds      [2]T
}

func endOf(s *ConvShape, p *product[float32], ep *Epilogue) *end[float32] {
	if p.finished == nil {
		return nil
	}
	e := &end[float32]{extra: ep.Residual}
	e.bounds[0], e.bounds[1] = ep.bounds()
	filters := s.M / s.Groups
	height := roundUp(filters, p.rows)
	e.bias = make([]float32, s.Groups*height)
	for g := range s.Groups {
		if ep.RowBias != nil {
			copy(e.bias[g*height:], ep.RowBias[g*filters:(g+1)*filters])
		}
	}
	return e
}

// What a task packs stays in the second cache: at most filterDepth summands at a time of so many
// output pixels that they make spanValues values.
const (
	filterDepth = 600
	spanValues  = 100_000
)

func (c *convolution[T]) run() {
	s, p := &c.s, c.w.p
	_ = c.y[s.N*s.M*s.pixels()-1]
	_ = c.x[s.N*s.C*s.H*s.W-1]
	// A task has pixels of one batch of images, or of one image where those can be packed as they lie.
	images, pixels := 1, s.N*s.pixels()
	if s.pointwise() && s.pixels() >= 8*p.cols {
		images, pixels = s.N, s.pixels()
	}
	span := roundUp(even(pixels, max(spanValues/c.w.depth, 4*p.cols), p.cols), p.cols)
	if tasks := images * ((pixels + span - 1) / span) * s.Groups; c.workers > 1 && tasks < 2*c.workers {
		span = roundUp((pixels+2*c.workers-1)/(2*c.workers), p.cols)
	}
	spans := (pixels + span - 1) / span
	tasks := images * spans * s.Groups
	filters, bands := s.M/s.Groups, 1 // a task has a band of a group's filters where there are too few pixels
	if c.workers > tasks {
		bands = max(1, min((c.workers+tasks-1)/tasks, filters/(4*p.rows), filters*s.depth()*pixels>>18))
	}
	tiles := (filters + p.rows - 1) / p.rows
	tasks *= bands
	var next atomic.Int64
	workers := min(c.workers, tasks)
	Parallel(workers, workers, func(_, _ int) {
		right := borrow[T](rightBuffer, c.w.depth*span+p.rows*p.cols+8)
		defer giveBack(rightBuffer, right)
		t := task[T]{c: c, edge: (*right)[:p.rows*p.cols], right: (*right)[p.rows*p.cols:]}
		for {
			i := int(next.Add(1)) - 1
			if i >= tasks || stopped(c.stop) {
				return
			}
			band := i % bands
			t.first, t.last = tiles*band/bands*p.rows, min(tiles*(band+1)/bands*p.rows, filters)
			i /= bands
			image, part := i/spans%images, i%spans*span
			t.group, t.from = i/spans/images, image*pixels+part
			t.to = image*pixels + min(part+span, pixels)
			t.run()
		}
	})
}

// task is the output pixels [from, to), counted over all images, of filters [first, last) of a group.
type task[T float] struct {
	c               *convolution[T]
	group, from, to int
	first, last     int
	right, edge     []T
	patch           patch
	offsets         []int
	runs            []run
	ends            []int // runs of panel i are [ends[i], ends[i+1])
}

func (t *task[T]) run() {
	c, s, p := t.c, &t.c.s, t.c.w.p
	direct := s.pointwise() && t.from/s.pixels() == (t.to-1)/s.pixels()
	if !direct {
		t.patch.cut(s, t.from, t.to)
		t.plan()
	}
	height := roundUp(s.M/s.Groups, p.rows)
	for k0 := 0; k0 < s.depth(); k0 += c.w.depth {
		k := min(c.w.depth, s.depth()-k0)
		channel := t.group*s.C/s.Groups + k0/s.taps()
		if direct {
			n := t.from / s.pixels()
			plane := operand[T]{v: c.x[(n*s.C+channel)*s.pixels():], ld: s.pixels(), crossed: true}
			p.pack(t.right, plane, p.cols, t.from%s.pixels(), t.to-t.from, 0, k)
		} else {
			t.pack(channel, k)
		}
		t.multiply(c.w.panels[(t.group*s.depth()+k0)*height:], k, k0 > 0, k0+k == s.depth())
	}
	if c.finish != nil && c.end == nil {
		t.finish()
	}
}

// pack fills the panels with the patches of k/taps channels.
func (t *task[T]) pack(channel, k int) {
	s, p, image := &t.c.s, t.c.w.p, borrow[T](imageBuffer, t.patch.stride*(k/t.c.s.taps())+16)
	defer giveBack(imageBuffer, image)
	fill(&t.patch, s, *image, t.c.x, channel, k/s.taps())
	t.offsets = t.patch.offsets(s, t.offsets[:0], k/s.taps())
	for i := range len(t.ends) - 1 {
		panel := t.right[i*k*p.cols:]
		runs := t.runs[t.ends[i]:t.ends[i+1]]
		if last := runs[len(runs)-1]; last.at+last.n < p.cols {
			clear(panel[:k*p.cols])
		}
		p.gather(panel, p.cols, *image, t.offsets, runs)
	}
}

// multiply multiplies the filters with the packed patches; panels that lie in one image go
// straight to the result.
func (t *task[T]) multiply(left []T, k int, add, last bool) {
	c, s, p := t.c, &t.c.s, t.c.w.p
	filters, pixels := s.M/s.Groups, s.pixels()
	for q := t.from; q < t.to; q += p.cols {
		right := &t.right[(q-t.from)*k]
		n := min(p.cols, t.to-q)
		whole := n == p.cols && q/pixels == (q+n-1)/pixels
		for m := t.first; m < t.last; m += p.rows {
			rows := min(p.rows, t.last-m)
			if whole && rows == p.rows {
				at := (q/pixels*s.M+t.group*filters+m)*pixels + q%pixels
				t.tile(k, &left[m*k], right, c.y[at:], pixels, add, last, m, at)
				continue
			}
			// A part of a tile is made apart. It can end there if nothing is there yet and nothing is added.
			ends := last && !add && c.end != nil && c.end.extra == nil
			t.tile(k, &left[m*k], right, t.edge, p.cols, false, ends, m, 0)
			for done := 0; done < n; {
				image, pixel := (q+done)/pixels, (q+done)%pixels
				part := min(n-done, pixels-pixel)
				at := (image*s.M+t.group*filters+m)*pixels + pixel
				spread(c.y[at:], pixels, t.edge[done:], p.cols, rows, part, add)
				for i := 0; i < rows && last && !ends && c.end != nil; i++ {
					c.finish(c.y[at+i*pixels:][:part], t.group*filters+m+i, pixel, at+i*pixels)
				}
				done += part
			}
		}
	}
}

// tile multiplies one tile of y, which begins at filter m of the group and, of the whole result, at at; the last
// one of its summands ends it, if tiles can.
func (t *task[T]) tile(k int, left, right *T, y []T, ldc int, add, last bool, m, at int) {
	e, p := t.c.end, t.c.w.p
	var mode uint64
	if add {
		mode = 1
	}
	if !last || e == nil {
		p.tile(k, left, right, &y[0], ldc, mode)
		return
	}
	var extra *T
	if e.extra != nil {
		extra = &e.extra[at]
	}
	s := &t.c.s
	p.finished(k, left, right, &y[0], ldc, mode, &e.bias[t.group*roundUp(s.M/s.Groups, p.rows)+m], extra, &e.bounds[0])
}

func (t *task[T]) finish() {
	s := &t.c.s
	filters, pixels := s.M/s.Groups, s.pixels()
	for q := t.from; q < t.to; {
		image, pixel := q/pixels, q%pixels
		n := min(t.to-q, pixels-pixel)
		for m := t.group*filters + t.first; m < t.group*filters+t.last; m++ {
			at := (image*s.M+m)*pixels + pixel
			t.c.finish(t.c.y[at:at+n], m, pixel, at)
		}
		q += n
	}
}
