package image

import "image"

// colour converts a JPEG's planes as libjpeg does, whose pixels Pillow and PyTorch see: chroma of half
// width, or half width and height, is interpolated ("fancy upsampling", jdsample.c), not repeated.
func colour(m *image.YCbCr, w, h int, toRGB func(out, ys, cbs, crs []uint8)) Image {
	img := Image{Height: h, Width: w, Channels: 3, Pix: make([]uint8, w*h*3)}
	cb, cr := make([]uint8, w+1), make([]uint8, w+1)
	b := m.Rect.Min
	wide := (w + 1) / 2
	smooth := b.X%2 == 0 && b.Y%2 == 0 && wide > 2 // as libjpeg, which leaves narrow pictures alone
	for y := range h {
		at := m.COffset(b.X, b.Y+y)
		switch {
		case smooth && m.SubsampleRatio == image.YCbCrSubsampleRatio422:
			stretch(cb, m.Cb[at:][:wide])
			stretch(cr, m.Cr[at:][:wide])
		case smooth && m.SubsampleRatio == image.YCbCrSubsampleRatio420:
			near := min(max(y/2-1+y%2*2, 0), (h+1)/2-1) // the row above for even rows, below for odd ones
			other := m.COffset(b.X, b.Y+2*near)
			blend(cb, m.Cb[at:][:wide], m.Cb[other:][:wide])
			blend(cr, m.Cr[at:][:wide], m.Cr[other:][:wide])
		default:
			for x := range w {
				at := m.COffset(b.X+x, b.Y+y)
				cb[x], cr[x] = m.Cb[at], m.Cr[at]
			}
		}
		row := m.Y[m.YOffset(b.X, b.Y+y):][:w]
		toRGB(img.Pix[y*w*3:][:w*3], row, cb, cr)
	}
	return img
}

// stretch doubles a row: each new value is 3/4 of the nearer and 1/4 of the further one.
func stretch(out, in []uint8) {
	n := len(in)
	put := func(i, v int) {
		if i < len(out) {
			out[i] = uint8(v)
		}
	}
	for i, v := range in {
		left, right := int(in[max(i-1, 0)]), int(in[min(i+1, n-1)])
		put(2*i, (3*int(v)+left+1)>>2)
		put(2*i+1, (3*int(v)+right+2)>>2)
	}
}

// blend is stretch in both directions: near the row the pixel lies in, far the one on its other side.
func blend(out, near, far []uint8) {
	n := len(near)
	sum := func(i int) int { return 3*int(near[i]) + int(far[i]) }
	put := func(i, v int) {
		if i < len(out) {
			out[i] = uint8(v)
		}
	}
	last, this := sum(0), sum(0)
	for i := range n {
		next := sum(min(i+1, n-1))
		put(2*i, (3*this+last+8)>>4)
		put(2*i+1, (3*this+next+7)>>4)
		last, this = this, next
	}
}

// jfif is the conversion of JPEG in libjpeg's fixed point (jdcolor.c).
func jfif(out, ys, cbs, crs []uint8) {
	for x, v := range ys {
		y, cb, cr := int32(v), int32(cbs[x])-128, int32(crs[x])-128
		out[3*x] = clip(y + (91881*cr+32768)>>16)
		out[3*x+1] = clip(y + (-22554*cb-46802*cr+32768)>>16)
		out[3*x+2] = clip(y + (116130*cb+32768)>>16)
	}
}

// webpRGB is the conversion of lossy WebP, whose values have the range of television (BT.601), in
// libwebp's fixed point (dsp/yuv.h).
func webpRGB(out, ys, cbs, crs []uint8) {
	high := func(v uint8, by int32) int32 { return int32(v) * by >> 8 }
	for x, v := range ys {
		y, cb, cr := high(v, 19077), cbs[x], crs[x]
		out[3*x] = clip((y + high(cr, 26149) - 14234) >> 6)
		out[3*x+1] = clip((y - high(cb, 6419) - high(cr, 13320) + 8708) >> 6)
		out[3*x+2] = clip((y + high(cb, 33050) - 17685) >> 6)
	}
}

// overWhite composites the picture on white by its alpha.
func (img Image) overWhite(alpha func(x, y int) uint8) Image {
	for i := range img.Height * img.Width {
		a := alpha(i%img.Width, i/img.Width)
		for k := range 3 {
			img.Pix[3*i+k] = mul(img.Pix[3*i+k], a) + 255 - a
		}
	}
	return img
}

func clip(v int32) uint8 { return uint8(min(255, max(0, v))) }
