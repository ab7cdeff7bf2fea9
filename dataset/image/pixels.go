package image

import (
	"image"
	"image/color"
)

// pixels brings a decoded picture into rows of grey or RGB. Colours of lossy WebP have a range of
// their own, which the decoder does not tell.
func pixels(m image.Image, webp bool) Image {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	switch m := m.(type) {
	case *image.Gray:
		img := Image{Height: h, Width: w, Channels: 1, Pix: make([]uint8, 0, w*h)}
		for y := range h {
			img.Pix = append(img.Pix, m.Pix[y*m.Stride:][:w]...)
		}
		return img
	case *image.Gray16:
		img := Image{Height: h, Width: w, Channels: 1, Fine: make([]float32, w*h)}
		for i := range img.Fine {
			img.Fine[i] = float32(m.Gray16At(b.Min.X+i%w, b.Min.Y+i/w).Y) / 257
		}
		return img
	case *image.YCbCr:
		if webp {
			return colour(m, w, h, webpRGB)
		}
		return colour(m, w, h, jfif)
	case *image.NYCbCrA: // of WebP alone
		return colour(&m.YCbCr, w, h, webpRGB).overWhite(func(x, y int) uint8 { return m.A[m.AOffset(b.Min.X+x, b.Min.Y+y)] })
	case *image.CMYK:
		return rgb(w, h, func(x, y int) (r, g, bl uint8) { return cmyk(m.CMYKAt(b.Min.X+x, b.Min.Y+y)) })
	case *image.NRGBA:
		return rgb(w, h, func(x, y int) (r, g, bl uint8) { return onWhite(m.NRGBAAt(b.Min.X+x, b.Min.Y+y)) })
	case *image.RGBA:
		return rgb(w, h, func(x, y int) (r, g, bl uint8) {
			c := m.RGBAAt(b.Min.X+x, b.Min.Y+y)
			return c.R + 255 - c.A, c.G + 255 - c.A, c.B + 255 - c.A
		})
	case *image.Paletted:
		return paletted(m, w, h)
	case *image.NRGBA64, *image.RGBA64:
		return fine(m, w, h)
	}
	return rgb(w, h, func(x, y int) (r, g, bl uint8) {
		return onWhite(color.NRGBAModel.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA))
	})
}

func rgb(w, h int, at func(x, y int) (r, g, b uint8)) Image {
	img := Image{Height: h, Width: w, Channels: 3, Pix: make([]uint8, w*h*3)}
	p := img.Pix
	for y := range h {
		for x := range w {
			p[0], p[1], p[2] = at(x, y)
			p = p[3:]
		}
	}
	return img
}

// mul is a * b / 255, rounded, as Pillow computes it.
func mul(a, b uint8) uint8 {
	t := int(a)*int(b) + 128
	return uint8((t>>8 + t) >> 8)
}

func onWhite(c color.NRGBA) (r, g, b uint8) {
	rest := 255 - c.A
	return mul(c.R, c.A) + rest, mul(c.G, c.A) + rest, mul(c.B, c.A) + rest
}

// cmyk follows Pillow's cmyk2rgb.
func cmyk(c color.CMYK) (r, g, b uint8) {
	k := 255 - c.K
	return k - mul(c.C, k), k - mul(c.M, k), k - mul(c.Y, k)
}

func paletted(m *image.Paletted, w, h int) Image {
	var table [256][3]uint8
	for i, c := range m.Palette {
		if i < len(table) {
			table[i][0], table[i][1], table[i][2] = onWhite(color.NRGBAModel.Convert(c).(color.NRGBA))
		}
	}
	return rgb(w, h, func(x, y int) (r, g, b uint8) {
		c := table[m.Pix[y*m.Stride+x]]
		return c[0], c[1], c[2]
	})
}

// fine keeps 16 bits a channel.
func fine(m image.Image, w, h int) Image {
	b := m.Bounds()
	img := Image{Height: h, Width: w, Channels: 3, Fine: make([]float32, 0, w*h*3)}
	for y := range h {
		for x := range w {
			r, g, bl, a := m.At(b.Min.X+x, b.Min.Y+y).RGBA() // premultiplied
			rest := 65535 - a
			img.Fine = append(img.Fine, float32(r+rest)/257, float32(g+rest)/257, float32(bl+rest)/257)
		}
	}
	return img
}
