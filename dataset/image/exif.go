package image

import (
	"bytes"
	"encoding/binary"
)

// orientation returns the EXIF orientation of a picture, 1 to 8; 1 where there is none.
func orientation(data []byte) int {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		return jpegOrientation(data)
	case bytes.HasPrefix(data, []byte("\x89PNG")):
		return chunkOrientation(data, 8, binary.BigEndian, 4, 0, "eXIf", 4, 0)
	case len(data) > 12 && string(data[8:12]) == "WEBP":
		return chunkOrientation(data, 12, binary.LittleEndian, 0, 4, "EXIF", 0, 1)
	}
	return tiffOrientation(data)
}

// jpegOrientation looks through the segments before the picture's data.
func jpegOrientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker, n := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || n < 2 || at+2+n > len(data) {
			return 1
		}
		body := data[at+4 : at+2+n]
		if exif, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tiffOrientation(exif)
		}
		at += 2 + n
	}
	return 1
}

// chunkOrientation looks through the chunks of a PNG or WebP file: a name and a length of four bytes
// each in either order, the body, a checksum or padding to an even length.
func chunkOrientation(data []byte, at int, order binary.ByteOrder, name, length int, want string, checksum, even int) int {
	for at+8 <= len(data) {
		n := int(order.Uint32(data[at+length:]))
		if n > len(data)-at-8 {
			return 1
		}
		if string(data[at+name:at+name+4]) == want {
			return tiffOrientation(bytes.TrimPrefix(data[at+8:at+8+n], []byte("Exif\x00\x00")))
		}
		at += 8 + n + checksum + n&even
	}
	return 1
}

// tiffOrientation reads tag 274 of the first directory.
func tiffOrientation(data []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(data) < 8:
		return 1
	case bytes.HasPrefix(data, []byte("MM\x00*")):
		order = binary.BigEndian
	case !bytes.HasPrefix(data, []byte("II*\x00")):
		return 1
	}
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return 1
	}
	n := int64(order.Uint16(data[at:]))
	for e := at + 2; n > 0 && e+12 <= int64(len(data)); e, n = e+12, n-1 {
		if order.Uint16(data[e:]) == 274 {
			if o := int(order.Uint16(data[e+8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}

// turn applies an EXIF orientation.
func turn(img Image, o int) Image {
	if o == 1 {
		return img
	}
	out := img
	if o >= 5 {
		out.Height, out.Width = img.Width, img.Height
	}
	if img.Pix != nil {
		out.Pix = turned(img.Pix, img, out, o)
	}
	if img.Fine != nil {
		out.Fine = turned(img.Fine, img, out, o)
	}
	return out
}

func turned[T any](pix []T, img, out Image, o int) []T {
	n, w, h := img.Channels, img.Width, img.Height
	all := make([]T, 0, len(pix))
	for y := range out.Height {
		for x := range out.Width {
			sx, sy := x, y
			switch o {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			all = append(all, pix[(sy*w+sx)*n:(sy*w+sx+1)*n]...)
		}
	}
	return all
}
