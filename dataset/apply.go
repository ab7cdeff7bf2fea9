package dataset

import (
	"fmt"
	"math"

	"github.com/stratascope/stratascope/dataset/image"
	"github.com/stratascope/stratascope/tensor"
)

// pixels are a picture in memory, h x w x c.
type pixels[T uint8 | float32] struct {
	pix     []T
	h, w, c int
}

// apply writes one sample, preprocessed, to dst.
func (p *picture) apply(dst []float32, t tensor.Tensor) error {
	if t.DType() == tensor.Uint8 {
		img, err := prepare(p, tensor.Data[uint8](t), t.Shape(), image.Resize)
		if err != nil {
			return err
		}
		return write(p, dst, img, p.writeBytes)
	}
	f, err := convert(t, tensor.Float32)
	if err != nil {
		return err
	}
	img, err := prepare(p, f.Float32s(), t.Shape(), image.ResizeFloats)
	if err != nil {
		return err
	}
	return write(p, dst, img, p.writeFloats)
}

// writeBytes writes every step-th value of a row as a channel of the network's range, at every
// outStep-th place.
func (p *picture) writeBytes(dst []float32, outStep, channel int, row []uint8, step int) {
	table := &p.table[channel]
	for at := 0; len(row) > 0; at += outStep {
		dst[at] = table[row[0]]
		row = row[min(step, len(row)):]
	}
}

func (p *picture) writeFloats(dst []float32, outStep, channel int, row []float32, step int) {
	scale, shift := p.scale[channel], p.shift[channel]
	for at := 0; len(row) > 0; at += outStep {
		dst[at] = float32(float64(row[0])*scale + shift)
		row = row[min(step, len(row)):]
	}
}

type resizer[T uint8 | float32] func(pix []T, h, w, c, toH, toW int, f image.Filter) []T

// prepare brings a sample to h x w x c, recolours and resizes it.
func prepare[T uint8 | float32](p *picture, pix []T, shape []int, resize resizer[T]) (pixels[T], error) {
	img := pixels[T]{pix: pix, c: 1}
	switch {
	case len(shape) == 2:
		img.h, img.w = shape[0], shape[1]
	case p.planes:
		img.c, img.h, img.w = shape[0], shape[1], shape[2]
		img.interleave()
	default:
		img.h, img.w, img.c = shape[0], shape[1], shape[2]
	}
	if img.c > 1 && p.outC == 1 {
		img.grey()
	}
	if img.h == 0 || img.w == 0 {
		return img, fmt.Errorf("a picture of %d x %d pixels", img.w, img.h)
	}
	if !p.resize.zero() {
		h, w := p.resize.from(img.h, img.w)
		if h > maxSide || w > maxSide {
			return img, fmt.Errorf("resizing %d x %d gives %d x %d, at most %d a side are made", img.w, img.h, w, h, maxSide)
		}
		img.pix, img.h, img.w = resize(img.pix, img.h, img.w, img.c, h, w, p.prep.Filter), h, w
	}
	return img, nil
}

// interleave turns planes into pixels.
func (m *pixels[T]) interleave() {
	if m.c == 1 {
		return
	}
	out := make([]T, len(m.pix))
	n := m.h * m.w
	for k := range m.c {
		for i, v := range m.pix[k*n : (k+1)*n] {
			out[i*m.c+k] = v
		}
	}
	m.pix = out
}

// grey makes one channel of three with Pillow's weights (ITU-R 601-2).
func (m *pixels[T]) grey() {
	out := make([]T, m.h*m.w)
	for i := range out {
		r, g, b := m.pix[i*m.c], m.pix[i*m.c+1], m.pix[i*m.c+2]
		switch any(r).(type) {
		case uint8:
			out[i] = T((int(r)*19595 + int(g)*38470 + int(b)*7471 + 0x8000) >> 16)
		default:
			out[i] = T(float64(r)*0.299 + float64(g)*0.587 + float64(b)*0.114)
		}
	}
	m.pix, m.c = out, 1
}

// write crops and writes every value in the network's layout and range; line writes one row of one
// channel. Where the crop is larger than the picture there is black.
func write[T uint8 | float32](p *picture, dst []float32, m pixels[T], line func(dst []float32, outStep, channel int, row []T, step int)) error {
	h, w := m.h, m.w
	if !p.crop.zero() {
		h, w = p.crop.of()
	}
	if len(dst) != p.outC*h*w || (m.c != p.outC && m.c != 1) {
		return fmt.Errorf("the picture is %d x %d with %d channels, the others give %d values", m.w, m.h, m.c, len(dst))
	}
	top, left := centre(m.h, h), centre(m.w, w)
	stepC, stepX := 1, p.outC
	if p.outPlanes || p.flatten {
		stepC, stepX = h*w, 1
	}
	black := make([]T, w)
	first, last := max(0, left), min(m.w, left+w) // the columns of the picture that are kept
	for k := range p.outC {
		from := k
		if p.bgr {
			from = p.outC - 1 - k
		}
		if m.c == 1 {
			from = 0
		}
		for y := range h {
			out := dst[k*stepC+y*w*stepX:]
			sy := y + top
			if sy < 0 || sy >= m.h || last-first < w {
				line(out, stepX, k, black, 1)
			}
			if sy >= 0 && sy < m.h {
				row := m.pix[sy*m.w*m.c:][first*m.c+from : last*m.c]
				line(out[(first-left)*stepX:], stepX, k, row, m.c)
			}
		}
	}
	return nil
}

// centre returns where a crop starts, as torchvision rounds it: halves to even. It is negative where
// the crop is larger and black is put round the picture.
func centre(have, want int) int {
	if want > have {
		return -((want - have) / 2)
	}
	return int(math.RoundToEven(float64(have-want) / 2))
}
