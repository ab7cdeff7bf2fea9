package dataset

import (
	"math"
	"slices"

	"github.com/stratascope/stratascope/tensor"
)

// A picture is the plan of an image input: where the stored pixels lie, and what is made of them.
type picture struct {
	h, w, c    int  // stored; -1 where samples differ
	planes     bool // stored as c planes (chw), not as pixels (hwc)
	vary       bool // samples differ in size
	prep       Preprocess
	resize     Size
	crop       Size
	outC       int
	outH, outW int  // -1: as the sample
	outPlanes  bool // nchw
	flatten    bool // the network's pictures have no axis of channels
	bgr        bool
	scale      []float64 // by channel: value x scale + shift
	shift      []float64
	table      [][256]float32 // the same for bytes
}

func channels(d int) bool { return d == 1 || d == 3 || d == 4 }

// newPicture plans an image input, or returns nil where the samples are no pictures. want is without
// the batch; known is false where there is no network.
func newPicture(prep Preprocess, src source, want []int, known bool) *picture {
	p := &picture{prep: prep}
	_, files := src.(*files)
	if !p.readStored(src, files, want) {
		return nil
	}
	wantC, wantH, wantW := p.readWanted(prep, want, known)
	p.geometry(prep, wantH, wantW, files)
	p.colour(prep, wantC)
	p.values(prep, src)
	return p
}

// readStored finds height, width and channels in the shape of the samples.
func (p *picture) readStored(src source, files bool, want []int) bool {
	shape := src.shape()
	bytes := src.dtype() == tensor.Uint8
	switch {
	case src.dtype() == tensor.Bool || src.dtype() == tensor.String:
		return false
	case len(shape) == 2 && (bytes || imageShape(want)):
		p.h, p.w, p.c = shape[0], shape[1], 1
	case len(shape) == 3 && (files || bytes || imageShape(want)):
		last, first := channels(shape[2]), channels(shape[0])
		asWanted := first && fits(shape, want) && imageShape(want) && channels(want[0])
		switch {
		case files || (last && !(first && (asWanted || !bytes))):
			p.h, p.w, p.c = shape[0], shape[1], shape[2]
		case first:
			p.h, p.w, p.c, p.planes = shape[1], shape[2], shape[0], true
		default:
			return false
		}
	default:
		return false
	}
	p.vary = p.h < 0 || p.w < 0
	return true
}

// imageShape reports whether a network's input, without the batch, looks like a picture.
func imageShape(want []int) bool {
	return len(want) == 3 && (channels(want[0]) || channels(want[2]))
}

// readWanted finds the layout and the size the network wants; -1 is open.
func (p *picture) readWanted(prep Preprocess, want []int, known bool) (c, h, w int) {
	p.outPlanes = prep.Layout != "nhwc"
	switch {
	case known && len(want) == 3:
		if prep.Layout == "" {
			p.outPlanes = channels(want[0]) || !channels(want[2])
		}
		if p.outPlanes {
			return want[0], want[1], want[2]
		}
		return want[2], want[0], want[1]
	case known && len(want) == 2:
		p.flatten = true
		return 1, want[0], want[1]
	case known && len(want) == 1:
		if prep.Layout == "" {
			p.outPlanes = p.planes || p.c == 1
		}
	case !known && prep.Layout == "":
		p.outPlanes = true
	}
	return -1, -1, -1
}

// geometry settles resizing and cropping. Presets make pictures fit the network; where it takes any
// size, image files are made 224 x 224 by the one that crops.
func (p *picture) geometry(prep Preprocess, wantH, wantW int, files bool) {
	p.resize, p.crop = prep.Resize, prep.Crop
	if files && prep.fit == cropped && wantH < 0 && wantW < 0 {
		wantH, wantW = 224, 224
	}
	if p.resize.zero() && p.crop.zero() && wantH > 0 && wantW > 0 && (p.h != wantH || p.w != wantW) {
		switch prep.fit {
		case cropped:
			p.resize = Size{Height: int(math.Round(float64(max(wantH, wantW)) * 256 / 224))}
			p.crop = Size{wantH, wantW}
		case resized:
			p.resize = Size{wantH, wantW}
		}
	}
	p.outH, p.outW = p.h, p.w
	if !p.resize.zero() {
		if p.vary && p.resize.Width == 0 {
			p.outH, p.outW = -1, -1
		} else {
			p.outH, p.outW = p.resize.from(p.h, p.w)
		}
	}
	if !p.crop.zero() {
		p.outH, p.outW = p.crop.of()
	}
}

// colour settles the channels. Grey becomes RGB, or RGB grey, only where a preset or a colour was chosen.
func (p *picture) colour(prep Preprocess, wantC int) {
	p.outC = p.c
	switch {
	case prep.Color == "grey":
		p.outC = 1
	case prep.Color != "":
		p.outC = 3
	case prep.recolours() && (wantC == 1 || wantC == 3) && p.c != 4:
		p.outC = wantC
	}
	if wantC == 1 && prep.Name == prepBGR {
		p.outC = 1
	}
	p.bgr = prep.Color == "bgr" && p.outC == 3
}

// values settles scale and shift of each channel: (x*scale - mean) / std.
func (p *picture) values(prep Preprocess, src source) {
	scale, shift := prep.Scale, 0.0
	if scale == 0 && (prep.Name != "" || !src.dtype().IsFloat()) {
		scale, shift = spanOf(src).unit()
		if slices.Max(append(slices.Clone(prep.Mean), 0)) > 1.5 {
			scale, shift = 255*scale, 255*shift
		}
	} else if scale == 0 {
		scale = 1
	}
	for k := range p.outC {
		m, sd := forChannel(prep.Mean, k, p.outC, 0), forChannel(prep.Std, k, p.outC, 1)
		p.scale = append(p.scale, scale/sd)
		p.shift = append(p.shift, (shift-m)/sd)
	}
	if src.dtype() == tensor.Uint8 {
		p.tabulate()
	}
}

// tabulate writes down what becomes of every byte.
func (p *picture) tabulate() {
	p.table = make([][256]float32, p.outC)
	for k := range p.table {
		for v := range 256 {
			p.table[k][v] = float32(float64(v)*p.scale[k] + p.shift[k])
		}
	}
}

// forChannel returns the value of a channel; a grey picture takes the mean of three.
func forChannel(all []float64, k, n int, without float64) float64 {
	switch {
	case len(all) == 0:
		return without
	case n == 1 || len(all) == 1:
		sum := 0.0
		for _, v := range all {
			sum += v
		}
		return sum / float64(len(all))
	}
	return all[min(k, len(all)-1)]
}

// open reports whether the size of the result depends on the sample.
func (p *picture) open() bool { return p.outH < 0 || p.outW < 0 }

// shape is that of one row of the input.
func (p *picture) shape() []int {
	switch {
	case p.flatten && p.outC == 1:
		return []int{p.outH, p.outW}
	case p.outPlanes:
		return []int{p.outC, p.outH, p.outW}
	}
	return []int{p.outH, p.outW, p.outC}
}
