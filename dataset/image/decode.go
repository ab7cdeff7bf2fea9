package image

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// An Image is a picture in rows of pixels, 1 (grey) or 3 (RGB) values each, from 0 to 255. Pictures of
// 16 bits keep their precision in Fine; all others are in Pix.
type Image struct {
	Height, Width, Channels int
	Pix                     []uint8
	Fine                    []float32
}

// How many pixels a picture may have: always the allowance, and more in proportion to the bytes of its
// file, but never more than the limit. A pixel takes up to 20 bytes while it is decoded.
const (
	allowance = 3 << 20
	maxRatio  = 40
	limit     = 1 << 28
)

type format struct {
	magic  string
	at     int
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var formats = []format{
	{"\x89PNG\r\n\x1a\n", 0, png.DecodeConfig, png.Decode},
	{"\xff\xd8", 0, jpeg.DecodeConfig, jpeg.Decode},
	{"GIF8", 0, gif.DecodeConfig, gif.Decode},
	{"BM", 0, bmp.DecodeConfig, bmp.Decode},
	{"II*\x00", 0, tiff.DecodeConfig, tiff.Decode},
	{"MM\x00*", 0, tiff.DecodeConfig, tiff.Decode},
	{"WEBP", 8, webp.DecodeConfig, webp.Decode},
}

func sniff(data []byte) (format, error) {
	for _, f := range formats {
		if len(data) > f.at && bytes.HasPrefix(data[f.at:], []byte(f.magic)) {
			return f, nil
		}
	}
	return format{}, errors.New("no image: want PNG, JPEG, GIF, BMP, TIFF or WebP")
}

// Size returns height, width and channels of a picture, after its EXIF orientation, without decoding
// it. Sizes that its file cannot hold are errors.
func Size(data []byte) (h, w, channels int, err error) {
	f, err := sniff(data)
	if err != nil {
		return 0, 0, 0, err
	}
	c, err := config(f, data)
	if err != nil {
		return 0, 0, 0, err
	}
	channels = 3
	if c.ColorModel == color.GrayModel || c.ColorModel == color.Gray16Model {
		channels = 1
	}
	if orientation(data) >= 5 {
		return c.Width, c.Height, channels, nil
	}
	return c.Height, c.Width, channels, nil
}

// config reads and checks the size of a picture.
func config(f format, data []byte) (image.Config, error) {
	c, err := f.config(bytes.NewReader(data))
	if err != nil {
		return c, fmt.Errorf("damaged image: %w", err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return c, fmt.Errorf("an image of %d x %d pixels", c.Width, c.Height)
	}
	if most := min(limit, max(allowance, maxRatio*len(data))); c.Width > most/c.Height {
		return c, fmt.Errorf("%d bytes are said to hold an image of %d x %d pixels: refused", len(data), c.Width, c.Height)
	}
	return c, nil
}

// Decode decodes a picture, applies its orientation and composites transparency on white.
func Decode(data []byte) (img Image, err error) {
	f, err := sniff(data)
	if err != nil {
		return Image{}, err
	}
	c, err := config(f, data)
	if err != nil {
		return Image{}, err
	}
	m, err := decode(f, data)
	if err != nil {
		return Image{}, fmt.Errorf("damaged image: %w", err)
	}
	b := m.Bounds()
	if b.Dx() > c.Width || b.Dy() > c.Height {
		return Image{}, fmt.Errorf("damaged image: %d x %d pixels, its header says %d x %d", b.Dx(), b.Dy(), c.Width, c.Height)
	}
	img = pixels(m, f.magic == "WEBP")
	if b.Dx() != c.Width || b.Dy() != c.Height {
		img = onCanvas(img, b.Min, c)
	}
	return turn(img, orientation(data)), nil
}

// decode turns panics of decoders on damaged files into errors: they are not ours to mend.
func decode(f format, data []byte) (m image.Image, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	m, err = f.decode(bytes.NewReader(data))
	if err != nil {
		err = errors.New(strings.TrimSpace(err.Error()))
	}
	return m, err
}

// onCanvas puts the first frame of a GIF, which may be smaller than the picture, on white.
func onCanvas(img Image, at image.Point, c image.Config) Image {
	out := Image{Height: c.Height, Width: c.Width, Channels: img.Channels, Pix: bytes.Repeat([]byte{255}, c.Height*c.Width*img.Channels)}
	n := img.Channels
	for y := range img.Height {
		if y+at.Y < 0 || y+at.Y >= out.Height || at.X < 0 || at.X+img.Width > out.Width {
			continue
		}
		copy(out.Pix[((y+at.Y)*out.Width+at.X)*n:], img.Pix[y*img.Width*n:(y+1)*img.Width*n])
	}
	return out
}
